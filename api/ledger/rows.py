# SPDX-License-Identifier: Apache-2.0
"""Hold every protected row against what its newest entry commits to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy import Connection, func, select

from verify import Json, VerifyError

from ..database.tables import row_commitments
from .entry import key_commitment, row_commitment, row_of
from .findings import Finding, FindingKind

Source: TypeAlias = Callable[[Connection], Iterator[tuple[str, dict[str, Json]]]]
"""Yields key and values of every row of one table, exactly as they were committed."""

NOTES = "row_commitments"


@dataclass(frozen=True, slots=True)
class _Newest:
    index: int
    salt: bytes
    commitment: bytes


@dataclass(slots=True)
class RowCheck:
    """First every entry's private note of its row, then the rows themselves."""

    connection: Connection
    findings: list[Finding] = field(default_factory=list)
    compared: int = 0
    _newest: dict[str, dict[str, _Newest]] = field(default_factory=dict)
    _noted: int = 0

    def learn(self, leaves: Mapping[int, bytes]) -> None:
        """Take in one chunk of entries; later ones replace earlier ones of the same row."""
        if not leaves:
            return
        query = select(row_commitments).where(
            row_commitments.c.entry_index >= min(leaves), row_commitments.c.entry_index <= max(leaves)
        )
        notes = {int(row.entry_index): row for row in self.connection.execute(query)}
        self._noted += len(notes)
        for index, leaf in sorted(leaves.items()):
            public, note = row_of(leaf), notes.pop(index, None)
            if public is None:
                if note is not None:
                    self._note(FindingKind.INSERTED, index, zh="凭空出现", en="belongs to no row of the log")
                continue
            if note is None:
                self._note(FindingKind.DELETED, index, zh="不见了", en="is gone")
                continue
            table, key, salt, commitment = (
                note.table_name,
                note.row_key,
                bytes(note.salt),
                bytes(note.commitment),
            )
            known = (public.get("table"), public.get("key"), public.get("commitment"))
            if known != (table, _key_commitment(salt, table, key), commitment.hex()):
                self._note(FindingKind.CHANGED, index, zh="已被改动", en="was edited")
            self._newest.setdefault(table, {})[key] = _Newest(index, salt, commitment)
        for index in notes:
            self._note(FindingKind.INSERTED, index, zh="没有对应的条目", en="has no entry")

    def compare(self, sources: Mapping[str, Source]) -> None:
        """Every row of every source with its newest commitment, and every commitment with a row."""
        total = self.connection.execute(select(func.count()).select_from(row_commitments)).scalar_one()
        if total > self._noted:
            self._note(FindingKind.INSERTED, -1, zh="多于日志条目", en="are more than the log has entries")
        for table in sorted(self._newest.keys() - sources.keys()):
            self.findings.append(
                Finding(
                    FindingKind.NOT_COMPARED,
                    table,
                    "*",
                    f"日志中有 {table} 的行,但没有给出这张表,无法比对",
                    f"the log commits to rows of {table}, but nothing was given to compare them with",
                )
            )
        for table, source in sources.items():
            self._compare_table(table, source)

    def _compare_table(self, table: str, source: Source) -> None:
        left = dict(self._newest.get(table, {}))
        try:
            for key, values in source(self.connection):
                self.compared += 1
                self._compare_row(table, key, values, left.pop(key, None))
        except Exception:
            # An edited row may not even be readable any more (a time that is none): a finding, not a crash.
            self.findings.append(
                Finding(
                    FindingKind.CHANGED,
                    table,
                    "?",
                    f"表 {table} 有一行已被改得无法读取;其余各行未能比对",
                    f"a row of {table} was edited and cannot be read; the rows after it were not compared",
                )
            )
            return
        for key, newest in sorted(left.items(), key=lambda one: one[1].index):
            self._row(FindingKind.DELETED, table, key, newest)

    def _compare_row(self, table: str, key: str, values: dict[str, Json], newest: _Newest | None) -> None:
        if newest is None:
            self._row(FindingKind.INSERTED, table, key, None)
            return
        try:
            same = row_commitment(newest.salt, table, key, values) == newest.commitment
        except VerifyError:  # no canonical form: certainly not what was committed
            same = False
        if not same:
            self._row(FindingKind.CHANGED, table, key, newest)

    def _row(self, kind: FindingKind, table: str, key: str, newest: _Newest | None) -> None:
        where = f"(日志第 {newest.index} 条)" if newest else ""
        where_en = f" (entry {newest.index})" if newest else ""
        zh, en = _ROW_WORDS[kind]
        self.findings.append(Finding(kind, table, key, f"{zh}{where}", f"{en}{where_en}"))

    def _note(self, kind: FindingKind, index: int, *, zh: str, en: str) -> None:
        key = str(index) if index >= 0 else "*"
        self.findings.append(
            Finding(kind, NOTES, key, f"条目 {key} 的承诺记录{zh}", f"the private note of entry {key} {en}")
        )


_ROW_WORDS = {
    FindingKind.CHANGED: ("这一行在数据库中被改动", "this row was edited in the database"),
    FindingKind.DELETED: ("这一行从数据库中被删除", "this row was deleted from the database"),
    FindingKind.INSERTED: ("这一行未经入账就被插入数据库", "this row was inserted without an entry"),
}


def _key_commitment(salt: bytes, table: str, key: str) -> str:
    try:
        return key_commitment(salt, table, key).hex()
    except VerifyError:
        return ""
