# SPDX-License-Identifier: Apache-2.0
"""What each entry must show, from the entry alone.

Members of the kinds that the core writes stand here; what a record must show comes from the module that
declares its kind (``RecordKind.rule``), so a monitor knows as much of a domain as the modules it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from relying import LogRule, Relying
from verify import Json, LogEntry

from .model import Alarm, AlarmCode

AHEAD = timedelta(minutes=10)
_HASH = re.compile(r"[0-9a-f]{64}\Z")
_TEXT, _NUMBER = "text", "number"
_MEMBERS: Mapping[str, Mapping[str, str]] = {
    "record.entered": {"module": _TEXT, "record_kind": _TEXT, "version": _NUMBER},
    "record.moved": {"module": _TEXT, "record_kind": _TEXT, "version": _NUMBER},
    "document.issued": {
        "document_id": _TEXT,
        "ecert_id": _TEXT,
        "type": _TEXT,
        "sha256": "hash",
        "sm3": "hash",
    },
    "document.superseded": {"document_id": _TEXT, "superseded_by": _TEXT},
    "document.state_changed": {"document_id": _TEXT, "state": _TEXT, "reason": _TEXT},
    "trust_list.published": {},
}


@dataclass(frozen=True, slots=True)
class EntryRules:
    """``records``: by ``module/kind``; a kind of a module that is not known here is not judged."""

    records: Mapping[str, LogRule] = field(default_factory=dict)

    def check(self, entry: LogEntry, now: datetime) -> tuple[Alarm, ...]:
        """What is wrong with one entry."""
        wrong = _malformed(entry, now)
        if wrong is not None:
            return (wrong,)
        if entry.kind == "record.entered":
            return tuple(self._record(entry))
        if entry.kind in ("record.moved", "document.state_changed") and entry.subject is not None:
            return tuple(_undecided(entry))
        return ()

    def _record(self, entry: LogEntry) -> Iterable[Alarm]:
        module, kind = str(entry.body["module"]), str(entry.body["record_kind"])
        known = {one.partition("/")[0] for one in self.records}
        rule = self.records.get(f"{module}/{kind}")
        if rule is None:
            if module in known:
                yield _alarm(
                    AlarmCode.SCHEMA,
                    entry,
                    f"模块 {module} 没有“{kind}”类记录",
                    f"{module} has no kind {kind}",
                )
            return
        if entry.subject is None:
            return  # about nobody who is named in the log
        if rule.posted:
            yield from _term(entry, rule)
        if rule.change_by_decision and entry.body["version"] != 1:
            yield from _undecided(entry)


def rules_of(modules: Iterable[Relying]) -> EntryRules:
    """The rules that these modules declare."""
    return EntryRules({f"{one.name}/{kind.name}": kind.rule for one in modules for kind in one.records})


def _malformed(entry: LogEntry, now: datetime) -> Alarm | None:
    for name, what in _MEMBERS.get(entry.kind, {}).items():
        if not _is(entry.body.get(name), what):
            return _alarm(
                AlarmCode.SCHEMA,
                entry,
                f"“{entry.kind}”条目缺少或错写 {name}",
                f"a {entry.kind} entry without a proper {name}",
            )
    if entry.at > now + AHEAD:
        return _alarm(
            AlarmCode.SCHEMA, entry, f"条目时间在未来:{entry.at.isoformat()}", "its time has not come yet"
        )
    return None


def _is(value: Json, what: str) -> bool:
    if what == _NUMBER:
        return isinstance(value, int) and not isinstance(value, bool) and value > 0
    if not isinstance(value, str) or not value:
        return False
    return what == _TEXT or _HASH.match(value) is not None


def _term(entry: LogEntry, rule: LogRule) -> Iterable[Alarm]:
    facts = entry.facts()
    start, end = _day(facts.get("from")), _day(facts.get("until"))
    if start is None or end is None or end < start:
        yield _alarm(
            AlarmCode.NOTICE_MISSING, entry, "没有公示起止日期", "it has no first and last public day"
        )
        return
    days = (end - (_day(facts.get("since")) or start)).days
    if entry.body["version"] == 1 and days < rule.shortest_days:
        yield _alarm(
            AlarmCode.NOTICE_SHORT,
            entry,
            f"公示期 {days} 天,应不少于 {rule.shortest_days} 天",
            f"public for {days} days, {rule.shortest_days} are due",
        )


def _undecided(entry: LogEntry) -> Iterable[Alarm]:
    if not _is(entry.facts().get("decision"), "hash"):
        yield _alarm(
            AlarmCode.CHANGE_WITHOUT_DECISION,
            entry,
            "变更没有决定文书",
            "a change that rests on no decision",
        )


def _alarm(code: AlarmCode, entry: LogEntry, zh: str, en: str) -> Alarm:
    subject = "" if entry.subject is None else entry.subject.code
    return Alarm(
        code,
        f"日志第 {entry.index} 条:{zh}",
        f"entry {entry.index}: {en}",
        index=entry.index,
        subject=subject,
    )


def _day(value: Json) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
