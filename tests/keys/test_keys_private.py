# SPDX-License-Identifier: Apache-2.0
"""Private keys: PKCS#8 in its spellings, encryption, and what happens to damaged files."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import (
    KeyKind,
    KeyMalformed,
    KeysError,
    KeyUnsupported,
    PassphraseWrong,
    SoftwareKey,
    generate_key,
    parse_private_key,
    read_key_file,
    write_key_file,
)
from keys.der import bits, explicit, integer, octets, oid, read_only, sequence
from keys.formats import CERTIFICATE, ENCRYPTED_PRIVATE_KEY, PRIVATE_KEY, decrypt, encode_pem, parse_pem
from keys.sm2 import ALGORITHM, N, private_key_info
from keys.sm2.self_test import POINT, D

VECTORS = Path(__file__).parents[1] / "vectors" / "sm2"
Run = Callable[..., bytes]
STORED = json.loads((VECTORS / "INSECURE-pkcs8.json").read_text("utf-8"))
KEYS = {kind: generate_key(kind) for kind in (KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256, KeyKind.P384)}
EACH = pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)


def certificate_of(key: SoftwareKey) -> bytes:
    """Something in DER that holds the public key, as a certificate does."""
    return sequence(sequence(integer(1), key.public_key.spki))


def flipped(data: bytes, step: int = 1) -> Iterable[bytes]:
    for at in range(0, len(data), step):
        broken = bytearray(data)
        broken[at] ^= 1 << at % 8
        yield bytes(broken)


@pytest.mark.parametrize("case", STORED["keys"], ids=lambda one: one["id"])
def test_stored_spellings(case: dict[str, str]) -> None:
    """With and without inner parameters and public key; encrypted by OpenSSL."""
    key = parse_private_key(bytes.fromhex(case["der"]), STORED["passphrase"])
    assert key.public_key.spki.hex() == STORED["spki"]
    key.public_key.verify(key.sign(b"message"), b"message")


@EACH
def test_round_trips(key: SoftwareKey) -> None:
    """Plain and encrypted, DER and PEM."""
    encrypted = key.encrypted("口令 passphrase")
    for data in (
        key.pkcs8(),
        encode_pem([(PRIVATE_KEY, key.pkcs8())]),
        encrypted,
        b"Bag Attributes\n" + encode_pem([(ENCRYPTED_PRIVATE_KEY, encrypted)]).replace(b"\n", b"\r\n"),
    ):
        again = parse_private_key(data, "口令 passphrase")
        assert again.public_key == key.public_key
        assert again.pkcs8() == key.pkcs8()
        key.public_key.verify(again.sign(b"message"), b"message")
    assert key.encrypted("x") != key.encrypted("x")


def test_what_protects_the_key() -> None:
    """PBES2, PBKDF2-HMAC-SHA-256 with at least 200,000 iterations, AES-256-CBC."""
    algorithm, _ = read_only(KEYS[KeyKind.SM2].encrypted("x")).children()
    derivation, cipher = algorithm.children()[1].children()
    salt, iterations, prf = derivation.children()[1].children()
    assert algorithm.children()[0].raw == oid("1.2.840.113549.1.5.13")
    assert derivation.children()[0].raw == oid("1.2.840.113549.1.5.12")
    assert (len(salt.content), int.from_bytes(iterations.content) >= 200_000) == (16, True)
    assert prf.children()[0].raw == oid("1.2.840.113549.2.9")
    assert cipher.children()[0].raw == oid("2.16.840.1.101.3.4.1.42")


@EACH
@pytest.mark.parametrize("wrong", ["Passphrase", "passphrase ", "", None, "\ud800", "x" * 2000])
def test_wrong_passphrase(key: SoftwareKey, wrong: str | None, fast_encryption: None) -> None:
    """Said as such, whether given or not."""
    with pytest.raises(PassphraseWrong):
        parse_private_key(key.encrypted("passphrase"), wrong)


def test_many_wrong_passphrases(fast_encryption: None) -> None:
    """One in 256 leaves a plausible padding; that too is a wrong passphrase."""
    encrypted = KEYS[KeyKind.SM2].encrypted("right")
    for number in range(600):
        with pytest.raises(PassphraseWrong):
            parse_private_key(encrypted, f"wrong {number}")


def test_empty_passphrase_protects_nothing() -> None:
    """Refused when writing."""
    with pytest.raises(PassphraseWrong, match="empty"):
        KEYS[KeyKind.SM2].encrypted("")


def test_flipped_encrypted_key(fast_encryption: None) -> None:
    """Nothing that was changed opens: CBC is not authenticated, the public key inside is the check."""
    encrypted = KEYS[KeyKind.SM2].encrypted("passphrase")
    for broken in flipped(encrypted):
        with pytest.raises(KeysError):
            parse_private_key(broken, "passphrase")


@EACH
def test_flipped_plain_key(key: SoftwareKey) -> None:
    """Refused, or — a bit that means nothing — still the same key; never another one."""
    # The numbers of an RSA key are checked against each other, which takes its time.
    for broken in flipped(key.pkcs8(), 1 if key.public_key.kind is not KeyKind.RSA2048 else 13):
        try:
            again = parse_private_key(broken)
        except KeysError:
            continue
        assert again.public_key == key.public_key


@EACH
def test_cut_key(key: SoftwareKey) -> None:
    """Every prefix is refused."""
    data = key.pkcs8()
    for at in range(0, len(data), 1 if len(data) < 300 else 7):
        with pytest.raises(KeysError):
            parse_private_key(data[:at])


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes(data: bytes) -> None:
    """A KeysError, whatever the wrapping."""
    for candidate in (
        data,
        sequence(integer(0), ALGORITHM, octets(data)),
        sequence(sequence(oid("1.2.840.113549.1.5.13"), data), octets(data)),
        encode_pem([(PRIVATE_KEY, data)]),
        b"-----BEGIN X-----\n" + data,
    ):
        with pytest.raises(KeysError):
            parse_private_key(candidate, "passphrase")
        with pytest.raises(KeysError):
            read_key_file(candidate, "passphrase")


def _inner(*parts: bytes) -> bytes:
    return sequence(integer(0), ALGORITHM, octets(sequence(*parts)))


SCALAR = octets(D.to_bytes(32))
MALFORMED = {
    "d is zero": private_key_info(0, POINT),
    "d is n-1": private_key_info(N - 1, POINT),
    "another public key": private_key_info(D + 1, POINT),
    "point off the curve": private_key_info(D, POINT[:-1] + b"\x00"),
    "inner curve P-256": _inner(integer(1), SCALAR, explicit(0, oid("1.2.840.10045.3.1.7"))),
    "33 bytes": _inner(integer(1), octets(b"\x00" + D.to_bytes(32))),
    "no scalar": _inner(integer(1)),
    "version 2": _inner(integer(2), SCALAR),
    "unknown field": _inner(integer(1), SCALAR, explicit(2, bits(POINT))),
    "field twice": _inner(integer(1), SCALAR, explicit(1, bits(POINT)), explicit(1, bits(POINT))),
    "two in one tag": _inner(integer(1), SCALAR, explicit(1, bits(POINT) + bits(POINT))),
    "outer version 7": sequence(integer(7), ALGORITHM, octets(sequence(integer(1), SCALAR))),
    "tail": private_key_info(D, POINT) + b"\x00",
    "empty": b"",
    "too long": b"\x30\x83\x01\x00\x00" + bytes(65536),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_malformed(data: bytes) -> None:
    """GB/T 32918.2 clause 6.1 (the range of d), RFC 5915, RFC 5958."""
    with pytest.raises(KeyMalformed):
        parse_private_key(data)


def test_outer_public_key() -> None:
    """RFC 5958 version 1: a public key outside must be the right one too."""
    inner = octets(sequence(integer(1), SCALAR))
    good = sequence(integer(1), ALGORITHM, inner, b"\x81\x42\x00" + POINT)
    assert parse_private_key(good).public_key.bits == POINT
    other = KEYS[KeyKind.SM2].public_key.bits
    with pytest.raises(KeyMalformed, match="another private key"):
        parse_private_key(sequence(integer(1), ALGORITHM, inner, b"\x81\x42\x00" + other))


@pytest.mark.parametrize(
    "key",
    [
        ed25519.Ed25519PrivateKey.generate(),
        ec.generate_private_key(ec.SECP521R1()),
        rsa.generate_private_key(65537, 1024),
    ],
    ids=["Ed25519", "P-521", "RSA 1024"],
)
def test_not_on_the_list(key: rsa.RSAPrivateKey) -> None:
    """Well-formed, but not of ours."""
    with pytest.raises(KeyUnsupported):
        parse_private_key(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def test_older_formats_are_named() -> None:
    """What has no reader says what to do."""
    for label in ("DSA PRIVATE KEY", "OPENSSH PRIVATE KEY"):
        with pytest.raises(KeyUnsupported, match="PKCS#8"):
            parse_private_key(encode_pem([(label, b"x")]))


def _pbes2(**changes: bytes) -> bytes:
    parts = {
        "scheme": oid("1.2.840.113549.1.5.13"),
        "kdf": oid("1.2.840.113549.1.5.12"),
        "salt": octets(bytes(16)),
        "count": integer(1000),
        "rest": sequence(oid("1.2.840.113549.2.9")),
        "cipher": oid("2.16.840.1.101.3.4.1.42"),
        "vector": octets(bytes(16)),
        "data": octets(bytes(48)),
    } | changes
    derivation = sequence(parts["kdf"], sequence(parts["salt"], parts["count"], parts["rest"]))
    inner = sequence(derivation, sequence(parts["cipher"], parts["vector"]))
    return sequence(sequence(parts["scheme"], inner), parts["data"])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({}, PassphraseWrong),
        ({"rest": integer(32) + sequence(oid("1.2.840.113549.2.9"))}, PassphraseWrong),
        ({"scheme": oid("1.2.840.113549.1.5.3")}, KeyUnsupported),
        ({"kdf": oid("1.3.6.1.4.1.11591.4.11")}, KeyUnsupported),
        ({"cipher": oid("1.2.840.113549.3.7")}, KeyUnsupported),
        ({"count": integer(0)}, KeyUnsupported),
        ({"count": integer(10_000_001)}, KeyUnsupported),
        ({"count": integer(-1)}, KeyUnsupported),
        ({"rest": integer(16)}, KeyMalformed),
        ({"rest": sequence(oid("1.2.840.113549.2.5"))}, KeyUnsupported),
        ({"count": b"", "rest": b""}, KeyMalformed),
        ({"salt": integer(1)}, KeyMalformed),
        ({"vector": octets(bytes(8))}, KeyMalformed),
        ({"vector": b""}, KeyMalformed),
        ({"data": octets(bytes(17))}, KeyMalformed),
        ({"data": octets(b"")}, KeyMalformed),
    ],
)
def test_encryption_parameters(changes: dict[str, bytes], error: type[KeysError]) -> None:
    """A hostile file neither keeps the machine busy nor breaks out."""
    with pytest.raises(error):
        decrypt(_pbes2(**changes), "passphrase")


def test_pem_that_is_not() -> None:
    """Sections that do not end, or are not base64, or are too many."""
    begin, end = f"-----BEGIN {PRIVATE_KEY}-----\n", f"-----END {PRIVATE_KEY}-----\n"
    for text in (begin, begin + begin + end, begin + "?\n" + end, begin + "A\n" + end, begin + "QUJD\n"):
        with pytest.raises(KeyMalformed):
            parse_pem(text.encode())
    section = encode_pem([(PRIVATE_KEY, KEYS[KeyKind.SM2].pkcs8())])
    with pytest.raises(KeyMalformed, match="not 2"):
        parse_private_key(section + section)
    with pytest.raises(KeyMalformed, match="not 0"):
        parse_private_key(encode_pem([(CERTIFICATE, b"x")]))
    with pytest.raises(KeyMalformed, match="at most"):
        parse_pem(bytes(5 * 1024 * 1024))


@given(st.lists(st.tuples(st.sampled_from([CERTIFICATE, PRIVATE_KEY]), st.binary(max_size=120)), max_size=4))
@settings(max_examples=100, deadline=None)
def test_pem_round_trip(sections: list[tuple[str, bytes]]) -> None:
    """Contents and order come back."""
    assert list(parse_pem(encode_pem(sections))) == sections


@EACH
def test_key_file(key: SoftwareKey) -> None:
    """Certificates in order, the holder's first; then the key."""
    chain = (certificate_of(key), b"issuer")
    data = write_key_file(key, chain, "passphrase")
    again, certificates = read_key_file(data, "passphrase")
    assert (again.public_key, certificates) == (key.public_key, chain)
    assert [label for label, _ in parse_pem(data)] == [CERTIFICATE, CERTIFICATE, ENCRYPTED_PRIVATE_KEY]
    with pytest.raises(PassphraseWrong):
        read_key_file(data, "Passphrase")


def test_key_file_of_another() -> None:
    """A certificate of another key is a mix-up that would cost the holder an afternoon."""
    mine, other = KEYS[KeyKind.SM2], KEYS[KeyKind.P256]
    with pytest.raises(KeyMalformed, match="not one of this key"):
        write_key_file(mine, [certificate_of(other)], "passphrase")
    swapped = encode_pem(
        [(CERTIFICATE, certificate_of(other)), (ENCRYPTED_PRIVATE_KEY, mine.encrypted("passphrase"))]
    )
    with pytest.raises(KeyMalformed, match="not one of this key"):
        read_key_file(swapped, "passphrase")


@EACH
def test_keys_do_not_show_themselves(key: SoftwareKey) -> None:
    """Neither in logs nor in pickles."""
    assert repr(key) == f"<SoftwareKey {key.public_key.kind} {key.public_key.key_id.hex()}>"
    with pytest.raises(TypeError):
        pickle.dumps(key)
    assert not hasattr(key, "__dict__")


def test_openssl_opens_our_keys(openssl: Run) -> None:
    """SM2 as well as the others, encrypted by us."""
    for key in KEYS.values():
        opened = openssl(
            "pkey", "-inform", "DER", "-passin", "pass:passphrase", "-pubout", "-outform", "DER",
            data=key.encrypted("passphrase"),
        )  # fmt: skip
        assert opened == key.public_key.spki
