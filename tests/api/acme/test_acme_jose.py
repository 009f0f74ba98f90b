# SPDX-License-Identifier: Apache-2.0
"""Signed requests (RFC 8555 section 6): what is not signed as it must be is refused in the RFC's words."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey
from sqlalchemy import select

from api.acme import AcmeRefused
from api.acme.jose import parse_jwk, parse_signed, verify_signed
from api.database.tables_acme import acme_nonces


@pytest.mark.parametrize("kind", ["P-256", "P-384", "RSA", "Ed25519"])
def test_accepted_keys(desk: Any, kind: str) -> None:
    client = desk.client("one", kind)
    assert client.post(client.kid).body["status"] == "valid"


def test_a_nonce_is_good_once(desk: Any, clock: Any) -> None:
    client = desk.client()
    body = client.body(client.kid, None)
    client.send(client.kid, body)
    desk.refused("badNonce", lambda: client.send(client.kid, body))
    late = client.body(client.kid, None)
    clock.advance(timedelta(hours=1))
    desk.refused("badNonce", lambda: client.send(client.kid, late))
    desk.acme.do_chores()
    desk.refused("badNonce", lambda: client.send(client.kid, body))


@pytest.mark.parametrize("nonce", [None, "", "AAAA", "!", "A" * 48, "é"])
def test_nonces_that_are_none(desk: Any, nonce: Any) -> None:
    client = desk.client()
    desk.refused("badNonce", lambda: client.post(client.kid, nonce=nonce))


def test_strangers_leave_no_rows(desk: Any) -> None:
    """A key of one's own is free: what is refused to it costs no write, what is done for it costs a nonce."""
    made, client = desk.key(), desk.stranger()
    url = client.url("newAccount")
    body = client.body(url, {})
    for _ in range(2):
        desk.refused("externalAccountRequired", lambda: client.send(url, body))
    with desk.ports.database.read() as connection:
        assert connection.execute(select(acme_nonces)).all() == []
    body = client.body(url, {"externalAccountBinding": client.binding(made)})
    assert client.send(url, body).status == 201
    desk.refused("badNonce", lambda: client.send(url, body))


def test_a_nonce_that_was_changed_is_not_ours(desk: Any) -> None:
    client = desk.client()
    nonce = desk.acme.nonce()
    other = ("B" if nonce[0] == "A" else "A") + nonce[1:]
    desk.refused("badNonce", lambda: client.post(client.kid, nonce=other))


def test_a_request_for_another_address(desk: Any) -> None:
    client = desk.client()
    for url in (client.url("newOrder"), client.kid + "/", client.kid.replace("https", "http"), ""):
        body = client.body(url, None)
        desk.refused("unauthorized", lambda body=body: client.send(client.kid, body))


def test_either_kid_or_jwk(desk: Any) -> None:
    client = desk.client()
    both = {"jwk": desk.public(client.key)}
    desk.refused("malformed", lambda: client.post(client.kid, **both))
    desk.refused("malformed", lambda: client.post(client.kid, kid=None))
    desk.refused("malformed", lambda: client.post(client.kid, kid=None, **both))
    desk.refused("malformed", lambda: client.post(client.url("newAccount"), {}))
    for kid in ("x", client.kid + "/", client.kid.replace("yinxin", "other")):
        with pytest.raises(AcmeRefused):
            client.post(client.kid, kid=kid)
    unknown = client.kid[:-32] + "0" * 32
    desk.refused("accountDoesNotExist", lambda: client.post(client.kid, kid=unknown))


def test_another_key_signs_for_nobody(desk: Any) -> None:
    client = desk.client()
    header = client.header(client.kid)
    body = json.dumps(desk.signed(header, b"", desk.account_key("somebody else"))).encode()
    desk.refused("malformed", lambda: client.send(client.kid, body))


@pytest.mark.parametrize("alg", ["none", "HS256", "RS512", "PS256", "ES512", "EdDSA", "", "es256"])
def test_other_algorithms(desk: Any, alg: str) -> None:
    """Also where the MAC key would be the public key of the account."""
    client = desk.client()
    signed = desk.signed(client.header(client.kid), b"", client.key)
    header = {**client.header(client.kid), "alg": alg}
    signed["protected"] = desk.b64(json.dumps(header).encode())
    error = desk.refused(
        "badSignatureAlgorithm", lambda: client.send(client.kid, json.dumps(signed).encode())
    )
    assert error.as_json()["algorithms"] == ["ES256", "ES384", "RS256", "Ed25519"]
    if alg == "HS256":
        secret = OctKey.import_key(json.dumps(desk.public(client.key)).encode())
        body = json.dumps(desk.signed(header, b"", secret)).encode()
        desk.refused("badSignatureAlgorithm", lambda: client.send(client.kid, body))


def test_the_algorithm_of_another_curve(desk: Any) -> None:
    client = desk.client("one", "P-384")
    signed = desk.signed(client.header(client.kid), b"", client.key)
    signed["protected"] = desk.b64(json.dumps({**client.header(client.kid), "alg": "ES256"}).encode())
    desk.refused("badSignatureAlgorithm", lambda: client.send(client.kid, json.dumps(signed).encode()))


def weak(bits: int) -> dict[str, str]:
    numbers = rsa.generate_private_key(65537, bits).public_key().public_numbers()
    modulus = base64.urlsafe_b64encode(numbers.n.to_bytes(bits // 8, "big")).rstrip(b"=").decode()
    return {"kty": "RSA", "e": "AQAB", "n": modulus}


GOOD = ECKey.generate_key("P-256").as_dict(private=False)
BAD_KEYS: dict[str, Any] = {
    "RSA 1024": lambda: weak(1024),
    "P-521": lambda: ECKey.generate_key("P-521").as_dict(private=False),
    "a MAC key": lambda: {"kty": "oct", "k": "AAAA"},
    "a private key": lambda: ECKey.generate_key("P-256").as_dict(private=True),
    "off the curve": lambda: {**GOOD, "x": GOOD["y"], "y": GOOD["x"]},
    "zero": lambda: {**GOOD, "x": "A" * 43, "y": "A" * 43},
    "a member missing": lambda: {name: GOOD[name] for name in ("kty", "crv", "x")},
    "a member too many": lambda: {**GOOD, "x5u": "https://evil.test/"},
    "not base64url": lambda: {**GOOD, "x": "=" + GOOD["x"][1:]},
    "a number": lambda: {**GOOD, "x": 7},
    "a list": list,
    "null": lambda: None,
    "X25519": lambda: {"kty": "OKP", "crv": "X25519", "x": "A" * 43},
    "RSA with exponent one": lambda: {**weak(2048), "e": "AQ"},
    "RSA of nine thousand bits": lambda: {"kty": "RSA", "e": "AQAB", "n": "_" * 1500},
}


@pytest.mark.parametrize("which", BAD_KEYS)
def test_keys_that_are_not_accepted(which: str) -> None:
    with pytest.raises(AcmeRefused) as caught:
        parse_jwk(BAD_KEYS[which]())
    assert caught.value.code == "badPublicKey"


def test_the_thumbprint_of_rfc_7638() -> None:
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi"
        "FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb"
        "9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls"
        "1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    jwk = parse_jwk({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"})
    assert jwk.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


BODIES = (
    b"",
    b"{}",
    b"[]",
    b"null",
    b"\xff",
    b'{"protected":"","payload":"","signature":""}',
    b'{"protected":"e30","payload":"","signature":"","header":{}}',
    b'{"protected":"e30","payload":"","signatures":[]}',
    b'{"protected":7,"payload":"","signature":""}',
    b'{"protected":"e30","protected":"e30","payload":"","signature":""}',
    b"[" * 5000,
)


@pytest.mark.parametrize("body", BODIES)
def test_bodies_that_are_no_jws(body: bytes) -> None:
    with pytest.raises(AcmeRefused) as caught:
        parse_signed(body)
    assert caught.value.code == "malformed"


@pytest.mark.parametrize("name", ["crit", "b64"])
def test_headers_that_change_the_meaning(desk: Any, name: str) -> None:
    client = desk.client()
    signed = desk.signed(client.header(client.kid), b"", client.key)
    header = {**client.header(client.kid), name: ["b64"] if name == "crit" else False}
    signed["protected"] = desk.b64(json.dumps(header).encode())
    desk.refused("malformed", lambda: client.send(client.kid, json.dumps(signed).encode()))


def test_only_looked_at(desk: Any) -> None:
    """POST-as-GET has an empty payload, not an empty object."""
    client = desk.client()
    url, order = client.order("corp.test")
    desk.refused("malformed", lambda: client.post(url, {}))
    desk.refused("malformed", lambda: client.post(f"{client.kid}/orders", {}))
    desk.refused("malformed", lambda: client.post(client.url("newOrder")))
    desk.refused("malformed", lambda: client.post(order["finalize"]))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_changed_byte_verifies(signed_once: tuple[bytes, dict[str, str]], data: st.DataObject) -> None:
    """Whatever byte of a signed request is changed: refused, in words, and nothing else escapes."""
    before, jwk = signed_once
    body = bytearray(before)
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] = data.draw(st.integers(0, 255).filter(lambda one: one != before[at]))
    try:
        signed = parse_signed(bytes(body))
        verify_signed(signed, parse_jwk(jwk))
    except AcmeRefused:
        return
    assert signed == parse_signed(before), "white space at most"
