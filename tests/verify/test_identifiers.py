# SPDX-License-Identifier: Apache-2.0
"""Check characters: published numbers, the sample data set, every single slip of the hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as stdnum_uscc

from verify import (
    EcertId,
    IdentifierInvalid,
    mask_resident_id,
    parse_ecert_id,
    parse_resident_id,
    parse_uscc,
)

TODAY = date(2026, 11, 23)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
PUBLISHED = [
    "91320115MA202UKD7X",
    "11370306MB2867521U",
    "12100000000018032A",
    "11100000000013338W",
    "115300000151003540",
    "91510100DEM0001610",  # the sum leaves no remainder
    "91510100DEM0010182",  # the inner organisation code is wrong: history has such codes
]
ECERTS = [
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
    "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
    "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
    "1.2.156.3005.2.11510000DEM9A0017F001.11510106DEM9A00331.510106201705080101.001.C",
    "1.2.156.3005.2.11510000DEM9A0017F001.11510106DEM9A00331.510106201705080101.002.A",
]
DATASET: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "api" / "demo" / "dataset.json").read_text("utf-8")
)


def every(name: str, value: Any = DATASET) -> list[str]:
    """All texts under a member of this name, anywhere."""
    if isinstance(value, dict):
        own = [value[name]] if isinstance(value.get(name), str) else []
        return own + [text for part in value.values() for text in every(name, part)]
    return [text for part in value for text in every(name, part)] if isinstance(value, list) else []


@pytest.mark.parametrize("code", [*PUBLISHED, *every("uscc")])
def test_good_codes(code: str) -> None:
    """GB 32100-2015; lower case and white space around it are forgiven."""
    assert parse_uscc(code) == code
    assert parse_uscc(f" {code.lower()}\n") == code


def test_sample_data_is_there() -> None:
    """Agencies, enterprises and persons."""
    assert len(every("uscc")) >= 20
    assert len(every("id_no")) >= 12


@pytest.mark.parametrize(
    "code",
    [
        "",
        "91510100DEM001017Z",
        "91510100DEM001017X",
        "91510100DEM001017",
        "91510100DEM001017YY",
        "9151010ODEM001017Y",
        "91510100DEM00I017Y",
        "91510A00DEM001017Y",
        "９１510100DEM001017Y",
        "91510100DEM0 1017Y",
        "91510100DEM001017ſ",
        "91510100DEM001017\u0131",
    ],
)
def test_bad_codes(code: str) -> None:
    """Letters that do not exist, a wrong check character, digits of another script."""
    with pytest.raises(IdentifierInvalid) as caught:
        parse_uscc(code)
    assert caught.value.rule
    assert not code or code not in str(caught.value)


@given(
    st.from_regex(rf"\A[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{9}}\Z"),
    st.integers(0, 16),
    st.sampled_from(ALPHABET),
)
def test_one_slip_is_found(body: str, place: int, other: str) -> None:
    """Exactly one check character fits (stdnum agrees), and no other single character."""
    code = body + stdnum_uscc.calc_check_digit(body)
    assert parse_uscc(code) == code
    good = []
    for check in ALPHABET:
        try:
            good.append(parse_uscc(body + check)[-1])
        except IdentifierInvalid:
            continue
    assert good == [code[-1]]
    slipped = code[:place] + other + code[place + 1 :]
    if slipped != code:
        with pytest.raises(IdentifierInvalid):
            parse_uscc(slipped)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014", *every("id_no")])
def test_good_numbers(number: str) -> None:
    """GB 11643-1999, whether or not the district existed in the year of birth."""
    assert parse_resident_id(number, TODAY) == number
    assert parse_resident_id(number.lower(), TODAY) == number


@pytest.mark.parametrize(
    "number",
    [
        "",
        "510104199103129978",
        "510104199102309976",
        "51010420991231997X",
        "5101041991031299",
        "510104910312997",
        "X10104199103129977",
        "５10104199103129977",
        "010104199103129977",
    ],
)
def test_bad_numbers(number: str) -> None:
    """Wrong check character, no such day, the future, 15 digits; the message never shows the number."""
    with pytest.raises(IdentifierInvalid) as caught:
        parse_resident_id(number, TODAY)
    assert not number or number not in str(caught.value)


def test_born_today_and_tomorrow() -> None:
    """The day of the check is an argument."""
    number = "510104199103129977"
    assert parse_resident_id(number, date(1991, 3, 12)) == number
    with pytest.raises(IdentifierInvalid):
        parse_resident_id(number, date(1991, 3, 11))


@pytest.mark.parametrize(
    ("number", "masked"),
    [("510104199103129977", "5101**********9977"), ("5101", "****"), ("", ""), ("1" * 19, "*" * 19)],
)
def test_mask(number: str, masked: str) -> None:
    """Neither the birth date nor the whole number; of anything else nothing."""
    assert mask_resident_id(number) == masked


@pytest.mark.parametrize("text", ECERTS)
def test_good_ecert_ids(text: str) -> None:
    """GB/T 36904-2018: published samples and ours."""
    identifier = parse_ecert_id(text)
    assert identifier.encode() == text
    assert parse_ecert_id(f" {text.lower()} ") == identifier


def test_new_version_of_one_document() -> None:
    """domain.md 4.2: same serial, next version, another check character."""
    first = parse_ecert_id(ECERTS[3])
    assert replace(first, version="002").encode() == ECERTS[4]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.2.156.3005.2",
        ECERTS[3][:-1] + "D",
        ECERTS[3] + ".A",
        ECERTS[3].removeprefix("1."),
        ECERTS[3].replace("1.2.156.3005.2.", "1.2.156.3005.3."),
        ECERTS[3].replace(".001.", ".000."),
        ECERTS[3].replace(".001.", ".1."),
        ECERTS[3].replace("510106201705080101", "51010620170508010_"),
        ECERTS[3].replace("510106201705080101", "5" * 33),
        ECERTS[3].replace("001.11510106", "01.11510106"),
        ECERTS[3].replace("11510106DEM9A00331", "1151"),
    ],
)
def test_bad_ecert_ids(text: str) -> None:
    """Another root, a wrong part, a wrong check character."""
    with pytest.raises(IdentifierInvalid):
        parse_ecert_id(text)


upper = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1)


@given(
    st.from_regex(r"\A[0-9A-Z]{21}\Z"),
    st.from_regex(r"\A[0-9A-Z]{18}\Z"),
    st.from_regex(r"\A[0-9A-Z]{1,32}\Z"),
    st.integers(1, 999),
    st.integers(0, 200),
    st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
)
def test_ecert_round_trip(type_: str, issuer: str, serial: str, version: int, place: int, other: str) -> None:
    """Written and read the same; a single wrong character is found."""
    text = EcertId(type_, issuer, serial, f"{version:03d}").encode()
    assert parse_ecert_id(text).encode() == text
    at = 15 + place % (len(text) - 15)
    slipped = text[:at] + other + text[at + 1 :]
    if slipped != text:
        with pytest.raises(IdentifierInvalid):
            parse_ecert_id(slipped)


@given(st.text())
def test_any_text(text: str) -> None:
    """Accepted or refused by type."""
    for parse in (parse_uscc, parse_ecert_id, lambda t: parse_resident_id(t, TODAY)):
        try:
            parse(text)
        except IdentifierInvalid as error:
            assert error.what
    mask_resident_id(text)
