# SPDX-License-Identifier: Apache-2.0
"""A certificate of every profile before other judges: OpenSSL pair by pair, GmSSL and Tongsuo for SM2.

Three implementations of SM2 that share no code with ours, all with the user id 1234567812345678: OpenSSL
needs it said, gmssl (Python) hashes it itself, Tongsuo has it as its default.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from asn1crypto import core
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from gmssl.sm2 import CryptSM2
from tongsuopy.crypto import hashes, serialization
from tongsuopy.crypto.asymciphers import ec
from tongsuopy.crypto.exceptions import InvalidSignature

from ca import PROFILES, CertificatePolicy, profile
from verify import Certificate

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
DISTID = "distid:1234567812345678"
HOLDERS = sorted(set(PROFILES) - {"root", "issuing"})
PURPOSES = {"tsa": "timestampsign", "ocsp": "ocsphelper", "tls_server": "sslserver"}


def gmssl_key(point: str) -> CryptSM2:
    """Its constructor takes every leading 0 and 4 off a point that begins with 04."""
    found = CryptSM2(private_key="", public_key="")
    found.public_key = point
    return found


def pem(encoded: bytes) -> bytes:
    return x509.load_der_x509_certificate(encoded).public_bytes(Encoding.PEM)


def full(authority: Any, name: str) -> Certificate:
    """With addresses and a policy, as the service issues them."""
    made: Certificate = authority.certify(
        name,
        ocsp_url="" if profile(name).no_check else "http://ca.example/ocsp",
        issuer_url="http://ca.example/issuing.cer",
        policies=[CertificatePolicy("1.2.156.99999.1.1")],
    )
    return made


@pytest.mark.parametrize("name", HOLDERS)
def test_openssl_pair_by_pair(authority: Any, openssl: Any, name: str) -> None:
    leaf = full(authority, name)
    files = {"issuing.pem": pem(authority.certificate.der), "leaf.pem": pem(leaf.der)}
    sm2 = authority.key.public_key.family == "SM2"
    check = [
        "verify", "-x509_strict", "-partial_chain", "-trusted", "issuing.pem",
        "-attime", str(int(AT.timestamp()) + 3600), *(["-vfyopt", DISTID] if sm2 else []),
    ]  # fmt: skip
    if name in PURPOSES:
        check += ["-purpose", PURPOSES[name]]
    if profile(name).names_required:
        check += ["-verify_hostname", "portal.example.cn"]
    assert openssl(*check, "leaf.pem", files=files).strip() == "leaf.pem: OK"
    if profile(name).names_required:
        check[-1] = "other.example.cn"
        assert "hostname mismatch" in openssl(*check, "leaf.pem", ok=False)


@pytest.mark.parametrize("name", HOLDERS)
@pytest.mark.parametrize("null", [True, False])
def test_gmssl_and_tongsuo(sm2: Any, name: str, null: bool) -> None:
    leaf = sm2.certify(name, null_parameters=null)
    spki = sm2.key.public_key.spki
    one = serialization.load_der_public_key(spki)
    one.verify(leaf.signature, leaf.tbs, ec.ECDSA(hashes.SM3()))
    with pytest.raises(InvalidSignature):
        one.verify(leaf.signature, leaf.tbs + b"\x00", ec.ECDSA(hashes.SM3()))
    numbers = core.SequenceOf.load(leaf.signature, spec=core.Integer).native
    raw = b"".join(number.to_bytes(32) for number in numbers).hex()
    other = gmssl_key(spki[-64:].hex())
    assert other.verify_with_sm3(raw, leaf.tbs)
    assert not other.verify_with_sm3(raw, leaf.tbs + b"\x00")


def test_the_authorities_themselves(sm2: Any) -> None:
    """Root over itself, root over the issuing authority."""
    root = serialization.load_der_public_key(sm2.root_key.public_key.spki)
    for one in (sm2.root, sm2.certificate):
        root.verify(one.signature, one.tbs, ec.ECDSA(hashes.SM3()))


@pytest.mark.parametrize("name", HOLDERS)
def test_asn1crypto_reads_the_same_bytes(authority: Any, name: str) -> None:
    """Another reader of DER; the signed part it finds is the one we signed, the algorithm stands twice."""
    leaf = full(authority, name)
    found = asn1.Certificate.load(leaf.der, strict=True)
    assert found["tbs_certificate"].dump() == leaf.tbs
    assert found["tbs_certificate"]["signature"].dump() == found["signature_algorithm"].dump()
    assert found.serial_number == leaf.serial
    assert found["tbs_certificate"]["subject"].dump() == leaf.subject.der
    assert found.dump(force=True) == leaf.der
