# SPDX-License-Identifier: Apache-2.0
"""What an OCSP response says about one certificate: RFC 6960 section 3.2, as a three-valued verdict.

The order: structure, signature, responder, then what is said.  What nobody entitled has signed says nothing,
not even ``revoked``.  An old response still proves a revocation, never its absence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ..canonical import Json
from ..report import Reason, SignatureReport, SubIndication
from ..x509 import Certificate, Crl
from ..x509.entries import HOLD
from ..x509.findings import Finding, failed, judged, unsure
from ..x509.moments import shown
from ..x509.path import keys_agree
from ..x509.signatures import signed_by
from .errors import OcspMalformed
from .responder import named_responders, responder_findings, signed_response
from .response import OcspResponse, OcspSingle, OcspStanding, parse_ocsp_response

FORMAT = "OCSP"
_GOOD = Reason(
    "OCSP_GOOD",
    "OCSP 响应真实、有效:证书未被吊销",
    "the response is genuine and current: the certificate is not revoked",
)


def check_ocsp_response(
    response: bytes,
    certificate: Certificate,
    issuer: Certificate,
    at: datetime,
    *,
    nonce: bytes | None = None,
    crls: Sequence[Crl] = (),
) -> SignatureReport:
    """The verdict on ``certificate`` as far as this response goes.  Never raises for any bytes.

    ``issuer`` must be trusted already: this judges the status, not the path.  ``nonce``: what was sent, which
    must come back.  ``crls``: where the status of a responder without id-pkix-ocsp-nocheck is looked up.
    """
    try:
        found = parse_ocsp_response(response)
    except OcspMalformed as error:
        malformed = failed(
            SubIndication.FORMAT_FAILURE,
            "OCSP_MALFORMED",
            f"OCSP 响应不合格式({error.field}),请重新查询",
            f"the response is not well-formed: {error.field}: {error.rule}; ask again",
        )
        return judged(FORMAT, [malformed], _GOOD, {"status": "unknown"})
    facts: dict[str, Json] = {"response_status": found.status, "status": "unknown"}
    authentic = list(_authenticity(found, certificate, issuer, crls, at, facts))
    if authentic:
        return judged(FORMAT, authentic, _GOOD, facts)
    return judged(FORMAT, list(_content(found, certificate, issuer, at, nonce, facts)), _GOOD, facts)


def _authenticity(
    found: OcspResponse,
    certificate: Certificate,
    issuer: Certificate,
    crls: Sequence[Crl],
    at: datetime,
    facts: dict[str, Json],
) -> Iterator[Finding]:
    if found.status != "successful":
        yield unsure(
            SubIndication.TRY_LATER,
            "OCSP_NO_ANSWER",
            f"OCSP 服务未给出答复({found.status}),请稍后再试",
            f"the responder gave no answer ({found.status}); try again later",
        )
        return
    same = certificate.issuer == issuer.subject and keys_agree(certificate.authority_key_id, issuer)
    if not same or not signed_by(certificate, issuer.public_key):
        yield unsure(
            SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
            "OCSP_NOT_ITS_ISSUER",
            "所给的颁发者证书并未签发该证书,请核对",
            "the issuer that was given did not issue the certificate; check which one did",
        )
        return
    named = named_responders(found, issuer)
    signer = next((one for one in named if signed_response(found, one.public_key)), None)
    if signer is None and named:
        yield failed(
            SubIndication.SIG_CRYPTO_FAILURE,
            "OCSP_SIGNATURE_INVALID",
            "OCSP 响应的签名验证失败:被改动或系伪造,请重新查询",
            "the signature of the response does not verify: it was altered or forged, ask again",
        )
    elif signer is None:
        yield unsure(
            SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
            "OCSP_RESPONDER_UNKNOWN",
            "找不到 OCSP 响应者的证书,请向其颁发机构核实",
            "the certificate of the responder is not in the response; ask the authority",
        )
    else:
        facts["responder"] = signer.subject.common_name or signer.subject.text
        facts["delegated"] = signer != issuer
        yield from responder_findings(signer, issuer, crls, at)


def _content(
    found: OcspResponse,
    certificate: Certificate,
    issuer: Certificate,
    at: datetime,
    nonce: bytes | None,
    facts: dict[str, Json],
) -> Iterator[Finding]:
    if found.produced_at is not None:
        facts["produced_at"] = shown(found.produced_at)
        if at < found.produced_at:
            yield _future(found.produced_at)
    if nonce is not None and found.nonce != nonce:
        yield unsure(
            SubIndication.TRY_LATER,
            "OCSP_NONCE_MISSING" if found.nonce is None else "OCSP_NONCE_MISMATCH",
            "OCSP 响应未带回所发的随机数,可能是旧响应,请重新查询",
            "the response does not repeat the nonce that was sent: it may be an old one, ask again",
        )
    about = [
        one for one in found.singles if one.cert_id.serial == certificate.serial and one.cert_id.is_of(issuer)
    ]
    if not about:
        yield unsure(
            SubIndication.TRY_LATER,
            "OCSP_OTHER_CERTIFICATE",
            "OCSP 响应没有提到该证书,请重新查询",
            "the response says nothing about this certificate; ask again",
        )
    for one in about:
        facts["this_update"] = shown(one.this_update)
        facts["next_update"] = None if one.next_update is None else shown(one.next_update)
        yield from _understood((*found.critical_unknown, *one.critical_unknown))
        yield from _standing(one, at, facts)
        yield from _fresh(one, at)


def _understood(names: Sequence[str]) -> Iterator[Finding]:
    if names:
        yield unsure(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "CRITICAL_EXTENSION_UNKNOWN",
            f"OCSP 响应含有本程序不能理解的关键扩展 {', '.join(names)}",
            f"the response has a critical extension that is not understood here: {', '.join(names)}",
        )


def _standing(one: OcspSingle, at: datetime, facts: dict[str, Json]) -> Iterator[Finding]:
    facts["status"] = one.standing.value
    if one.revoked is not None:
        since, reason = shown(one.revoked.at), one.revoked.reason
        facts["revoked_at"], facts["reason"] = since, reason
        if one.revoked.reason == HOLD:
            yield unsure(
                SubIndication.TRY_LATER,
                "CERTIFICATE_ON_HOLD",
                f"证书自 {since} 起暂停使用,恢复后再验",
                f"the certificate has been on hold since {since}; try again when that has ended",
            )
        elif one.revoked.at <= at:
            yield failed(
                SubIndication.REVOKED,
                "CERTIFICATE_REVOKED",
                f"证书已于 {since} 吊销({reason}),请勿采信",
                f"the certificate was revoked at {since} ({reason}); do not rely on it",
            )
        else:
            # RFC 6960 says "revoked" about now: a time to come contradicts it, and is no reason to pass.
            yield _future(one.revoked.at)
    elif one.standing is OcspStanding.UNKNOWN:
        yield unsure(
            SubIndication.TRY_LATER,
            "OCSP_UNKNOWN",
            "OCSP 服务不认识该证书,请向其颁发机构核实",
            "the responder does not know the certificate; ask the authority that issued it",
        )


def _fresh(one: OcspSingle, at: datetime) -> Iterator[Finding]:
    if at < one.this_update:
        yield _future(one.this_update)
    if one.next_update is None or at > one.next_update:
        due = "—" if one.next_update is None else shown(one.next_update)
        yield unsure(
            SubIndication.TRY_LATER,
            "OCSP_STALE",
            f"OCSP 响应已过更新期限({due}),请重新查询",
            f"the response was due for renewal at {due}; ask again",
        )


def _future(moment: datetime) -> Finding:
    return unsure(
        SubIndication.NOT_YET_VALID,
        "OCSP_FROM_FUTURE",
        f"OCSP 响应所载时间 {shown(moment)} 晚于查验时间,请检查时钟",
        f"the response speaks of {shown(moment)}, after the time of the check; check the clock",
    )
