# SPDX-License-Identifier: Apache-2.0
"""The folder of a monitor::

    monitor.json      which log, whose keys, what to watch      state.json     what it saw last, open alarms
    copy/…            its own copy of the log: checkpoint, tiles, bundles
    view              the last head with this monitor's cosignature, for others to compare
    alarms.jsonl      every alarm, one line each                notices/…      signed notices
    evidence/…        what contradicted it                      keys/…         its own keys

Every file is replaced whole: written beside, flushed, renamed.  The state is written last.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from verify import (
    Json,
    JsonMalformed,
    LogKey,
    NoteMalformed,
    SubjectHead,
    TileMissing,
    canonical_json,
    encode_log_key,
    encode_witness_key,
    parse_json,
    parse_log_key,
    parse_witness_key,
)

from ..errors import MonitorError, StateDamaged
from ..following import CHECKPOINT, VIEW
from ..model import Alarm, MonitorPlan, MonitorState, Round

PLAN, STATE, ALARMS = "monitor.json", "state.json", "alarms.jsonl"
LARGEST_STATE = 1 << 30
FORMAT, STATE_FORMAT = "yinxin-monitor/1", "yinxin-monitor-state/1"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What ``monitor.json`` says: where the log is, and the plan."""

    name: str
    log: str
    plan: MonitorPlan


class MonitorFolder:
    """A :class:`..model.Keeper` over one folder, and what survives a restart."""

    def __init__(self, root: Path) -> None:
        self.root = root

    # The copy

    def copy(self, path: str) -> bytes | None:
        """Of the own copy; ``None`` when it has no such file."""
        try:
            return (self.root / "copy" / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def fetch(self, path: str) -> bytes:
        """The same as a log to read from.  Raises :class:`verify.TileMissing`."""
        content = self.copy(path)
        if content is None:
            raise TileMissing(path)
        return content

    def keep(self, path: str, content: bytes) -> None:
        """Into the copy; a tile is never replaced."""
        if path == VIEW:
            _replace(self.root / VIEW, content)
            return
        target = self.root / "copy" / path
        if path == CHECKPOINT or not target.exists():
            _replace(target, content)

    def evidence(self, name: str, content: bytes) -> None:
        """Kept once: what is shown again at every look does not fill the disk."""
        target = self.root / "evidence" / f"{hashlib.sha256(content).hexdigest()[:16]}-{name}"
        if not target.exists():
            _replace(target, content)

    # What is remembered

    def found(self, remembered: Remembered) -> None:
        """Write the plan of a new monitor.  Raises :class:`MonitorError` when there is one already."""
        if (self.root / PLAN).exists():
            raise MonitorError(f"{self.root} 已是监测目录", f"{self.root} is a monitor's folder already")
        plan = remembered.plan
        value: dict[str, Json] = {
            "format": FORMAT,
            "name": remembered.name,
            "log": remembered.log,
            "log_keys": [encode_log_key(one) for one in plan.log_keys],
            "witnesses": [encode_witness_key(one) for one in plan.witnesses],
            "quorum": plan.quorum,
            "interval_seconds": int(plan.interval.total_seconds()),
            "watched": list(plan.watched),
            "objection": plan.objection,
            "most_an_hour": plan.most_an_hour,
            "most_a_subject": plan.most_a_subject,
        }
        _replace(self.root / PLAN, _pretty(value))
        self.remember(MonitorState())

    def plan(self) -> Remembered:
        """Raises :class:`StateDamaged`."""
        value = self._read(PLAN, FORMAT)
        try:
            plan = MonitorPlan(
                log_keys=tuple(parse_log_key(one) for one in _texts(value["log_keys"])),
                witnesses=tuple(parse_witness_key(one) for one in _texts(value["witnesses"])),
                quorum=_number(value["quorum"]),
                interval=timedelta(seconds=_number(value["interval_seconds"])),
                watched=_texts(value["watched"]),
                objection=str(value["objection"]),
                most_an_hour=_number(value["most_an_hour"]),
                most_a_subject=_number(value["most_a_subject"]),
            )
            return Remembered(str(value["name"]), str(value["log"]), plan)
        except (KeyError, TypeError, NoteMalformed) as error:
            raise StateDamaged(PLAN, str(error)) from error

    def state(self) -> MonitorState:
        """Raises :class:`StateDamaged`: a monitor without its state would believe a rolled-back log."""
        value = self._read(STATE, STATE_FORMAT)
        try:
            heads, moved = value["heads"], value["moved_at"]
            if not isinstance(heads, dict):
                raise TypeError("heads")
            return MonitorState(
                note=str(value["note"]),
                size=_number(value["size"]),
                moved_at=datetime.fromisoformat(moved) if isinstance(moved, str) else None,
                heads={code: _head(one) for code, one in heads.items()},
                awaited=_counts(value["awaited"]),
                counts=_counts(value["counts"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise StateDamaged(STATE, str(error)) from error

    def remember(self, state: MonitorState, alarms: int = 0) -> None:
        """The state; ``alarms``: of the last look, for whoever reads the file."""
        value: dict[str, Json] = {
            "format": STATE_FORMAT,
            "note": state.note,
            "size": state.size,
            "moved_at": None if state.moved_at is None else state.moved_at.astimezone(UTC).isoformat(),
            "heads": {
                code: {"sequence": one.sequence, "hash": one.hash, "index": one.index}
                for code, one in state.heads.items()
            },
            "awaited": dict(state.awaited),
            "counts": dict(state.counts),
            "alarms": alarms,
        }
        _replace(self.root / STATE, _pretty(value))

    def record(self, made: Round, state: MonitorState, at: datetime) -> tuple[Path, ...]:
        """Alarms and notices of a look, then the state; the files of the notices."""
        self._journal(one.to_json(at) for one in made.alarms)
        paths: list[Path] = []
        for subject, notice in made.notices:
            entry = next(line for line in notice.split(b"\n") if line.startswith(b"entry ")).decode()
            paths.append(self.root / "notices" / f"{subject}-{entry.removeprefix('entry ')}.notice")
            _replace(paths[-1], notice)
        self.remember(state, len(made.alarms))
        return tuple(paths)

    def _journal(self, lines: Iterable[Mapping[str, Json]]) -> None:
        written = b"".join(canonical_json(dict(one)) + b"\n" for one in lines)
        if not written:
            return
        with (self.root / ALARMS).open("ab") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())

    def _read(self, name: str, form: str) -> dict[str, Json]:
        try:
            value = parse_json((self.root / name).read_bytes(), max_bytes=LARGEST_STATE)
        except OSError as error:
            raise StateDamaged(str(self.root / name), error.strerror or "unreadable") from error
        except JsonMalformed as error:
            raise StateDamaged(name, str(error)) from error
        if not isinstance(value, dict) or value.get("format") != form:
            raise StateDamaged(name, f"not {form}")
        return value


def public_keys(keys: Iterable[LogKey]) -> tuple[str, ...]:
    """As others write them into their trust: the keys of a witness."""
    return tuple(encode_witness_key(one) for one in keys)


def alarm_line(alarm: Alarm, at: datetime) -> str:
    """One alarm as one line of JSON."""
    return json.dumps(alarm.to_json(at), ensure_ascii=False)


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _pretty(value: Json) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode("utf-8")


def _texts(value: Json) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError("a list of texts")
    return tuple(str(one) for one in value)


def _number(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number")
    return value


def _counts(value: Json) -> dict[str, int]:
    if not isinstance(value, dict):
        raise TypeError("numbers by name")
    return {name: _number(one) for name, one in value.items()}


def _head(value: Json) -> SubjectHead:
    if not isinstance(value, dict):
        raise TypeError("the head of a history")
    return SubjectHead(_number(value["sequence"]), str(value["hash"]), _number(value["index"]))
