# SPDX-License-Identifier: Apache-2.0
"""Field checks: every wrong value is named with rule and what to do, and never repeated."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.plugins import FieldsRefused, check_body
from relying import Field, FieldKind
from relying.registry import PLUGIN as REGISTRY

TODAY = date(2026, 11, 23)
FIELDS = (
    Field("text", "文字", "Text", max_length=5),
    Field("day", "日期", "Day", FieldKind.DATE),
    Field("price", "价格", "Price", FieldKind.DECIMAL),
    Field("count", "数量", "Count", FieldKind.INTEGER),
    Field("kind", "类别", "Kind", FieldKind.CHOICE, choices={"good": "良好", "bad": "不良"}),
    Field("uscc", "代码", "Code", FieldKind.USCC),
    Field("id_no", "证件号", "ID", FieldKind.RESIDENT_ID, personal=True),
    Field("note", "备注", "Note", required=False),
)
GOOD: dict[str, Any] = {
    "text": "样例",
    "day": "2024-02-29",
    "price": "31250.00",
    "count": 3,
    "kind": "bad",
    "uscc": "91510100DEM001017Y",
    "id_no": "51010819720505997X",
}


def refused_fields(body: Any) -> list[str]:
    with pytest.raises(FieldsRefused) as refused:
        check_body(FIELDS, body, today=TODAY)
    for one in refused.value.errors:
        assert one.rule and one.todo
    return [one.field for one in refused.value.errors]


def test_good_values_pass() -> None:
    """Good values come back; an optional field that is empty is absent."""
    assert check_body(FIELDS, {**GOOD, "note": "  "}, today=TODAY) == GOOD
    assert check_body(FIELDS, {**GOOD, "note": None, "text": " 样例 "}, today=TODAY) == GOOD


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (
            "text",
            [
                "",
                " ",
                None,
                5,
                True,
                [],
                {},
                "六个字太多了吧",
                "a\nb",
                "a\x00",
                "a\u202eb",
                "\ud800",
                "\ue000",
            ],
        ),
        ("day", ["2023-02-29", "2024-2-9", "20240229", "2024-W09-4", "明天", 20240229, "２０２４-02-29"]),
        ("price", ["1e3", "1,000", "01", ".5", "5.", "-0", "NaN", "1.1234567", 5, 1.5, "１", "1" * 19]),
        ("count", ["3", 3.5, True, 2**53, -(2**53), None]),
        ("kind", ["ugly", "", 1, ["bad"], "良好"]),
        ("uscc", ["91510100DEM001017Z", "9151", 91510100, "91510100DEM001017O"]),
        ("id_no", ["510104199103129978", "510104199102309976", "51010420991231997X", "5101", 5]),
    ],
)
def test_wrong_values_name_the_field(field: str, values: list[Any]) -> None:
    """One wrong value, one named field."""
    for value in values:
        assert refused_fields({**GOOD, field: value}) == [field], repr(value)


def test_every_fault_at_once() -> None:
    """A person corrects a form once: all faults are told together, unknown fields too."""
    assert sorted(refused_fields({"extra": 1, "price": "x"})) == sorted(
        ["extra", "text", "day", "price", "count", "kind", "uscc", "id_no"]
    )


@pytest.mark.parametrize("body", [None, [], "text", 5, True])
def test_not_an_object(body: Any) -> None:
    """Something else than an object is refused as a whole."""
    assert refused_fields(body) == ["data"]


def test_answer_never_repeats_a_value() -> None:
    """A refused value may be personal data: neither the answer nor the log line repeats it."""
    with pytest.raises(FieldsRefused) as refused:
        check_body(FIELDS, {**GOOD, "id_no": "510104199103129978"}, today=TODAY)
    assert "510104199103129978" not in str(refused.value) + str(refused.value.errors)


def test_text_is_in_one_unicode_form() -> None:
    """The same words have the same bytes: NFC."""
    assert check_body(FIELDS, {**GOOD, "text": "e\u0301"}, today=TODAY)["text"] == "\u00e9"


@pytest.mark.parametrize("id_no", ["51010819720505997X", "510104198003129967", "510703199202299994"])
def test_sample_persons_are_accepted(id_no: str) -> None:
    """domain.md 9.3: H11 and H12, whom python-stdnum rejects, and H04, born on 29 February."""
    person = REGISTRY.records[1]
    body = {"key": "H11", "name": "孙样甲", "id_no": id_no, "kind": "registered"}
    assert check_body(person.fields, body, today=TODAY)["id_no"] == id_no


@pytest.mark.parametrize("id_no", ["510104199103129978", "510104199102309976"])
def test_negative_samples_are_refused(id_no: str) -> None:
    """domain.md 9.3: wrong check digit; right check digit on 30 February."""
    person = REGISTRY.records[1]
    with pytest.raises(FieldsRefused) as refused:
        check_body(person.fields, {"key": "H1", "name": "样", "id_no": id_no, "kind": "worker"}, today=TODAY)
    assert [one.field for one in refused.value.errors] == ["id_no"]


@given(st.dictionaries(st.sampled_from([one.name for one in FIELDS]), st.text(max_size=30)))
def test_any_text_is_accepted_or_refused_in_words(body: dict[str, Any]) -> None:
    """No text makes the check fail in any other way; whatever is accepted is accepted again unchanged."""
    try:
        checked = check_body(FIELDS, {**GOOD, **body}, today=TODAY)
    except FieldsRefused as refused:
        assert refused.errors
    else:
        assert check_body(FIELDS, checked, today=TODAY) == checked


def test_a_heap_of_combining_marks_costs_no_time() -> None:
    """Composing takes the square of their number: what is far too long is refused before that."""
    began = time.perf_counter()
    assert refused_fields({**GOOD, "text": "a" + "\u0300\u0323" * 200_000}) == ["text"]
    assert time.perf_counter() - began < 1
    assert check_body(FIELDS, {**GOOD, "text": "e\u0301" * 5}, today=TODAY)["text"] == "\u00e9" * 5
