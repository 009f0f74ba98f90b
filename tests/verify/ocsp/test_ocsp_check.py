# SPDX-License-Identifier: Apache-2.0
"""OCSP responses written with asn1crypto and with ``cryptography``, and what we make of each of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import algos, core, ocsp, x509
from cryptography import x509 as peer
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key
from cryptography.x509 import ocsp as peer_ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import HashAlgorithm
from verify import (
    Indication,
    OcspMalformed,
    SignatureReport,
    SubIndication,
    cert_id,
    check_ocsp_response,
    parse_certificate,
    parse_crl,
    parse_ocsp_response,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE


def status(name: str, *, at: datetime = AT - HOUR, reason: str | None = "key_compromise") -> Any:
    if name != "revoked":
        return ocsp.CertStatus(name, core.Null() if name == "good" else ocsp.StatusUnknown())
    return ocsp.CertStatus("revoked", {"revocation_time": at, "revocation_reason": reason})


def response(
    authority: Any,
    leaf: Any,
    *,
    said: Any = None,
    signer: Any = None,
    named: str = "by_key",
    produced: datetime = AT - HOUR,
    this_update: datetime = AT - HOUR,
    next_update: datetime | None = AT + HOUR,
    nonce: bytes | None = None,
    algorithm: HashAlgorithm | None = HashAlgorithm.SHA256,
    serial: int | None = None,
    extensions: tuple[dict[str, Any], ...] = (),
    certificates: bool = True,
    sign: Callable[[bytes], bytes] | None = None,
    copies: int = 1,
) -> bytes:
    """One that is right, but for what a test bends."""
    holder = authority.issuing if signer is None else signer
    issuer = parse_certificate(authority.issuing.der)
    asked = cert_id(issuer, leaf.certificate.serial_number if serial is None else serial, algorithm)
    single: dict[str, Any] = {
        "cert_id": ocsp.CertId.load(asked.encode()),
        "cert_status": said or status("good"),
        "this_update": this_update,
    }
    if next_update is not None:
        single["next_update"] = next_update
    key = holder.key.public_key.key_id
    body: dict[str, Any] = {
        "responder_id": ocsp.ResponderId(
            named, key if named == "by_key" else x509.Certificate.load(holder.der).subject
        ),
        "produced_at": produced,
        "responses": [single] * copies,
    }
    listed = list(extensions)
    if nonce is not None:
        listed.append({"extn_id": "nonce", "extn_value": nonce})
    if listed:
        body["response_extensions"] = listed
    tbs = ocsp.ResponseData(body).dump()
    basic: dict[str, Any] = {
        "tbs_response_data": ocsp.ResponseData.load(tbs),
        "signature_algorithm": algos.SignedDigestAlgorithm.load(holder.key.scheme.algorithm_identifier()),
        "signature": (sign or holder.key.sign)(tbs),
    }
    if signer is not None and certificates:
        basic["certs"] = [x509.Certificate.load(holder.der)]
    return bytes(
        ocsp.OCSPResponse(
            {
                "response_status": "successful",
                "response_bytes": {
                    "response_type": "basic_ocsp_response",
                    "response": ocsp.BasicOCSPResponse(basic),
                },
            }
        ).dump()
    )


@pytest.fixture(params=["sm2", "rsa", "ecdsa"])
def authority(request: pytest.FixtureRequest, authorities: Any) -> Any:
    return authorities[request.param]


def check(authority: Any, leaf: Any, encoded: bytes, at: datetime = AT, **more: Any) -> SignatureReport:
    issuer = parse_certificate(authority.issuing.der)
    return check_ocsp_response(encoded, parse_certificate(leaf.der), issuer, at, **more)


def verdict(found: SignatureReport) -> tuple[Indication, str]:
    return found.indication, found.reasons[0].code


def responder(authority: Any, **changes: Any) -> Any:
    order = {"usage": ("digital_signature",), "purposes": ("ocsp_signing",), **changes}
    return authority.holder(f"响应者{len(order['purposes'])}{order['usage']}", **order)


@pytest.mark.parametrize("algorithm", [None, HashAlgorithm.SHA256, HashAlgorithm.SM3])
@pytest.mark.parametrize("named", ["by_key", "by_name"])
def test_good_from_the_issuer_itself(authority: Any, algorithm: HashAlgorithm | None, named: str) -> None:
    leaf = authority.holder()
    found = check(authority, leaf, response(authority, leaf, algorithm=algorithm, named=named))
    assert verdict(found) == (PASSED, "OCSP_GOOD")
    assert (found.facts["status"], found.facts["delegated"]) == ("good", False)


def test_three_answers(authority: Any) -> None:
    leaf = authority.holder()
    revoked = check(authority, leaf, response(authority, leaf, said=status("revoked")))
    assert verdict(revoked) == (FAILED, "CERTIFICATE_REVOKED")
    assert revoked.sub_indication is SubIndication.REVOKED
    assert (revoked.facts["reason"], revoked.facts["revoked_at"]) == ("keyCompromise", "2026-08-01T03:00:00Z")
    unknown = check(authority, leaf, response(authority, leaf, said=status("unknown")))
    assert verdict(unknown) == (UNSURE, "OCSP_UNKNOWN")
    hold = status("revoked", reason="certificate_hold")
    assert verdict(check(authority, leaf, response(authority, leaf, said=hold))) == (
        UNSURE,
        "CERTIFICATE_ON_HOLD",
    )
    early = status("revoked", at=AT + HOUR)
    assert verdict(check(authority, leaf, response(authority, leaf, said=early))) == (
        UNSURE,
        "OCSP_FROM_FUTURE",
    )


def test_delegated(authority: Any) -> None:
    """Without id-pkix-ocsp-nocheck the status of the responder must be known."""
    leaf, signer = authority.holder(), responder(authority)
    encoded = response(authority, leaf, signer=signer)
    assert verdict(check(authority, leaf, encoded)) == (UNSURE, "OCSP_RESPONDER_STATUS_UNKNOWN")
    crls = [parse_crl(one) for one in authority.crls()]
    found = check(authority, leaf, encoded, crls=crls)
    assert verdict(found) == (PASSED, "OCSP_GOOD")
    assert found.facts["delegated"] is True
    gone = [parse_crl(one) for one in authority.crls(signer.certificate.serial_number)]
    assert verdict(check(authority, leaf, encoded, crls=gone)) == (FAILED, "OCSP_RESPONDER_REVOKED")


@pytest.mark.parametrize(
    "changes",
    [
        {"purposes": ()},
        {"purposes": ("any_extended_key_usage",)},
        {"purposes": ("time_stamping",)},
        {"usage": ("key_encipherment",)},
    ],
)
def test_not_authorised(authority: Any, changes: dict[str, Any]) -> None:
    """Not even a revocation is believed from somebody who may not answer."""
    leaf, signer = authority.holder(), responder(authority, **changes)
    crls = [parse_crl(one) for one in authority.crls()]
    for said in ("good", "revoked"):
        encoded = response(authority, leaf, signer=signer, said=status(said))
        assert verdict(check(authority, leaf, encoded, crls=crls)) == (
            UNSURE,
            "OCSP_RESPONDER_NOT_AUTHORISED",
        )


def test_responder_of_another_authority(authorities: Any) -> None:
    authority, other = authorities["rsa"], authorities["ecdsa"]
    leaf, signer = authority.holder(), responder(other)
    crls = [parse_crl(one) for one in (*authority.crls(), *other.crls())]
    found = check(authority, leaf, response(authority, leaf, signer=signer), crls=crls)
    assert verdict(found) == (UNSURE, "OCSP_RESPONDER_NOT_AUTHORISED")
    mine = responder(authority)
    absent = response(authority, leaf, signer=mine, certificates=False)
    assert verdict(check(authority, leaf, absent)) == (UNSURE, "OCSP_RESPONDER_UNKNOWN")


def test_responder_out_of_date(authority: Any) -> None:
    leaf = authority.holder()
    signer = authority.holder("过期响应者", usage=("digital_signature",), purposes=("ocsp_signing",), days=-1)
    crls = [parse_crl(one) for one in authority.crls()]
    found = check(authority, leaf, response(authority, leaf, signer=signer), crls=crls)
    assert verdict(found) == (UNSURE, "OCSP_RESPONDER_OUT_OF_DATE")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"this_update": AT + HOUR, "next_update": AT + 2 * HOUR}, "OCSP_FROM_FUTURE"),
        ({"produced": AT + HOUR}, "OCSP_FROM_FUTURE"),
        ({"next_update": AT - timedelta(seconds=1)}, "OCSP_STALE"),
        ({"next_update": None}, "OCSP_STALE"),
        ({"serial": 99}, "OCSP_OTHER_CERTIFICATE"),
        (
            {"extensions": ({"extn_id": "1.2.3.4", "critical": True, "extn_value": b"\x05\x00"},)},
            "CRITICAL_EXTENSION_UNKNOWN",
        ),
    ],
)
def test_what_keeps_it_from_passing(authority: Any, changes: dict[str, Any], code: str) -> None:
    leaf = authority.holder()
    assert verdict(check(authority, leaf, response(authority, leaf, **changes))) == (UNSURE, code)


def test_an_old_response_still_proves_a_revocation(authority: Any) -> None:
    leaf = authority.holder()
    encoded = response(authority, leaf, said=status("revoked"))
    assert verdict(check(authority, leaf, encoded, AT + 30 * HOUR)) == (FAILED, "CERTIFICATE_REVOKED")


def test_nonce(authority: Any) -> None:
    leaf = authority.holder()
    with_nonce = response(authority, leaf, nonce=b"n" * 32)
    assert verdict(check(authority, leaf, with_nonce, nonce=b"n" * 32)) == (PASSED, "OCSP_GOOD")
    assert verdict(check(authority, leaf, with_nonce)) == (PASSED, "OCSP_GOOD")
    assert verdict(check(authority, leaf, with_nonce, nonce=b"m" * 32)) == (UNSURE, "OCSP_NONCE_MISMATCH")
    without = response(authority, leaf)
    assert verdict(check(authority, leaf, without, nonce=b"n" * 32)) == (UNSURE, "OCSP_NONCE_MISSING")


def test_signature_and_issuer(authority: Any, authorities: Any) -> None:
    leaf, stranger = authority.holder(), authority.holder("别的密钥")
    forged = response(authority, leaf, sign=stranger.key.sign)
    assert verdict(check(authority, leaf, forged)) == (FAILED, "OCSP_SIGNATURE_INVALID")
    root = parse_certificate(authority.root.der)
    found = check_ocsp_response(response(authority, leaf), parse_certificate(leaf.der), root, AT)
    assert verdict(found) == (UNSURE, "OCSP_NOT_ITS_ISSUER")


def test_refusals_of_a_responder(authority: Any) -> None:
    leaf = authority.holder()
    for number in (1, 2, 3, 5, 6):
        encoded = bytes([0x30, 3, 0x0A, 1, number])
        assert verdict(check(authority, leaf, encoded)) == (UNSURE, "OCSP_NO_ANSWER")
    for encoded in (b"", b"\x30\x00", bytes([0x30, 3, 0x0A, 1, 4]), bytes([0x30, 3, 0x0A, 1, 0])):
        assert verdict(check(authority, leaf, encoded)) == (FAILED, "OCSP_MALFORMED")
    assert verdict(check(authority, leaf, response(authority, leaf, copies=2)))[1] == "OCSP_MALFORMED"


def test_every_flipped_byte(authorities: Any) -> None:
    """Never a pass, never a foreign exception."""
    for name in ("sm2", "ecdsa"):
        authority = authorities[name]
        leaf = authority.holder()
        encoded = response(authority, leaf, nonce=b"n" * 16)
        for at in range(len(encoded)):
            for mask in (0x01, 0x80):
                broken = bytearray(encoded)
                broken[at] ^= mask
                found = check(authority, leaf, bytes(broken), nonce=b"n" * 16)
                assert found.indication is not PASSED, at


def test_every_cut(authorities: Any) -> None:
    authority = authorities["sm2"]
    leaf = authority.holder()
    encoded = response(authority, leaf)
    for size in range(len(encoded)):
        with pytest.raises(OcspMalformed):
            parse_ocsp_response(encoded[:size])
    with pytest.raises(OcspMalformed):
        parse_ocsp_response(encoded + b"\x00")
    with pytest.raises(OcspMalformed):
        parse_ocsp_response(b"\x30" + bytes(300_000))


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    with pytest.raises(OcspMalformed):
        parse_ocsp_response(data if data[2:3] != b"\x0a" else b"")


@pytest.mark.parametrize("name", ["rsa", "ecdsa"])
@pytest.mark.parametrize("gone", [False, True])
def test_what_cryptography_writes(authorities: Any, name: str, gone: bool) -> None:
    authority = authorities[name]
    leaf, signer = authority.holder(), responder(authority)
    issuer = peer.load_der_x509_certificate(authority.issuing.der)
    certificate = peer.load_der_x509_certificate(signer.der)
    builder = (
        peer_ocsp.OCSPResponseBuilder()
        .add_response(
            cert=peer.load_der_x509_certificate(leaf.der),
            issuer=issuer,
            algorithm=hashes.SHA1(),
            cert_status=peer_ocsp.OCSPCertStatus.REVOKED if gone else peer_ocsp.OCSPCertStatus.GOOD,
            this_update=AT - HOUR,
            next_update=AT + HOUR,
            revocation_time=AT - HOUR if gone else None,
            revocation_reason=peer.ReasonFlags.superseded if gone else None,
        )
        .responder_id(peer_ocsp.OCSPResponderEncoding.HASH, certificate)
        .certificates([certificate])
        .add_extension(peer.OCSPNonce(b"n" * 20), critical=False)
    )
    key: Any = load_der_private_key(signer.key.pkcs8(), None)
    encoded = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    found = parse_ocsp_response(encoded)
    assert found.singles[0].cert_id.is_of(parse_certificate(authority.issuing.der))
    assert found.produced_at is not None
    crls = [parse_crl(one) for one in authority.crls()]
    report = check(authority, leaf, encoded, crls=crls, nonce=b"n" * 20)
    # producedAt is the clock of this machine, which may stand after the time of the check.
    wanted = {"CERTIFICATE_REVOKED"} if gone else set()
    if found.produced_at > AT:
        wanted.add("OCSP_FROM_FUTURE")
    assert {one.code for one in report.reasons} == (wanted or {"OCSP_GOOD"})
    assert report.facts["status"] == ("revoked" if gone else "good")
