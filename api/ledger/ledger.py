# SPDX-License-Identifier: Apache-2.0
"""The public log of acts of trust: appended with the act, in its transaction, and proven to anybody.

RFC 9162 tree (SHA-256), C2SP checkpoints.  An act and its entry are committed together or not at all, and
every transaction leaves one signed head.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from verify import LogKey, LogProof, consistency_path, empty_root, inclusion_path

from ..database import Database
from .errors import NoSuchEntry, NoSuchRange
from .growth import Growth, Transaction, require_head
from .signing import HeadSigner, LogSigners
from .stored import entry_count, newest_head, node_reader, stored_leaf


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
    ) -> None:
        self._database, self._signer = database, HeadSigner(signers)
        self._clock, self._random = clock, random
        self._seen = 0  # the largest size that this process knows of; only ever grows
        if not inspecting:
            with database.read() as connection:
                self._seen = require_head(connection, self._signer)

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
        return head.note if head is not None else self._signer.sign(0, empty_root())

    def size(self) -> int:
        """How many entries the log has."""
        with self._database.read() as connection:
            return entry_count(connection)

    def entry(self, index: int) -> bytes:
        """The exact bytes of one entry.  Raises :class:`NoSuchEntry`."""
        with self._database.read() as connection:
            return stored_leaf(connection, index)

    def prove(self, index: int) -> LogProof:
        """Entry, path and newest head: all that anybody needs.  Raises :class:`NoSuchEntry`."""
        with self._database.read() as connection:
            head = newest_head(connection)
            size = 0 if head is None else head.size
            if head is None or not 0 <= index < size:
                raise NoSuchEntry(index, size)
            path = inclusion_path(node_reader(connection), index, size)
            return LogProof(index, stored_leaf(connection, index), path, head.note)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """The proof that the tree of ``new`` entries only appends to that of ``old``.

        Raises :class:`NoSuchRange`.
        """
        with self._database.read() as connection:
            size = entry_count(connection)
            if not 1 <= old <= new <= size:
                raise NoSuchRange(old, new, size)
            return consistency_path(node_reader(connection), old, new)

    def log_keys(self) -> tuple[LogKey, ...]:
        """The public keys that sign the heads, for the trust list."""
        return self._signer.keys
