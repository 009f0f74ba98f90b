# SPDX-License-Identifier: Apache-2.0
"""SEC 1 and PKCS#1 private keys, as OpenSSL and ``cryptography`` write them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import (
    KeyKind,
    KeyMalformed,
    KeysError,
    KeyUnsupported,
    SoftwareKey,
    generate_key,
    parse_private_key,
)
from keys.der import bits, explicit, integer, null, octets, oid, read_only, sequence
from keys.formats import PRIVATE_KEY, encode_pem

Run = Callable[..., bytes]
P256, SM2 = "1.2.840.10045.3.1.7", "1.2.156.10197.1.301"


def traditional(key: SoftwareKey, encoding: Encoding) -> bytes:
    native = load_der_private_key(key.pkcs8(), None)
    return native.private_bytes(encoding, PrivateFormat.TraditionalOpenSSL, NoEncryption())


@pytest.mark.parametrize("kind", [KeyKind.RSA2048, KeyKind.P256, KeyKind.P384])
@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_cryptography(kind: KeyKind, encoding: Encoding) -> None:
    key = generate_key(kind)
    opened = parse_private_key(traditional(key, encoding))
    assert opened.pkcs8() == key.pkcs8()
    key.public_key.verify(opened.sign(b"x"), b"x")


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256, KeyKind.P384])
@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_openssl(openssl: Run, kind: KeyKind, form: str) -> None:
    """OpenSSL 3.0 writes SM2 in DER alone; later releases and others label it in either way."""
    key = generate_key(kind)
    pem = encode_pem([(PRIVATE_KEY, key.pkcs8())])
    if kind is KeyKind.SM2 and form == "PEM":
        der = openssl("pkey", "-traditional", "-outform", "DER", data=pem)
        found = [encode_pem([(f"{label} PRIVATE KEY", der)]) for label in ("EC", "SM2")]
    else:
        found = [openssl("pkey", "-traditional", "-outform", form, data=pem)]
    for made in found:
        assert b"BEGIN PRIVATE" not in made
        assert parse_private_key(made).public_key == key.public_key


def test_parameters_before_the_key(openssl: Run) -> None:
    """A section with the curve, as ``openssl ecparam -genkey`` writes it, is passed over."""
    made = openssl("ecparam", "-genkey", "-name", "prime256v1")
    assert b"EC PARAMETERS" in made
    assert parse_private_key(made).public_key.kind is KeyKind.P256


@pytest.mark.parametrize("name", ["ec", "rsa"])
def test_old_encryption_is_named(name: str) -> None:
    native = (
        ec.generate_private_key(ec.SECP256R1()) if name == "ec" else rsa.generate_private_key(65537, 2048)
    )
    pem = native.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"passphrase")
    )
    assert b"Proc-Type" in pem
    for data in (pem, pem.replace(b"\n", b"\r\n")):
        with pytest.raises(KeyUnsupported, match="openssl pkcs8 -topk8"):
            parse_private_key(data, "passphrase")


def test_public_key_of_another() -> None:
    """The point beside the scalar belongs to it."""
    key, other = generate_key(KeyKind.SM2), generate_key(KeyKind.SM2)
    scalar = read_only(read_only(key.pkcs8()).children()[2].content).children()[1].raw
    curve = explicit(0, oid(SM2))
    good = sequence(integer(1), scalar, curve, explicit(1, bits(key.public_key.bits)))
    assert parse_private_key(good).public_key == key.public_key
    assert parse_private_key(sequence(integer(1), scalar, curve)).public_key == key.public_key
    with pytest.raises(KeyMalformed, match="another"):
        parse_private_key(sequence(integer(1), scalar, curve, explicit(1, bits(other.public_key.bits))))


@pytest.mark.parametrize(
    ("der", "error"),
    [
        (sequence(integer(1), octets(b"\x01" * 32)), KeyMalformed),
        (sequence(integer(1), octets(b"\x01" * 32), explicit(0, oid("1.3.132.0.10"))), KeyUnsupported),
        (sequence(integer(1), octets(b"\x01" * 32), explicit(0, sequence())), KeyUnsupported),
        (sequence(integer(1), octets(b"\x01" * 32), explicit(0, oid(P256) + null())), KeyMalformed),
        (sequence(integer(2), octets(b"\x01" * 32), explicit(0, oid(SM2))), KeyMalformed),
        (sequence(integer(1), octets(bytes(32)), explicit(0, oid(SM2))), KeyMalformed),
        (sequence(integer(1), octets(b"\xff" * 32), explicit(0, oid(P256))), KeyMalformed),
        (sequence(integer(1), integer(5)), KeyUnsupported),
        (sequence(integer(0), integer(5)), KeyMalformed),
        (sequence(integer(0), *[integer(5)] * 8), KeyMalformed),
    ],
)
def test_malformed(der: bytes, error: type[KeysError]) -> None:
    with pytest.raises(error):
        parse_private_key(der)


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.P256, KeyKind.RSA2048])
def test_each_flipped_byte(openssl: Run, kind: KeyKind) -> None:
    """An error of ours, or the key of the unchanged bytes; never another key that claims to be it."""
    key = generate_key(kind)
    pem = encode_pem([(PRIVATE_KEY, key.pkcs8())])
    der = openssl("pkey", "-traditional", "-outform", "DER", data=pem)
    for at in range(0, len(der), 29 if kind is KeyKind.RSA2048 else 1):  # RSA keys are checked slowly
        with pytest.raises(KeysError):
            parse_private_key(der[:at])
        changed = bytearray(der)
        changed[at] ^= 0x01
        try:
            opened = parse_private_key(bytes(changed))
        except KeysError:
            continue
        opened.public_key.verify(opened.sign(b"x"), b"x")


@settings(max_examples=200, deadline=None)
@given(version=st.integers(-1, 3), scalar=st.binary(max_size=40), rest=st.binary(max_size=40))
def test_any_bytes(version: int, scalar: bytes, rest: bytes) -> None:
    for der in (
        sequence(integer(version), octets(scalar), rest),
        sequence(integer(version), octets(scalar), explicit(0, rest)),
        sequence(integer(version), integer(int.from_bytes(scalar)), rest),
    ):
        with pytest.raises(KeysError):
            parse_private_key(der)
