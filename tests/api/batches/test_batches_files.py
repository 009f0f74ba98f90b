# SPDX-License-Identifier: Apache-2.0
"""Ready files: sealed once each, looked at, taken away; what is wrong with one stops no other."""

from __future__ import annotations

from typing import Any

import pytest

from api.batches import (
    BatchEmpty,
    BatchHasBadRows,
    BatchInAnotherState,
    BatchKeyTaken,
    BatchState,
    ItemState,
    NoSuchBatch,
    NoSuchBatchItem,
    Orderer,
    Upload,
)
from api.documents import FileAltered
from api.seals import SealUseRefused
from seal import SheetContent, lay_out, write_ofd
from verify import Indication, check_ofd, check_pdf

from .conftest import A3, Desk, tiny_pdf


def test_files_are_sealed(desk: Desk) -> None:
    """Each begins with its upload, passes the verifier, and is in the ledger with its digest."""
    batch = desk.files(range(20))
    assert (batch.state, batch.progress.received, batch.progress.bad) == (BatchState.FILLING, 20, 0)
    desk.start(batch)
    assert desk.worker().work_off() == 20
    done = desk.get(batch)
    assert (done.state, done.progress.done, done.progress.used) == (BatchState.DONE, 20, 20)
    for item in desk.items(batch):
        name, content = desk.batches.file(batch.batch_id, item.number, desk.by)
        assert name == f"{item.number - 1:05d}.pdf"
        assert content.startswith(tiny_pdf(item.number - 1))
        report = check_pdf(content, trust=desk.rooms.ports.trust(), at=desk.rooms.clock())
        assert report.indication is Indication.TOTAL_PASSED
        entry = desk.rooms.ledger.entry(item.ledger_index)
        assert item.sha256 is not None
        assert item.sha256.encode() in entry
    desk.require_once(batch, 20)


def test_an_ofd_beside_a_pdf(desk: Desk) -> None:
    """The same order seals both; each is read by its own verifier."""
    content = SheetContent(title="样例通知", rows=(("说明", "内容虚构"),), watermark="样章 SPECIMEN")
    at = desk.rooms.clock()
    ofd = write_ofd(lay_out(content), title="样例通知", at=at, document_id="0" * 32)
    batch = desk.order()
    uploads = [Upload("a.ofd", ofd), Upload("b.pdf", tiny_pdf(1)), Upload("c.ofd", ofd[:900])]
    added = desk.batches.add_files(batch.batch_id, uploads, desk.by)
    assert (added.accepted, added.bad) == (2, 1), desk.items(batch)
    desk.start(batch, accept_bad=True)
    desk.worker().work_off()
    done = desk.get(batch)
    assert (done.state, done.progress.done) == (BatchState.DONE, 2), desk.items(batch)
    name, content_of = desk.batches.file(batch.batch_id, 1, desk.by)
    assert name == "a.ofd"
    report = check_ofd(content_of, trust=desk.rooms.ports.trust(), at=at)
    assert len(report.signatures) == 1
    assert report.indication is not Indication.TOTAL_FAILED
    desk.require_once(batch, 2)


def test_the_same_again_changes_nothing(desk: Desk) -> None:
    """Order, delivery, start: each of them twice, as after an answer that got lost."""
    batch = desk.files(range(5), idempotency_key="order-1")
    again = desk.files(range(5), idempotency_key="order-1")
    assert again.batch_id == batch.batch_id
    assert again.progress.received == 5
    with pytest.raises(BatchKeyTaken):
        desk.order(idempotency_key="order-1", title="另一批")
    size = desk.rooms.ledger.size()
    first, second = desk.start(batch), desk.start(batch)
    assert first.started_at == second.started_at
    assert desk.rooms.ledger.size() == size + 1
    desk.worker().work_off()
    assert desk.start(batch).state is BatchState.DONE
    assert desk.worker().work_off() == 0
    with pytest.raises(BatchInAnotherState):
        desk.batches.add_files(batch.batch_id, [Upload("x.pdf", tiny_pdf(9))], desk.by)
    desk.require_once(batch, 5)


def test_bad_files_are_named_before_anything_is_signed(desk: Desk) -> None:
    """The report names each; the good ones go on only when somebody says so."""
    batch = desk.files(range(3))
    bad = [
        Upload("会议记录.txt", b"no pdf"),
        Upload("空.pdf", b""),
        Upload("../../x\n.pdf", tiny_pdf(1)[:-9]),
    ]
    added = desk.batches.add_files(batch.batch_id, bad, desk.by)
    assert (added.accepted, added.known, added.bad) == (0, 0, 3)
    assert desk.batches.add_files(batch.batch_id, bad, desk.by).known == 3
    named = desk.items(batch, ItemState.BAD)
    assert [one.name for one in named] == ["会议记录.txt", "空.pdf", "x_.pdf"]
    for one in named:
        assert one.problems[0].field == "file"
        assert all(" / " in text for text in (one.problems[0].rule, one.problems[0].todo))
    before = desk.rooms.ledger.size()
    with pytest.raises(BatchHasBadRows) as refused:
        desk.start(batch)
    assert (refused.value.bad, desk.rooms.ledger.size()) == (3, before)
    desk.start(batch, accept_bad=True)
    desk.worker().work_off()
    done = desk.get(batch)
    assert (done.state, done.progress.done, done.progress.bad) == (BatchState.DONE, 3, 3)
    desk.require_once(batch, 3)


def test_nothing_to_do(desk: Desk) -> None:
    batch = desk.order()
    with pytest.raises(BatchEmpty):
        desk.start(batch)


def test_a_poisoned_item_stops_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One file that only fails while it is sealed: its result says so, the others are done."""
    import api.batches.ready_files as room

    right = room.seal_pdf

    def seal(data: bytes, *more: Any, **facts: Any) -> bytes:
        if b"%no 7" in data:
            raise ValueError("hostile")
        return right(data, *more, **facts)

    monkeypatch.setattr(room, "seal_pdf", seal)
    batch = desk.files(range(10))
    desk.start(batch)
    desk.worker().work_off()
    done = desk.get(batch)
    assert (done.state, done.progress.done, done.progress.failed) == (BatchState.DONE, 9, 1)
    assert done.progress.used == 9
    (lost,) = desk.items(batch, ItemState.FAILED)
    assert lost.name == "00007.pdf"
    assert "hostile" not in str(lost.problems)
    desk.require_once(batch, 9)


def test_a_file_that_was_swapped_is_not_sealed(desk: Desk) -> None:
    """The upload has the digest that was fixed at the start, or nothing is signed for it."""
    batch = desk.files(range(3))
    desk.start(batch)
    desk.rooms.edit("UPDATE files SET content = ? WHERE size = ?", tiny_pdf(77), len(tiny_pdf(0)))
    desk.worker().work_off()
    done = desk.get(batch)
    assert (done.progress.done, done.progress.failed) == (0, 3)


def test_an_edited_item_stops_the_batch(desk: Desk) -> None:
    """What was ordered is fixed at the start; the seal is not used for anything else."""
    batch = desk.files(range(3))
    desk.start(batch)
    desk.rooms.edit("UPDATE batch_items SET digest = ? WHERE number = 2", "0" * 64)
    desk.worker().work_off()
    stopped = desk.get(batch)
    assert (stopped.state, stopped.progress.done) == (BatchState.STOPPED, 0)
    assert stopped.problem is not None


def test_an_edited_order_is_left_alone(desk: Desk) -> None:
    batch = desk.files(range(3))
    desk.start(batch)
    desk.rooms.edit("UPDATE batches SET quota = 9")
    assert desk.worker().work_off() == 0
    assert [one.table for one in desk.problems()] == ["batches"]


def test_an_edited_result_is_found(desk: Desk) -> None:
    batch = desk.files(range(2))
    desk.start(batch)
    desk.worker().work_off()
    desk.rooms.edit("UPDATE batch_items SET state = 'waiting' WHERE number = 1")
    assert [one.table for one in desk.problems()] == ["batch_items"]
    desk.rooms.edit("UPDATE batch_items SET state = 'done' WHERE number = 1")
    assert desk.problems() == []
    desk.rooms.edit("UPDATE files SET content = ?", b"other")
    with pytest.raises(FileAltered):
        desk.batches.file(batch.batch_id, 1, desk.by)


def test_no_grant_no_order(rooms: Any) -> None:
    desk = Desk(rooms)
    with pytest.raises(SealUseRefused):
        desk.order()
    desk.grant("construction_permit")
    with pytest.raises(SealUseRefused):
        desk.order()


def test_a_grant_that_ends_stops_the_batch_and_a_new_one_lets_it_go_on(desk: Desk) -> None:
    batch = desk.files(range(20))
    desk.start(batch)
    worker = desk.worker()
    assert worker.work_once() == 8
    for grant in desk.rooms.grants.of_officer(desk.by.account_id):
        desk.rooms.grants.revoke(grant.id, by="test")
    worker.work_off()
    stopped = desk.get(batch)
    assert (stopped.state, stopped.progress.done) == (BatchState.STOPPED, 8)
    assert stopped.problem is not None
    assert stopped.problem.field == "seal_id"
    assert desk.open_intents() == 0
    desk.grant()
    assert desk.batches.resume(batch.batch_id, desk.by).problem is None
    desk.worker().work_off()
    assert desk.get(batch).state is BatchState.DONE
    desk.require_once(batch, 20)


def test_quota(desk: Desk) -> None:
    """Not one seal more than ordered; a higher quota goes on where it stopped."""
    batch = desk.files(range(20), quota=11)
    desk.start(batch)
    desk.worker().work_off()
    stopped = desk.get(batch)
    assert (stopped.state, stopped.progress.done, stopped.progress.used) == (BatchState.STOPPED, 11, 11)
    assert stopped.problem is not None
    assert stopped.problem.field == "quota"
    desk.batches.resume(batch.batch_id, desk.by)
    desk.worker().work_off()
    assert desk.get(batch).progress.done == 11
    desk.batches.resume(batch.batch_id, desk.by, quota=20)
    desk.worker().work_off()
    assert desk.get(batch).state is BatchState.DONE
    desk.require_once(batch, 20)


def test_others_do_not_learn_of_it(desk: Desk) -> None:
    batch = desk.files(range(2))
    other = Orderer("officer-9", "11510000DEM9A0017F")
    acts = (
        lambda: desk.batches.get(batch.batch_id, other),
        lambda: desk.batches.items(batch.batch_id, other),
        lambda: desk.batches.start(batch.batch_id, other),
        lambda: desk.batches.cancel(batch.batch_id, other),
        lambda: desk.batches.resume(batch.batch_id, other),
        lambda: desk.batches.file(batch.batch_id, 1, other),
        lambda: list(desk.batches.results(batch.batch_id, other)),
        lambda: desk.batches.add_files(batch.batch_id, [], other),
    )
    for act in acts:
        with pytest.raises(NoSuchBatch):
            act()
    colleague = Orderer("officer-2", A3)
    assert desk.batches.get(batch.batch_id, colleague).batch_id == batch.batch_id
    assert desk.batches.listed(other) == ()
    assert [one.batch_id for one in desk.batches.listed(colleague)] == [batch.batch_id]
    with pytest.raises(NoSuchBatchItem):
        desk.batches.file(batch.batch_id, 1, desk.by)


def test_results_as_a_sheet(desk: Desk) -> None:
    batch = desk.order()
    uploads = [Upload("=1+1.pdf", tiny_pdf(1)), Upload("b.pdf", b"no")]
    desk.batches.add_files(batch.batch_id, uploads, desk.by)
    desk.start(batch, accept_bad=True)
    desk.worker().work_off()
    text = b"".join(desk.batches.results(batch.batch_id, desk.by)).decode("utf-8-sig")
    lines = text.split("\r\n")
    assert lines[0].startswith("number,line,key,name,state")
    assert ",'=1+1.pdf,done," in lines[1]
    assert ",b.pdf,bad," in lines[2]
