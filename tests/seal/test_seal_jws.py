# SPDX-License-Identifier: Apache-2.0
"""Records under JWS: written here, read by our verifier and by others; nothing altered passes."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from gmssl import sm2
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from keys import KeyKind
from seal import (
    FormRefused,
    PreparedJws,
    SignatureMismatch,
    StateMalformed,
    complete_jws,
    prepare_jws,
    sign_jws,
)
from verify import Authority, Indication, JwsMalformed, canonical_json, check_file, check_jws, parse_jws

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
KINDS = [KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256, KeyKind.P384]
RECORD: dict[str, Any] = {"表单": "登记", "data": {"面积": 86420, "备注": "𠮷", "空": None, "是": True}}


def signed(own: Any, record: Any = None, **more: Any) -> bytes:
    return sign_jws(RECORD if record is None else record, own.key, sealing=own.sealing, at=AT, **more)


@pytest.mark.parametrize("kind", KINDS)
def test_it_passes_with_its_evidence_alone(authority: Any, kind: KeyKind) -> None:
    own = authority(kind)
    report = check_file(signed(own), trust=own.trust, at=AT)
    assert report.kind == "jws"
    assert report.indication is Indication.TOTAL_PASSED, report
    assert report.facts["record"] == RECORD
    other = authority(KeyKind.P256 if kind is KeyKind.SM2 else KeyKind.SM2)
    stranger = check_jws(signed(own), trust=other.trust, at=AT)
    assert stranger.indication is not Indication.TOTAL_PASSED


@pytest.mark.parametrize("kind", KINDS)
def test_two_steps_and_what_lies_between(authority: Any, kind: KeyKind) -> None:
    own = authority(kind)
    kept = json.loads(json.dumps(prepare_jws(RECORD, sealing=own.sealing, at=AT).state()))
    prepared = PreparedJws.restore(kept)
    data = complete_jws(prepared, own.key.sign(prepared.to_be_signed), sealing=own.sealing)
    assert check_jws(data, trust=own.trust, at=AT).indication is Indication.TOTAL_PASSED
    with pytest.raises(SignatureMismatch):
        complete_jws(prepared, own.key.sign(b"other"), sealing=own.sealing)
    for name in ("format", "protected", "payload", "algorithm"):
        with pytest.raises(StateMalformed):
            PreparedJws.restore({**kept, name: 1})


@pytest.mark.parametrize("kind", [KeyKind.RSA2048, KeyKind.P256, KeyKind.P384])
def test_a_jose_library_reads_it(authority: Any, kind: KeyKind) -> None:
    """joserfc verifies the same file with the key of the certificate that the header names."""
    own = authority(kind)
    data = json.loads(signed(own))
    header = json.loads(base64.urlsafe_b64decode(data["protected"] + "=="))
    assert base64.b64decode(header["x5c"][0]) == own.sealing.certificate.der
    key: Any = (RSAKey if kind is KeyKind.RSA2048 else ECKey).import_key(
        own.sealing.certificate.public_key.spki
    )
    registry = jws.JWSRegistry(algorithms=["ES256", "ES384", "RS256"], strict_check_header=False)
    registry.max_header_length = 16_384  # certificates are in it
    read = jws.deserialize_json(data, key, registry=registry)
    assert json.loads(read.payload) == RECORD


def test_gmssl_verifies_the_sm2_signature(authority: Any) -> None:
    """r || s over the ASCII text, with Z of the standard's identifier: an implementation that is not ours."""
    own = authority(KeyKind.SM2)
    data = json.loads(signed(own))
    value = base64.urlsafe_b64decode(data["signature"] + "==")
    assert len(value) == 64
    point = own.sealing.certificate.public_key.spki[-64:].hex()
    other = sm2.CryptSM2(private_key="", public_key="")
    other.public_key = point
    text = f"{data['protected']}.{data['payload']}".encode()
    assert other.verify_with_sm3(value.hex(), text)
    assert not other.verify_with_sm3(value.hex(), text + b"x")


def test_the_authority_is_signed_and_shown(authority: Any) -> None:
    own = authority(KeyKind.SM2)
    said = Authority({"case": "510106-2026-1"}).encode()
    report: Any = check_jws(signed(own, authority=said), trust=own.trust, at=AT)
    assert report.signatures[0].facts["authority"]["case"] == "510106-2026-1"


def test_every_flipped_bit_is_noticed(authority: Any) -> None:
    """Of the lists, which are not signed but have signatures of their own, a sample."""
    own = authority(KeyKind.P256)
    data = signed(own, {"a": 1})
    start = data.index(b'"header"')
    end = data.index(b'"payload"')
    for at in range(len(data)):
        if start <= at < end and at % 37:
            continue
        for bit in (1, 32):
            report = check_jws(data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :], trust=own.trust, at=AT)
            assert report.indication is not Indication.TOTAL_PASSED, at


@pytest.mark.parametrize(
    ("member", "value", "field"),
    [
        ("alg", "none", "alg"),
        ("alg", "HS256", "alg"),
        ("alg", None, "alg"),
        ("typ", "JWT", "typ"),
        ("iat", "now", "iat"),
        ("iat", True, "iat"),
        ("x5c", [], "x5c"),
        ("x5c", ["!"], "x5c"),
        ("x5t#S256", "AAAA", "x5t#S256"),
        ("crit", ["b64"], "protected"),
        ("jwk", {}, "protected"),
        ("jku", "https://example.test/", "protected"),
        ("yinxin-authority", "text", "yinxin-authority"),
    ],
)
def test_headers_that_are_refused(authority: Any, member: str, value: Any, field: str) -> None:
    """No algorithm of somebody's choice, no key from the message, no unknown parameter."""
    own = authority(KeyKind.P256)
    data = json.loads(signed(own))
    header = json.loads(base64.urlsafe_b64decode(data["protected"] + "=="))
    header[member] = value
    data["protected"] = base64.urlsafe_b64encode(canonical_json(header)).rstrip(b"=").decode()
    with pytest.raises(JwsMalformed) as caught:
        parse_jws(canonical_json(data))
    assert caught.value.field == field


def test_an_algorithm_of_another_key_does_not_verify(authority: Any) -> None:
    """SM2's name over a P-256 key: the value is not even looked at."""
    own = authority(KeyKind.P256)
    data = json.loads(signed(own))
    header = json.loads(base64.urlsafe_b64decode(data["protected"] + "=="))
    header["alg"] = "SM2-SM3"
    data["protected"] = base64.urlsafe_b64encode(canonical_json(header)).rstrip(b"=").decode()
    report = check_jws(canonical_json(data), trust=own.trust, at=AT)
    assert report.indication is Indication.TOTAL_FAILED


def test_a_payload_that_is_not_canonical_is_refused(authority: Any) -> None:
    own = authority(KeyKind.P256)
    data = json.loads(signed(own))
    data["payload"] = base64.urlsafe_b64encode(b'{"b": 1}').rstrip(b"=").decode()
    with pytest.raises(JwsMalformed):
        parse_jws(canonical_json(data))


def test_a_record_without_a_canonical_spelling_is_refused(authority: Any) -> None:
    own = authority(KeyKind.SM2)
    with pytest.raises(FormRefused):
        prepare_jws({"a": float("nan")}, sealing=own.sealing, at=AT)
    with pytest.raises(FormRefused):
        prepare_jws({"a": 1}, sealing=own.sealing, at=AT, authority=b"{")


@settings(max_examples=100, deadline=None)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["payload", "protected", "signature", "header", "etsiU", "a"]),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_judged(authority: Any, value: Any) -> None:
    """Never raises, never passes."""
    own = authority(KeyKind.SM2)
    try:
        data = json.dumps(value).encode()
    except ValueError:
        return
    assert check_jws(data, trust=own.trust, at=AT).indication is Indication.TOTAL_FAILED
