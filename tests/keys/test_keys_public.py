# SPDX-License-Identifier: Apache-2.0
"""Public keys: what is accepted, what is refused, and that every family walks the same path."""

from __future__ import annotations

import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import (
    ECDSA_SHA256,
    ECDSA_SHA384,
    RSA_PSS_SHA256,
    RSA_SHA256,
    RSA_SHA384,
    SM2_SM3,
    KeyKind,
    KeysError,
    KeyUnsupported,
    SignatureInvalid,
    SoftwareKey,
    generate_key,
    parse_public_key,
)
from keys.der import bits, integer, null, oid, sequence
from keys.sm2 import public_key_info
from keys.sm2.self_test import POINT

KEYS = {kind: generate_key(kind) for kind in (KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256, KeyKind.P384)}
EACH = pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)


def spki_of(key: object) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", KeyKind)
def test_every_kind(kind: KeyKind) -> None:
    """Made, signed with, parsed, verified."""
    key = KEYS.get(kind) or generate_key(kind)
    parsed = parse_public_key(key.public_key.spki)
    assert (parsed, parsed.kind, parsed.family) == (key.public_key, kind, kind.family)
    parsed.verify(key.sign(b"message"), b"message")
    parsed.verify(key.sign(b"message"), b"message", key.scheme)


@EACH
def test_key_id(key: SoftwareKey) -> None:
    """RFC 5280 section 4.2.1.2 method 1, as ``cryptography`` computes it where it can."""
    public = key.public_key
    assert public.key_id == hashlib.sha1(public.bits).digest()
    if public.kind is not KeyKind.SM2:
        native = load_der_public_key(public.spki)
        assert public.key_id == x509.SubjectKeyIdentifier.from_public_key(native).digest  # type: ignore[arg-type]


@EACH
def test_wrong_message_key_and_signature(key: SoftwareKey) -> None:
    """One exception for all of it."""
    signature, public = key.sign(b"message"), key.public_key
    other = generate_key(public.kind).public_key
    for verifier, value, message in (
        (public, signature, b"Message"),
        (other, signature, b"message"),
        (public, b"", b"message"),
        (public, signature + b"\x00", b"message"),
        (public, signature[:-1], b"message"),
        (public, b"\x00" * len(signature), b"message"),
    ):
        with pytest.raises(SignatureInvalid):
            verifier.verify(value, message)
    assert other != public
    assert len({other, public, parse_public_key(public.spki)}) == 2


@EACH
def test_flipped_signatures(key: SoftwareKey) -> None:
    """Each byte counts."""
    signature = key.sign(b"message")
    for at in range(len(signature)):
        broken = bytearray(signature)
        broken[at] ^= 0x41
        with pytest.raises(SignatureInvalid):
            key.public_key.verify(bytes(broken), b"message")


@EACH
def test_flipped_keys(key: SoftwareKey) -> None:
    """A changed key is refused, or is another key that does not verify."""
    signature, spki = key.sign(b"message"), key.public_key.spki
    for at in range(len(spki)):
        broken = bytearray(spki)
        broken[at] ^= 0x01
        with pytest.raises(KeysError):
            parse_public_key(bytes(broken)).verify(signature, b"message")
        with pytest.raises(KeysError):
            parse_public_key(spki[:at])


@given(st.binary(max_size=120))
@settings(max_examples=200, deadline=None)
def test_any_bytes(data: bytes) -> None:
    """A key or a KeysError, behind a plausible beginning as well."""
    head = public_key_info(POINT)[:26]
    for candidate in (data, head + data, sequence(data), sequence(sequence(data), bits(data))):
        with pytest.raises(KeysError):
            parse_public_key(candidate)


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        (KeyKind.SM2, ECDSA_SHA256),
        (KeyKind.P256, SM2_SM3),
        (KeyKind.P256, ECDSA_SHA384),
        (KeyKind.P256, RSA_SHA256),
        (KeyKind.RSA2048, ECDSA_SHA256),
    ],
)
def test_scheme_of_another_family(kind: KeyKind, scheme: object) -> None:
    """The allow-list is asked before the signature is looked at."""
    key = KEYS[kind]
    with pytest.raises(KeyUnsupported):
        key.public_key.verify(key.sign(b"message"), b"message", scheme)  # type: ignore[arg-type]
    with pytest.raises(KeyUnsupported):
        key.using(scheme)  # type: ignore[arg-type]


def test_one_key_several_schemes() -> None:
    """RSA signs with PSS too; a signature of one scheme is none of another."""
    key = KEYS[KeyKind.RSA2048]
    for scheme in (RSA_PSS_SHA256, RSA_SHA384):
        signer = key.using(scheme)
        signature = signer.sign(b"message")
        signer.public_key.verify(signature, b"message", scheme)
        with pytest.raises(SignatureInvalid):
            signer.public_key.verify(signature, b"message", RSA_SHA256)
    wide = KEYS[KeyKind.P384].using(ECDSA_SHA256)
    wide.public_key.verify(wide.sign(b"m"), b"m", ECDSA_SHA256)


def _unsupported() -> dict[str, bytes]:
    numbers = rsa.generate_private_key(65537, 2048).public_key().public_numbers()
    small = sequence(integer(numbers.n), integer(3))
    return {
        "RSA 1024": spki_of(rsa.generate_private_key(65537, 1024)),
        "RSA with exponent 3": sequence(sequence(oid("1.2.840.113549.1.1.1"), null()), bits(small)),
        "P-521": spki_of(ec.generate_private_key(ec.SECP521R1())),
        "secp256k1": spki_of(ec.generate_private_key(ec.SECP256K1())),
        "Ed25519": spki_of(ed25519.Ed25519PrivateKey.generate()),
        "DSA": spki_of(dsa.generate_private_key(2048)),
    }


@pytest.mark.parametrize("name", ["RSA 1024", "RSA with exponent 3", "P-521", "secp256k1", "Ed25519", "DSA"])
def test_not_on_the_list(name: str) -> None:
    """Well-formed, but too weak or not of ours."""
    with pytest.raises(KeyUnsupported):
        parse_public_key(_unsupported()[name])


@pytest.mark.parametrize(
    "spki",
    [
        sequence(sequence(oid("1.2.840.10045.2.1"), oid("1.2.156.10197.1.301")), bits(b"\x02" + POINT[1:33])),
        sequence(sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")), bits(b"\x02" + POINT[1:33])),
        sequence(sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")), bits(POINT)),
        sequence(sequence(oid("1.2.840.10045.2.1")), bits(POINT)),
        sequence(sequence(oid("1.2.840.113549.1.1.1")), bits(POINT)),
        sequence(sequence(oid("1.2.840.113549.1.1.1"), null()), bits(POINT)),
        public_key_info(POINT) + b"\x00",
        bytes(2000),
    ],
    ids=[
        "SM2 compressed",
        "P-256 compressed",
        "SM2 point on P-256",
        "no curve",
        "no NULL",
        "no RSA",
        "tail",
        "big",
    ],
)
def test_malformed(spki: bytes) -> None:
    """Named curve, uncompressed, on the curve, nothing after."""
    with pytest.raises(KeysError):
        parse_public_key(spki)
