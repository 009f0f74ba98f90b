# SPDX-License-Identifier: Apache-2.0
"""Conduct, the credit sheet, and what changed since it was printed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from relying import Body, History, Order, Refusal
from relying.credit import PLUGIN

(CONDUCT,) = PLUGIN.records
(SHEET,) = PLUGIN.documents
(BOARD,) = PLUGIN.views
E01, E12, A1 = "91510100DEM001017Y", "91511300DEM001121R", "11510000DEM9A0017F"
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
B3: Body = {
    "key": "B3",
    "subject": E12,
    "kind": "bad",
    "code": "LX-FALSE-PERF",
    "text": "申报虚假业绩(虚构商厦),经核查属实",
    "authority": "省住房和城乡建设厅(演示)",
    "decision_no": "演建罚字〔2026〕3号",
    "decided": "2026-10-26",
    "public_until": "2027-10-26",
}
G7: Body = {
    "key": "G7",
    "subject": E01,
    "kind": "good",
    "code": "CITY-QUALITY",
    "text": "市级优质工程",
    "authority": "蜀州市住房和城乡建设局(演示)",
    "decided": "2026-11-02",
    "public_from": "2026-11-16",
    "public_until": "2029-11-16",
}


def order(holder: str, sequence: int = 1) -> Order:
    return Order(holder=holder, issuer=A1, data={"purpose": "投标"}, sequence=sequence, at=AT)


def test_sample_conduct_is_accepted(shelf: Any) -> None:
    """domain.md 9.5: B3 and G7 may be entered; so may conduct of a person (R-054)."""
    assert CONDUCT.check is not None
    for body in (B3, G7, {**B3, "key": "B3-H12", "subject": "H12"}, {**B3, "code": "D1-3-01"}):
        CONDUCT.check(shelf.host(), body)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": "91511300DEM001121Z"}, "subject"),
        ({"subject": "91511300dem001121r"}, "subject"),
        ({"decided": "2026-11-24"}, "decided"),
        ({"public_from": "2026-10-25"}, "public_from"),
        ({"public_until": "2026-10-25"}, "public_until"),
        ({"public_until": "2029-10-27"}, "public_until"),
        ({"code": "X"}, "code"),
        ({"key": "b3"}, "key"),
    ],
)
def test_bad_conduct_is_refused_by_field(shelf: Any, change: Body, field: str) -> None:
    """Subject, dates, term and code are checked; "today" is today in China."""
    assert CONDUCT.check is not None
    with pytest.raises(Refusal) as refused:
        CONDUCT.check(shelf.host(), {**B3, **change})
    assert refused.value.field == field


def test_bad_conduct_needs_a_decision(shelf: Any) -> None:
    """R-053: only conduct that was penalised is recorded; good conduct needs no penalty decision."""
    assert CONDUCT.check is not None
    CONDUCT.check(shelf.host(), G7)
    with pytest.raises(Refusal) as refused:
        CONDUCT.check(shelf.host(), {name: value for name, value in B3.items() if name != "decision_no"})
    assert refused.value.field == "decision_no"


def test_a_term_is_half_a_year_at_least(shelf: Any) -> None:
    """From the decision (A-11); repair shortens it by a change, which names its decision (A-10)."""
    assert CONDUCT.check is not None
    short = {**B3, "public_until": "2027-04-23"}
    with pytest.raises(Refusal) as refused:
        CONDUCT.check(shelf.host(), short)
    assert refused.value.field == "public_until"
    CONDUCT.check(shelf.host(), {**B3, "public_until": "2027-04-24"})
    shelf.enter("conduct", "B3", B3)
    CONDUCT.check(shelf.host(), B3)  # the same once more changes nothing
    with pytest.raises(Refusal) as refused:
        CONDUCT.check(shelf.host(), short)
    assert refused.value.field == "change_no"
    CONDUCT.check(shelf.host(), {**short, "change_no": "演修字1号"})


def test_what_the_public_log_says_of_conduct() -> None:
    """Whose and from when until when; the decision behind the newest version."""
    assert CONDUCT.publicity is not None
    said = CONDUCT.publicity(G7)
    assert said is not None
    assert (said.subject, said.decision) == (E01, "")
    assert [str(day) for day in (said.since, said.public_from, said.public_until)] == [
        "2026-11-02",
        "2026-11-16",
        "2029-11-16",
    ]
    changed = CONDUCT.publicity({**B3, "change_no": "演修字1号"})
    assert changed is not None and changed.decision == "演修字1号"


def test_a_sheet_counts_the_public_log(shelf: Any) -> None:
    """Numbers 1 to n and the head, on the face and in the record; nothing without a history (persons)."""
    shelf.enter("conduct", "B3", B3)
    history = History(E12, 7, "ab" * 32, {("conduct", "B3", 1): 5})
    host = replace(shelf.host(), history=lambda code: history if code == E12 else None)
    made = SHEET.compose(host, order(E12))
    assert made.complete is history
    assert made.record["history"] == {
        "subject": E12,
        "sequence": 7,
        "head": "ab" * 32,
        "as_of": "2026-11-23T10:00:00+08:00",
        "covers": ["credit/conduct"],
        "shown": [5],
    }
    stated = "本企业条目第 1–7 号(记录及其更正、签发给本企业的文书及其变更各占一号),末条摘要 abababababababab"
    assert stated in [row.value for row in made.face.rows]
    assert "history" not in SHEET.compose(host, order("H12")).record


def test_holders_may_not_enter_conduct() -> None:
    """R-056: enterprises and persons cannot enter, edit or delete bad conduct."""
    assert CONDUCT.roles == {"operator", "officer"}


def test_sheet_of_a_clean_enterprise(shelf: Any) -> None:
    """Serial JL + date + 8 digits; the sentence that says there is no public bad conduct."""
    shelf.enter("conduct", "G7", G7)
    made = SHEET.compose(shelf.host(), order(E01))
    assert made.serial == made.face.number == "JL2026112300000001"
    assert (made.good, made.bad, made.holder) == (1, 0, E01)
    good, bad = made.face.tables
    assert good.rows[0][0] == "CITY-QUALITY"
    assert bad.rows == () and "2026-11-23 10:00:00,无公开的不良行为记录" in bad.empty
    assert all(len(row) == len(table.columns) for table in made.face.tables for row in table.rows)


def test_sheet_shows_only_what_is_public(shelf: Any) -> None:
    """Term over (B1), not yet public, and another subject's conduct stay off the sheet."""
    shelf.enter("conduct", "B1", {**B3, "key": "B1", "decided": "2015-06-10", "public_until": "2018-06-10"})
    shelf.enter("conduct", "B5", {**B3, "key": "B5", "public_from": "2026-11-24"})
    shelf.enter("conduct", "B6", {**B3, "key": "B6", "subject": E01})
    assert SHEET.compose(shelf.host(), order(E12)).bad == 0
    shelf.enter("conduct", "B3", B3)
    assert SHEET.compose(shelf.host(), order(E12)).bad == 1


def test_public_term_includes_both_days(shelf: Any) -> None:
    """Public from the first to the last day, days of China."""
    shelf.enter("conduct", "B3", {**B3, "public_from": "2026-11-23", "public_until": "2026-11-23"})
    assert SHEET.compose(shelf.host(), order(E12)).bad == 1


def test_sheet_names_a_known_holder(shelf: Any) -> None:
    """With the registry: name, type and qualification of an enterprise; masked number of a person (R-059)."""
    known: dict[str, Body] = {
        E01: {
            "kind": "enterprise",
            "name": "四川样例建工集团有限公司",
            "type_zh": "施工",
            "qualification_no": "D151900001",
        },
        "H01": {
            "kind": "person",
            "name": "李样一",
            "type_zh": "注册执业人员",
            "id_no_masked": "5101**********9977",
        },
    }
    host = shelf.host(lambda name, key: known.get(key) if name == "subject" else None)
    sheet = SHEET.compose(host, order(E01))
    assert sheet.face.title == "从业企业诚信记录单"
    assert "D151900001" in [row.value for row in sheet.face.rows]
    sheet = SHEET.compose(host, order("H01"))
    assert sheet.face.title == "从业人员诚信记录单"
    assert "5101**********9977" in [row.value for row in sheet.face.rows]


def test_nothing_changed(shelf: Any) -> None:
    """A sheet whose entries are the same today says so by an empty answer."""
    shelf.enter("conduct", "B3", B3)
    record = SHEET.compose(shelf.host(), order(E12)).record
    assert SHEET.changes is not None
    assert SHEET.changes(shelf.host(), record, datetime(2026, 12, 1, tzinfo=UTC)) == ()


def test_a_bad_record_since_printing(shelf: Any) -> None:
    """domain.md 4.4: "+1 bad record on …", dated by its entry."""
    record = SHEET.compose(shelf.host(), order(E12)).record
    shelf.now = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
    shelf.enter("conduct", "B3", B3)
    assert SHEET.changes is not None
    assert SHEET.changes(shelf.host(), record, shelf.now) == ("+1 条不良行为记录(2026-11-25)",)


def test_corrected_and_ended_records_since_printing(shelf: Any) -> None:
    """A correction and the end of a public term are told apart."""
    shelf.enter("conduct", "B3", B3)
    record = SHEET.compose(shelf.host(), order(E12)).record
    shelf.now = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
    shelf.enter("conduct", "B3", {**B3, "text": "更正"})
    assert SHEET.changes is not None
    assert SHEET.changes(shelf.host(), record, shelf.now) == ("1 条不良行为记录已更正(2026-12-01)",)
    ended = SHEET.changes(shelf.host(), record, datetime(2027, 10, 27, tzinfo=UTC))
    assert ended == ("-1 条不良行为记录(公开期满、修复或撤销)",)


def test_board(shelf: Any) -> None:
    """The board shows one subject, never the whole market."""
    shelf.enter("conduct", "B3", B3)
    face = BOARD.read(shelf.host(), {"subject": E12})
    assert face is not None
    assert face.tables[0].rows[0][1] == "LX-FALSE-PERF"
    assert len(face.tables[0].rows[0]) == len(face.tables[0].columns)
    assert BOARD.read(shelf.host(), {}) is None
