# SPDX-License-Identifier: Apache-2.0
"""OCSP as an authority speaks it; OpenSSL and ``cryptography`` ask and read, SM2 is checked by gmssl."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from asn1crypto import core, ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as peer
from gmssl.sm2 import CryptSM2
from hypothesis import given, settings
from hypothesis import strategies as st

from ca import (
    CertificateStatus,
    DraftRefused,
    IssueFailed,
    OcspFailure,
    OcspRefused,
    Revocation,
    RevocationReason,
    SubjectName,
    make_ocsp_failure,
    make_ocsp_response,
    new_serial,
    parse_ocsp_path,
    parse_ocsp_request,
)
from keys import HashAlgorithm, der
from verify import (
    Certificate,
    Indication,
    OcspStanding,
    cert_id,
    check_ocsp_response,
    parse_ocsp_response,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NONCE = "1.3.6.1.5.5.7.48.1.2"
GOOD, REVOKED, UNKNOWN = OcspStanding.GOOD, OcspStanding.REVOKED, OcspStanding.UNKNOWN
ALGORITHMS = [None, HashAlgorithm.SHA256, HashAlgorithm.SM3]


def gmssl_key(point: str) -> CryptSM2:
    """Its constructor takes every leading 0 and 4 off a point that begins with 04."""
    found = CryptSM2(private_key="", public_key="")
    found.public_key = point
    return found


def pem(one: Certificate) -> bytes:
    return x509.load_der_x509_certificate(one.der).public_bytes(Encoding.PEM)


def responder(authority: Any) -> Certificate:
    found: Certificate = authority.certify("ocsp", SubjectName("示例OCSP", "示例电子认证中心"))
    return found


def leaf(authority: Any) -> Certificate:
    found: Certificate = authority.certify("person", SubjectName("王样二"), serial=new_serial(b"q" * 20))
    return found


def answer(authority: Any, standing: OcspStanding = GOOD, **changes: Any) -> bytes:
    serial = leaf(authority).serial
    algorithm = changes.pop("algorithm", HashAlgorithm.SHA256)
    gone = Revocation(serial, AT - HOUR, RevocationReason.KEY_COMPROMISE)
    status = CertificateStatus(
        cert_id(authority.certificate, serial, algorithm), standing, gone if standing is REVOKED else None
    )
    order: dict[str, Any] = {
        "issuer": authority.certificate,
        "responder": responder(authority),
        "signer": authority.holder_key,
        "statuses": [status],
        "produced_at": AT,
        "this_update": AT,
        "next_update": AT + HOUR,
    }
    return make_ocsp_response(**(order | changes))


def request(
    authority: Any, *extensions: bytes, ids: int = 1, version: bytes = b"", name: bytes = b""
) -> bytes:
    asked = [
        der.sequence(cert_id(authority.certificate, 1000 + n, HashAlgorithm.SM3).encode()) for n in range(ids)
    ]
    listed = der.explicit(2, der.sequence(*extensions)) if extensions else b""
    return der.sequence(der.sequence(version, name, der.sequence(*asked), listed))


def test_long_nonces_are_read_and_not_answered(sm2: Any) -> None:
    """RFC 9654 section 2.1: 33 to 128 bytes are no reason to refuse, and none to repeat them."""
    for size, repeated in ((1, True), (32, True), (33, False), (128, False)):
        found = parse_ocsp_request(request(sm2, nonce(b"n" * size)))
        assert found.nonce == (b"n" * size if repeated else None)


def nonce(content: bytes) -> bytes:
    return der.sequence(der.oid(NONCE), der.octets(der.octets(content)))


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("standing", list(OcspStanding))
def test_the_verifier_reads_it(
    authority: Any, own: bool, algorithm: HashAlgorithm | None, standing: OcspStanding
) -> None:
    changes: dict[str, Any] = {"nonce": b"n" * 32, "algorithm": algorithm}
    if own:
        changes |= {"responder": authority.certificate, "signer": authority.key}
    encoded = answer(authority, standing, **changes)
    found = check_ocsp_response(encoded, leaf(authority), authority.certificate, AT, nonce=b"n" * 32)
    wanted = {
        GOOD: Indication.TOTAL_PASSED,
        REVOKED: Indication.TOTAL_FAILED,
        UNKNOWN: Indication.INDETERMINATE,
    }
    assert found.indication is wanted[standing]
    assert found.facts["status"] == standing.value
    read = parse_ocsp_response(encoded).singles[0]
    assert read.cert_id.encode() == cert_id(authority.certificate, leaf(authority).serial, algorithm).encode()


def test_what_openssl_and_cryptography_ask(authority: Any, openssl: Any) -> None:
    files = {"issuer.pem": pem(authority.certificate), "leaf.pem": pem(leaf(authority))}
    asked = ["ocsp", "-issuer", "issuer.pem"]
    said = openssl(*asked, "-cert", "leaf.pem", "-nonce", "-req_text", "-reqout", "a.req", files=files)
    assert "OCSP Nonce" in said
    openssl(*asked, "-sha256", "-cert", "leaf.pem", "-no_nonce", "-reqout", "b.req")
    builder = peer.OCSPRequestBuilder().add_certificate(
        x509.load_der_x509_certificate(leaf(authority).der),
        x509.load_der_x509_certificate(authority.certificate.der),
        hashes.SHA1(),
    )
    builder = builder.add_extension(x509.OCSPNonce(b"n" * 20), critical=False)
    encoded = builder.build().public_bytes(Encoding.DER)
    found = parse_ocsp_request(encoded)
    assert found.nonce == b"n" * 20
    assert found.cert_ids == (cert_id(authority.certificate, leaf(authority).serial),)
    assert found.cert_ids[0].is_of(authority.certificate)
    assert not found.cert_ids[0].is_of(authority.root)
    assert parse_ocsp_path(quote(base64.b64encode(encoded).decode(), safe="")) == found


def test_openssl_reads_the_answer(rsa: Any, openssl: Any, tmp_path: Any) -> None:
    files = {"root.pem": pem(rsa.root), "issuer.pem": pem(rsa.certificate), "leaf.pem": pem(leaf(rsa))}
    ask = ["ocsp", "-issuer", "issuer.pem", "-cert", "leaf.pem"]
    openssl(*ask, "-nonce", "-reqout", "a.req", files=files)
    asked = parse_ocsp_request((tmp_path / "a.req").read_bytes())
    assert asked.nonce is not None
    for standing, word in ((GOOD, "good"), (REVOKED, "revoked"), (UNKNOWN, "unknown")):
        files["a.ocsp"] = answer(rsa, standing, algorithm=None, nonce=asked.nonce)
        said = openssl(
            *ask, "-no_nonce", "-reqin", "a.req", "-respin", "a.ocsp", "-CAfile", "root.pem",
            "-verify_other", "issuer.pem", "-attime", str(int(AT.timestamp()) + 60), files=files,
        )  # fmt: skip
        assert "Response verify OK" in said, said
        assert (
            f"{word}\n\tThis Update: Aug  1 04:00:00 2026 GMT" in said
        )  # "Status times invalid": its own clock
        assert ("Reason: keyCompromise" in said) is (standing is REVOKED)


def test_openssl_prints_the_certificate_of_the_responder(authority: Any, openssl: Any) -> None:
    said = openssl(
        "x509", "-inform", "DER", "-in", "r.der", "-noout", "-text", files={"r.der": responder(authority).der}
    )
    assert "OCSP No Check" in said
    assert "X509v3 Extended Key Usage: critical\n                OCSP Signing" in said


def test_cryptography_reads_the_answer(rsa: Any) -> None:
    encoded = answer(rsa, REVOKED, nonce=b"n" * 32)
    found = peer.load_der_ocsp_response(encoded)
    assert found.response_status is peer.OCSPResponseStatus.SUCCESSFUL
    assert found.certificate_status is peer.OCSPCertStatus.REVOKED
    assert found.revocation_time_utc == AT - HOUR
    assert found.revocation_reason is x509.ReasonFlags.key_compromise
    assert (found.this_update_utc, found.next_update_utc) == (AT, AT + HOUR)
    assert found.serial_number == leaf(rsa).serial
    assert found.responder_key_hash == rsa.holder_key.public_key.key_id
    assert found.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 32
    key: Any = found.certificates[0].public_key()
    key.verify(found.signature, found.tbs_response_bytes, padding.PKCS1v15(), hashes.SHA256())


def test_sm2_by_another_path(sm2: Any) -> None:
    """asn1crypto for the structure, gmssl for the signature."""
    read = ocsp.OCSPResponse.load(answer(sm2, REVOKED, algorithm=HashAlgorithm.SM3))
    basic = read["response_bytes"]["response"].parsed
    single = basic["tbs_response_data"]["responses"][0]
    assert single["cert_status"].name == "revoked"
    assert single["cert_id"]["hash_algorithm"]["algorithm"].dotted == "1.2.156.10197.1.401"
    numbers = core.SequenceOf.load(basic["signature"].native, spec=core.Integer).native
    raw = b"".join(one.to_bytes(32) for one in numbers).hex()
    point = sm2.holder_key.public_key.spki[-64:].hex()
    tbs = basic["tbs_response_data"].dump()
    assert gmssl_key(point).verify_with_sm3(raw, tbs)
    assert not gmssl_key(point).verify_with_sm3(raw, tbs + b"x")


def test_requests(sm2: Any) -> None:
    assert parse_ocsp_request(request(sm2)).nonce is None
    assert len(parse_ocsp_request(request(sm2, ids=16)).cert_ids) == 16
    named = request(sm2, version=der.explicit(0, der.integer(0)), name=der.explicit(1, der.null()))
    assert len(parse_ocsp_request(named).cert_ids) == 1
    for size in (1, 32):
        assert parse_ocsp_request(request(sm2, nonce(b"n" * size))).nonce == b"n" * size
    other = der.sequence(der.oid("1.2.3.4"), der.octets(b""))
    assert parse_ocsp_request(request(sm2, other, nonce(b"n"))).nonce == b"n"


def test_requests_refused(sm2: Any) -> None:
    critical = der.sequence(der.oid("1.2.3.4"), der.boolean(True), der.octets(b""))
    for bad in (
        b"",
        b"\x30\x00",
        b"\x30" + bytes(10_000),
        request(sm2, ids=0),
        request(sm2, ids=17),
        request(sm2, nonce(b"")),
        request(sm2, nonce(b"n" * 129)),
        request(sm2, nonce(b"n"), nonce(b"n")),
        request(sm2, critical),
        request(sm2, version=der.explicit(0, der.integer(1))),
        request(sm2) + b"\x00",
        request(sm2).replace(b"\x2a\x81\x1c\xcf\x55\x01\x83\x11", b"\x2a\x81\x1c\xcf\x55\x01\x83\x12"),
    ):
        with pytest.raises(OcspRefused) as caught:
            parse_ocsp_request(bad)
        assert caught.value.response == b"\x30\x03\x0a\x01\x01"
    for text in ("", "?", "é", "%zz", "MAA=", "A" * 30_000, "MA A="):
        with pytest.raises(OcspRefused):
            parse_ocsp_path(text)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=120), st.text(max_size=60))
def test_any_bytes(data: bytes, text: str) -> None:
    with pytest.raises(OcspRefused):
        parse_ocsp_request(data)
    with pytest.raises(OcspRefused):
        parse_ocsp_path(text)


def test_every_flipped_byte_of_a_request(sm2: Any) -> None:
    encoded = request(sm2, nonce(b"n" * 16), ids=2)
    for at in range(len(encoded)):
        for mask in (0x01, 0x20, 0x80, 0xFF):
            broken = bytearray(encoded)
            broken[at] ^= mask
            try:
                found = parse_ocsp_request(bytes(broken))
            except OcspRefused:
                continue
            assert found != parse_ocsp_request(encoded)


def test_what_a_response_cannot_say(authority: Any) -> None:
    serial = leaf(authority).serial
    mine, other = cert_id(authority.certificate, serial), cert_id(authority.root, serial)
    gone = Revocation(serial, AT)
    for changes in (
        {"statuses": []},
        {"statuses": [CertificateStatus(mine, GOOD)] * 2},
        {"statuses": [CertificateStatus(other, GOOD)]},
        {"statuses": [CertificateStatus(mine, REVOKED)]},
        {"statuses": [CertificateStatus(mine, GOOD, gone)]},
        {"statuses": [CertificateStatus(mine, REVOKED, Revocation(serial + 1, AT))]},
        {"statuses": [CertificateStatus(mine, REVOKED, Revocation(serial, AT + HOUR))]},
        {"nonce": b""},
        {"nonce": b"n" * 33},
        {"next_update": AT},
        {"this_update": AT + HOUR / 2},
        {"produced_at": AT.replace(tzinfo=None)},
        {"responder": leaf(authority)},
        {"responder": authority.root},
        {"issuer": authority.root},
        {"issuer": responder(authority)},
        {"produced_at": AT + timedelta(days=800), "next_update": AT + timedelta(days=801)},
    ):
        with pytest.raises(DraftRefused):
            answer(authority, **changes)
    assert answer(authority, statuses=[CertificateStatus(other, UNKNOWN)])


def test_keys_that_do_not_fit(authority: Any) -> None:
    with pytest.raises(IssueFailed):
        answer(authority, signer=authority.key)


def test_failures() -> None:
    for one in OcspFailure:
        encoded = make_ocsp_failure(one)
        assert parse_ocsp_response(encoded).status != "successful"
        assert peer.load_der_ocsp_response(encoded).response_status.value == one.value
