# SPDX-License-Identifier: Apache-2.0
"""What a monitor is told, what it remembers, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeAlias

from verify import Json, LogKey, SubjectHead

Fetched: TypeAlias = Callable[[str], bytes]
"""``fetch(path)`` relative to the log's address; raises ``verify.TileMissing`` for what is not there, and
:class:`.errors.LogUnreachable`."""


class AlarmCode(StrEnum):
    """What was seen.  The first group says that the log is not what it was, the second that it may hide."""

    ROLLBACK = "ROLLBACK"
    FORK = "FORK"
    CHECKPOINT_INVALID = "CHECKPOINT_INVALID"
    NOT_WHAT_WAS_SIGNED = "NOT_WHAT_WAS_SIGNED"
    SUBJECT_BROKEN = "SUBJECT_BROKEN"
    STALE = "STALE"
    QUORUM_MISSING = "QUORUM_MISSING"
    SCHEMA = "SCHEMA"
    NOTICE_MISSING = "NOTICE_MISSING"
    NOTICE_SHORT = "NOTICE_SHORT"
    CHANGE_WITHOUT_DECISION = "CHANGE_WITHOUT_DECISION"
    BURST = "BURST"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that a person should look at; ``index`` is that of the entry, where there is one."""

    code: AlarmCode
    zh: str
    en: str
    index: int | None = None
    subject: str = ""

    def to_json(self, at: datetime) -> dict[str, Json]:
        """One line of the journal."""
        return {
            "alarm": self.code.value,
            "at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "entry": self.index,
            "subject": self.subject or None,
            "zh": self.zh,
            "en": self.en,
        }


@dataclass(frozen=True, slots=True)
class MonitorKeys:
    """The monitor's own keys, one of each algorithm; ``name`` is that of the monitor."""

    name: str
    signers: tuple[tuple[LogKey, Callable[[bytes], bytes]], ...] = field(repr=False)

    @property
    def public(self) -> tuple[LogKey, ...]:
        """For whoever believes this monitor."""
        return tuple(key for key, _ in self.signers)


@dataclass(frozen=True, slots=True)
class MonitorPlan:
    """Which log, whose keys, and when to be suspicious."""

    log_keys: tuple[LogKey, ...]
    witnesses: tuple[LogKey, ...] = ()
    quorum: int = 0
    interval: timedelta = timedelta(days=1)
    """The log's own promise: within it there is a new head, or a new word of its witnesses."""
    watched: tuple[str, ...] = ()
    objection: str = ""
    """Where to object; ``{subject}`` and ``{entry}`` are filled in."""
    most_an_hour: int = 1000
    most_a_subject: int = 50
    """Entries of one kind in one hour, and about one subject in one day, beyond which it is a burst."""


@dataclass(slots=True)
class MonitorState:
    """What the monitor saw last; it continues from here and never from less."""

    note: str = ""
    size: int = 0
    moved_at: datetime | None = None  # when the log was last seen to grow or to be cosigned
    heads: dict[str, SubjectHead] = field(default_factory=dict)
    awaited: dict[str, int] = field(default_factory=dict)  # documents that are to replace others, and where
    counts: dict[str, int] = field(default_factory=dict)  # "hour kind" or "day subject"


@dataclass(frozen=True, slots=True)
class Round:
    """What one look gave."""

    size: int
    fresh: int  # entries read for the first time
    alarms: tuple[Alarm, ...]
    notices: tuple[tuple[str, bytes], ...] = ()  # subject and signed notice


class Keeper(Protocol):
    """The monitor's own folder: its copy of the log, and what it must not lose."""

    def copy(self, path: str) -> bytes | None:
        """A tile, bundle or checkpoint of the own copy."""

    def keep(self, path: str, content: bytes) -> None:
        """Into the own copy; what is there already is never replaced, but for the checkpoint."""

    def evidence(self, name: str, content: bytes) -> None:
        """Something that contradicts what was seen: kept aside for ever."""
