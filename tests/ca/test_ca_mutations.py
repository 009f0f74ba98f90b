# SPDX-License-Identifier: Apache-2.0
"""Every byte of what was linted, changed; the short way accepts nothing that the rules would not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ca import (
    PROFILES,
    AlternativeName,
    CertificatePolicy,
    Draft,
    Identifier,
    IdentifierKind,
    LintRefused,
    NameRefused,
    SubjectName,
    lint,
)
from ca.linting import check
from ca.templates import seen as seen_under
from keys import KeyFamily

CODE = "91510100DEM001017Y"
OCSP_URL = "http://ca.example/ocsp"
HOST = AlternativeName("dns", "portal.example.cn")
POLICY = CertificatePolicy("1.2.156.99999.1.1", "http://ca.example/cps")
TAX = Identifier(IdentifierKind.TAXATION_NUMBER, CODE)


def seen(draft: Draft) -> bool:
    """Would it pass the short way, as lint() asks?"""
    return seen_under(draft, (id(PROFILES), None))


EVERYTHING: dict[str, dict[str, Any]] = {
    "enterprise": {"identifiers": [TAX], "policies": [POLICY], "ocsp_url": OCSP_URL},
    "tls_server": {
        "alternative_names": [HOST, AlternativeName("dns", "*.example.cn")],
        "issuer_url": OCSP_URL,
    },
    "person_encrypt": {"alternative_names": [AlternativeName("email", "wang@example.cn")]},
    "ocsp": {},
    "tsa": {},
}


@pytest.mark.parametrize("name", sorted(EVERYTHING))
def test_every_flipped_byte_is_found(authority: Any, name: str) -> None:
    """A bit that turns over between writer and signer never becomes another certificate."""
    draft = authority.draft(name, **EVERYTHING[name])
    lint(draft)
    # Four ways to change each byte, two in each family: between them the families see all of them.
    ways = ((0x01, 0x80), (0x20, 0xFF))[:: 1 if authority.key.public_key.family is KeyFamily.SM2 else -1]
    for at in range(len(draft.tbs)):
        for mask in ways[at % 2]:
            broken = bytearray(draft.tbs)
            broken[at] ^= mask
            with pytest.raises(LintRefused):
                lint(replace(draft, tbs=bytes(broken)))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from(sorted(EVERYTHING)),
    st.integers(0, 2000),
    st.integers(0, 4),
    st.binary(max_size=4),
)
def test_any_splice_is_found(sm2: Any, name: str, at: int, cut: int, put: bytes) -> None:
    """Bytes taken out, put in, exchanged: refused, or the very same bytes."""
    draft = sm2.draft(name, **EVERYTHING[name])
    at %= len(draft.tbs)
    broken = draft.tbs[:at] + put + draft.tbs[at + cut :]
    try:
        linted = lint(replace(draft, tbs=broken))
    except LintRefused:
        return
    assert linted.tbs == draft.tbs


@pytest.mark.parametrize("name", ["person", "enterprise", "seal_maker", "device_encrypt"])
def test_the_short_way_accepts_nothing_else(authority: Any, name: str) -> None:
    """Once a shape has passed in full, the next draft of it is compared; no changed byte slips through."""
    lint(authority.draft(name))
    draft = authority.draft(name, serial=(1 << 127) + 12345, public_key=authority.key.public_key)
    assert seen(draft)
    for at in range(len(draft.tbs)):
        for mask in (0x01, 0x20, 0x80, 0xFF):
            broken = bytearray(draft.tbs)
            broken[at] ^= mask
            assert not seen(replace(draft, tbs=bytes(broken)))
    for cut in range(len(draft.tbs)):
        assert not seen(replace(draft, tbs=draft.tbs[:cut]))
    assert not seen(replace(draft, tbs=draft.tbs + b"\x00"))


SHORT_TEXT = st.text(st.characters(categories=("Lu", "Ll", "Lo", "Nd", "Po")), min_size=1, max_size=66)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    SHORT_TEXT,
    SHORT_TEXT,
    st.integers(1 << 60, 1 << 120) | st.integers(-(1 << 160), 1 << 170),
    st.integers(0, 900) | st.integers(-500, 7000),
    st.integers(0, 1200),
)
def test_the_short_way_agrees_with_the_long_one(
    sm2: Any, common_name: str, organization: str, serial: int, after: int, days: int
) -> None:
    """Whatever is ordered: passing here means passing every rule."""
    lint(sm2.draft("agency"))
    try:
        subject = SubjectName(common_name, organization, CODE, unit=organization)
    except NameRefused:
        return
    start = sm2.draft().not_before + timedelta(days=after)
    draft = sm2.draft(
        "agency", subject, serial=serial, not_before=start, not_after=start + timedelta(days=days)
    )
    short = seen(draft)
    try:
        check(draft, PROFILES)
    except LintRefused:
        assert not short
    else:
        lint(draft)
        assert seen(draft) or draft.not_after.year >= 2050
