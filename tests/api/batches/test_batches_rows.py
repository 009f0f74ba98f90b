# SPDX-License-Identifier: Apache-2.0
"""Rows of data: read as a stream, every rule asked before the start, a document for each good one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from api.batches import (
    BatchError,
    BatchHasBadRows,
    BatchKind,
    BatchOrderRefused,
    BatchState,
    ItemState,
    RowFormat,
    RowReader,
)
from api.database.tables_sealing import documents
from api.documents import DocumentState
from api.plugins import NoSuchDeclaration

from ..rooms import DATA
from .conftest import A3, E01, E02, E07, Desk, csv_of

SHEETS = [{"holder": one, "purpose": "投标"} for one in (E01, E02, E07)]


def test_documents_are_issued(desk: Desk) -> None:
    """The same room as single issuing: the public answer on each is good."""
    batch = desk.rows(csv_of(SHEETS))
    desk.start(batch)
    desk.worker().work_off()
    assert desk.get(batch).state is BatchState.DONE
    for item in desk.items(batch):
        answer = desk.rooms.library.lookup(item.document_id)
        assert answer.state is DocumentState.VALID
        assert answer.sha256 == item.sha256
        name, content = desk.batches.file(batch.batch_id, item.number, desk.by)
        assert name == f"{item.document_id}.pdf"
        assert content == desk.rooms.library.file(item.document_id)
    desk.require_once(batch, 3)


def test_a_permit_twice_is_two_versions(desk: Desk) -> None:
    """Both in one chunk: the second is drafted when the first is on record, and takes its place."""
    row = {name: str(value) for name, value in DATA.items() if name != "agency"}
    rows = [{**row, "holder": E01, "period": f"{days} 日历天"} for days in (700, 800, 900)]
    batch = desk.rows(csv_of(rows), document_type="construction_permit")
    assert [one.problems for one in desk.items(batch)] == [(), (), ()]
    desk.start(batch)
    desk.worker().work_off()
    desk.require_once(batch, 3)
    with desk.rooms.database.read() as connection:
        query = select(documents.c.version, documents.c.superseded_by, documents.c.issuer).where(
            documents.c.type == "construction_permit"
        )
        found = connection.execute(query.order_by(documents.c.version)).all()
    assert [(one.version, one.superseded_by is None, one.issuer) for one in found] == [
        (1, False, A3),
        (2, False, A3),
        (3, True, A3),
    ]


def test_every_bad_row_is_named(desk: Desk) -> None:
    """Line, field, rule, what to do; nothing is signed; corrected lines take the place of the bad ones."""
    rows = [
        {"holder": E01, "purpose": "投标", "key": "a"},
        {"holder": "", "purpose": "投标", "key": "b"},
        {"holder": E02, "purpose": "", "key": "c"},
        {"holder": E02, "purpose": "投标", "key": "a"},
        {"holder": E02, "purpose": "投标😀", "key": "e"},
        {"holder": E02, "purpose": "x" * 500, "key": "!f"},
    ]
    batch = desk.rows(csv_of(rows))
    assert batch.progress.bad == 5
    named = {
        one.line: [problem.field for problem in one.problems] for one in desk.items(batch, ItemState.BAD)
    }
    assert named == {3: ["holder"], 4: ["purpose"], 5: ["key"], 6: ["purpose"], 7: ["key", "purpose"]}
    for item in desk.items(batch, ItemState.BAD):
        for problem in item.problems:
            assert " / " in problem.rule
            assert " / " in problem.todo
    with pytest.raises(BatchHasBadRows):
        desk.start(batch)
    good = [{"holder": E02, "purpose": f"用途{number}", "key": f"k{number}"} for number in range(6)]
    added = desk.deliver(batch, csv_of([rows[0], *good[1:]]))
    assert (added.known, added.accepted, added.bad) == (1, 5, 0)
    assert desk.get(batch).progress.bad == 0
    desk.start(batch)
    desk.worker().work_off()
    desk.require_once(batch, 6)


def test_the_same_rows_again_are_known(desk: Desk) -> None:
    batch = desk.rows(csv_of(SHEETS))
    added = desk.deliver(batch, csv_of(SHEETS))
    assert (added.accepted, added.known, added.bad) == (0, 3, 0)
    assert desk.get(batch).progress.received == 3


def test_json_lines(desk: Desk) -> None:
    lines = [json.dumps(one, ensure_ascii=False) for one in SHEETS]
    lines += ['{"holder": 1}', "[]", '{"a": 1.5}', "{", '{"holder": "x", "purpose": "投标", "more": 1}']
    batch = desk.rows("\n".join(lines).encode(), RowFormat.JSONL)
    named = {one.line: one.problems[0].field for one in desk.items(batch, ItemState.BAD)}
    assert named == {4: "holder", 5: "row", 6: "row", 7: "row", 8: "more"}
    desk.start(batch, accept_bad=True)
    desk.worker().work_off()
    done = desk.get(batch)
    assert (done.state, done.progress.done, done.progress.bad) == (BatchState.DONE, 3, 5)
    desk.require_once(batch, 3)


def test_a_module_that_refuses_later_settles_only_that_row(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused between the check and the work: no number is spent on it."""
    batch = desk.rows(csv_of(SHEETS))
    desk.start(batch)
    right = type(desk.rooms.modules).compose

    def compose(self: Any, document: str, order: Any) -> Any:
        if order.holder == E02:
            from api.plugins import FieldProblem, FieldsRefused

            raise FieldsRefused([FieldProblem("holder", "已注销 / closed", "核对 / check")])
        return right(self, document, order)

    monkeypatch.setattr(type(desk.rooms.modules), "compose", compose)
    desk.worker().work_off()
    done = desk.get(batch)
    assert (done.progress.done, done.progress.refused, done.progress.used) == (2, 1, 2)
    (lost,) = desk.items(batch, ItemState.REFUSED)
    assert lost.problems[0].rule == "已注销 / closed"
    monkeypatch.undo()
    with desk.rooms.database.read() as connection:
        serials = connection.execute(select(documents.c.serial).where(documents.c.type == "credit_sheet"))
        assert sorted(one[-8:] for one in serials.scalars()) == ["00000001", "00000002"]
    desk.require_once(batch, 2)


def test_orders_that_are_refused(desk: Desk) -> None:
    with pytest.raises(NoSuchDeclaration):
        desk.order(BatchKind.DOCUMENTS, document_type="nothing")
    for wrong in (
        {"title": " "},
        {"title": "x" * 201},
        {"quota": 0},
        {"idempotency_key": "名"},
        {"document_type": "credit_sheet"},
    ):
        with pytest.raises(BatchOrderRefused):
            desk.order(**wrong)


@pytest.mark.parametrize("head", ["a,a", "a,,b", '"a', ",".join(f"c{n}" for n in range(300))])
def test_a_header_that_is_none(head: str) -> None:
    reader = RowReader(RowFormat.CSV)
    with pytest.raises(BatchOrderRefused):
        reader.feed(f"{head}\nx\n".encode())


def test_a_sheet_of_another_encoding() -> None:
    """What a spreadsheet saves by default: named for each line, with what to do."""
    reader = RowReader(RowFormat.CSV)
    (row,) = reader.feed(b"holder,purpose\n" + "x,投标\n".encode("gbk"))
    assert "UTF-8" in row.problems[0].rule
    assert "CSV UTF-8" in row.problems[0].todo


def test_a_line_without_end_is_not_kept() -> None:
    reader = RowReader(RowFormat.JSONL)
    for _ in range(200):
        assert reader.feed(b"x" * 1024) == []
        assert len(reader._rest) <= 66_000
    (row,) = reader.feed(b"\n")
    assert row.problems[0].field == "row"
    assert reader.feed(b'{"a": 1}\n')[0].values == {"a": 1}


@given(st.binary(max_size=400), st.sampled_from(RowFormat), st.integers(1, 40))
def test_any_bytes_in_any_pieces(data: bytes, form: RowFormat, size: int) -> None:
    """Rows or a refusal; and the same whatever the pieces are."""

    def read(step: int) -> Any:
        reader = RowReader(form)
        rows = []
        try:
            for start in range(0, len(data), step):
                rows += reader.feed(data[start : start + step])
            return [*rows, *reader.finish()]
        except BatchError as error:
            return str(error)

    assert read(size) == read(1000)
