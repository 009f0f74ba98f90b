# SPDX-License-Identifier: Apache-2.0
"""A printed sheet counts all public entries about its holder, and the log tells when one was left out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from api.database.tables_sealing import documents
from api.documents import Issued, IssueOrder, Sheets, with_claims
from api.ledger import HistoryMoved
from relying import Order
from verify import HistoryStatement, LogEntry, check_history, parse_history, parse_log_entry

E12, E01, H12 = "91511300DEM001121R", "91510100DEM001017Y", "H12"
BAD = {
    "key": "B3",
    "subject": E12,
    "kind": "bad",
    "code": "LX-FALSE-PERF",
    "text": "申报虚假业绩",
    "authority": "省厅(演示)",
    "decision_no": "演建罚字〔2026〕3号",
    "decided": "2026-05-26",
    "public_until": "2027-05-26",
}
GOOD = {**BAD, "key": "G1", "kind": "good", "code": "CITY", "text": "市优"}


def enter(rooms: Any, **change: str) -> int:
    body = {**BAD, **change}
    index: int = rooms.records.enter("credit", "conduct", body["key"], body, by="test").ledger_index
    return index


def entries(rooms: Any) -> list[LogEntry]:
    return [parse_log_entry(rooms.ledger.entry(index), index) for index in range(rooms.ledger.size())]


def stated(rooms: Any, issued: Issued) -> HistoryStatement:
    with rooms.database.read() as connection:
        query = select(documents.c.record).where(documents.c.id == issued.document_id)
        record = json.loads(connection.execute(query).scalar_one())
    return parse_history(record["record"]["history"])


def printed(rooms: Any, holder: str = E12) -> Issued:
    issued: Issued = rooms.sheets.print("credit_sheet", holder, {"purpose": "投标"})
    return issued


def test_a_sheet_agrees_with_the_log(rooms: Any) -> None:
    """Count, head, the numbers shown, and its own place behind them; a second sheet counts the first."""
    enter(rooms)
    enter(rooms, **GOOD)
    enter(rooms, key="B9", subject=E01)
    corrected = enter(rooms, **{**GOOD, "change_no": "演更字1号", "public_until": "2027-06-01"})
    first = printed(rooms)
    claim = stated(rooms, first)
    assert (claim.sequence, claim.shown) == (3, (1, 3))
    assert claim.head == parse_log_entry(rooms.ledger.entry(corrected), corrected).hash
    assert check_history(claim, entries(rooms), document_id=first.document_id) == ()
    face = rooms.library.lookup(first.document_id)
    (counted,) = [row.value for row in face.facts if row.zh == "公开日志"]
    assert counted.startswith("本企业条目第 1–3 号(") and counted.endswith(f",末条摘要 {claim.head[:16]}")
    assert "签发给本企业的文书" in counted  # as the second sheet shows, its number is not a record on it
    second = printed(rooms)
    assert stated(rooms, second).sequence == 4
    assert check_history(stated(rooms, second), entries(rooms), document_id=second.document_id) == ()
    assert rooms.check().clean


def test_the_log_says_days_and_nothing_else(rooms: Any) -> None:
    """Whose, from when until when, on a decision; neither its number, nor good or bad, nor a word of it."""
    index = enter(rooms)
    leaf = rooms.ledger.entry(index)
    entry = parse_log_entry(leaf, index)
    assert set(entry.facts()) == {"from", "until", "since", "decision"}
    assert entry.facts()["until"] == "2027-05-26"
    for secret in ("演建罚字", "LX-FALSE-PERF", "申报", "bad"):
        assert secret.encode() not in leaf
    person = rooms.ledger.entry(enter(rooms, key="B4", subject=H12))
    assert H12.encode() not in person and b'"subject"' not in person and b'"facts"' not in person


def test_an_omitted_record_is_named(rooms: Any) -> None:
    """The platform issues a sheet that leaves the bad record out: the log contradicts it by number."""
    enter(rooms)
    enter(rooms, **GOOD)
    claim = stated(rooms, issued := printed(rooms))
    hidden = replace(claim, shown=(2,))
    (fault,) = check_history(hidden, entries(rooms), document_id=issued.document_id)
    assert (fault.code, fault.number) == ("RECORD_OMITTED", 1)
    shorter = replace(claim, sequence=1, head=entries(rooms)[0].hash)
    assert "HISTORY_HEAD_DIFFERS" in {one.code for one in check_history(shorter, entries(rooms))}


def test_a_sheet_that_was_issued_short_is_found(rooms: Any) -> None:
    """Sealed, recorded, true to its row — and without the bad record: the check of the log names it."""
    enter(rooms)
    printed(rooms)
    assert with_claims(rooms.database, rooms.check()).clean
    seal = rooms.sheets._platform_seal()
    order = Order(holder=E12, issuer=seal.holder, data={"purpose": "投标"}, sequence=77, at=rooms.clock())
    made = rooms.modules.compose("credit_sheet", order)
    made.record["history"]["shown"] = []
    made.record["bad"] = []
    short = IssueOrder("credit_sheet", "诚信记录单", "004", made, seal, rooms.clock())
    issued = rooms.issuing.issue(short)
    assert rooms.check().clean
    (found,) = with_claims(rooms.database, rooms.check()).findings
    assert (found.table, found.key) == ("documents", issued.document_id)
    assert found.en.startswith("RECORD_OMITTED")


def test_a_removed_row_is_named(rooms: Any) -> None:
    """Whoever deletes the row of the bad record and its entry still stands against signed numbers."""
    enter(rooms)
    index = enter(rooms, **GOOD)
    issued = printed(rooms)
    without = [one for one in entries(rooms) if one.index != index]
    codes = [one.code for one in check_history(stated(rooms, issued), without)]
    assert codes == ["SUBJECT_GAP", "HISTORY_SHORTER", "RECORD_NOT_PUBLIC"]
    rooms.edit("DELETE FROM records WHERE key = ?", "B3")
    assert [one.table for one in rooms.check().findings] == ["records"]


def test_a_record_that_moves_leaves_a_trace_in_both_histories(rooms: Any) -> None:
    """Corrected to another enterprise: the first one's next sheet does not show it, and the log says why."""
    enter(rooms)
    enter(rooms, subject=E01, change_no="演更字2号")
    kinds = [
        (one.kind, one.subject.code, one.subject.sequence)
        for one in entries(rooms)
        if one.subject and one.body["record_kind"] == "conduct"
    ]
    assert kinds == [
        ("record.entered", E12, 1),
        ("record.moved", E12, 2),
        ("record.entered", E01, 2),  # number 1 is its card
    ]
    for holder, shown in ((E12, ()), (E01, (2,))):
        issued = printed(rooms, holder)
        claim = stated(rooms, issued)
        assert claim.shown == shown
        assert check_history(claim, entries(rooms), document_id=issued.document_id) == ()


class Meanwhile:
    """Issues like the room itself, and enters a bad record at the last moment, so many times."""

    def __init__(self, rooms: Any, times: int) -> None:
        self.rooms, self.times = rooms, times

    def issue(self, order: IssueOrder) -> Issued:
        if self.times:
            self.times -= 1
            enter(self.rooms, key=f"B{50 + self.times}")
        issued: Issued = self.rooms.issuing.issue(order)
        return issued


def test_what_is_entered_meanwhile_is_on_the_sheet(rooms: Any) -> None:
    """Composed anew until it is whole; never released without the newest record."""
    parts = {
        "ledger": rooms.ledger,
        "platform_seal": rooms.sheets._platform_seal,
        "clock": rooms.clock,
    }
    sheets: Any = Sheets(rooms.modules, Meanwhile(rooms, 1), **parts)  # type: ignore[arg-type]
    issued = sheets.print("credit_sheet", E12, {"purpose": "投标"})
    assert stated(rooms, issued).shown == (1,)
    sheets = Sheets(rooms.modules, Meanwhile(rooms, 9), **parts)  # type: ignore[arg-type]
    before = len([one for one in entries(rooms) if one.kind == "document.issued"])
    with pytest.raises(HistoryMoved):
        sheets.print("credit_sheet", E12, {"purpose": "投标"})
    assert len([one for one in entries(rooms) if one.kind == "document.issued"]) == before
