# SPDX-License-Identifier: Apache-2.0
"""Histories of subjects: each entry about an enterprise has the next number there, inside its leaf.

The table beside the log only finds numbers again; what counts is in the leaves.  The head that a history
continues from is therefore read from the leaf itself, and whoever edited the table stops the writer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from verify import (
    HISTORY_ISSUES,
    IdentifierInvalid,
    LogEntryMalformed,
    SubjectHead,
    SubjectLink,
    parse_log_entry,
    parse_uscc,
    reference_digest,
)

from ..database.tables import ledger_entries, row_commitments
from ..database.tables_subjects import subject_entries as table
from .errors import HistoryMoved, LogDamaged

REFERENCE_SALT = 16


@dataclass(frozen=True, slots=True)
class Concern:
    """Whose history an entry belongs to (a unified social credit code), and the decision that it rests on.

    The leaf gets a salted digest of ``reference``; number and salt stay in the database.
    """

    code: str
    reference: str = ""


def concern_of(code: str, reference: str = "") -> Concern | None:
    """Of an enterprise; ``None`` for persons and whoever else has no credit code."""
    try:
        return Concern(code, reference) if parse_uscc(code) == code else None
    except IdentifierInvalid:
        return None


class Histories:
    """Numbers that one transaction gives out; :meth:`write` stores them with its entries."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._heads: dict[str, SubjectHead | None] = {}
        self._fresh: list[dict[str, Any]] = []
        self._kinds: list[tuple[str, str]] = []

    def next(self, code: str) -> SubjectLink:
        """The place of the next entry about ``code``."""
        head = self.head(code)
        return SubjectLink(code, 1, "") if head is None else SubjectLink(code, head.sequence + 1, head.hash)

    def head(self, code: str) -> SubjectHead | None:
        """The newest entry about ``code``, of this transaction or before it."""
        if code not in self._heads:
            self._heads[code] = history_head(self._connection, code)
        return self._heads[code]

    def require(self, code: str, *, sequence: int, head: str) -> None:
        """Raise :class:`HistoryMoved` unless entry ``sequence`` is this one and only documents followed."""
        rows = self._connection.execute(
            select(table, ledger_entries.c.leaf)
            .join(ledger_entries, ledger_entries.c.entry_index == table.c.entry_index)
            .where(table.c.code == code, table.c.sequence >= sequence)
            .order_by(table.c.sequence)
        ).all()
        if sequence and (not rows or (rows[0].sequence, bytes(rows[0].leaf_hash).hex()) != (sequence, head)):
            raise HistoryMoved(code)
        since = [parse_log_entry(bytes(row.leaf), row.entry_index).kind for row in rows[bool(sequence) :]]
        since += [kind for subject, kind in self._kinds if subject == code]
        if not set(since) <= HISTORY_ISSUES:
            raise HistoryMoved(code)

    def note(
        self, link: SubjectLink, index: int, kind: str, leaf_hash: bytes, decision: tuple[str, bytes]
    ) -> None:
        """An entry was written under this number; ``decision``: its number and the salt of its digest."""
        reference, salt = decision
        self._kinds.append((link.code, kind))
        self._heads[link.code] = SubjectHead(link.sequence, leaf_hash.hex(), index)
        self._fresh.append(
            {
                "entry_index": index,
                "code": link.code,
                "sequence": link.sequence,
                "leaf_hash": leaf_hash,
                "reference": reference or None,
                "reference_salt": salt or None,
            }
        )

    def write(self) -> None:
        """Into the open transaction."""
        if self._fresh:
            self._connection.execute(insert(table), self._fresh)


def history_head(connection: Connection, code: str) -> SubjectHead | None:
    """The newest entry about ``code``.  Raises :class:`LogDamaged` when its leaf says something else."""
    row = connection.execute(
        select(table, ledger_entries.c.leaf)
        .join(ledger_entries, ledger_entries.c.entry_index == table.c.entry_index, isouter=True)
        .where(table.c.code == code)
        .order_by(table.c.sequence.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    try:
        entry = None if row.leaf is None else parse_log_entry(bytes(row.leaf), row.entry_index)
    except LogEntryMalformed:
        entry = None
    if entry is None or not agrees(row, entry.subject, entry.hash):
        raise LogDamaged(f"entry {row.entry_index} is not the newest of its subject's history, as was noted")
    return SubjectHead(row.sequence, entry.hash, row.entry_index)


def history_of(connection: Connection, code: str) -> tuple[SubjectHead, ...]:
    """Every entry about ``code`` as noted, in order."""
    rows = connection.execute(select(table).where(table.c.code == code).order_by(table.c.sequence))
    return tuple(SubjectHead(row.sequence, bytes(row.leaf_hash).hex(), row.entry_index) for row in rows)


def numbers_of(connection: Connection, table_name: str, code: str) -> Mapping[str, int]:
    """The rows of a table in the history of ``code``: by their keys, the number of each one's last entry."""
    query = (
        select(row_commitments.c.row_key, table.c.sequence)
        .join(table, table.c.entry_index == row_commitments.c.entry_index)
        .where(row_commitments.c.table_name == table_name, table.c.code == code)
        .order_by(table.c.sequence)
    )
    return {str(row.row_key): int(row.sequence) for row in connection.execute(query)}


def entries_with_reference(connection: Connection, reference: str) -> tuple[int, ...]:
    """The entries that rest on a decision with this number."""
    query = select(table.c.entry_index).where(table.c.reference == reference).order_by(table.c.entry_index)
    return tuple(int(one) for one in connection.execute(query).scalars())


def agrees(row: Row[Any], link: SubjectLink | None, leaf_hash: str) -> bool:
    """Does a stored row say what the leaf says?"""
    noted = (row.code, row.sequence, bytes(row.leaf_hash).hex())
    return link is not None and noted == (link.code, link.sequence, leaf_hash)


def reference_agrees(row: Row[Any], decision: object) -> bool:
    """Is the stored number of the decision the one that the leaf has a digest of?"""
    if row.reference is None or row.reference_salt is None:
        return row.reference is None and row.reference_salt is None and decision is None
    return reference_digest(bytes(row.reference_salt), row.reference) == decision
