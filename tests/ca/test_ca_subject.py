# SPDX-License-Identifier: Apache-2.0
"""Subject names: what may stand in them, and how they are written."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca import CaError, NameRefused, RequestRefused, SubjectName
from ca.subject import parse_subject, personal_number
from keys import der

CODE = "91510100DEM001017Y"
# GB 11643 example numbers of the standard's own text (reference: standards.md section 8.2).
RESIDENT_IDS = ["11010519491231002X", "440524188001010014"]


def name(*pairs: tuple[str, bytes]) -> bytes:
    return der.sequence(*(der.set_of(der.sequence(der.oid(kind), text)) for kind, text in pairs))


C, O, CN = "2.5.4.6", "2.5.4.10", "2.5.4.3"  # noqa: E741
CHINA = (C, der.printable("CN"))


def test_written_as_licensed_authorities_write() -> None:
    """C is a PrintableString and first; O is the code and the name; the rest is UTF8String."""
    encoded = SubjectName("51010000000001", "示例市住房和城乡建设局", "11510000DEM9A0017F").encode()
    assert encoded == name(
        CHINA,
        (O, der.utf8("11510000DEM9A0017F示例市住房和城乡建设局")),
        (CN, der.utf8("51010000000001")),
    )


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("common_name", {"common_name": ""}),
        ("common_name", {"common_name": " 王样二"}),
        ("common_name", {"common_name": "王" * 65}),
        ("common_name", {"common_name": "王\u202e样二"}),  # turns the reading direction
        ("common_name", {"common_name": "王\n样二"}),
        ("common_name", {"common_name": "王\x00"}),
        ("common_name", {"common_name": "\ud800"}),
        ("common_name", {"common_name": f"王样二{RESIDENT_IDS[0]}"}),
        ("common_name", {"common_name": "王样二11010519491231002X"}),  # full-width digits
        ("organization", {"organization": RESIDENT_IDS[1]}),
        ("organization", {"uscc": CODE}),
        ("organization", {"organization": "司" * 47, "uscc": CODE}),
        ("organization", {"organization": f"{CODE}示例公司"}),
        ("uscc", {"organization": "示例公司", "uscc": "91510100DEM001017X"}),
        ("uscc", {"organization": "示例公司", "uscc": CODE.lower()}),
        ("uscc", {"organization": "示例公司", "uscc": "91510100DEM00101IY"}),
        ("state", {"state": "四川省\n"}),
        ("locality", {"locality": " 成都市"}),
        ("unit", {"organization": "示例公司", "unit": "部" * 65}),
        ("unit", {"unit": "印章科"}),
        ("country", {"country": "cn"}),
        ("country", {"country": "CHN"}),
        ("country", {"country": ""}),
    ],
)
def test_refused(field: str, values: dict[str, str]) -> None:
    """The refusal names the field, the rule and what to do; it never repeats a personal number."""
    with pytest.raises(NameRefused) as caught:
        SubjectName(**({"common_name": "王样二"} | values))
    assert caught.value.field == field
    assert caught.value.rule
    assert caught.value.todo
    assert not any(number in str(caught.value) for number in RESIDENT_IDS)
    assert isinstance(caught.value, RequestRefused)
    assert isinstance(caught.value, CaError)


def test_a_credit_code_is_not_a_resident_number() -> None:
    """Both have 18 characters; the code in front of O is looked through."""
    assert not personal_number(f"{CODE}示例建工有限公司")
    assert personal_number(f"{CODE}{RESIDENT_IDS[0]}")
    assert personal_number("x" + RESIDENT_IDS[0].lower())


LETTERS = st.characters(
    blacklist_categories=("Cc", "Cf", "Cs", "Co", "Zl", "Zp"), blacklist_characters="\x00"
)
WORDS = st.text(LETTERS, min_size=1, max_size=46).filter(
    lambda text: text == text.strip() and not personal_number(text)
)


@given(WORDS, WORDS | st.just(""), st.booleans())
def test_round_trip(common_name: str, organization: str, coded: bool) -> None:
    """What is written is read back as it was, and written again in the same bytes."""
    subject = SubjectName(common_name, organization, CODE if coded and organization else "")
    assert parse_subject(subject.encode()) == subject


@given(WORDS, WORDS | st.just(""), WORDS | st.just(""), WORDS | st.just(""))
def test_places_round_trip(common_name: str, state: str, locality: str, unit: str) -> None:
    subject = SubjectName(
        common_name, "示例市大数据局", "11510000DEM9A0017F", state=state, locality=locality, unit=unit
    )
    assert parse_subject(subject.encode()) == subject


def test_a_seal_maker_as_in_a_province() -> None:
    """C, ST, L, O, OU, CN: the order of the real one (standards.md section 5.4)."""
    found = SubjectName(
        "示例省政府统一电子印章制作系统",
        "示例省大数据局",
        "11510000DEM9A0017F",
        state="示例省",
        locality="示例市",
        unit="示例",
    ).encode()
    assert found == name(
        CHINA,
        ("2.5.4.8", der.utf8("示例省")),
        ("2.5.4.7", der.utf8("示例市")),
        (O, der.utf8("11510000DEM9A0017F示例省大数据局")),
        ("2.5.4.11", der.utf8("示例")),
        (CN, der.utf8("示例省政府统一电子印章制作系统")),
    )


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=20), st.text(max_size=4))
def test_any_text_is_written_or_refused(common_name: str, organization: str, uscc: str, country: str) -> None:
    """No text leads to a foreign exception, and none that passes holds an invisible character."""
    try:
        subject = SubjectName(common_name, organization, uscc, country)
    except NameRefused:
        return
    assert parse_subject(subject.encode()) == subject
    assert not any(unicodedata.category(letter) in {"Cc", "Cf"} for letter in common_name + organization)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(encoded: bytes) -> None:
    with pytest.raises(NameRefused):
        parse_subject(encoded)


@pytest.mark.parametrize(
    "encoded",
    [
        name(CHINA, ("2.5.4.5", der.utf8("350658")), (CN, der.utf8("王样二"))),
        name(CHINA, ("2.5.4.11", der.utf8("科室")), (CN, der.utf8("王样二"))),  # of no organisation
        name(CHINA, ("1.2.840.113549.1.9.1", der.ia5("a@example.com")), (CN, der.utf8("王样二"))),
        name(CHINA, (CN, der.utf8("王样二")), (CN, der.utf8("李样三"))),
        name(CHINA, (CN, b"\x1e\x02\x67\x4e")),  # BMPString
        name(CHINA, (CN, b"\x0c\x01\xff")),
        name(CHINA),
        name(),
        der.sequence(
            der.set_of(
                der.sequence(der.oid(C), der.printable("CN")), der.sequence(der.oid(CN), der.utf8("王样二"))
            )
        ),
        der.sequence(der.set_of()),
        der.sequence(der.set_of(der.sequence(der.oid(CN)))),
        name(CHINA, (CN, der.utf8("王样二"))) + b"\x00",
    ],
)
def test_foreign_names_refused(encoded: bytes) -> None:
    """Nothing is dropped in silence: an attribute that we would not certify refuses the request."""
    with pytest.raises(NameRefused):
        parse_subject(encoded)


def test_other_order_and_string_type_are_read() -> None:
    """OpenSSL writes what its user typed: order and string type are ours, the words are theirs."""
    found = parse_subject(
        name((CN, der.printable("Wang")), (O, der.utf8(f"{CODE}示例公司")), (C, der.utf8("CN")))
    )
    assert found == SubjectName("Wang", "示例公司", CODE)
