# SPDX-License-Identifier: Apache-2.0
"""Signing: nothing without lint, exactly the linted bytes, nothing released that does not read back."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ca import (
    PROFILES,
    AlreadySigned,
    CodeRule,
    IssueFailed,
    Linted,
    NotLinted,
    SubjectName,
    issue,
    lint,
    profile,
)
from keys import KeyKind, SigningFailed, generate_key
from verify import Certificate, parse_certificate

CODE = "91510100DEM001017Y"
FIRM = SubjectName("示例建工有限公司", "示例建工有限公司", CODE)
PERSON = SubjectName("王样二")


@pytest.mark.parametrize("name", sorted(set(PROFILES) - {"root", "issuing"}))
def test_certificate_of_every_profile(authority: Any, name: str) -> None:
    wanted, family = profile(name), authority.holder_key.public_key.family
    draft = authority.draft(name)
    found = authority.certify(name)
    assert found.subject.der == draft.subject.encode()
    assert found.issuer == authority.certificate.subject
    assert found.public_key == authority.holder_key.public_key
    assert (found.key_usage, found.is_ca, found.path_length) == (wanted.key_usage_of(family), False, None)
    assert found.subject_key_id == authority.holder_key.public_key.key_id
    assert found.authority_key_id == authority.certificate.subject_key_id
    assert tuple(found.crl_urls) == ("http://ca.example/issuing.crl",)
    assert found.uscc == (None if wanted.code is CodeRule.FORBIDDEN else CODE)
    assert not found.critical_unknown
    authority.key.public_key.verify(found.signature, found.tbs, authority.key.scheme)


def test_authorities(authority: Any) -> None:
    root, below = authority.root, authority.certificate
    assert (root.is_ca, root.path_length, below.is_ca, below.path_length) == (True, 1, True, 0)
    assert root.key_usage == below.key_usage == {"keyCertSign", "cRLSign"}
    assert root.issuer == root.subject == below.issuer
    assert root.authority_key_id == root.subject_key_id == below.authority_key_id
    assert not root.crl_urls
    assert tuple(below.crl_urls) == ("http://ca.example/root.crl",)
    for one in (root, below):
        authority.root_key.public_key.verify(one.signature, one.tbs, authority.root_key.scheme)


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.P384])
def test_rsa_authority_certifies_elliptic_keys(rsa: Any, kind: KeyKind) -> None:
    key = generate_key(kind)
    found = rsa.certify("person", PERSON, public_key=key.public_key)
    assert found.public_key == key.public_key
    assert found.scheme == rsa.key.scheme


def test_the_signer_sees_exactly_the_linted_bytes(authority: Any, spy: Any) -> None:
    signer, linted = spy(authority.key), lint(authority.draft())
    issued = parse_certificate(issue(linted, signer))
    assert signer.asked == [linted.tbs] == [issued.tbs]


def test_nothing_is_signed_without_lint(authority: Any, spy: Any) -> None:
    """A Linted cannot be built, changed or imitated; and the signer was never asked."""
    signer, linted = spy(authority.key), lint(authority.draft())
    other = authority.draft("person", PERSON)
    with pytest.raises(NotLinted):
        Linted(other, other.tbs)
    with pytest.raises(NotLinted):
        Linted(other, other.tbs, proof=object())
    with pytest.raises((NotLinted, ValueError)):
        replace(linted, tbs=other.tbs)
    with pytest.raises(AttributeError):
        linted.tbs = other.tbs  # type: ignore[misc]

    class Imitation:
        draft, tbs, certificate = other, other.tbs, linted.certificate

    for thing in (other, other.tbs, Imitation(), None):
        with pytest.raises(NotLinted):
            issue(thing, signer)  # type: ignore[arg-type]
    assert signer.asked == []


def test_a_copy_of_a_linted_is_the_same(authority: Any) -> None:
    linted = lint(authority.draft())
    assert copy.copy(linted) == linted
    with pytest.raises(Exception, match=r".*"):
        pickle.loads(pickle.dumps(linted)).tbs = b""


def test_one_lint_one_signature(authority: Any, spy: Any) -> None:
    """Not twice, not by a copy, and not after a device that failed: it may have signed all the same."""
    signer, linted = spy(authority.key), lint(authority.draft())
    twin = copy.copy(linted)
    issue(linted, signer)
    for spent in (linted, twin):
        with pytest.raises(AlreadySigned):
            issue(spent, signer)
    assert len(signer.asked) == 1
    failed = lint(authority.draft())
    with pytest.raises(IssueFailed):
        issue(failed, Device(authority.key, "dead"))
    with pytest.raises(AlreadySigned):
        issue(failed, authority.key)


def test_one_signature_whatever_thread_comes_first(sm2: Any) -> None:
    linted, ready = lint(sm2.draft()), Barrier(8)

    def attempt(_: int) -> bool:
        ready.wait(10)
        try:
            issue(linted, sm2.key)
        except AlreadySigned:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def test_the_wrong_signer_is_not_asked(authority: Any, spy: Any) -> None:
    signer = spy(authority.root_key)
    with pytest.raises(IssueFailed) as caught:
        issue(lint(authority.draft()), signer)
    assert caught.value.step == "signer"
    assert signer.asked == []


def test_another_scheme_is_not_used(rsa: Any) -> None:
    class Other:
        public_key, scheme = rsa.key.public_key, generate_key(KeyKind.P256).scheme

        def sign(self, message: bytes) -> bytes:
            raise AssertionError("asked")

    with pytest.raises(IssueFailed) as caught:
        issue(lint(rsa.draft()), Other())
    assert caught.value.step == "signer"


class Device:
    """A key device that goes wrong in one way."""

    def __init__(self, key: Any, fault: str) -> None:
        self.key, self.fault = key, fault
        self.public_key, self.scheme = key.public_key, key.scheme

    def sign(self, message: bytes) -> bytes:
        if self.fault == "dead":
            raise SigningFailed("no answer")
        if self.fault == "other bytes":
            return self.key.sign(message + b"\x00")
        signature = bytearray(self.key.sign(message))
        if self.fault == "bit":
            signature[-1] ^= 1
        return bytes(signature) if self.fault != "empty" else b""


@pytest.mark.parametrize("fault", ["dead", "other bytes", "bit", "empty"])
def test_a_faulty_device_releases_nothing(authority: Any, fault: str) -> None:
    with pytest.raises(IssueFailed):
        issue(lint(authority.draft()), Device(authority.key, fault))


def test_times_after_2049_and_fractions(sm2: Any) -> None:
    """GeneralizedTime from 2050; fractions of a second are cut before anything is compared."""
    start = datetime(2049, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    root_like = profile("root")
    draft = sm2.draft(
        "root",
        PERSON,
        issuer=None,
        scheme=sm2.holder_key.scheme,
        crl_url="",
        not_before=start,
        not_after=root_like.until(start),
    )
    found: Certificate = parse_certificate(issue(lint(draft), sm2.holder_key))
    assert found.not_before == start.replace(microsecond=0)
    assert found.not_after == start.replace(microsecond=0) + timedelta(days=root_like.days)


NAMES = st.text(st.characters(whitelist_categories=("Lo", "Lu", "Ll", "Nd", "Po")), min_size=1, max_size=40)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(NAMES, NAMES, st.binary(min_size=16, max_size=20), st.integers(1, 1000))
def test_any_order_becomes_what_was_ordered(
    sm2: Any, common_name: str, organization: str, random: bytes, days: int
) -> None:
    from ca import NameRefused, new_serial

    try:
        subject = SubjectName(common_name, organization, CODE)
    except NameRefused:
        return
    start = sm2.draft().not_before
    found = sm2.certify(
        "enterprise", subject, serial=new_serial(random), not_after=start + timedelta(days=days)
    )
    assert found.subject.der == subject.encode()
    assert found.subject.common_name == common_name
    assert found.serial == new_serial(random)
    assert found.not_after == start + timedelta(days=days)
