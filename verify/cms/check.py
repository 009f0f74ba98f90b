# SPDX-License-Identifier: Apache-2.0
"""Check one detached CMS signature: RFC 5652, EN 319 102-1 sections 5.2.3 to 5.2.7.

The order: structure, digest of the content, signing certificate, signature value, certification path.  The
verdict is the worst of signature value and path, the value first.  Unsigned attributes prove nothing here and
change nothing: :mod:`verify.long_term` is about what time stamps prove.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from keys import Digest, HashAlgorithm

from ..authority import AuthorityMalformed, parse_authority
from ..canonical import Json
from ..report import Indication, Reason, SignatureReport, SubIndication
from ..trust import Trust
from ..x509 import PathCheck, Purpose, check_certificate
from .attributes import SignedAttributes
from .errors import CmsMalformed, Refused
from .names import TIMESTAMP
from .signed_data import SignedData, parse_signed_data
from .signer import Carried, carried_by, require_bound, signing_certificate
from .value import require_attributes, require_content, require_signature

_Mark = tuple[Indication, SubIndication | None]


def check_signed_data(
    der: bytes,
    *,
    trust: Trust,
    at: datetime,
    purpose: Purpose,
    content_digest: Callable[[HashAlgorithm], Digest],
    path_check: PathCheck | None = None,
    parsed: SignedData | None = None,
) -> SignatureReport:
    """The verdict on the signature ``der`` over content of which ``content_digest`` gives the digests.

    Never raises for any bytes.  ``path_check`` judges the certificate in another way than at ``at`` with what
    the signature carries, and sees to time stamps.  ``parsed``: of ``der``, for who has it already.
    """
    try:
        signed = parse_signed_data(der) if parsed is None else parsed
    except CmsMalformed as error:
        reason = Reason(
            "CMS_MALFORMED",
            f"签名数据不合格式({error.field})",
            f"the signature is not well-formed: {error.field}: {error.rule}",
        )
        return SignatureReport(
            format="CMS",
            indication=Indication.TOTAL_FAILED,
            sub_indication=SubIndication.FORMAT_FAILURE,
            reasons=(reason,),
            facts={},
        )
    carried = carried_by(signed)
    facts = _facts(signed)
    refused = _value(signed, carried, trust, content_digest, facts)
    facts["intact"] = refused is None
    path = _path(signed, carried, trust, at, purpose, path_check)
    marks: list[_Mark] = []
    reasons: list[Reason] = []
    if refused is not None:
        marks.append((refused.indication, refused.sub))
        reasons.append(refused.reason)
    if path is not None:
        marks.append((path.indication, path.sub_indication))
        facts = {**path.facts, **facts}
        if refused is None or path.indication is not Indication.TOTAL_PASSED:
            reasons.extend(path.reasons)
    indication, sub = _worst(marks)
    return SignatureReport(
        format="CMS" if signed.standard.startswith("RFC") else f"CMS {signed.standard}",
        indication=indication,
        sub_indication=sub,
        reasons=(*reasons, *_notes(signed, stamps_unseen=path_check is None)),
        facts=facts,
    )


def _value(
    signed: SignedData,
    carried: Carried,
    trust: Trust,
    content_digest: Callable[[HashAlgorithm], Digest],
    facts: dict[str, Json],
) -> Refused | None:
    """What speaks against the signature value; ``None`` when it is good."""
    try:
        attributes = require_attributes(signed)
        algorithm = require_content(signed.signer, attributes, content_digest)
        certificate = signing_certificate(signed, carried, trust)
        require_bound(attributes, certificate)
        scheme = require_signature(signed.signer, attributes, algorithm, certificate)
    except Refused as refused:
        return refused
    facts["algorithm"] = scheme.name
    return None


def _path(
    signed: SignedData,
    carried: Carried,
    trust: Trust,
    at: datetime,
    purpose: Purpose,
    path_check: PathCheck | None,
) -> SignatureReport | None:
    """The verdict on the signing certificate; ``None`` when there is none to judge.

    Asked even when the value is wrong: a person wants to know whose seal it claims to be.
    """
    try:
        certificate = signing_certificate(signed, carried, trust)
    except Refused:
        return None
    if path_check is not None:
        return path_check(certificate, carried.certificates, carried.crls)
    return check_certificate(
        certificate,
        trust,
        at,
        purpose=purpose,
        intermediates=carried.certificates,
        crls=carried.crls,
    )


def _worst(marks: list[_Mark]) -> _Mark:
    for indication in (Indication.TOTAL_FAILED, Indication.INDETERMINATE):
        for mark in marks:
            if mark[0] is indication:
                return mark
    return marks[0]


def _facts(signed: SignedData) -> dict[str, Json]:
    attributes: SignedAttributes | None = signed.signer.attributes
    claimed = None if attributes is None else attributes.signing_time
    facts: dict[str, Json] = {
        "standard": signed.standard,
        "signing_time": None if claimed is None else f"{claimed.replace(tzinfo=None).isoformat()}Z",
        "names_certificate": attributes is not None and attributes.certificate is not None,
    }
    if attributes is not None and attributes.authority is not None:
        # Signed, so it says something only as far as the signature is good.
        with suppress(AuthorityMalformed):
            facts["authority"] = dict(parse_authority(attributes.authority).members)
    return facts


def _notes(signed: SignedData, *, stamps_unseen: bool) -> list[Reason]:
    """What changes no verdict and should still be said."""
    notes = []
    if signed.signer.attributes is not None and signed.signer.attributes.certificate is None:
        notes.append(
            Reason(
                "CERTIFICATE_NOT_NAMED",
                "签名属性未指明证书",
                "the signed attributes do not name the signing certificate",
            )
        )
    attributes = signed.signer.attributes
    if attributes is not None and attributes.authority is not None:
        try:
            parse_authority(attributes.authority)
        except AuthorityMalformed as error:
            notes.append(Reason("AUTHORITY_MALFORMED", f"签名所附用印依据不合格式:{error.rule}", str(error)))
    if stamps_unseen and TIMESTAMP in signed.signer.unsigned:
        notes.append(
            Reason(
                "TIMESTAMP_NOT_CHECKED",
                "签名附有时间戳,本次未核验",
                "the signature carries a time stamp that was not checked",
            )
        )
    return notes
