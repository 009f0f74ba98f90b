# SPDX-License-Identifier: Apache-2.0
"""One growth of the log within one database transaction: entries wait here, then all is written at once.

The order is the point.  The head that we continue from is read inside the write transaction, must carry our
signature and must be the root of the stored nodes: bytes that changed on disk are found before they are
signed over, never after.  What is written is read back first, and both trees are computed from what came
back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select

from verify import SHA256_TREE, SM3_TREE, Json, RightEdge, TreeHash, leaf_hash, reference_digest

from ..database.tables import ledger_checkpoints, row_commitments
from .entry import SALT_SIZE, RowCommitment, commit, encode_entry
from .errors import LogDamaged, NotCommitted, TransactionOver
from .signing import HeadSigner
from .stored import (
    TREES,
    edge_hashes,
    entry_count,
    newest_head,
    stored_leaves,
    write_leaves,
    write_runs,
)
from .subjects import REFERENCE_SALT, Concern, Histories

_HEADS = ledger_checkpoints.c
_SWAP = (
    insert(ledger_checkpoints)
    .from_select(
        ["size", "root", "note", "signed_at"],
        select(
            bindparam("to", type_=_HEADS.size.type),
            bindparam("root", type_=_HEADS.root.type),
            bindparam("note", type_=_HEADS.note.type),
            bindparam("at", type_=_HEADS.signed_at.type),
        ).where(
            select(func.coalesce(func.max(_HEADS.size), 0)).scalar_subquery()
            == bindparam("before", type_=_HEADS.size.type)
        ),
    )
    .execution_options(preserve_rowcount=True)  # else it is not kept for an INSERT
)
"""The next head, if ``before`` is still the size of the newest."""


class Growth:
    """Entries on top of the stored head, in memory until :meth:`write`."""

    def __init__(self, connection: Connection, signer: HeadSigner, *, at_least: int) -> None:
        self._connection, self._signer = connection, signer
        self._edges = require_head(connection, signer, at_least=at_least, fast=True)
        self._before = self.size = self._edges[SHA256_TREE].size
        self._leaves: list[bytes] = []

    @property
    def grown(self) -> bool:
        """Was anything appended?"""
        return bool(self._leaves)

    def add(self, leaf: bytes) -> None:
        """Append one leaf."""
        self._leaves.append(leaf)
        self.size += 1

    def write(self, *, at: datetime) -> None:
        """Leaves, hashes and the signed head, into the open transaction.

        Raises :class:`LogDamaged` when something comes back from the database as something else.
        """
        connection, size = self._connection, self.size
        write_leaves(connection, self._before, self._leaves)
        leaves = stored_leaves(connection, self._before, size)
        if leaves != self._leaves:
            raise LogDamaged("the database gave back other entries than were written")
        runs = {tree: edge.extend(tree.leaves(leaves)) for tree, edge in self._edges.items()}
        write_runs(connection, runs)
        sha256, sm3 = (
            RightEdge(tree, size, nodes).root()
            for tree, nodes in edge_hashes(connection, size, TREES).items()
        )
        if (sha256, sm3) != tuple(edge.root() for edge in self._edges.values()):
            raise LogDamaged("its stored trees have other roots than were computed")
        note = self._signer.sign(size, sha256, sm3)
        # The lock is what keeps writers apart.  Should it fail, the newest head is still the one read above.
        swapped = connection.execute(
            _SWAP, {"to": size, "root": sha256, "note": note, "at": at, "before": self._before}
        )
        if swapped.rowcount != 1:
            raise LogDamaged("another writer signed a head meanwhile")


def require_head(
    connection: Connection, signer: HeadSigner, *, at_least: int = 0, fast: bool = False
) -> dict[TreeHash, RightEdge]:
    """The right edges of both trees, if what is stored is exactly what we signed last.

    Raises :class:`LogDamaged`.
    """
    head, count = newest_head(connection), entry_count(connection)
    size = 0 if head is None else head.size
    if size < at_least:
        raise LogDamaged(f"it went back from {at_least} entries to {size}")
    if count != size:
        raise LogDamaged(f"its newest checkpoint says {size} entries, the database holds {count}")
    edges = {
        tree: RightEdge(tree, size, nodes) for tree, nodes in edge_hashes(connection, size, TREES).items()
    }
    if head is None:
        return edges
    signed = signer.require(head.note, fast=fast)
    if not (signed.size == size and signed.root == head.root == edges[SHA256_TREE].root()):
        raise LogDamaged("its stored tree has another root than its newest checkpoint")
    # Heads that were signed before there was a second tree state one root.
    if signed.sm3_root not in (None, edges[SM3_TREE].root()):
        raise LogDamaged("its stored SM3 tree has another root than its newest checkpoint")
    return edges


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
        growth = self._growth
        if growth is None or self._over:
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
        self.histories.note(link, index, kind, leaf_hash(leaf), (concerns.reference, salt))
