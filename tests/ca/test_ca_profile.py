# SPDX-License-Identifier: Apache-2.0
"""Profiles are data; serial numbers come from given randomness."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca import PROFILES, CaError, NoSuchProfile, SerialRefused, new_serial, profile


def test_names() -> None:
    assert set(PROFILES) == {
        "root",
        "issuing",
        "person",
        "enterprise",
        "seal",
        "platform",
        "trust_list",
        "ocsp",
        "tsa",
    }
    assert all(profile(name).name == name and profile(name).zh for name in PROFILES)


def test_unknown_profile() -> None:
    with pytest.raises(NoSuchProfile) as caught:
        profile("server")
    assert "person" in caught.value.known
    assert isinstance(caught.value, CaError)


def test_only_authorities_certify() -> None:
    """Key usage after standards.md section 5.3: nobody both certifies and signs documents."""
    for one in PROFILES.values():
        wanted = {"keyCertSign", "cRLSign"} if one.ca else {"digitalSignature", "nonRepudiation"}
        assert one.key_usage == wanted
    assert [one.name for one in PROFILES.values() if one.self_signed] == ["root"]


def test_only_the_signer_of_the_trust_list_has_a_purpose() -> None:
    """What keeps a subscriber from signing a trust list is that no other profile gives this purpose."""
    purposes = {one.name: one.extended_key_usage for one in PROFILES.values() if one.extended_key_usage}
    assert purposes == {
        "trust_list": ("0.4.0.2231.3.0",),
        "ocsp": ("1.3.6.1.5.5.7.3.9",),
        "tsa": ("1.3.6.1.5.5.7.3.8",),
    }


def test_until_never_passes_the_issuer(sm2: Any) -> None:
    start = sm2.certificate.not_after - timedelta(days=10)
    assert profile("person").until(start, sm2.certificate) == sm2.certificate.not_after
    assert profile("person").until(start) == start + timedelta(days=profile("person").days)


@given(st.binary(min_size=16, max_size=64))
def test_serial(random: bytes) -> None:
    """Positive, at most 20 octets, all of 16 random bytes kept, always of the same length."""
    serial = new_serial(random)
    encoded = serial.to_bytes((serial.bit_length() + 8) // 8)
    assert serial > 0
    assert len(encoded) <= 20
    assert encoded[1:] == random[:19]


@given(st.binary(max_size=15))
def test_too_little_randomness(random: bytes) -> None:
    with pytest.raises(SerialRefused):
        new_serial(random)
