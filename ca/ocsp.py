# SPDX-License-Identifier: Apache-2.0
"""OCSP: read what is asked and sign the answer (RFC 6960; nonce: RFC 9654; light profile: RFC 5019).

Whichever digest names the certificate in the request names it in the response, SM3 and SHA-1 included.  A
signature on the request is neither needed nor looked at.  Times come from the caller.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final
from urllib.parse import unquote_to_bytes

from keys import KeysError, Scheme, Signer, der
from verify import (
    CertId,
    Certificate,
    OcspMalformed,
    OcspResponse,
    OcspStanding,
    parse_ocsp_response,
    read_cert_id,
)

from .crl import REASON_CODES, Revocation, RevocationReason
from .drafting import extension, whole_seconds
from .errors import CaError, DraftRefused, IssueFailed
from .issuing import require_signature, require_signer
from .profiles import OCSP_SIGNING

LARGEST_REQUEST: Final = 8 * 1024
MOST_ASKED: Final = 16
LONGEST_NONCE: Final = 32
LONGEST_NONCE_READ: Final = 128
"""RFC 9654 section 2.1: longer than this is malformed; between the two a nonce is read and not answered."""
BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
NONCE: Final = "1.3.6.1.5.5.7.48.1.2"
_MOST_EXTENSIONS = 16
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")


class OcspFailure(IntEnum):
    """OCSPResponseStatus other than successful."""

    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    SIG_REQUIRED = 5
    UNAUTHORIZED = 6


class OcspRefused(CaError):
    """A request that gets no answer; ``response`` is the unsigned refusal to send."""

    def __init__(self, rule: str, failure: OcspFailure = OcspFailure.MALFORMED_REQUEST) -> None:
        super().__init__(f"OCSP 请求被拒 / request refused: {rule}")
        self.rule, self.failure = rule, failure

    @property
    def response(self) -> bytes:
        return make_ocsp_failure(self.failure)


@dataclass(frozen=True, slots=True)
class OcspRequest:
    """Which certificates are asked about, each once, in the order of the request."""

    cert_ids: tuple[CertId, ...]
    nonce: bytes | None


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """The answer about one certificate.  ``revocation`` is there exactly when it is revoked."""

    cert_id: CertId
    standing: OcspStanding
    revocation: Revocation | None = None


def parse_ocsp_request(body: bytes) -> OcspRequest:
    """The body of a POST, DER.  Raises :class:`OcspRefused`."""
    if len(body) > LARGEST_REQUEST:
        raise OcspRefused(f"at most {LARGEST_REQUEST} bytes")
    try:
        return _request(der.read_only(body))
    except (KeysError, OcspMalformed) as error:
        raise OcspRefused(str(error)) from error


def parse_ocsp_path(text: str) -> OcspRequest:
    """The last part of the path of a GET: base64, then percent-encoded (RFC 6960 appendix A.1)."""
    if len(text) > 3 * LARGEST_REQUEST:
        raise OcspRefused(f"at most {LARGEST_REQUEST} bytes")
    try:
        encoded = unquote_to_bytes(text.encode("ascii"))
        if not _BASE64.fullmatch(encoded):
            raise OcspRefused("the path is not base64")
        return parse_ocsp_request(base64.b64decode(encoded, validate=True))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise OcspRefused("the path is not base64") from error


def make_ocsp_failure(failure: OcspFailure) -> bytes:
    """A response without an answer; nobody signs it."""
    return der.sequence(der.enumerated(failure.value))


def make_ocsp_response(
    *,
    issuer: Certificate,
    responder: Certificate,
    signer: Signer,
    statuses: Sequence[CertificateStatus],
    produced_at: datetime,
    this_update: datetime,
    next_update: datetime,
    nonce: bytes | None = None,
) -> bytes:
    """The signed response, DER.  ``responder`` is the issuer, or was certified by it for this alone.

    Raises :class:`DraftRefused` for what a response cannot say, or :class:`IssueFailed`.
    """
    # 1. Refuse what no relying party could use.
    produced_at = whole_seconds("produced_at", produced_at)
    this_update = whole_seconds("this_update", this_update)
    next_update = whole_seconds("next_update", next_update)
    _require_sense(produced_at, this_update, next_update, nonce)
    _require_responder(issuer, responder, produced_at)
    _require_statuses(statuses, issuer, this_update)
    require_signer(signer, responder.public_key, signer.scheme)
    # 2. Write and sign.
    try:
        listed = [_single(one, this_update, next_update) for one in statuses]
        asked = b"" if nonce is None else der.sequence(extension(NONCE, der.octets(nonce)))
        tbs = der.sequence(
            der.explicit(2, der.octets(responder.public_key.key_id)),
            der.generalized(produced_at),
            der.sequence(*listed),
            der.explicit(1, asked) if asked else b"",
        )
        signature = signer.sign(tbs)
        encoded = _successful(tbs, signer.scheme, signature, b"" if responder == issuer else responder.der)
    except KeysError as error:
        raise IssueFailed("sign", str(error)) from error
    # 3. Reopen as relying parties will; compare, then verify.
    try:
        found = parse_ocsp_response(encoded)
    except OcspMalformed as error:
        raise IssueFailed("reopen", str(error)) from error
    _compare(found, tbs, signature, statuses, nonce)
    require_signature(responder.public_key, signature, tbs, signer.scheme)
    return encoded


def _request(tlv: der.Tlv) -> OcspRequest:
    parts = der.expect(tlv, der.SEQUENCE).children()
    if not 1 <= len(parts) <= 2 or (len(parts) == 2 and parts[1].tag != 0xA0):
        raise OcspRefused("a request, and at most a signature")
    fields = list(der.expect(parts[0], der.SEQUENCE).children())
    if fields and fields[0].tag == 0xA0:
        version = der.as_integer(_inner(fields.pop(0)))
        if version != 0:
            raise OcspRefused("only version 1 exists")
    if fields and fields[0].tag == 0xA1:
        fields.pop(0)  # requestorName: who asks changes no answer
    if not 1 <= len(fields) <= 2 or (len(fields) == 2 and fields[1].tag != 0xA2):
        raise OcspRefused("a list of certificates, and at most extensions")
    listed = der.expect(fields[0], der.SEQUENCE).children()
    if not 1 <= len(listed) <= MOST_ASKED:
        raise OcspRefused(f"1 to {MOST_ASKED} certificates")
    asked = tuple(_asked(der.expect(one, der.SEQUENCE)) for one in listed)
    nonce = _extensions(fields[1]) if len(fields) == 2 else None
    return OcspRequest(tuple(dict.fromkeys(asked)), nonce)


def _asked(tlv: der.Tlv) -> CertId:
    parts = tlv.children()
    if not 1 <= len(parts) <= 2 or (len(parts) == 2 and parts[1].tag != 0xA0):
        raise OcspRefused("a CertID, and at most extensions")
    if len(parts) == 2 and _extensions(parts[1]) is not None:
        raise OcspRefused("the nonce belongs to the request as a whole")
    return read_cert_id(parts[0])


def _extensions(tlv: der.Tlv) -> bytes | None:
    """The nonce.  Others are ignored unless they are critical."""
    listed = der.expect(_inner(tlv), der.SEQUENCE).children()
    if not 1 <= len(listed) <= _MOST_EXTENSIONS:
        raise OcspRefused(f"1 to {_MOST_EXTENSIONS} extensions")
    found: dict[str, bytes] = {}
    for one in listed:
        parts = der.expect(one, der.SEQUENCE).children()
        if not 2 <= len(parts) <= 3:
            raise OcspRefused("an extension has two or three members")
        kind, critical = der.as_oid(parts[0]), len(parts) == 3 and der.as_boolean(parts[1])
        if kind in found:
            raise OcspRefused(f"extension {kind} stands twice")
        found[kind] = der.as_octets(parts[-1])
        if critical and kind != NONCE:
            raise OcspRefused(f"critical extension {kind} is not understood")
    if NONCE not in found:
        return None
    nonce = der.as_octets(der.read_only(found[NONCE]))
    if not 1 <= len(nonce) <= LONGEST_NONCE_READ:
        raise OcspRefused(f"a nonce has 1 to {LONGEST_NONCE_READ} bytes")
    return nonce if len(nonce) <= LONGEST_NONCE else None


def _inner(tlv: der.Tlv) -> der.Tlv:
    return der.read_only(tlv.content)


def _require_sense(
    produced_at: datetime, this_update: datetime, next_update: datetime, nonce: bytes | None
) -> None:
    if not this_update <= produced_at < next_update:
        raise DraftRefused(
            field="next_update",
            rule="本次更新不晚于签发,签发早于下次更新 / this update, then produced, then next update",
            todo="请检查时钟 / check the clock",
        )
    if nonce is not None and not 1 <= len(nonce) <= LONGEST_NONCE:
        raise DraftRefused(
            field="nonce",
            rule=f"随机数为1至{LONGEST_NONCE}字节 / a nonce has 1 to {LONGEST_NONCE} bytes",
            todo="请照请求原样返回 / repeat the one of the request",
        )


def _require_responder(issuer: Certificate, responder: Certificate, produced_at: datetime) -> None:
    delegated = (
        responder.issuer == issuer.subject
        and OCSP_SIGNING in (responder.extended_key_usage or ())
        and "digitalSignature" in (responder.key_usage or ())
    )
    if not issuer.is_ca or not (responder == issuer or delegated):
        raise DraftRefused(
            field="responder",
            rule="响应者须为签发机构本身,或由其签发且用途为OCSPSigning / issuer, or certified by it for OCSP",
            todo="请用ocsp模板签发响应者证书 / certify the responder with profile ocsp",
        )
    if not responder.not_before <= produced_at <= responder.not_after:
        raise DraftRefused(
            field="responder",
            rule="响应者证书不在有效期内 / the responder's certificate is not valid",
            todo="请换用新证书 / use a new one",
        )


def _require_statuses(
    statuses: Sequence[CertificateStatus], issuer: Certificate, this_update: datetime
) -> None:
    ids = {one.cert_id for one in statuses}
    if not 1 <= len(statuses) <= MOST_ASKED or len(ids) != len(statuses):
        raise DraftRefused(
            field="statuses",
            rule=f"1至{MOST_ASKED}个证书,不重复 / 1 to {MOST_ASKED} certificates, each once",
            todo="每个证书只答一次 / answer each once",
        )
    for one in statuses:
        known = one.standing is OcspStanding.UNKNOWN or one.cert_id.is_of(issuer)
        revoked, said = one.standing is OcspStanding.REVOKED, one.revocation
        fits = (said is not None) is revoked and (said is None or said.serial == one.cert_id.serial)
        if not known or not fits:
            raise DraftRefused(
                field="statuses",
                rule="只答复本机构的证书;吊销须带时间与原因 / of this issuer; revoked says when and why",
                todo="其他证书答复unknown / answer unknown for others",
            )
        if said is not None and whole_seconds("revoked.at", said.at) > this_update:
            raise DraftRefused(
                field="revoked.at",
                rule="吊销时间不晚于本次更新 / not revoked later than this update",
                todo="请检查时钟 / check the clock",
            )


def _single(one: CertificateStatus, this_update: datetime, next_update: datetime) -> bytes:
    status = der.implicit(0 if one.standing is OcspStanding.GOOD else 2, der.null())
    if one.revocation is not None:
        reason = one.revocation.reason
        # Unspecified is left out, as in a list (RFC 5280 section 5.3.1).
        stated = reason is not RevocationReason.UNSPECIFIED
        why = der.explicit(0, der.enumerated(REASON_CODES[reason])) if stated else b""
        status = der.implicit(1, der.sequence(der.generalized(one.revocation.at), why))
    return der.sequence(
        one.cert_id.encode(),
        status,
        der.generalized(this_update),
        der.explicit(0, der.generalized(next_update)),
    )


def _successful(tbs: bytes, scheme: Scheme, signature: bytes, certificate: bytes) -> bytes:
    basic = der.sequence(
        tbs,
        scheme.algorithm_identifier(),
        der.bits(signature),
        der.explicit(0, der.sequence(certificate)) if certificate else b"",
    )
    return der.sequence(der.enumerated(0), der.explicit(0, der.sequence(der.oid(BASIC), der.octets(basic))))


def _compare(
    found: OcspResponse,
    tbs: bytes,
    signature: bytes,
    statuses: Sequence[CertificateStatus],
    nonce: bytes | None,
) -> None:
    same = (found.tbs, found.signature, found.nonce) == (tbs, signature, nonce)
    meant = [(one.cert_id, one.standing, _when(one.revocation)) for one in statuses]
    read = [
        (one.cert_id, one.standing, one.revoked and (one.revoked.at, one.revoked.reason))
        for one in found.singles
    ]
    if not same or meant != read:
        raise IssueFailed("compare", "the reader sees something else than was meant")


def _when(revocation: Revocation | None) -> tuple[datetime, str] | None:
    if revocation is None:
        return None
    return whole_seconds("revoked.at", revocation.at), revocation.reason.value
