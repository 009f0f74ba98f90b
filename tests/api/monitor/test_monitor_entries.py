# SPDX-License-Identifier: Apache-2.0
"""What an entry must show, and what is unusual about many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from verify import Json, SubjectLink, canonical_json

from .conftest import E01, E12, Desk, FakeLog

DIGEST = "ab" * 32


def seen(log: FakeLog, desk: Desk) -> list[tuple[str, int | None]]:
    log.publish(desk.source)
    return [(one.code.value, one.index) for one in desk.look().alarms]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({}, None),
        ({"from": None}, "NOTICE_MISSING"),
        ({"until": None}, "NOTICE_MISSING"),
        ({"until": "soon"}, "NOTICE_MISSING"),
        ({"until": "2026-10-25"}, "NOTICE_MISSING"),
        ({"until": "2027-04-23"}, "NOTICE_SHORT"),
        ({"until": "2027-04-24"}, None),
        ({"since": "2026-05-01", "until": "2026-10-28"}, None),
        ({"version": 2}, "CHANGE_WITHOUT_DECISION"),
        ({"version": 2, "decision": "演修字1号"}, "CHANGE_WITHOUT_DECISION"),
        ({"version": 2, "decision": DIGEST, "until": "2026-11-01"}, None),
        ({"version": 0}, "SCHEMA"),
        ({"kind": "rumour"}, "SCHEMA"),
        ({"subject": ""}, None),
    ],
)
def test_records(
    log: FakeLog, started: Callable[..., Desk], facts: dict[str, Json], code: str | None
) -> None:
    """The rules of the module that declares the kind; about nobody who is named there is nothing to hold."""
    log.record(**facts)  # type: ignore[arg-type]
    assert seen(log, started()) == ([] if code is None else [(code, 0)])


def test_a_kind_of_an_unknown_module_is_not_judged(log: FakeLog, started: Callable[..., Desk]) -> None:
    """A monitor knows as much of a domain as the modules that it has."""
    log.add("record.entered", {"module": "other", "record_kind": "deed", "version": 1}, E12)
    assert seen(log, started()) == []


def test_what_replaces_a_document_must_be_issued(log: FakeLog, started: Callable[..., Desk]) -> None:
    """In the same transaction, which no signed head straddles."""
    desk = started()
    issued: dict[str, Json] = {"ecert_id": "1.2", "type": "t", "sha256": DIGEST, "sm3": DIGEST}
    log.add("document.superseded", {"document_id": "A", "superseded_by": "B"}, E12)
    log.add("document.issued", {"document_id": "B", **issued}, E12)
    assert seen(log, desk) == []
    log.add("document.superseded", {"document_id": "B", "superseded_by": "C"}, E12)
    assert seen(log, desk) == [("CHANGE_WITHOUT_DECISION", 2)]
    log.add("document.state_changed", {"document_id": "B", "state": "revoked", "reason": "error"}, E12)
    assert seen(log, desk) == [("CHANGE_WITHOUT_DECISION", 3)]


@pytest.mark.parametrize(
    "leaf",
    [
        b"no json",
        b'{"v": 1}',
        canonical_json({"v": 1, "index": 7, "at": "2026-11-23T02:00:00Z", "kind": "a.b", "body": {}}),
        canonical_json({"v": 1, "index": 0, "at": "2026-11-23T03:00:00Z", "kind": "a.b", "body": {}}),
    ],
)
def test_what_is_no_entry(log: FakeLog, started: Callable[..., Desk], leaf: bytes) -> None:
    """Also one from the future; the log is followed all the same."""
    desk = started()
    log.leaves.append(leaf)
    log.fill(1)
    assert seen(log, desk) == [("SCHEMA", 0)]
    assert desk.monitor.state.size == 2


def test_a_broken_history(log: FakeLog, started: Callable[..., Desk]) -> None:
    """Over looks and restarts: a number is missing, given twice, or follows another entry."""
    desk = started()
    log.record(E12)
    log.record(E01)
    assert seen(log, desk) == []
    desk.restarted()
    sequence, head = log.heads[E12]
    for number, previous in ((sequence + 2, head), (sequence + 2, head), (sequence + 3, head)):
        link: Json = SubjectLink(E12, number, previous).to_json()
        entry: dict[str, Json] = {"v": 1, "index": len(log.leaves), "at": "2026-11-23T02:00:00Z"}
        log.leaves.append(canonical_json({**entry, "kind": "a.b", "body": {}, "subject": link}))
        assert seen(log, desk) == [("SUBJECT_BROKEN", len(log.leaves) - 1)]
        desk.restarted()


def test_an_entry_that_says_it_is_older_than_the_log_before_it(
    log: FakeLog, started: Callable[..., Desk]
) -> None:
    """What was not there at the last look cannot be from before it: a statement by a revoked key would be
    made to look as if it had been announced in time."""
    desk = started()
    log.add("a.b")
    assert seen(log, desk) == []
    log.at += timedelta(days=3)
    desk.now += timedelta(days=3)
    log.add("a.b")
    assert seen(log, desk) == []
    log.at -= timedelta(minutes=9)  # clocks of two machines
    log.add("a.b")
    assert seen(log, desk) == []
    log.at -= timedelta(hours=1)
    log.add("a.b")
    assert seen(log, desk) == [("SCHEMA", 3)]
    log.at += timedelta(hours=2)
    desk.now += timedelta(hours=2)
    log.add("a.b")
    log.at -= timedelta(minutes=30)  # within one look
    log.add("a.b")
    assert seen(log, desk) == [("SCHEMA", 5)]


def test_bursts_are_told_once(log: FakeLog, started: Callable[..., Desk]) -> None:
    """Of one kind in an hour, about one enterprise in a day; counted over looks."""
    desk = started(most_an_hour=3, most_a_subject=5)
    for _ in range(3):
        log.record("")
    assert seen(log, desk) == []
    desk.restarted()
    for _ in range(4):
        log.record("")
    assert seen(log, desk) == [("BURST", 3)]
    log.at += timedelta(hours=1)
    desk.now += timedelta(hours=1)
    for _ in range(7):
        log.add("a.b", {}, E12)
    assert seen(log, desk) == [("BURST", 12)]
