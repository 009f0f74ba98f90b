# SPDX-License-Identifier: Apache-2.0
"""Check a time stamp: RFC 3161 section 2.2 and 2.3, ETSI EN 319 102-1 section 5.4, as a three-valued verdict.

The order: structure, digest, signature value, the certificate of the authority (extended key usage
timeStamping, critical and alone), its path, the time itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from keys import Digest, digest
from keys.der import oid, sequence

from ..canonical import Json
from ..cms.errors import Refused
from ..cms.signer import carried_by, require_bound, signing_certificate
from ..cms.value import require_attributes, require_content, require_signature
from ..report import Indication, Reason, SignatureReport, SubIndication
from ..stated import stated_extensions
from ..trust import Trust
from ..x509 import Certificate, PathCheck, Purpose, check_certificate
from ..x509.constraints import called
from ..x509.extensions import EXTENDED_KEY_USAGE
from ..x509.findings import Finding, failed, judged, unsure
from ..x509.moments import shown
from .errors import TimestampMalformed
from .info import TimestampInfo
from .token import Timestamp, parse_timestamp

FORMAT = "RFC 3161"
TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
_ALONE: Final = sequence(oid(TIME_STAMPING))
_SIGNS: Final = frozenset({"digitalSignature", "nonRepudiation"})
_GOOD = Reason(
    "TIMESTAMP_TRUSTED",
    "时间戳真实、有效:内容在所载时间已经存在",
    "the time stamp is genuine: the content existed at the time it states",
)


def check_timestamp(
    token: bytes,
    content: Digest,
    trust: Trust,
    at: datetime,
    *,
    nonce: int | None = None,
    path_check: PathCheck | None = None,
) -> SignatureReport:
    """The verdict on a token (or a response that grants one) over what has this digest.

    Never raises for any bytes.  ``nonce``: what was sent, which must come back.  ``path_check`` judges the
    certificate in another way than at ``at`` with what the token carries.
    """
    try:
        found = parse_timestamp(token)
    except TimestampMalformed as error:
        malformed = failed(
            SubIndication.FORMAT_FAILURE,
            "TIMESTAMP_MALFORMED",
            f"时间戳不合格式({error.field})",
            f"the time stamp is not well-formed: {error.field}: {error.rule}",
        )
        return judged(FORMAT, [malformed], _GOOD, {})
    facts = _facts(found.info)
    findings = [*_imprint(found.info, content), *_stated(found.info, at, nonce)]
    try:
        certificate = _signed(found, trust, facts)
    except Refused as refused:
        findings.insert(0, Finding(refused.indication, refused.sub, refused.reason))
        return judged(FORMAT, findings, _GOOD, facts)
    findings.extend(_authority(certificate, found.info))
    carried = carried_by(found.signed)
    if path_check is not None:
        path = path_check(certificate, carried.certificates, carried.crls)
    else:
        path = check_certificate(
            certificate,
            trust,
            at,
            purpose=Purpose.CERTIFICATE,
            intermediates=carried.certificates,
            crls=carried.crls,
        )
    if path.indication is not Indication.TOTAL_PASSED and path.sub_indication is not None:
        sub = path.sub_indication
        findings.extend(Finding(path.indication, sub, reason) for reason in path.reasons)
    return judged(FORMAT, findings, _GOOD, {**path.facts, **facts})


def _signed(found: Timestamp, trust: Trust, facts: dict[str, Json]) -> Certificate:
    """The certificate whose key signed the token.  Raises :class:`Refused`."""
    attributes = require_attributes(found.signed)
    algorithm = require_content(
        found.signed.signer, attributes, lambda algorithm: digest(algorithm, found.content)
    )
    certificate = signing_certificate(found.signed, carried_by(found.signed), trust)
    require_bound(attributes, certificate)
    scheme = require_signature(found.signed.signer, attributes, algorithm, certificate)
    facts["algorithm"] = scheme.name
    if attributes.certificate is None:
        raise Refused(
            Indication.INDETERMINATE,
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            "CERTIFICATE_NOT_NAMED",
            "时间戳的签名属性未指明证书",
            "the signed attributes do not name the certificate, as a time stamp must",
        )
    return certificate


def _imprint(info: TimestampInfo, content: Digest) -> Iterator[Finding]:
    if info.digest.algorithm is not content.algorithm:
        yield unsure(
            SubIndication.SIGNED_DATA_NOT_FOUND,
            "TIMESTAMP_OTHER_DIGEST",
            f"时间戳用的摘要算法是 {info.digest.algorithm},请用该算法计算内容的摘要后再验",
            f"the time stamp is over a {info.digest.algorithm} digest: compute that one and try again",
        )
    elif info.digest != content:
        yield failed(
            SubIndication.HASH_FAILURE,
            "TIMESTAMP_OTHER_CONTENT",
            "时间戳不是为该内容签发的,或内容被改动",
            "the time stamp is not over this content, or the content was altered",
        )


def _stated(info: TimestampInfo, at: datetime, nonce: int | None) -> Iterator[Finding]:
    if info.critical_unknown:
        names = ", ".join(info.critical_unknown)
        yield unsure(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            "CRITICAL_EXTENSION_UNKNOWN",
            f"时间戳含有本程序不能理解的关键扩展 {names}",
            f"the time stamp has a critical extension that is not understood here: {names}",
        )
    if nonce is not None and info.nonce != nonce:
        yield unsure(
            SubIndication.TRY_LATER,
            "TIMESTAMP_NONCE_MISMATCH",
            "时间戳未带回所发的随机数,可能是旧的,请重新申请",
            "the time stamp does not repeat the nonce that was sent: it may be an old one, ask again",
        )
    if at < info.at:
        yield unsure(
            SubIndication.TIMESTAMP_ORDER_FAILURE,
            "TIMESTAMP_FROM_FUTURE",
            f"时间戳所载时间 {shown(info.at)} 晚于查验时间,请检查时钟",
            f"the time stamp says {shown(info.at)}, after the time of the check; check the clock",
        )


def _authority(certificate: Certificate, info: TimestampInfo) -> Iterator[Finding]:
    stated = stated_extensions(certificate).get(EXTENDED_KEY_USAGE)
    if stated is None or not stated.critical or stated.value != _ALONE:
        yield unsure(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "EXTENDED_KEY_USAGE",
            f"证书 {called(certificate)} 的扩展密钥用途须为关键且仅含时间戳({TIME_STAMPING})",
            f"certificate {called(certificate)} must have the extended key usage timeStamping, "
            "critical and alone",
        )
    if certificate.is_ca or (certificate.key_usage is not None and not certificate.key_usage <= _SIGNS):
        yield unsure(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "KEY_USAGE",
            f"证书 {called(certificate)} 的密钥用途不允许签发时间戳",
            f"the key usage of {called(certificate)} does not allow it to sign time stamps",
        )
    if not certificate.not_before <= info.at <= certificate.not_after:
        yield unsure(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "TIMESTAMP_OUTSIDE_VALIDITY",
            f"时间戳所载时间 {shown(info.at)} 不在其签发证书的有效期内",
            f"the time stamp says {shown(info.at)}, when the certificate of its authority was not valid",
        )


def _facts(info: TimestampInfo) -> dict[str, Json]:
    accuracy = info.accuracy
    return {
        "time": shown(info.at),
        "accuracy_micros": None if accuracy is None else int(accuracy.span.total_seconds() * 1_000_000),
        "policy": info.policy,
        "serial": f"{info.serial:x}",
        "digest_algorithm": info.digest.algorithm.value,
        "digest": info.digest.hex,
        "nonce": None if info.nonce is None else str(info.nonce),
    }
