# SPDX-License-Identifier: Apache-2.0
"""Certification requests: proof of possession, limits, and what OpenSSL makes and reads."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from ca import IssueFailed, RequestRefused, SubjectName, make_request, parse_request
from ca.request import LARGEST
from keys import KeyKind, SoftwareKey, der, generate_key

DISTID = "distid:1234567812345678"
SUBJECT = SubjectName("王样二")
KINDS = [KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256, KeyKind.P384]


@pytest.fixture(scope="module")
def held() -> dict[KeyKind, SoftwareKey]:
    return {kind: generate_key(kind) for kind in KINDS}


@pytest.fixture(scope="module")
def made_once(held: dict[KeyKind, SoftwareKey]) -> bytes:
    return make_request(held[KeyKind.P256], SUBJECT)


def pem(encoded: bytes, label: str = "CERTIFICATE REQUEST") -> bytes:
    body = base64.encodebytes(encoded).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


@pytest.mark.parametrize("kind", KINDS)
def test_round_trip(kind: KeyKind, held: dict[KeyKind, SoftwareKey]) -> None:
    encoded = make_request(held[kind], SUBJECT)
    for form in (encoded, pem(encoded), pem(encoded, "NEW CERTIFICATE REQUEST").replace(b"\n", b"\r\n")):
        request = parse_request(form)
        assert (request.subject, request.public_key, request.der) == (
            SUBJECT,
            held[kind].public_key,
            encoded,
        )
    parsed = x509.load_der_x509_csr(encoded)
    assert parsed.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == "王样二"
    if kind is not KeyKind.SM2:  # cryptography has no SM2
        assert parsed.is_signature_valid


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.P256])
def test_every_flipped_byte_is_refused(kind: KeyKind, held: dict[KeyKind, SoftwareKey]) -> None:
    """The signature covers name and key; the rest is structure.  No bit is without meaning."""
    encoded = make_request(held[kind], SUBJECT)
    for at in range(len(encoded)):
        for mask in (0x01, 0x80, 0xFF):
            broken = bytearray(encoded)
            broken[at] ^= mask
            with pytest.raises(RequestRefused):
                parse_request(bytes(broken))


def test_every_cut_and_addition_is_refused(held: dict[KeyKind, SoftwareKey]) -> None:
    encoded = make_request(held[KeyKind.SM2], SUBJECT)
    for broken in [encoded[:at] for at in range(len(encoded))] + [encoded + b"\x00", b"\x00" + encoded]:
        with pytest.raises(RequestRefused):
            parse_request(broken)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(RequestRefused):
        parse_request(data)


@settings(max_examples=200)
@given(st.data())
def test_any_damage_to_pem_is_read_or_refused(made_once: bytes, data: st.DataObject) -> None:
    """Some bytes of PEM mean nothing (line ends); no damage leads to a foreign exception or another key."""
    text = bytearray(pem(made_once))
    text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    try:
        request = parse_request(bytes(text))
    except RequestRefused:
        return
    assert request.der == made_once


def refused(encoded: bytes) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        parse_request(encoded)
    assert caught.value.rule
    assert caught.value.todo
    return caught.value


def test_limits(held: dict[KeyKind, SoftwareKey]) -> None:
    encoded = make_request(held[KeyKind.SM2], SUBJECT)
    assert refused(b" " * (LARGEST + 1)).field == "request"
    assert refused(b"").field == "request"
    assert refused(pem(encoded) * 2).field == "request"
    assert refused(pem(encoded, "CERTIFICATE")).field == "request"
    assert refused(pem(encoded).replace(b"\nM", b"\n*M", 1)).field == "request"
    assert refused(b"-----BEGIN CERTIFICATE REQUEST-----" + b" " * 16000).field == "request"


def test_name_of_a_request_is_judged_too(held: dict[KeyKind, SoftwareKey]) -> None:
    """A right signature under a name that we never certify."""
    name = der.sequence(
        der.set_of(der.sequence(der.oid("2.5.4.3"), der.utf8("王样二"))),
        der.set_of(der.sequence(der.oid("2.5.4.5"), der.printable("123456"))),
    )
    key = held[KeyKind.SM2]
    info = der.sequence(der.integer(0), name, key.public_key.spki, der.implicit(0, der.set_of()))
    encoded = der.sequence(info, key.scheme.algorithm_identifier(), der.bits(key.sign(info)))
    assert "2.5.4.5" in refused(encoded).rule


def test_signed_with_another_key(held: dict[KeyKind, SoftwareKey]) -> None:
    """Somebody else's public key cannot be certified under one's own name."""
    stranger = generate_key(KeyKind.SM2)
    info = der.sequence(
        der.integer(0), SUBJECT.encode(), held[KeyKind.SM2].public_key.spki, der.implicit(0, der.set_of())
    )
    encoded = der.sequence(info, stranger.scheme.algorithm_identifier(), der.bits(stranger.sign(info)))
    assert refused(encoded).field == "signature"


def test_own_request_with_a_faulty_key_is_not_released(held: dict[KeyKind, SoftwareKey]) -> None:
    class Faulty:
        public_key, scheme = held[KeyKind.SM2].public_key, held[KeyKind.SM2].scheme

        def sign(self, message: bytes) -> bytes:
            return held[KeyKind.SM2].sign(message + b"!")

    with pytest.raises(IssueFailed) as caught:
        make_request(Faulty(), SUBJECT)
    assert caught.value.step == "reopen"


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_verifies_our_requests(kind: KeyKind, held: dict[KeyKind, SoftwareKey], openssl: Any) -> None:
    files = {"our.csr": make_request(held[kind], SUBJECT)}
    options = ["-vfyopt", DISTID] if kind is KeyKind.SM2 else []
    said = openssl(
        "req", "-inform", "DER", "-in", "our.csr", "-verify", "-noout", "-text", *options, files=files
    )
    assert "verify OK" in said
    assert "C = CN" in said


MADE = {
    "sm2": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"], ["-sm3", "-sigopt", DISTID]),
    "rsa": (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], ["-sha256"]),
    "rsa-pss": (
        ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        ["-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"],
    ),
    "p256": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], ["-sha256"]),
    "p384": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], ["-sha384"]),
}
REFUSED = {
    "rsa-1024": (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"], ["-sha256"], "public_key"),
    "sha-1": (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], ["-sha1"], "signature_algorithm"),
    "secp256k1": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"], ["-sha256"], "public_key"),
    "ed25519": (["-algorithm", "ED25519"], [], "public_key"),
    "sm2 with another id": (
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"],
        ["-sm3", "-sigopt", "distid:somebody"],
        "signature",
    ),
}


def made(openssl: Any, key: list[str], signing: list[str], *options: str) -> bytes:
    openssl("genpkey", *key, "-out", "made.key")
    subject = "/C=CN/O=91510100DEM001017Y示例建工有限公司/CN=示例建工有限公司"
    return openssl("req", "-new", "-key", "made.key", "-utf8", "-subj", subject, *signing, *options).encode()


@pytest.mark.parametrize("name", MADE)
def test_requests_made_by_openssl(name: str, openssl: Any) -> None:
    request = parse_request(made(openssl, *MADE[name]))
    assert request.subject == SubjectName("示例建工有限公司", "示例建工有限公司", "91510100DEM001017Y")


def test_wished_extensions_are_read_and_left_alone(openssl: Any) -> None:
    """A request may ask for anything; only name and key are taken from it."""
    request = parse_request(made(openssl, *MADE["p256"], "-addext", "basicConstraints=critical,CA:TRUE"))
    assert request.subject.common_name == "示例建工有限公司"


@pytest.mark.parametrize("name", REFUSED)
def test_requests_that_are_not_accepted(name: str, openssl: Any) -> None:
    """Each refusal names what is wrong with exactly this request."""
    key, signing, field = REFUSED[name]
    error = refused(made(openssl, key, signing))
    assert error.field == field
    if name.startswith("sm2"):
        assert "-sigopt distid:1234567812345678" in error.todo
