# SPDX-License-Identifier: Apache-2.0
"""What a document says about the completeness of its contents, held against all public entries.

Inside the canonical record of the document::

    "history": {"subject": "9151…", "sequence": n, "head": hex or null, "as_of": "2026-11-23T10:00:00+08:00",
                "covers": ["module/kind"], "shown": [k, …]}

It claims: the log held exactly n entries about the subject, the last with this leaf hash, and of the records
of these kinds those with the numbers ``shown`` were public.  The document's own entry comes next; between the
two only other documents may have been issued, for anything else would have been left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from ..canonical import Json
from .chains import SubjectChains
from .leaf import LogEntry, LogEntryMalformed

_CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
_MEMBERS = {"subject", "sequence", "head", "as_of", "covers", "shown"}
_HASH = re.compile(r"[0-9a-f]{64}\Z")
_MOST_SHOWN = 10_000
ISSUES = frozenset({"document.issued", "document.superseded"})
"""Kinds of entries that no document counts anew for: documents that were issued at the same time."""


@dataclass(frozen=True, slots=True)
class HistoryStatement:
    """The claim; ``head`` is empty when ``sequence`` is 0."""

    subject: str
    sequence: int
    head: str
    as_of: datetime
    covers: tuple[str, ...]
    shown: tuple[int, ...]

    def to_json(self) -> dict[str, Json]:
        """As it goes into the record of a document."""
        return {
            "subject": self.subject,
            "sequence": self.sequence,
            "head": self.head or None,
            "as_of": self.as_of.isoformat(timespec="seconds"),
            "covers": list(self.covers),
            "shown": list(self.shown),
        }


@dataclass(frozen=True, slots=True)
class StatementFault:
    """One thing that the document says and the log contradicts; ``number`` is that of an entry (0: none)."""

    code: str
    number: int
    zh: str
    en: str


def parse_history(value: Json) -> HistoryStatement:
    """Raises :class:`LogEntryMalformed` naming the member."""
    if not isinstance(value, dict) or set(value) != _MEMBERS:
        raise LogEntryMalformed(field="history", rule=f"an object of {', '.join(sorted(_MEMBERS))}")
    subject, sequence, head = value["subject"], value["sequence"], value["head"]
    if not isinstance(subject, str) or not subject:
        raise LogEntryMalformed(field="history.subject", rule="a code")
    if not _is_number(sequence):
        raise LogEntryMalformed(field="history.sequence", rule="a whole number from 0")
    if head is not None and not (isinstance(head, str) and _HASH.match(head)):
        raise LogEntryMalformed(field="history.head", rule="a SHA-256 leaf hash, or null")
    if (head is None) != (sequence == 0):
        raise LogEntryMalformed(field="history.head", rule="null without entries, and only then")
    covers, shown = value["covers"], value["shown"]
    if not isinstance(covers, list) or not all(isinstance(one, str) and one for one in covers):
        raise LogEntryMalformed(field="history.covers", rule="a list of module/kind")
    if not isinstance(shown, list) or len(shown) > _MOST_SHOWN or not all(map(_is_number, shown)):
        raise LogEntryMalformed(field="history.shown", rule="a list of numbers of entries")
    return HistoryStatement(
        subject=subject,
        sequence=_number(sequence),
        head=str(head or ""),
        as_of=_moment(value["as_of"]),
        covers=tuple(str(one) for one in covers),
        shown=tuple(_number(one) for one in shown),
    )


def check_history(
    stated: HistoryStatement, entries: Iterable[LogEntry], *, document_id: str = ""
) -> tuple[StatementFault, ...]:
    """Hold a claim against all public entries, in the order of the log; nothing found is an empty tuple.

    ``document_id``: of the document that makes the claim; with it, its own entry must come next.
    """
    chains = SubjectChains()
    mine: dict[int, LogEntry] = {}
    faults: list[StatementFault] = []
    for entry in entries:
        if entry.subject is None or entry.subject.code != stated.subject:
            continue
        faults += [
            StatementFault(one.code.value, entry.subject.sequence, one.zh, one.en)
            for one in chains.take(entry)
        ]
        mine[entry.subject.sequence] = entry
    faults += _head_faults(stated, mine)
    if document_id:
        faults += _place_faults(stated, mine, document_id)
    faults += _shown_faults(stated, mine)
    return tuple(faults)


def _head_faults(stated: HistoryStatement, mine: dict[int, LogEntry]) -> list[StatementFault]:
    if stated.sequence == 0:
        return []
    last = mine.get(stated.sequence)
    if last is None:
        return [
            StatementFault(
                "HISTORY_SHORTER",
                stated.sequence,
                f"文书载明共 {stated.sequence} 条记录,日志中没有第 {stated.sequence} 号:有记录被隐去",
                f"the document counts {stated.sequence} entries, the log has no number {stated.sequence}",
            )
        ]
    if last.hash != stated.head:
        return [
            StatementFault(
                "HISTORY_HEAD_DIFFERS",
                stated.sequence,
                f"文书所载末条摘要与日志第 {last.index} 条不符:记录被改动或替换",
                f"the head on the document is not entry {last.index}: an entry was changed or replaced",
            )
        ]
    return []


def _place_faults(
    stated: HistoryStatement, mine: dict[int, LogEntry], document_id: str
) -> list[StatementFault]:
    own = [
        number
        for number, entry in mine.items()
        if entry.kind == "document.issued" and entry.body.get("document_id") == document_id
    ]
    if not own:
        return [
            StatementFault(
                "DOCUMENT_NOT_IN_HISTORY",
                0,
                f"日志的主体记录中没有文书 {document_id} 的签发",
                f"the history has no entry that issues document {document_id}",
            )
        ]
    between = range(stated.sequence + 1, own[0])
    left = [number for number in between if number not in mine or mine[number].kind not in ISSUES]
    if own[0] <= stated.sequence:
        left = [own[0]]
    return [
        StatementFault(
            "HISTORY_STALE",
            number,
            f"文书签发时日志已有第 {number} 号而未计入",
            f"when the document was issued, number {number} was in the log and is not counted",
        )
        for number in left[:1]
    ]


def _shown_faults(stated: HistoryStatement, mine: dict[int, LogEntry]) -> list[StatementFault]:
    day = stated.as_of.astimezone(_CHINA).date()
    counted = {number: entry for number, entry in mine.items() if number <= stated.sequence}
    replaced = {entry.facts().get("replaces") for entry in counted.values()}
    due = {
        number
        for number, entry in counted.items()
        if number not in replaced
        and f"{entry.body.get('module')}/{entry.body.get('record_kind')}" in stated.covers
        and entry.kind == "record.entered"
        and _is_public(entry, day)
    }
    shown = set(stated.shown)
    return [
        *(
            StatementFault(
                "RECORD_OMITTED",
                number,
                f"第 {number} 号记录(日志第 {mine[number].index} 条)当时应公开而文书未列",
                f"number {number} (entry {mine[number].index}) was public and is not on the document",
            )
            for number in sorted(due - shown)
        ),
        *(
            StatementFault(
                "RECORD_NOT_PUBLIC",
                number,
                f"文书列有第 {number} 号记录,日志中当时没有这样一条公开记录",
                f"the document shows number {number}, which was not public then",
            )
            for number in sorted(shown - due)
        ),
    ]


def _is_public(entry: LogEntry, day: date) -> bool:
    facts = entry.facts()
    start, end = facts.get("from"), facts.get("until")
    return isinstance(start, str) and isinstance(end, str) and start <= day.isoformat() <= end


def _is_number(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _number(value: Json) -> int:
    assert isinstance(value, int)
    return value


def _moment(value: Json) -> datetime:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise LogEntryMalformed(field="history.as_of", rule="an ISO 8601 time with its zone")
    return at
