# SPDX-License-Identifier: Apache-2.0
"""Profiles as a file: what is read, and which contradictions no authority may issue under."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ca import PROFILES, IdentifierKind, ProfilesRefused, Usage, parse_profiles

SHIPPED = files("ca").joinpath("profiles.yaml").read_text("utf-8")
PERSON = """format: yinxin-profiles/1
profiles:
  person:
    zh: 个人证书
    en: Natural person
    purpose: persons
    usage: sign
    days: 365
    code: forbidden
    approvals: 1
"""


def test_the_file_is_the_law() -> None:
    assert parse_profiles(SHIPPED.encode()) == PROFILES
    found = parse_profiles(PERSON.encode())["person"]
    assert (found.days, found.usage, found.alternative_names) == (365, Usage.SIGN, frozenset())
    assert found.key_usage == {"digitalSignature", "nonRepudiation"}


def test_another_installation_may_state_numbers_of_persons() -> None:
    """Where the law of the place wants it; the shipped file does not."""
    found = parse_profiles((PERSON + "    identifiers: [resident_id]\n").encode())["person"]
    assert found.identifiers == {IdentifierKind.RESIDENT_ID}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("format", PERSON.replace("profiles/1", "profiles/2")),
        ("file", "profiles: ["),
        ("profiles", "format: yinxin-profiles/1\n"),
        ("profiles.profiles", "format: yinxin-profiles/1\nprofiles: {}\n"),
        ("profiles.Person", PERSON.replace("  person:", "  Person:")),
        ("profiles.per-son", PERSON.replace("  person:", "  per-son:")),
        ("extra", PERSON + "extra: 1\n"),
        ("profiles.person.colour", PERSON + "    colour: red\n"),
        ("profiles.person.days", PERSON.replace("days: 365", 'days: "365"')),
        ("profiles.person.days", PERSON.replace("days: 365", "days: 0")),
        ("profiles.person.days", PERSON.replace("days: 365", "days: 20000")),
        ("profiles.person.zh", PERSON.replace("    zh: 个人证书\n", "")),
        ("profiles.person.usage", PERSON.replace("usage: sign", "usage: both")),
        ("profiles.person.code", PERSON.replace("code: forbidden", "code: false")),
        ("profiles.person.approvals", PERSON.replace("approvals: 1", "approvals: 3")),
        ("profiles.person.purpose", PERSON.replace("purpose: persons", "purpose: people")),
        ("profiles.person.purpose", PERSON.replace("    purpose: persons\n", "")),
        ("profiles.person.key_usage", PERSON + "    key_usage: [keyEncipherment]\n"),
        ("profiles.person.key_usage", PERSON + "    key_usage: [digitalSignature, keyAgreement]\n"),
        ("profiles.person.key_usage", PERSON + "    key_usage: [digitalSignature, keyCertSign]\n"),
        ("profiles.person.key_usage", PERSON + "    key_usage: [digitalSignatur]\n"),
        ("profiles.person.path_length", PERSON + "    path_length: 0\n"),
        ("profiles.person.self_signed", PERSON + "    self_signed: true\n"),
        ("profiles.person.no_check", PERSON + "    no_check: true\n"),
        ("profiles.person.extended_key_usage", PERSON + "    extended_key_usage: [serverAuth]\n"),
        (
            "profiles.person.extended_key_usage",
            PERSON + '    extended_key_usage: ["1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.2"]\n',
        ),
        (
            "profiles.person.critical_purposes",
            PERSON + '    critical_purposes: false\n    extended_key_usage: ["1.3.6.1.5.5.7.3.8"]\n',
        ),
        ("profiles.person.critical_purposes", PERSON + "    critical_purposes: false\n"),
        ("profiles.person.no_check", PERSON + '    extended_key_usage: ["1.3.6.1.5.5.7.3.9"]\n'),
        ("profiles.person.alternative_names", PERSON + '    extended_key_usage: ["1.3.6.1.5.5.7.3.1"]\n'),
        ("profiles.person.alternative_names", PERSON + "    alternative_names: [uri]\n"),
        ("profiles.person.alternative_names", PERSON + "    alternative_names: [wildcard]\n"),
        ("profiles.person.names_required", PERSON + "    names_required: true\n"),
        ("profiles.person.common_name_is_host", PERSON + "    common_name_is_host: true\n"),
        ("profiles.person.identifiers", PERSON + "    identifiers: [number]\n"),
        ("profiles.person.pair", PERSON + "    pair: nobody\n"),
        ("profiles.person.pair", PERSON + "    pair: person\n"),
        ("profiles.person.pair", SHIPPED.replace("pair: person_encrypt", "pair: enterprise_encrypt")),
        (
            "profiles.root.purpose",
            SHIPPED.replace("    path_length: 1\n", "    path_length: 1\n    purpose: seals\n"),
        ),
        (
            "profiles.root.extended_key_usage",
            SHIPPED.replace(
                "    path_length: 1\n", '    path_length: 1\n    extended_key_usage: ["2.5.29.37.0"]\n'
            ),
        ),
        (
            "profiles.root.alternative_names",
            SHIPPED.replace("    path_length: 1\n", "    path_length: 1\n    alternative_names: [email]\n"),
        ),
        (
            "profiles.root.identifiers",
            SHIPPED.replace("    path_length: 1\n", "    path_length: 1\n    identifiers: [passport]\n"),
        ),
    ],
)
def test_refused(field: str, text: str) -> None:
    with pytest.raises(ProfilesRefused) as caught:
        parse_profiles(text.encode())
    assert caught.value.field == field
    assert caught.value.rule
    assert caught.value.todo


LINES = SHIPPED.splitlines()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, len(LINES) - 1), st.integers(0, len(LINES) - 1), st.text("abcdef:-[]{}0123 \n", max_size=9)
)
def test_any_edit_of_the_file_is_read_or_refused(at: int, other: int, text: str) -> None:
    """And whatever is still read holds no key that signs and decrypts."""
    lines: list[Any] = [*LINES]
    lines[at], lines[other] = lines[other] + text, lines[at]
    try:
        found = parse_profiles("\n".join(lines).encode())
    except ProfilesRefused:
        return
    assert all(one.key_usage <= one.usage.bits for one in found.values())
