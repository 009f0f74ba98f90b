# SPDX-License-Identifier: Apache-2.0
"""The bytes of a challenge: one meaning, one origin, never to be taken for anything else that is signed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.login import origin_of
from api.login.challenge import PREFIX, VALIDITY, new_challenge
from verify import canonical_json

moments = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC))
ids = st.binary(min_size=16, max_size=16).map(bytes.hex)
nonces = st.binary(min_size=32, max_size=32)
origins = st.sampled_from(["https://yinxin.example", "http://127.0.0.1:8443", "https://a.example:444"])


@given(origin=origins, challenge_id=ids, nonce=nonces, at=moments)
def test_bytes_are_prefix_and_canonical_json(
    origin: str, challenge_id: str, nonce: bytes, at: datetime
) -> None:
    made = new_challenge(origin, challenge_id=challenge_id, nonce=nonce, at=at)
    assert made.to_be_signed.startswith(b"yinxin/login/v1\n")
    facts = json.loads(made.to_be_signed[len(PREFIX) :])
    assert PREFIX + canonical_json(facts) == made.to_be_signed
    assert set(facts) == {"origin", "challenge_id", "nonce", "issued_at", "expires_at", "text"}
    assert (facts["origin"], facts["challenge_id"], facts["nonce"]) == (origin, challenge_id, nonce.hex())
    issued = datetime.fromisoformat(facts["issued_at"])
    assert issued <= at < issued + timedelta(seconds=1)
    assert datetime.fromisoformat(facts["expires_at"]) == made.expires_at == issued + VALIDITY
    assert origin in facts["text"]
    assert "登录" in facts["text"]


@given(origin=origins, challenge_id=ids, nonce=nonces, at=moments)
def test_never_a_der_set_nor_any_der(origin: str, challenge_id: str, nonce: bytes, at: datetime) -> None:
    """Signed attributes begin with 31, a TBSCertificate with 30, other texts with their own prefix."""
    made = new_challenge(origin, challenge_id=challenge_id, nonce=nonce, at=at).to_be_signed
    assert made[0] not in (0x30, 0x31)
    assert not made.startswith(b"yinxin/trust-list/")


@given(one=st.tuples(ids, nonces), other=st.tuples(ids, nonces), at=moments)
def test_different_facts_are_different_bytes(one: Any, other: Any, at: datetime) -> None:
    first = new_challenge("https://a.example", challenge_id=one[0], nonce=one[1], at=at)
    second = new_challenge("https://a.example", challenge_id=other[0], nonce=other[1], at=at)
    assert (first.to_be_signed == second.to_be_signed) == (one == other)
    elsewhere = new_challenge("https://b.example", challenge_id=one[0], nonce=one[1], at=at)
    assert elsewhere.to_be_signed != first.to_be_signed


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://yinxin.example", "https://yinxin.example"),
        ("https://Yinxin.Example:443", "https://yinxin.example"),
        ("http://yinxin.example:80", "http://yinxin.example"),
        ("https://yinxin.example:80", "https://yinxin.example:80"),
        ("http://127.0.0.1:8443", "http://127.0.0.1:8443"),
        ("http://[::1]:8443/base", "http://[::1]:8443"),
    ],
)
def test_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin


def test_challenges_are_stored_as_sent_and_forgotten_late(door: Any, clock: Any) -> None:
    first = door.login.challenge()
    assert len(first.challenge_id) == 32
    assert b'"origin":"https://yinxin.example"' in first.to_be_signed
    assert first.expires_at == clock() + timedelta(seconds=120)
    assert door.login.challenge().to_be_signed != first.to_be_signed
