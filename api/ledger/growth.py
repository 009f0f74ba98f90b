# SPDX-License-Identifier: Apache-2.0
"""One growth of the log within one database transaction: entries wait here, then all is written at once.

The order is the point.  The head that we continue from is read inside the write transaction, must carry our
signature and must be the root of the stored nodes: bytes that changed on disk are found before they are
signed over, never after.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, insert, select

from verify import Json, completed_nodes, leaf_hash, reference_digest, tree_root

from ..database.tables import ledger_checkpoints, ledger_entries, ledger_nodes, row_commitments
from .entry import SALT_SIZE, RowCommitment, commit, encode_entry
from .errors import LogDamaged, NotCommitted, TransactionOver
from .signing import HeadSigner
from .stored import entry_count, newest_head, peaks
from .subjects import REFERENCE_SALT, Concern, Histories


class Growth:
    """Entries on top of the stored head, in memory until :meth:`write`."""

    def __init__(self, connection: Connection, signer: HeadSigner, *, at_least: int) -> None:
        self._connection, self._signer = connection, signer
        self.size = require_head(connection, signer, at_least=at_least, fast=True)
        self._nodes = peaks(connection, self.size)
        self._fresh: list[tuple[int, int, bytes]] = []
        self._leaves: list[tuple[int, bytes]] = []

    @property
    def grown(self) -> bool:
        """Was anything appended?"""
        return bool(self._leaves)

    def add(self, leaf: bytes) -> None:
        """Append one leaf."""
        done = completed_nodes(self._node, self.size, leaf_hash(leaf))
        self._nodes.update({(level, index): reached for level, index, reached in done})
        self._fresh.extend(done)
        self._leaves.append((self.size, leaf))
        self.size += 1

    def write(self, *, at: datetime) -> None:
        """Leaves, nodes and the signed head, into the open transaction."""
        root = tree_root(self._node, self.size)
        self._connection.execute(
            insert(ledger_entries), [{"entry_index": index, "leaf": leaf} for index, leaf in self._leaves]
        )
        self._connection.execute(
            insert(ledger_nodes),
            [{"level": level, "node_index": index, "hash": reached} for level, index, reached in self._fresh],
        )
        self._connection.execute(
            insert(ledger_checkpoints).values(
                size=self.size, root=root, note=self._signer.sign(self.size, root), signed_at=at
            )
        )

    def _node(self, level: int, index: int) -> bytes:
        return self._nodes[level, index]


def require_head(connection: Connection, signer: HeadSigner, *, at_least: int = 0, fast: bool = False) -> int:
    """The size of the log, if what is stored is exactly what we signed last.  Raises :class:`LogDamaged`."""
    head, count = newest_head(connection), entry_count(connection)
    size = 0 if head is None else head.size
    if size < at_least:
        raise LogDamaged(f"it went back from {at_least} entries to {size}")
    if count != size:
        raise LogDamaged(f"its newest checkpoint says {size} entries, the database holds {count}")
    if head is None:
        return 0
    signed = signer.require(head.note, fast=fast)
    nodes = peaks(connection, size)
    root = tree_root(lambda level, index: nodes[level, index], size)
    if not (signed.size == size and signed.root == head.root == root):
        raise LogDamaged("its stored tree has another root than its newest checkpoint")
    return size


class Transaction:
    """One database transaction and the entries that belong to it.  Use :attr:`connection` for rows."""

    def __init__(
        self,
        connection: Connection,
        start: Callable[[], Growth],
        *,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self.connection = connection
        self._start, self._clock, self._random = start, clock, random
        self._growth: Growth | None = None
        self._rows: dict[int, RowCommitment] = {}
        self._over = False
        self.histories = Histories(connection)

    def next_index(self) -> int:
        """The number that the next entry of this transaction will have.

        Nobody else appends meanwhile, so a row may name the entry that commits to it.
        """
        return self._growing().size

    def append(self, kind: str, body: dict[str, Json], *, concerns: Concern | None = None) -> int:
        """Record one act; returns the number of its entry.  Nothing personal belongs into ``body``.

        ``concerns``: the entry belongs to the history of an enterprise, and gets the next number there.
        """
        return self._append(kind, body, None, concerns)

    def commit_row(
        self,
        table: str,
        key: str,
        values: dict[str, Json],
        *,
        kind: str,
        body: dict[str, Json],
        concerns: Concern | None = None,
    ) -> int:
        """Record one act that leaves row ``key`` of ``table`` with these values, and commit to them."""
        return self._append(kind, body, commit(table, key, values, salt=self._random(SALT_SIZE)), concerns)

    def committed_at(self, table: str, key: str) -> int:
        """The number of the newest entry that commits to a row.  Raises :class:`NotCommitted`."""
        for index, row in reversed(self._rows.items()):
            if (row.table, row.key) == (table, key):
                return index
        query = (
            select(row_commitments.c.entry_index)
            .where(row_commitments.c.table_name == table, row_commitments.c.row_key == key)
            .order_by(row_commitments.c.entry_index.desc())
            .limit(1)
        )
        found = self.connection.execute(query).scalar_one_or_none()
        if found is None:
            raise NotCommitted(table)
        return int(found)

    def wrote(self, table: str, key: str) -> bool:
        """Did this transaction itself commit to the row?  Then it is believed until the transaction ends."""
        return any((row.table, row.key) == (table, key) for row in self._rows.values())

    def finish(self) -> int | None:
        """Write what was appended and end; the size of the log, or ``None`` when nothing was appended."""
        self._over = True
        if self._growth is None or not self._growth.grown:
            return None
        self._growth.write(at=self._clock())
        self.histories.write()
        if self._rows:
            self.connection.execute(
                insert(row_commitments),
                [
                    {
                        "entry_index": index,
                        "table_name": row.table,
                        "row_key": row.key,
                        "salt": row.salt,
                        "commitment": row.commitment,
                    }
                    for index, row in self._rows.items()
                ],
            )
        return self._growth.size

    def abandon(self) -> None:
        """End without writing: the database transaction is being rolled back."""
        self._over = True

    def _growing(self) -> Growth:
        if self._over:
            raise TransactionOver
        if self._growth is None:
            self._growth = self._start()
        return self._growth

    def _append(
        self, kind: str, body: dict[str, Json], row: RowCommitment | None, concerns: Concern | None
    ) -> int:
        growth = self._growing()
        index = growth.size
        if concerns is None:
            growth.add(encode_entry(index, kind, body, at=self._clock(), row=row))
        else:
            self._append_about(concerns, growth, kind, body, row)
        if row is not None:
            self._rows[index] = row
        return index

    def _append_about(
        self,
        concerns: Concern,
        growth: Growth,
        kind: str,
        body: dict[str, Json],
        row: RowCommitment | None,
    ) -> None:
        salt = self._random(REFERENCE_SALT) if concerns.reference else b""
        if concerns.reference:
            facts = body.get("facts")
            decision = reference_digest(salt, concerns.reference)
            body = {**body, "facts": {**(facts if isinstance(facts, dict) else {}), "decision": decision}}
        index, link = growth.size, self.histories.next(concerns.code)
        leaf = encode_entry(index, kind, body, at=self._clock(), row=row, subject=link)
        growth.add(leaf)
        self.histories.note(link, index, leaf_hash(leaf), concerns.reference, salt)
