# SPDX-License-Identifier: Apache-2.0
"""Any order of workers, deaths, stops, quotas and cancels: each item at most once, in the end once or not."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import api.batches.ready_files as files_room
from api.batches import BatchError, Batches, BatchState, ItemState

from .conftest import Desk, Killed

ACTS = st.sampled_from(
    [
        "work",
        "work",
        "work",
        "die-making",
        "die-recording",
        "late",
        "revoke",
        "grant",
        "resume",
        "cancel",
        "start",
    ]
)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sealed here is only marked: the model is about who does it and how often."""
    monkeypatch.setattr(files_room, "seal_pdf", lambda data, *_a, **_k: data + b"%sealed")
    monkeypatch.setattr(files_room, "check_pdf", lambda *_a, **_k: None)
    monkeypatch.setattr(files_room, "require_passed", lambda *_a: None)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    acts=st.lists(ACTS, max_size=10),
    count=st.integers(1, 25),
    quota=st.one_of(st.none(), st.integers(1, 25)),
)
def test_any_life(desk: Desk, fast: None, acts: list[str], count: int, quota: int | None) -> None:
    test_any_life.turn = turn = getattr(test_any_life, "turn", 0) + 1  # type: ignore[attr-defined]
    base = turn * 1000
    desk.grant()
    batch = desk.files(range(base, base + count), quota=quota)
    desk.start(batch)
    dead: list[str] = []
    for number, act in enumerate(acts):
        name = f"life/{base + number}/1"
        with contextlib.suppress(BatchError):
            _do(desk, batch, act, name, dead)
        found = desk.get(batch)
        far = found.progress
        done = len([one for one in desk.items(batch) if one.state is ItemState.DONE])
        assert done == far.done <= far.used <= (found.quota or count)
    desk.grant()
    limit = desk.get(batch).quota
    for _ in range(4):
        if desk.get(batch).state is BatchState.STOPPED:
            desk.batches.resume(batch.batch_id, desk.by, quota=None if limit is None else count)
        desk.worker("life/end/1", gone=dead).work_off()
    found = desk.get(batch)
    assert found.state in (BatchState.DONE, BatchState.CANCELLED)
    if found.state is BatchState.DONE:
        assert (found.progress.done, found.progress.used) == (count, count)
    desk.require_once(batch, found.progress.done)


def _do(desk: Desk, batch: Any, act: str, name: str, dead: list[str]) -> None:
    if act == "work":
        desk.worker(name, gone=dead).work_once()
    elif act.startswith("die"):
        _die(desk, act, name, dead)
    elif act == "late":
        desk.rooms.clock.advance(timedelta(seconds=61))
    elif act == "revoke":
        for grant in desk.rooms.grants.of_officer(desk.by.account_id):
            desk.rooms.grants.revoke(grant.id, by="test")
    elif act == "grant":
        desk.grant()
    elif act == "start":
        desk.start(batch)
    elif act == "resume":
        desk.batches.resume(batch.batch_id, desk.by)
    else:
        desk.batches.cancel(batch.batch_id, desk.by)


def _die(desk: Desk, act: str, name: str, dead: list[str]) -> None:
    """Killed while making, or with everything made."""

    def killed(*_: Any, **__: Any) -> Any:
        raise Killed(act)

    place = "require_passed" if act == "die-making" else "record_files"
    right = getattr(files_room, place)
    setattr(files_room, place, killed)
    try:
        desk.worker(name, gone=dead).work_once()
    except Killed:
        dead.append(name)
    finally:
        setattr(files_room, place, right)


def test_a_grants_own_count(desk: Desk) -> None:
    """The allowance of the grant is asked for each chunk, and gets back what was not used."""

    class Twelve:
        left = 12

        def take(self, _tx: Any, _use: Any, uses: int) -> int:
            granted = min(uses, self.left)
            self.left -= granted
            return granted

        def give_back(self, _tx: Any, _use: Any, uses: int) -> None:
            self.left += uses

    allowance = Twelve()
    batches = Batches(replace(desk.ports, allowance=allowance))
    batch = desk.files(range(20))
    desk.start(batch)
    batches.worker().work_off()
    stopped = desk.get(batch)
    assert (stopped.state, stopped.progress.done, allowance.left) == (BatchState.STOPPED, 12, 0)
    allowance.left = 50
    batches.resume(batch.batch_id, desk.by)
    batches.worker().work_off()
    assert (desk.get(batch).state, allowance.left) == (BatchState.DONE, 42)
    desk.require_once(batch, 20)
