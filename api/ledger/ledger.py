# SPDX-License-Identifier: Apache-2.0
"""The public log of acts of trust: appended with the act, in its transaction, and proven to anybody.

RFC 9162 tree (SHA-256), C2SP checkpoints.  An act and its entry are committed together or not at all, and
every transaction leaves one signed head.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from verify import (
    SHA256_TREE,
    SM3_TREE,
    LogKey,
    LogProof,
    TreeHash,
    consistency_path,
    inclusion_path,
    parse_checkpoint,
    parse_note,
)

from ..database import Database
from .errors import NoSuchEntry, NoSuchRange
from .files import LogFiles
from .growth import Growth, Transaction, require_head
from .nodes import NodeCache
from .publishing import LogPublisher
from .signing import HeadSigner, LogSigners
from .stored import StoredHead, entry_count, newest_head, stored_leaf, stored_leaves
from .witnessed import cosigned_note, take_cosignatures, witnessed_head


class Ledger:
    """Writer and reader of one log.  Safe to share between threads.

    Refuses to start (:class:`LogDamaged`) when the newest checkpoint is not ours or the database does not
    hold the tree that it signs.  ``inspecting`` starts all the same, to look at what is wrong; nothing is
    appended to a damaged log either way.
    """

    def __init__(
        self,
        database: Database,
        *,
        signers: LogSigners,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
        inspecting: bool = False,
        witnesses: Sequence[LogKey] = (),
        quorum: int = 0,
    ) -> None:
        """``witnesses`` may cosign its heads, ``quorum`` of them are asked for: what the trust list says."""
        self.witnesses, self.quorum = tuple(witnesses), quorum
        self._database, self._signer = database, HeadSigner(signers)
        self._clock, self._random = clock, random
        self._nodes = NodeCache()
        self._seen = 0  # the largest size that this process knows of; only ever grows
        if not inspecting:
            with database.read() as connection:
                self._seen = require_head(connection, self._signer)[SHA256_TREE].size

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """One write transaction; what it appended is in the log, signed and durable, once the block ends.

        An exception leaves nothing: no row, no entry, no checkpoint.
        """
        with self._database.write() as connection:
            tx = Transaction(
                connection,
                lambda: Growth(connection, self._signer, at_least=self._seen),
                clock=self._clock,
                random=self._random,
            )
            try:
                yield tx
                size = tx.finish()
            finally:
                tx.abandon()
        if size is not None:
            self._seen = max(self._seen, size)

    def checkpoint(self) -> str:
        """The newest signed head; of an empty log, the head of nothing."""
        with self._database.read() as connection:
            head = newest_head(connection)
        return head.note if head is not None else self._signer.sign(0, SHA256_TREE.empty, SM3_TREE.empty)

    def size(self) -> int:
        """How many entries the log has."""
        with self._database.read() as connection:
            return entry_count(connection)

    def entry(self, index: int) -> bytes:
        """The exact bytes of one entry.  Raises :class:`NoSuchEntry`."""
        with self._database.read() as connection:
            return stored_leaf(connection, index)

    def prove(self, index: int, *, witnessed: bool = False) -> LogProof:
        """Entry, paths and newest head: all that anybody needs.  Raises :class:`NoSuchEntry`.

        ``witnessed``: under the newest head that most witnesses cosigned, where one covers the entry.
        """
        with self._database.read() as connection:
            newest = newest_head(connection)
            size = 0 if newest is None else newest.size
            if newest is None or not 0 <= index < size:
                raise NoSuchEntry(index, size)
            head = (witnessed_head(connection, index) if witnessed else None) or newest
            return self._proof(connection, head, index)

    def consistency(self, old: int, new: int, tree: TreeHash = SHA256_TREE) -> tuple[bytes, ...]:
        """The proof that the tree of ``new`` entries only appends to that of ``old``.

        Raises :class:`NoSuchRange`.
        """
        with self._database.read() as connection:
            size = entry_count(connection)
            if not 1 <= old <= new <= size:
                raise NoSuchRange(old, new, size)
            return consistency_path(self._nodes.nodes(connection, tree, new), old, new, tree)

    def publisher(self, folder: Path) -> LogPublisher:
        """Who keeps a folder of static files at this log."""
        empty = partial(self._signer.sign, 0, SHA256_TREE.empty, SM3_TREE.empty)
        return LogPublisher(self._database, LogFiles(folder), self._signer, empty=empty)

    def take_cosignatures(self, note: str | bytes, witnesses: Sequence[LogKey] | None = None) -> None:
        """Keep what listed witnesses say of a head of this log.  Raises :class:`CosignatureRefused`."""
        known = self.witnesses if witnesses is None else witnesses
        take_cosignatures(self._database, note, known, at=self._clock())

    def log_keys(self) -> tuple[LogKey, ...]:
        """The public keys that sign the heads, for the trust list."""
        return self._signer.keys

    def _proof(self, connection: Connection, head: StoredHead, index: int) -> LogProof:
        """Heads that were signed before there was a second tree are proven in the first alone."""
        sha256, sm3 = (
            inclusion_path(self._nodes.nodes(connection, tree, head.size), index, head.size, tree)
            for tree in (SHA256_TREE, SM3_TREE)
        )
        two = parse_checkpoint(parse_note(head.note).text).sm3_root is not None
        (leaf,) = stored_leaves(connection, index, index + 1)
        return LogProof(index, leaf, sha256, cosigned_note(connection, head), sm3 if two else None)
