# SPDX-License-Identifier: Apache-2.0
"""Enterprises and persons: what may be entered, and what others may see of it."""

from __future__ import annotations

from typing import Any

import pytest

from relying import Body, Refusal
from relying.registry import PLUGIN

ENTERPRISE, PERSON = PLUGIN.records
E01: Body = {
    "uscc": "91510100DEM001017Y",
    "name": "四川样例建工集团有限公司",
    "type": "construction",
    "qualification_no": "D151900001",
}
H07: Body = {
    "key": "H07",
    "name": "赵样七",
    "id_no": "51011319900408997X",
    "kind": "registered",
    "employer": "91510100DEM0010687",
}


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("construction", "D351900012"),
        ("survey", "B151900004"),
        ("design", "A151900005"),
        ("supervision", "E151900006"),
    ],
)
def test_sample_qualification_numbers(shelf: Any, kind: str, number: str) -> None:
    """domain.md 9.2: every sample number fits its type."""
    assert ENTERPRISE.check is not None
    ENTERPRISE.check(shelf.host(), {**E01, "type": kind, "qualification_no": number})


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("survey", "D151900001"),
        ("owner", "D151900001"),
        ("construction", "D451900001"),
        ("construction", "D1519"),
    ],
)
def test_wrong_qualification_number_names_the_field(shelf: Any, kind: str, number: str) -> None:
    """A number of another type, level or length is refused, naming field, rule and what to do."""
    assert ENTERPRISE.check is not None
    with pytest.raises(Refusal) as refused:
        ENTERPRISE.check(shelf.host(), {**E01, "type": kind, "qualification_no": number})
    assert refused.value.field == "qualification_no"
    assert refused.value.rule and refused.value.todo


def test_owner_needs_no_qualification(shelf: Any) -> None:
    """An owner (建设单位) holds no qualification certificate."""
    assert ENTERPRISE.check is not None
    ENTERPRISE.check(
        shelf.host(), {"uscc": "91510106DEM001076Q", "name": "样例置业发展有限公司", "type": "owner"}
    )


def test_one_person_one_record(shelf: Any) -> None:
    """An ID number under a second key is refused; the same key may be entered again (a new version)."""
    assert PERSON.check is not None
    shelf.enter("person", "H07", H07)
    PERSON.check(shelf.host(), {**H07, "kind": "titled"})
    with pytest.raises(Refusal) as refused:
        PERSON.check(shelf.host(), {**H07, "key": "H99"})
    assert refused.value.field == "id_no"
    assert str(H07["id_no"]) not in str(refused.value)


@pytest.mark.parametrize("key", ["h07", "1H", "H", "51011319900408997X", "91510100DEM001017Y", "H 7"])
def test_person_key_is_neither_code_nor_id(shelf: Any, key: str) -> None:
    """A person key can be taken neither for a credit code nor for an ID number."""
    assert PERSON.check is not None
    with pytest.raises(Refusal) as refused:
        PERSON.check(shelf.host(), {**H07, "key": key})
    assert refused.value.field == "key"


def test_subject_lookup_never_shows_the_id_number(shelf: Any) -> None:
    """Other modules get name and masked number only (domain.md 4.4)."""
    shelf.enter("enterprise", str(E01["uscc"]), E01)
    shelf.enter("person", "H07", H07)
    subject = PLUGIN.provides["subject"]
    enterprise = subject(shelf.host(), "91510100DEM001017Y")
    assert enterprise is not None
    assert (enterprise["kind"], enterprise["name"], enterprise["type_zh"]) == (
        "enterprise",
        E01["name"],
        "施工",
    )
    person = subject(shelf.host(), "H07")
    assert person is not None
    assert (person["kind"], person["name"]) == ("person", "赵样七")
    assert "51011319900408997X" not in str(person) and "19900408" not in str(person)
    assert subject(shelf.host(), "H99") is None


def test_enterprise_card(shelf: Any) -> None:
    """The public card shows the enterprise; an unknown or malformed code is "no such thing"."""
    shelf.enter("enterprise", str(E01["uscc"]), E01)
    (view,) = PLUGIN.views
    face = view.read(shelf.host(), {"uscc": "91510100DEM001017Y"})
    assert face is not None
    assert E01["name"] in [row.value for row in face.rows]
    for code in ("", "91510100DEM001017Z", "91510104DEM001025K"):
        assert view.read(shelf.host(), {"uscc": code}) is None
