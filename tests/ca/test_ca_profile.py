# SPDX-License-Identifier: Apache-2.0
"""Profiles are data; serial numbers come from given randomness."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca import PROFILES, PURPOSES, CaError, NoSuchProfile, SerialRefused, Usage, new_serial, profile
from keys import KeyFamily


def test_names() -> None:
    assert list(PROFILES) == [
        "root",
        "issuing",
        "person",
        "person_encrypt",
        "enterprise",
        "enterprise_encrypt",
        "operator",
        "agency",
        "agency_encrypt",
        "seal_maker",
        "seal",
        "ocsp",
        "tsa",
        "tls_server",
        "device",
        "device_encrypt",
        "platform",
        "trust_list",
    ]
    assert all(profile(name).name == name and profile(name).zh for name in PROFILES)


def test_unknown_profile() -> None:
    with pytest.raises(NoSuchProfile) as caught:
        profile("server")
    assert "person" in caught.value.known
    assert isinstance(caught.value, CaError)


PAIRS = {
    Usage.AUTHORITY: {"keyCertSign", "cRLSign"},
    Usage.SIGN: {"digitalSignature", "nonRepudiation"},
    Usage.ENCRYPT: {"keyEncipherment", "dataEncipherment", "keyAgreement"},
}


def test_only_authorities_certify() -> None:
    """Key usage after standards.md section 5.3: nobody both certifies and signs, nor signs and decrypts."""
    for one in PROFILES.values():
        wanted = {"digitalSignature"} if one.name == "tls_server" else PAIRS[one.usage]
        assert one.key_usage == wanted
        assert one.ca is (one.usage is Usage.AUTHORITY)
    assert [one.name for one in PROFILES.values() if one.self_signed] == ["root"]


def test_encryption_is_what_the_key_can_do() -> None:
    """RSA agrees no keys, and an elliptic key of the NIST kind enciphers nothing."""
    found = profile("person_encrypt")
    assert found.key_usage_of(KeyFamily.SM2) == PAIRS[Usage.ENCRYPT]
    assert found.key_usage_of(KeyFamily.RSA) == {"keyEncipherment", "dataEncipherment"}
    assert found.key_usage_of(KeyFamily.ECDSA) == {"keyAgreement"}
    assert all(profile("person").key_usage_of(one) == PAIRS[Usage.SIGN] for one in KeyFamily)


def test_only_the_signer_of_the_trust_list_has_its_purpose() -> None:
    """What keeps a subscriber from signing a trust list is that no other profile gives this purpose."""
    purposes = {one.name: one.extended_key_usage for one in PROFILES.values() if one.extended_key_usage}
    assert purposes == {
        "trust_list": ("0.4.0.2231.3.0",),
        "ocsp": ("1.3.6.1.5.5.7.3.9",),
        "tsa": ("1.3.6.1.5.5.7.3.8",),
        "tls_server": ("1.3.6.1.5.5.7.3.1",),
    }
    assert [one.name for one in PROFILES.values() if not one.critical_purposes] == ["tls_server"]


def test_who_agrees() -> None:
    needed = {one.name: one.approvals for one in PROFILES.values() if one.approvals != 1}
    assert needed == {"operator": 2, "agency": 2, "agency_encrypt": 2, "seal_maker": 2, "tls_server": 0}


def test_where_they_come_from() -> None:
    """Roots and issuing authorities from a ceremony, an OCSP signer from the authority it answers for."""
    assert {one.name for one in PROFILES.values() if not one.purpose} == {"root", "issuing", "ocsp"}
    assert {one.name: one.pair for one in PROFILES.values() if one.pair} == {
        "person": "person_encrypt",
        "enterprise": "enterprise_encrypt",
        "agency": "agency_encrypt",
        "device": "device_encrypt",
    }
    assert {one.purpose for one in PROFILES.values() if one.purpose} == set(PURPOSES)


def test_no_profile_states_a_number_of_a_person() -> None:
    assert not any(kind.personal for one in PROFILES.values() for kind in one.identifiers)


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
