# SPDX-License-Identifier: Apache-2.0
"""GM signatures in a PDF (GM/T 0112-2021): told apart by their content, not by the name of the sub-filter.

Products write seal signatures (SES_Signature) and GB/T 35275 SignedData under sub-filters of their own, so
the value decides.  SignedData comes in three forms: with signed attributes, which is read like any other CMS;
with the digest of the protected bytes as content and no attributes; and without either, signed over the
protected bytes themselves.  The last two are judged here, for SM2 alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Final

from keys import (
    Digest,
    HashAlgorithm,
    KeyKind,
    KeysError,
    SignatureInvalid,
    hasher,
    parse_hash,
    parse_scheme,
)
from keys.der import OCTET_STRING, as_octets, expect, read_only

from ..canonical import Json
from ..cms import CmsMalformed, SignedData, parse_signed_data
from ..cms.errors import Refused, failed, unsure
from ..cms.signer import carried_by, signing_certificate
from ..long_term import Situation
from ..report import Indication, Reason, SignatureReport, SubIndication
from ..ses import check_ses_signature, is_ses_signature
from ..trust import Trust
from ..x509 import Certificate, Purpose, check_certificate
from .coverage import Coverage
from .reading import SignatureField
from .time_stamps import is_time_stamp

SEAL_FILTERS: Final = ("GM.sm2seal",)
CMS_FILTERS: Final = ("GM.sm2cms.detached", "GM.SM2")


class GmForm(StrEnum):
    """How a GM signature is to be read."""

    SEAL = "seal signature"
    ATTRIBUTES = "signed attributes"
    BARE = "no signed attributes"


def gm_form(field: SignatureField, der: bytes) -> GmForm | None:
    """The form of this value, or ``None`` for what is no GM signature."""
    if is_time_stamp(field) or field.type == "DocTimeStamp":
        return None
    if field.sub_filter in SEAL_FILTERS or is_ses_signature(der):
        return GmForm.SEAL
    if field.sub_filter not in CMS_FILTERS:
        return None
    try:
        signed = parse_signed_data(der)
    except CmsMalformed:
        return GmForm.ATTRIBUTES  # its reader says what is wrong
    return GmForm.BARE if signed.signer.attributes is None else GmForm.ATTRIBUTES


def check_gm(
    form: GmForm,
    coverage: Coverage,
    data: bytes,
    situation: Situation,
    content_digest: Callable[[HashAlgorithm], Digest],
) -> SignatureReport:
    """The verdict on a seal signature, or on SignedData without attributes.  Never raises for any bytes."""
    if form is GmForm.SEAL:
        return check_ses_signature(
            coverage.der,
            trust=situation.trust,
            at=situation.at,
            content_digest=content_digest,
            property_info=f"0 {coverage.gap} {coverage.resume} {coverage.end - coverage.resume}",
            intermediates=situation.material.certificates,
            crls=situation.material.crls,
            existed_by=min((proof.at for proof in situation.proofs), default=None),
        )
    return _check_bare(coverage, data, trust=situation.trust, at=situation.at)


def _check_bare(coverage: Coverage, data: bytes, *, trust: Trust, at: datetime) -> SignatureReport:
    """The verdict on SignedData without attributes."""
    facts: dict[str, Json] = {"intact": False}
    try:
        signed = parse_signed_data(coverage.der)
    except CmsMalformed as error:
        refused = failed(
            SubIndication.FORMAT_FAILURE,
            "CMS_MALFORMED",
            f"签名数据不合格式({error.field})",
            f"the signature is not well-formed: {error.field}: {error.rule}",
        )
        return _report(refused.indication, refused.sub, [refused.reason], facts)
    carried = carried_by(signed)
    try:
        certificate = signing_certificate(signed, carried, trust)
    except Refused as refused:
        return _report(refused.indication, refused.sub, [refused.reason], facts)
    path = check_certificate(
        certificate, trust, at, purpose=Purpose.SEAL, intermediates=carried.certificates, crls=carried.crls
    )
    facts = {**path.facts, **facts, "standard": signed.standard, "names_certificate": False}
    try:
        facts["algorithm"] = _require_signed(signed, certificate, coverage, data)
    except Refused as refused:
        return _report(refused.indication, refused.sub, [refused.reason, *path.reasons], facts)
    facts["intact"] = True
    note = Reason(
        "NO_SIGNED_ATTRIBUTES",
        "签名没有签名属性:未指明签名证书,也不能携带用印依据",
        "no signed attributes: the signature names no certificate and carries no statement of authority",
    )
    return _report(path.indication, path.sub_indication, [*path.reasons, note], facts)


def _require_signed(signed: SignedData, certificate: Certificate, coverage: Coverage, data: bytes) -> str:
    """The name of the scheme in which the protected bytes are signed.  Raises :class:`Refused`."""
    before, after = coverage.protected(data)
    key = certificate.public_key
    try:
        algorithm = parse_hash(signed.signer.digest_algorithm.raw)
        scheme = parse_scheme(signed.signer.signature_algorithm.raw, key.kind, digest=algorithm)
    except KeysError as error:
        raise _not_allowed(error) from error
    if key.kind is not KeyKind.SM2:
        raise _not_allowed(f"{key.kind}: this form is for SM2 alone")
    content = before + after
    if not signed.detached:
        content = _content(coverage.der)
        state = hasher(algorithm)
        state.update(before)
        state.update(after)
        if content != state.finish().value:
            raise failed(
                SubIndication.HASH_FAILURE,
                "CONTENT_ALTERED",
                "内容被改动:摘要与签名时不一致",
                "the content was altered: its digest is not the signed one",
            )
    try:
        key.verify(signed.signer.signature, content, scheme)
    except SignatureInvalid as error:
        raise failed(
            SubIndication.SIG_CRYPTO_FAILURE,
            "SIGNATURE_INVALID",
            "签名值验证失败",
            "the signature value does not verify",
        ) from error
    except KeysError as error:
        raise _not_allowed(error) from error
    return scheme.name


def _content(der: bytes) -> bytes:
    """The content that SignedData carries; empty when it is something else than one OCTET STRING."""
    try:
        body = read_only(der).children()[1].children()[0]
        enclosed = body.children()[2].children()[1].children()
        return as_octets(expect(enclosed[0], OCTET_STRING)) if len(enclosed) == 1 else b""
    except (KeysError, IndexError):
        return b""


def _not_allowed(why: object) -> Refused:
    return unsure(
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        "ALGORITHM_NOT_ALLOWED",
        "签名算法或摘要算法不允许,或与密钥不相配",
        f"an algorithm that is not allowed, or not with this key: {why}",
    )


def _report(
    indication: Indication, sub: SubIndication | None, reasons: list[Reason], facts: dict[str, Json]
) -> SignatureReport:
    return SignatureReport(
        format="CMS GB/T 35275",
        indication=indication,
        sub_indication=sub,
        reasons=tuple(reasons),
        facts=facts,
    )
