# SPDX-License-Identifier: Apache-2.0
"""The lint as a whole: right drafts of every profile pass, and whatever is wrong is said at once.

What each rule refuses is in test_ca_lint_form, test_ca_lint_standing and test_ca_lint_extensions.
"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from ca import PROFILES, DraftRefused, Usage, lint, profile
from ca.rules import CONTENT, EXTENSIONS, FORM, OUTLAWED, STANDING, UNREAD, UNREADABLE
from keys import RSA_SHA256, KeyFamily, der

from .conftest import SKI, USAGE, extension, findings, with_extensions


def test_a_profile_that_mixes(authority: Any) -> None:
    """No file of profiles can say this; the lint does not rely on it."""
    for changes in (
        {"key_usage": frozenset({"digitalSignature", "keyEncipherment"})},
        {"key_usage": frozenset({"keyEncipherment"})},
        {"usage": Usage.ENCRYPT},
        {"usage": Usage.AUTHORITY},
    ):
        mixed = replace(profile("enterprise"), **changes)  # type: ignore[arg-type]
        assert findings(authority.draft(profile=mixed), profiles={"enterprise": mixed}) == ["usage_pair"]


def test_every_finding_has_a_clause() -> None:
    said = [one.finding() for one in (*FORM, *CONTENT)] + [UNREADABLE, UNREAD, OUTLAWED]
    assert all(one.clause and one.zh and one.en for one in said)


def test_every_rule_is_in_one_room() -> None:
    """Where each room's own test has drafts that break it."""
    names = [one.name for one in (*FORM, *STANDING, *EXTENSIONS)]
    assert len(set(names)) == len(names)
    assert set(names) == {one.name for one in (*FORM, *CONTENT)}


def test_all_findings_come_at_once(sm2: Any) -> None:
    signs_alone = extension(USAGE, der.named_bits([0]), critical=True)
    draft = with_extensions(sm2.draft(crl_url=""), {USAGE: signs_alone, SKI: b""})
    assert set(findings(draft)) == {"key_usage", "subject_key_id", "crl_address"}


def test_sm2_authority_certifies_no_rsa_scheme(sm2: Any) -> None:
    assert findings(sm2.draft(scheme=RSA_SHA256)) == ["scheme"]


def rsa_info(bits: int, exponent: int) -> bytes:
    numbers = der.sequence(der.integer((1 << bits) - 0x1235), der.integer(exponent))
    return der.sequence(der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null()), der.bits(numbers))


def curve_info(curve: str, point: bytes) -> bytes:
    return der.sequence(der.sequence(der.oid("1.2.840.10045.2.1"), der.oid(curve)), der.bits(point))


@pytest.mark.parametrize(
    "spki",
    [
        rsa_info(1024, 65537),
        rsa_info(2047, 65537),
        rsa_info(2048, 1),
        curve_info("1.3.132.0.10", b"\x04" + bytes(64)),  # secp256k1
        curve_info("1.2.840.10045.3.1.7", b"\x04" + b"\x01" * 64),  # off the curve
        curve_info("1.2.156.10197.1.301", b"\x04" + b"\x01" * 64),
        b"\x30\x00",
    ],
)
def test_weak_keys_are_stopped_even_past_the_request(authority: Any, spki: bytes) -> None:
    """The reader of the certificate refuses what the reader of the request would have refused."""
    key = SimpleNamespace(spki=spki, key_id=bytes(20), family=KeyFamily.SM2)
    assert findings(authority.draft(public_key=key)) == ["readable"]


@pytest.mark.parametrize("name", sorted(set(PROFILES) - {"root", "issuing"}))
def test_right_drafts_pass(authority: Any, name: str) -> None:
    draft = authority.draft(name)
    linted = lint(draft)
    assert linted.tbs == draft.tbs
    assert linted.certificate.serial == draft.serial


@pytest.mark.parametrize(
    "changes",
    [
        {"crl_url": "http://例.example/x.crl"},
        {"crl_url": "http://ca.example/\x00"},
        {"not_before": "naive"},
        {"not_after": "naive"},
    ],
)
def test_what_cannot_be_written(sm2: Any, changes: dict[str, Any]) -> None:
    """Refused by the writer already, with words and without a foreign exception."""
    naive = sm2.draft().not_before.replace(tzinfo=None)
    with pytest.raises(DraftRefused) as caught:
        sm2.draft(**{key: naive if value == "naive" else value for key, value in changes.items()})
    assert caught.value.todo
