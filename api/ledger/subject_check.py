# SPDX-License-Identifier: Apache-2.0
"""Hold the histories of subjects together: the leaves among themselves, and the table that notes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, func, select

from verify import LogEntry, LogEntryMalformed, SubjectChains, parse_log_entry

from ..database.tables_subjects import subject_entries as table
from .findings import Finding, FindingKind
from .subjects import agrees, reference_agrees

SUBJECTS = "subject_entries"
_MARK = b'"subject":{"code":'


@dataclass(slots=True)
class SubjectCheck:
    """Sees every leaf once, in order."""

    connection: Connection
    findings: list[Finding] = field(default_factory=list)
    _chains: SubjectChains = field(default_factory=SubjectChains)
    _noted: int = 0

    def learn(self, leaves: Mapping[int, bytes]) -> None:
        """Take in one chunk of entries."""
        if not leaves:
            return
        query = select(table).where(table.c.entry_index.between(min(leaves), max(leaves)))
        notes = {int(row.entry_index): row for row in self.connection.execute(query)}
        self._noted += len(notes)
        for index in sorted(leaves):
            entry = _entry(leaves[index], index)
            if entry is not None:
                self._chain(entry)
                self._note(entry, notes.pop(index, None))
        for index in notes:
            self._found(FindingKind.INSERTED, index, "没有对应的日志条目", "no entry of the log says so")

    def finish(self) -> None:
        """Rows that stand beside no entry at all."""
        total = self.connection.execute(select(func.count()).select_from(table)).scalar_one()
        if total > self._noted:
            self._found(FindingKind.INSERTED, "*", "多于日志条目", "more rows than the log has entries")

    def _chain(self, entry: LogEntry) -> None:
        self.findings += [
            Finding(FindingKind.HISTORY_BROKEN, "ledger_entries", str(fault.index), fault.zh, fault.en)
            for fault in self._chains.take(entry)
        ]

    def _note(self, entry: LogEntry, row: Row[Any] | None) -> None:
        if row is None:
            self._found(FindingKind.DELETED, entry.index, "主体记录编号不见了", "its number was deleted")
        elif not agrees(row, entry.subject, entry.hash):
            self._found(FindingKind.CHANGED, entry.index, "主体记录编号已被改动", "its number was edited")
        elif not reference_agrees(row, entry.facts().get("decision")):
            self._found(FindingKind.CHANGED, entry.index, "决定文号已被改动", "its decision was edited")

    def _found(self, kind: FindingKind, index: int | str, zh: str, en: str) -> None:
        self.findings.append(
            Finding(kind, SUBJECTS, str(index), f"条目 {index}:{zh}", f"entry {index}: {en}")
        )


def _entry(leaf: bytes, index: int) -> LogEntry | None:
    """The entry, when it belongs to a history; what is no entry is found elsewhere."""
    if _MARK not in leaf:
        return None
    try:
        entry = parse_log_entry(leaf, index)
    except LogEntryMalformed:
        return None
    return entry if entry.subject is not None else None
