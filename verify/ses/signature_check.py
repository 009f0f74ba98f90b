# SPDX-License-Identifier: Apache-2.0
"""Check a seal signature: the steps of GB/T 38540-2020 clause 7.3, in its order, each with its own code.

Format; signature value; is the signer in the seal; the seal itself; the signer's certificate; the time of
signing; the content; the time stamp.  The time stamp is read before the certificates, for it says at which
moment they are judged, and is told at its place.  Every step runs, whatever the one before it found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from keys import Digest, HashAlgorithm

from ..canonical import Json
from ..report import Reason, SignatureReport, SubIndication
from ..timestamp import TimestampMalformed, parse_timestamp
from ..trust import Trust
from ..x509 import Certificate, Crl, StatusSource
from ..x509.findings import Finding, failed, judged, unsure
from ..x509.moments import shown
from .admission import seal_admits
from .course import ABSENT, NOT_CHECKED, Course
from .errors import SesMalformed
from .extras import authority_of, critical_findings, extension_facts
from .model import SesSignature
from .seal_check import SKEW, Use, judge_seal, malformed
from .signature import parse_ses_signature
from .stamps import Stamped, stamped
from .standing import SIGNER, Evidence, standing_of
from .value import STANDARDS, Value, signature_value

ContentDigest = Callable[[HashAlgorithm], Digest]
_GOOD: Final = Reason(
    "SEAL_SIGNATURE_TRUSTED",
    "签章真实、有效:印章由受信任的制章人制作,签章人有权使用,内容未被改动",
    "the seal signature is genuine and valid: a trusted maker made the seal, the signer may use it, and the "
    "content was not altered",
)


def check_ses_signature(
    der: bytes,
    *,
    trust: Trust,
    at: datetime,
    content_digest: ContentDigest,
    property_info: str | None = None,
    intermediates: Sequence[Certificate] = (),
    crls: Sequence[Crl] = (),
    statuses: StatusSource | None = None,
    existed_by: datetime | None = None,
    padded: bool = False,
) -> SignatureReport:
    """The verdict on a seal signature over content of which ``content_digest`` gives the digests.

    ``property_info``: what TBS_Sign.propertyInfo should be; another one is only noted, for some issuers write
    a document number.  ``intermediates``, ``crls`` and ``statuses`` came with the file and are believed only
    as far as an anchor vouches for them.  ``existed_by``: a moment at which the whole demonstrably existed,
    if the caller knows one (a document time stamp).  ``padded``: zeros follow, as in the /Contents of a PDF.

    Never raises for any bytes.
    """
    try:
        signature = parse_ses_signature(der, padded=padded)
    except SesMalformed as error:
        facts: dict[str, Json] = {"steps": {"format": "failed"}, "deviations": [], "intact": False}
        return judged("SES", [malformed(error)], _GOOD, facts)
    return judge_ses_signature(
        signature,
        Evidence(trust, at, tuple(intermediates), tuple(crls), statuses),
        content_digest,
        property_info=property_info,
        existed_by=existed_by,
    )


def judge_ses_signature(
    signature: SesSignature,
    evidence: Evidence,
    content_digest: ContentDigest,
    *,
    property_info: str | None = None,
    existed_by: datetime | None = None,
) -> SignatureReport:
    """The same for a signature that was parsed."""
    at = evidence.at
    course = Course()
    course.deviates(signature.deviations)
    value = signature_value(signature)
    course.deviates(value.odd)
    stamp = _stamp(signature, evidence)
    claimed = _claimed(signature)
    proven = _proven(stamp, existed_by, at)
    facts = _facts(signature, value, stamp, claimed, proven)
    # a, b
    course.step("format", [*_versions(signature), *critical_findings(signature.extensions, "")])
    sound = course.step("signature", () if value.finding is None else (value.finding,))
    # c
    course.step("signer_in_seal", _in_seal(signature))
    # d
    course.step("seal_extensions", critical_findings(signature.seal.extensions, "SEAL_"))
    facts.update(judge_seal(signature.seal, evidence, Use(claimed, proven), course))
    # e
    facts.update(_signer(value, evidence, claimed, proven, course))
    # f
    course.step("signing_time", _time(claimed, proven, at))
    # g
    whole = _content(signature, value, content_digest, course)
    facts["intact"] = sound and whole
    facts["property_matches"] = None if property_info is None else property_info == signature.property_info
    # h
    if stamp is None:
        course.steps["timestamp"] = ABSENT if signature.timestamp is None else NOT_CHECKED
    else:
        course.step("timestamp", stamp.found)
    course.notes.extend(_notes(signature, property_info))
    return course.report(f"SES V{signature.version}", _GOOD, facts)


def _versions(signature: SesSignature) -> Iterator[Finding]:
    """Signature and seal of one version, and what they say is what they are: clause 7.3 (a)."""
    seal = signature.seal
    stated = {signature.stated_version, signature.version, seal.stated_version, seal.version}
    # Early products of V1 wrote 2 or 3.
    if len(stated) > 1 and not (signature.version == seal.version == 1 and stated <= {1, 2, 3}):
        said = f"{signature.stated_version}/{signature.version}, {seal.stated_version}/{seal.version}"
        yield unsure(
            SubIndication.FORMAT_FAILURE,
            "SES_VERSIONS_DIFFER",
            f"签章与印章的版本不一致({said})",
            f"signature and seal are not of one version ({said})",
        )


def _in_seal(signature: SesSignature) -> Iterator[Finding]:
    if not seal_admits(signature.seal, signature.signed.certificate):
        yield failed(
            SubIndication.SIGNER_NOT_IN_SEAL,
            "SIGNER_NOT_IN_SEAL",
            "签章人证书不在印章的证书列表中,签章人无权使用该印章,请勿采信",
            "the certificate of the signer is not in the list of the seal: it may not use this seal, "
            "do not rely on it",
        )


def _signer(
    value: Value, evidence: Evidence, claimed: datetime | None, proven: datetime | None, course: Course
) -> dict[str, Json]:
    if value.certificate is None:
        course.steps["signer_certificate"] = NOT_CHECKED
        return {"signer": None, "chain": [], "revocation": None}
    standing = standing_of(value.certificate, evidence, SIGNER, used=claimed, proven=proven)
    course.step("signer_certificate", standing.found)
    course.notes.extend(standing.notes)
    return dict(standing.report.facts)


def _time(claimed: datetime | None, proven: datetime | None, at: datetime) -> Iterator[Finding]:
    if claimed is None:
        yield unsure(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            "SIGNING_TIME_UNREADABLE",
            "签章时间无法识别",
            "the time of signing cannot be read",
        )
    elif claimed > at + SKEW:
        yield unsure(
            SubIndication.NOT_YET_VALID,
            "SIGNED_IN_FUTURE",
            f"签章时间 {shown(claimed)} 晚于查验时间,请检查时钟",
            f"signed at {shown(claimed)}, after the time of the check; check the clock",
        )
    elif proven is not None and claimed > proven + SKEW:
        yield unsure(
            SubIndication.TIMESTAMP_ORDER_FAILURE,
            "SIGNED_AFTER_TIMESTAMP",
            f"所称签章时间 {shown(claimed)} 晚于时间证明 {shown(proven)}",
            f"the claimed time of signing {shown(claimed)} is later than the proven one {shown(proven)}",
        )


def _content(signature: SesSignature, value: Value, content_digest: ContentDigest, course: Course) -> bool:
    if value.scheme is None:
        course.steps["content"] = NOT_CHECKED
        return False
    if content_digest(value.scheme.hash).value == signature.data_hash:
        return course.step("content", ())
    return course.step(
        "content",
        [
            failed(
                SubIndication.HASH_FAILURE,
                "CONTENT_ALTERED",
                "内容被改动:摘要与签章时不一致",
                "the content was altered: its digest is not the signed one",
            )
        ],
    )


def _stamp(signature: SesSignature, evidence: Evidence) -> Stamped | None:
    if signature.timestamp is None:
        return None
    return stamped(signature.timestamp, signature.signed.signature, evidence, "")


def _claimed(signature: SesSignature) -> datetime | None:
    """timeInfo.  A token there is of V1, whose imprint no text defines: its time is only claimed."""
    if signature.time_token is None:
        return signature.signed_at
    try:
        return parse_timestamp(signature.time_token).info.at
    except TimestampMalformed:
        return None


def _proven(stamp: Stamped | None, existed_by: datetime | None, at: datetime) -> datetime | None:
    moments = [None if stamp is None else stamp.proven, existed_by]
    return min((one for one in moments if one is not None and one <= at), default=None)


def _facts(
    signature: SesSignature,
    value: Value,
    stamp: Stamped | None,
    claimed: datetime | None,
    proven: datetime | None,
) -> dict[str, Json]:
    facts: dict[str, Json] = {
        "standard": STANDARDS[signature.version],
        "rule": value.rule,
        "algorithm": None if value.scheme is None else value.scheme.name,
        "signing_time": None if claimed is None else shown(claimed),
        "time_proof": "claimed" if proven is None else "proven",
        "proven_time": None if proven is None else shown(proven),
        "timestamp": None if stamp is None else stamp.facts,
        "property_info": signature.property_info,
        "extensions": extension_facts(signature.extensions),
    }
    authority, _ = authority_of(signature.extensions)
    if authority is not None:
        facts["authority"] = authority
    return facts


def _notes(signature: SesSignature, property_info: str | None) -> Iterator[Reason]:
    _, malformed_authority = authority_of(signature.extensions)
    if malformed_authority is not None:
        yield malformed_authority
    if property_info is not None and property_info != signature.property_info:
        yield Reason(
            "PROPERTY_INFO_DIFFERS",
            "签章中的原文属性与文件不一致(有的厂商写入文档编号)",
            "the property of the original in the signature is not that of the file; "
            "some products write a document number there",
        )
    if signature.version == 1:
        yield Reason(
            "SES_OLD_VERSION",
            "签章采用已被替代的 GM/T 0031-2014 格式",
            "the signature is of GM/T 0031-2014, which was superseded",
        )
    if signature.time_token is not None:
        yield Reason(
            "TIME_TOKEN_NOT_CHECKED",
            "签章时间以时间戳给出,标准未规定其所证明的内容,按所称时间对待",
            "the time of signing is a time stamp of which no text says what it is over; taken as claimed",
        )
