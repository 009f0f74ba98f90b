# SPDX-License-Identifier: Apache-2.0
"""A worker killed at every step: nothing lost, nothing twice, no intent left open, no number wasted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

import api.batches.ready_files as files_room
from api.batches import BatchState, ItemState, living_intents
from api.database.tables_sealing import documents

from .conftest import E01, E02, Desk, Killed, csv_of

FILE_PLACES = (
    *(f"{when}-{number}" for number in (1, 2, 3) for when in ("enter", "inside", "after")),
    "signing-1",
    "signed-1",
    "signed-5",
)
ROW_PLACES = tuple(f"{when}-{number}" for number in (1, 2, 3, 4) for when in ("inside", "after"))


@pytest.fixture
def dying(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Callable[[], None]]:
    """Arms a death: ``enter-N`` before the N-th write transaction, ``inside-N`` before it commits,
    ``after-N`` once it has, ``signing-N`` and ``signed-N`` around the N-th signature.

    What it returns disarms it."""
    database, right_write, right_seal = (
        desk.rooms.database, desk.rooms.database.write, files_room.seal_pdf,
    )  # fmt: skip

    def arm(place: str) -> Callable[[], None]:
        counts = {"writes": 0, "seals": 0}

        def die_at(here: str) -> None:
            if here == place:
                raise Killed(here)

        @contextmanager
        def write() -> Iterator[Any]:
            counts["writes"] += 1
            number = counts["writes"]
            die_at(f"enter-{number}")
            with right_write() as connection:
                yield connection
                die_at(f"inside-{number}")
            die_at(f"after-{number}")

        def seal(*data: Any, **facts: Any) -> bytes:
            counts["seals"] += 1
            die_at(f"signing-{counts['seals']}")
            made = right_seal(*data, **facts)
            die_at(f"signed-{counts['seals']}")
            return made

        database.write = write
        monkeypatch.setattr(files_room, "seal_pdf", seal)

        def disarm() -> None:
            database.write = right_write
            monkeypatch.setattr(files_room, "seal_pdf", right_seal)

        return disarm

    return arm


def test_killed_while_sealing_files(desk: Desk, dying: Any) -> None:
    """At each place of its own: what is committed stays, everything else is done again by another worker."""
    for turn, place in enumerate(FILE_PLACES):
        batch = desk.files(range(100 * turn, 100 * turn + 10))
        desk.start(batch)
        disarm = dying(place)
        with pytest.raises(Killed, match=place):
            desk.worker(f"dead/{turn}/1").work_off()
        disarm()
        assert desk.get(batch).progress.done == (8 if place == "after-3" else 0), place
        second = desk.worker(f"test/{turn}/2", gone=[f"dead/{turn}/1"])
        assert second.work_off() > 0
        done = desk.get(batch)
        assert (done.state, done.progress.done, done.progress.used) == (BatchState.DONE, 10, 10), place
        desk.require_once(batch, 10)


def test_killed_while_issuing_documents(desk: Desk, dying: Any) -> None:
    """The running numbers of the sheets have no gap, wherever the worker died."""
    rows = [{"holder": holder, "purpose": "投标"} for holder in (E01, E02)]
    for turn, place in enumerate(ROW_PLACES, 1):
        batch = desk.rows(csv_of(rows))
        assert desk.get(batch).progress.bad == 0, desk.items(batch)
        desk.start(batch)
        disarm = dying(place)
        with pytest.raises(Killed, match=place):
            desk.worker(f"dead/{turn}/1").work_off()
        disarm()
        desk.worker(f"test/{turn}/2", gone=[f"dead/{turn}/1"]).work_off()
        assert desk.get(batch).state is BatchState.DONE, place
        with desk.rooms.database.read() as connection:
            serials = connection.execute(select(documents.c.serial).where(documents.c.type == "credit_sheet"))
            numbers = sorted(int(one[-8:]) for one in serials.scalars())
        assert numbers == list(range(1, 2 * turn + 1)), place
    assert desk.open_intents() == 0
    assert desk.problems() == []


def test_killed_three_times_in_the_middle(desk: Desk, dying: Any) -> None:
    batch = desk.files(range(60))
    desk.start(batch)
    dead: list[str] = []
    for number, place in enumerate(("signed-20", "inside-5", "after-4"), 1):
        disarm = dying(place)
        name = f"test/{number}/{number}"
        with pytest.raises(Killed):
            desk.worker(name, gone=dead).work_off()
        disarm()
        dead.append(name)
    desk.worker("test/9/9", gone=dead).work_off()
    assert desk.get(batch).state is BatchState.DONE
    desk.require_once(batch, 60)


def test_a_dead_worker_of_another_machine_is_replaced_after_its_deadline(desk: Desk, dying: Any) -> None:
    """Nobody can say that it is dead, so its lease decides; a start of the service ends no living intent."""
    batch = desk.files(range(10))
    desk.start(batch)
    disarm = dying("enter-3")
    with pytest.raises(Killed):
        desk.worker().work_off()
    disarm()
    other = desk.worker("other/1/1")
    assert other.work_off() == 2  # what nobody had taken
    assert desk.open_intents() == 8
    with desk.rooms.database.read() as connection:
        living = living_intents(connection, desk.rooms.clock())
    assert len(living) == 8
    assert desk.rooms.intents.abandon_open(but=living) == 0
    assert not other.is_over(batch.batch_id)
    desk.rooms.clock.advance(timedelta(seconds=61))
    assert other.work_off() == 8
    assert other.is_over(batch.batch_id)
    desk.require_once(batch, 10)


def test_a_worker_that_comes_back_too_late_records_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, other = files_room.seal_pdf, desk.worker("other/1/1")
    slept: list[int] = []

    def sleepy(*data: Any, **facts: Any) -> bytes:
        if not slept:
            slept.append(1)
            desk.rooms.clock.advance(timedelta(minutes=5))
            assert other.work_off() == 10
        return right(*data, **facts)

    monkeypatch.setattr(files_room, "seal_pdf", sleepy)
    batch = desk.files(range(10))
    desk.start(batch)
    assert desk.worker().work_once() == 1  # nothing of its own
    done = desk.get(batch)
    assert (done.state, done.progress.done, done.progress.used) == (BatchState.DONE, 10, 10)
    desk.require_once(batch, 10)


def test_an_item_that_kills_its_worker_is_found_by_halving(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every other item is done; the guilty one says what happened."""
    right = files_room.seal_pdf

    def deadly(data: bytes, *more: Any, **facts: Any) -> bytes:
        if b"%no 5" in data:
            raise Killed("by the file")
        return right(data, *more, **facts)

    monkeypatch.setattr(files_room, "seal_pdf", deadly)
    batch = desk.files(range(16))
    desk.start(batch)
    dead: list[str] = []
    while desk.get(batch).state is BatchState.RUNNING:
        dead.append(f"test/{len(dead)}/1")
        assert len(dead) < 20
        try:
            desk.worker(dead[-1], gone=dead[:-1]).work_off()
        except Killed:
            continue
    (guilty,) = desk.items(batch, ItemState.FAILED)
    assert guilty.name == "00005.pdf"
    assert "3" in guilty.problems[0].rule
    desk.require_once(batch, 15)


def test_cancelled_in_the_middle(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """When cancel returns nothing more is released, also not what was being sealed."""
    right = files_room.seal_pdf
    batch = desk.files(range(30))
    desk.start(batch)
    worker = desk.worker()
    assert worker.work_once() == 8
    seen: list[int] = []

    def seal(*data: Any, **facts: Any) -> bytes:
        if not seen:
            seen.append(desk.batches.cancel(batch.batch_id, desk.by).progress.done)
        return right(*data, **facts)

    monkeypatch.setattr(files_room, "seal_pdf", seal)
    worker.work_off()
    done = desk.get(batch)
    assert (seen, done.state, done.progress.done) == ([8], BatchState.CANCELLED, 8)
    assert done.progress.used == 8
    again = desk.batches.cancel(batch.batch_id, desk.by)
    assert again.ended_at == done.ended_at
    desk.require_once(batch, 8)


def test_workers_at_once(desk: Desk) -> None:
    """Four workers, two batches: together they do each item once."""
    batches = [desk.files(range(number * 100, number * 100 + 40)) for number in range(2)]
    for one in batches:
        desk.start(one)
    wrong: list[BaseException] = []

    def work(name: str) -> None:
        worker = desk.worker(name)
        try:
            while not all(worker.is_over(one.batch_id) for one in batches):
                worker.work_off()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(f"test/{number}/1",)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
    for batch in batches:
        assert desk.get(batch).state is BatchState.DONE
        desk.require_once(batch, 40)


def test_a_vault_that_does_not_answer_blames_no_item(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chunk goes back as if nobody had taken it, however often."""
    from keys import SigningFailed

    batch = desk.files(range(4))
    desk.start(batch)
    right = files_room.seal_pdf

    def fails(*_data: Any, **_facts: Any) -> bytes:
        raise SigningFailed("no token")

    monkeypatch.setattr(files_room, "seal_pdf", fails)
    for _ in range(5):
        with pytest.raises(SigningFailed):
            desk.worker().work_off()
    assert desk.open_intents() == 0
    monkeypatch.setattr(files_room, "seal_pdf", right)
    desk.worker().work_off()
    assert desk.get(batch).state is BatchState.DONE
    desk.require_once(batch, 4)
