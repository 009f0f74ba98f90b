# SPDX-License-Identifier: Apache-2.0
"""A log that is what it was is quiet; every way in which it is not has its name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.monitor import LogUnreachable, MonitorError, MonitorKeys
from verify import (
    Indication,
    Trust,
    check_log_notice,
    cosignatures,
    entries_from_tiles,
    parse_checkpoint,
    parse_log_notice,
    parse_note,
    root_from_tiles,
)

from .conftest import E01, E12, START, Desk, FakeLog, Named, put


def test_it_follows_and_keeps_a_copy(log: FakeLog, started: Callable[..., Desk]) -> None:
    """Over full tiles, partial ones and restarts; the copy leads to the signed root and has every byte."""
    desk = started()
    sizes = (1, 200, 256, 300, 700)
    for size in sizes:
        log.fill(size - len(log.leaves))
        log.publish(desk.source)
        made = desk.look()
        assert (made.size, made.alarms) == (size, ())
        desk.restarted()
    assert [leaf for _, leaf in entries_from_tiles(desk.folder.fetch, 0, 700)] == log.leaves
    kept = parse_checkpoint(parse_note(desk.folder.fetch("checkpoint")).text)
    assert root_from_tiles(desk.folder.fetch, 700) == kept.root
    assert desk.look().fresh == 0
    assert desk.codes(whole=True) == []


def test_its_view_is_its_word(log: FakeLog, started: Callable[..., Desk], monitor_keys: MonitorKeys) -> None:
    """The head that it saw with its cosignatures: whoever saw another head can prove the fork."""
    desk = started()
    log.fill(3)
    log.publish(desk.source)
    desk.look()
    view = parse_note((desk.folder.root / "view").read_bytes())
    assert {one.algorithm for one in cosignatures(view, monitor_keys.public)} == {"ed25519", "sm2"}
    assert parse_checkpoint(view.text).size == 3


def test_views_are_compared(log: FakeLog, started: Callable[..., Desk], tmp_path: Path) -> None:
    """Two monitors that saw one log agree at any size; of two histories, the views are the proof."""
    desk = started()
    log.fill(300)
    other = log.copy()
    log.fill(5)
    log.publish(desk.source)
    desk.look()
    for size in (1, 256, 299, 305):
        shorter = log.copy()
        shorter.leaves = shorter.leaves[:size]
        assert desk.monitor.compare(shorter.note().encode(), desk.folder.fetch) is None
    other.add("login.refused")
    alarm = desk.monitor.compare(other.note().encode(), desk.folder.fetch)
    assert alarm is not None and alarm.code.value == "FORK"
    log.fill(1)
    with pytest.raises(MonitorError, match="306"):
        desk.monitor.compare(log.note().encode(), desk.folder.fetch)
    with pytest.raises(MonitorError):
        desk.monitor.compare(b"no note", desk.folder.fetch)


@pytest.mark.parametrize(("before", "after"), [(5, 3), (300, 256), (300, 10)])
def test_rollback(log: FakeLog, started: Callable[..., Desk], before: int, after: int) -> None:
    """A smaller head, well signed: alarm each time, and the monitor stays where it was."""
    desk = started()
    log.fill(before)
    log.publish(desk.source)
    desk.look()
    log.leaves = log.leaves[:after]
    log.publish(desk.source)
    assert desk.codes() == ["ROLLBACK"]
    desk.restarted()
    assert (desk.codes(), desk.monitor.state.size) == (["ROLLBACK"], before)
    names = sorted(one.name.split("-", 1)[1] for one in (desk.folder.root / "evidence").iterdir())
    assert names == ["checkpoint-kept", "checkpoint-shown"]


@pytest.mark.parametrize("grown", [0, 1, 300])
def test_fork(log: FakeLog, started: Callable[..., Desk], grown: int, tmp_path: Path) -> None:
    """Another history of the same or a larger size, consistent in itself and signed by the log."""
    desk = started()
    log.fill(300)
    other = log.copy()
    log.add("login.made")
    other.add("login.refused")
    log.publish(desk.source)
    desk.look()
    other.fill(grown)
    other.publish(tmp_path / "other")
    assert desk.codes(tmp_path / "other") == ["FORK"]
    assert desk.codes() == []


@pytest.mark.parametrize("where", ["tile/entries/000.p/44", "tile/0/000.p/44", "sm3/tile/0/000.p/44"])
def test_a_torn_log(log: FakeLog, started: Callable[..., Desk], where: str) -> None:
    """Bytes that do not lead to the signed roots, or are not served; once they do, it goes on."""
    desk = started()
    log.fill(44)
    log.publish(desk.source)
    path = desk.source / where
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert desk.codes() == ["NOT_WHAT_WAS_SIGNED"]
    path.unlink()
    assert desk.codes() == ["NOT_WHAT_WAS_SIGNED"]
    assert desk.monitor.state.size == 0
    path.write_bytes(good)
    assert desk.codes() == []


def test_an_old_entry_that_is_served_differently(log: FakeLog, started: Callable[..., Desk]) -> None:
    """Seen long ago, hidden now: a whole look finds it, the own copy still has it."""
    desk = started()
    log.record(E12)
    log.fill(20)
    log.publish(desk.source)
    desk.look()
    forged = log.copy()
    forged.leaves[0] = forged.leaves[1].replace(b'"index":1', b'"index":0')
    forged.publish(desk.source)
    put(desk.source / "checkpoint", log.note().encode())
    assert desk.codes(whole=True) == ["NOT_WHAT_WAS_SIGNED"]
    assert next(entries_from_tiles(desk.folder.fetch, 0, 21))[1] == log.leaves[0]


def test_a_checkpoint_of_somebody_else(log: FakeLog, started: Callable[..., Desk]) -> None:
    """All keys of the log sign; a changed letter or a missing signature is no head."""
    desk = started()
    log.fill(2)
    log.publish(desk.source)
    lines = log.note().split("\n")
    put(desk.source / "checkpoint", "\n".join(lines[:-2]).encode() + b"\n")
    assert desk.codes() == ["CHECKPOINT_INVALID"]
    put(desk.source / "checkpoint", log.note().replace("\n2\n", "\n3\n").encode())
    assert desk.codes() == ["CHECKPOINT_INVALID"]
    put(desk.source / "checkpoint", b"no note")
    assert desk.codes() == ["CHECKPOINT_INVALID"]


def test_witnesses(log: FakeLog, started: Callable[..., Desk], witness: tuple[Named, ...]) -> None:
    """Too few is said, and the log is followed all the same; a forged word is a contradiction."""
    desk = started(witnesses=tuple(one.key for one in witness), quorum=1)
    log.fill(2)
    log.publish(desk.source)
    assert (desk.codes(), desk.monitor.state.size) == (["QUORUM_MISSING"], 2)
    log.publish(desk.source, *witness)
    assert desk.codes() == []
    note = log.note(*witness)
    name = f"— {witness[0].key.name} "
    line = next(one for one in note.split("\n") if one.startswith(name))
    put(
        desk.source / "checkpoint",
        note.replace(line, line[:-3] + ("A" if line[-3] != "A" else "B") + line[-2:]).encode(),
    )
    assert desk.codes() == ["CHECKPOINT_INVALID"]


def test_stale(log: FakeLog, started: Callable[..., Desk], witness: tuple[Named, ...]) -> None:
    """Two intervals without growth; a fresh word of a witness keeps a quiet log alive."""
    desk = started(witnesses=tuple(one.key for one in witness))
    log.fill(2)
    log.publish(desk.source)
    assert desk.codes() == []
    desk.now += timedelta(hours=2)
    assert desk.codes() == []
    desk.now += timedelta(minutes=1)
    assert desk.codes() == ["STALE"]
    log.publish(desk.source, *witness, at=desk.now)
    assert desk.codes() == []


def test_a_log_that_does_not_answer(log: FakeLog, started: Callable[..., Desk], tmp_path: Path) -> None:
    """Says nothing — until two intervals have gone by."""
    desk = started()
    with pytest.raises(LogUnreachable):
        desk.look(tmp_path / "nowhere")
    log.fill(1)
    log.publish(desk.source)
    desk.look()
    with pytest.raises(LogUnreachable):
        desk.look(tmp_path / "nowhere")
    desk.now += timedelta(hours=3)
    assert desk.codes(tmp_path / "nowhere") == ["STALE"]


def test_a_watched_enterprise_gets_a_proof(
    log: FakeLog, started: Callable[..., Desk], monitor_keys: MonitorKeys, log_keys: tuple[Named, ...]
) -> None:
    """Each new entry about it, once: signed, with the log proof inside and where to object."""
    desk = started(watched=(E12,), objection="https://example.org/objection?subject={subject}&entry={entry}")
    log.record(E01)
    log.record(E12)
    log.fill(300)
    log.publish(desk.source)
    (subject, content), *others = desk.look().notices
    assert (subject, others, desk.look().notices) == (E12, [], ())
    notice, _ = parse_log_notice(content)
    assert (notice.entry, notice.sequence) == (1, 1)
    assert notice.objection == f"https://example.org/objection?subject={E12}&entry=1"
    trust = Trust(log_keys=tuple(one.key for one in log_keys))
    report = check_log_notice(content, trust=trust, at=START, monitors=monitor_keys.public)
    assert report.indication is Indication.TOTAL_PASSED
    stranger = check_log_notice(content, trust=trust, at=START)
    assert stranger.indication is Indication.INDETERMINATE
    assert stranger.signatures[0].indication is Indication.TOTAL_PASSED
    assert next(iter((desk.folder.root / "notices").iterdir())).name == f"{E12}-1.notice"


def test_an_altered_notice(
    log: FakeLog, started: Callable[..., Desk], monitor_keys: MonitorKeys, log_keys: tuple[Named, ...]
) -> None:
    """No changed byte passes, and nothing raises."""
    desk = started(watched=(E12,))
    log.record(E12)
    log.publish(desk.source)
    ((_, content),) = desk.look().notices
    trust: Any = {"trust": Trust(log_keys=tuple(one.key for one in log_keys)), "at": START}
    other = content.replace(E12.encode(), E01.encode(), 1)
    assert check_log_notice(other, **trust).indication is Indication.TOTAL_FAILED
    for at in range(0, len(content), 41):
        altered = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        report = check_log_notice(altered, **trust, monitors=monitor_keys.public)
        assert report.indication is not Indication.TOTAL_PASSED
