# SPDX-License-Identifier: Apache-2.0
"""Every new entry once: schema, history of its subject, unusual numbers, and whom it concerns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from verify import LogEntry, LogEntryMalformed, SubjectChains, SubjectLink, parse_log_entry

from .model import Alarm, AlarmCode, MonitorPlan, MonitorState
from .rules import AHEAD, EntryRules

_COUNTED = ("document.issued", "record.entered", "certificate.issued", "bundle.issued")
_KEPT = timedelta(days=3)
"""Counts of older hours and days are forgotten."""


@dataclass(slots=True)
class EntryReader:
    """Continues from a state, and gives the next one."""

    plan: MonitorPlan
    rules: EntryRules
    now: datetime
    chains: SubjectChains
    awaited: dict[str, int]
    counts: dict[str, int]
    newest: datetime | None = None  # what comes now was made no earlier
    alarms: list[Alarm] = field(default_factory=list)
    watched: list[tuple[LogEntry, SubjectLink]] = field(default_factory=list)

    @classmethod
    def of(cls, state: MonitorState, plan: MonitorPlan, rules: EntryRules, now: datetime) -> EntryReader:
        """A reader that goes on where ``state`` ended."""
        chains = SubjectChains(state.heads)
        newest = state.moved_at if state.size else None
        return cls(plan, rules, now, chains, dict(state.awaited), dict(state.counts), newest)

    def read(self, index: int, leaf: bytes) -> None:
        """The next entry."""
        try:
            entry = parse_log_entry(leaf, index)
        except LogEntryMalformed as error:
            self.alarms.append(
                Alarm(
                    AlarmCode.SCHEMA,
                    f"日志第 {index} 条不是规范条目:{error.field}",
                    f"entry {index} is no entry: {error.field}: {error.rule}",
                    index=index,
                )
            )
            return
        self.alarms += self.rules.check(entry, self.now)
        self.alarms += [
            Alarm(AlarmCode.SUBJECT_BROKEN, fault.zh, fault.en, index=index, subject=fault.subject)
            for fault in self.chains.take(entry)
        ]
        self._dated(entry)
        self._replacing(entry)
        self._count(entry)
        if entry.subject is not None and entry.subject.code in self.plan.watched:
            self.watched.append((entry, entry.subject))

    def finish(self) -> None:
        """What was to come and did not; called at a signed head, which no act straddles."""
        for document, index in sorted(self.awaited.items(), key=lambda one: one[1]):
            self.alarms.append(
                Alarm(
                    AlarmCode.CHANGE_WITHOUT_DECISION,
                    f"日志第 {index} 条使文书失效,替代它的文书 {document} 没有签发",
                    f"entry {index} replaces a document by {document}, which nobody issued",
                    index=index,
                )
            )
        self.awaited.clear()
        oldest = (self.now - _KEPT).strftime("%Y-%m-%d")
        self.counts = {name: count for name, count in self.counts.items() if name[:10] >= oldest}

    def _dated(self, entry: LogEntry) -> None:
        """No entry is older than those before it, nor than the look that did not find it yet.

        An earlier time would make a statement look as if it had been announced before its key was revoked.
        """
        if self.newest is not None and entry.at < self.newest - AHEAD:
            self.alarms.append(
                Alarm(
                    AlarmCode.SCHEMA,
                    f"日志第 {entry.index} 条自称的时间早于在它之前的条目:时间被倒填",
                    f"entry {entry.index} says that it is older than what was there before it: backdated",
                    index=entry.index,
                    subject="" if entry.subject is None else entry.subject.code,
                )
            )
            return
        at = min(entry.at, self.now)  # one from the future is told already
        self.newest = at if self.newest is None else max(self.newest, at)

    def _replacing(self, entry: LogEntry) -> None:
        if entry.kind == "document.superseded":
            self.awaited[str(entry.body.get("superseded_by"))] = entry.index
        elif entry.kind == "document.issued":
            self.awaited.pop(str(entry.body.get("document_id")), None)

    def _count(self, entry: LogEntry) -> None:
        if entry.kind in _COUNTED:
            hour = entry.at.strftime("%Y-%m-%dT%H")
            self._burst(f"{hour} {entry.kind}", self.plan.most_an_hour, entry, f"一小时内的“{entry.kind}”")
        if entry.subject is not None:
            day, code = entry.at.strftime("%Y-%m-%d"), entry.subject.code
            self._burst(f"{day} {code}", self.plan.most_a_subject, entry, f"一天内关于 {code} 的条目")

    def _burst(self, name: str, most: int, entry: LogEntry, zh: str) -> None:
        self.counts[name] = count = self.counts.get(name, 0) + 1
        if count == most + 1:  # told once
            subject = "" if entry.subject is None else entry.subject.code
            self.alarms.append(
                Alarm(
                    AlarmCode.BURST,
                    f"异常频繁:{zh}超过 {most} 条",
                    f"unusual: more than {most} entries of {name}",
                    index=entry.index,
                    subject=subject,
                )
            )
