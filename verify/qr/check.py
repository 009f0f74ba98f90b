# SPDX-License-Identifier: Apache-2.0
"""Check the signed statement of a QR code against the trust list, without the server.

Indications and sub-indications are those of EN 319 102-1. The answer is about the statement: that it is
genuine and unaltered. Whether the document was withdrawn since then only the live page knows, and the
report says so. The signature alone is never enough: the key must be allowed for this kind of document, on
that day, for this host.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from keys import ECDSA_SHA256, SM2_SM3, KeyKind, KeysError, Scheme

from ..canonical import Json
from ..report import Indication, Reason, Report, SignatureReport, SubIndication
from ..trust import QrKey, Trust
from .document_id import group_document_id
from .errors import QrMalformed, QrNotOurs
from .signature import der_signature
from .statement import SignedQr, parse_qr

FORMAT = "IR1"
CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
_ALGORITHMS: dict[str, tuple[KeyKind, Scheme]] = {
    "SM2": (KeyKind.SM2, SM2_SM3),
    "ES256": (KeyKind.P256, ECDSA_SHA256),
}
_Finding = tuple[Indication, SubIndication, Reason]


def check_qr(text: str, *, trust: Trust, at: datetime, host: str | None = None) -> Report:
    """Is this QR text a genuine, unaltered statement?  ``host``: the only one that the caller accepts.

    Never raises for any text.
    """
    try:
        signed = parse_qr(text)
    except QrNotOurs as error:
        reason = Reason(
            "QR_NOT_SIGNED", "二维码中没有可离线核验的签名声明", f"nothing signed in this text: {error}"
        )
        return _report(Indication.INDETERMINATE, SubIndication.SIGNED_DATA_NOT_FOUND, (reason,), {})
    except QrMalformed as error:
        reason = Reason("QR_MALFORMED", f"二维码内容不合格式({error.field})", f"{error.field}: {error.rule}")
        return _report(Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE, (reason,), {})
    facts = _facts(signed)
    named = [key for key in trust.qr_keys if key.kid == signed.kid]
    if not named:
        reason = Reason(
            "QR_KEY_UNKNOWN",
            f"信任名单中没有签名密钥 {signed.kid}:名单过旧,或并非本机关签发",
            f"key {signed.kid} is not in the trust list: the list is old, or another body signed",
        )
        return _report(Indication.INDETERMINATE, SubIndication.NO_SIGNING_CERTIFICATE_FOUND, (reason,), facts)
    key = next((key for key in named if _verifies(key, signed)), None)
    if key is None:
        reason = Reason(
            "QR_SIGNATURE_INVALID",
            "签名验证失败:内容、网址或编号被改动,或并非本机关签发",
            "the signature does not verify: content, host or id was altered, or another body signed",
        )
        return _report(Indication.TOTAL_FAILED, SubIndication.SIG_CRYPTO_FAILURE, (reason,), facts)
    facts["authority"] = key.authority
    findings = list(_findings(signed, key, trust=trust, at=at, host=host))
    if not findings:
        reason = Reason(
            "QR_GENUINE",
            "声明真实、未改动;文书现状请以扫码打开的页面为准",
            "the statement is genuine and unaltered; for the present status open the page",
        )
        return _report(Indication.TOTAL_PASSED, None, (reason,), facts)
    failed = [one for one in findings if one[0] is Indication.TOTAL_FAILED]
    indication, sub, _ = (failed or findings)[0]
    return _report(indication, sub, tuple(reason for _, _, reason in findings), facts)


def _verifies(key: QrKey, signed: SignedQr) -> bool:
    """The algorithm in the code, in the trust list and of the key itself must be one and the same."""
    kind, scheme = _ALGORITHMS[signed.algorithm]
    if key.algorithm != signed.algorithm or key.public_key.kind is not kind:
        return False
    try:
        key.public_key.verify(der_signature(signed.signature), signed.signed_bytes(), scheme)
    except KeysError:
        return False
    return True


def _findings(
    signed: SignedQr, key: QrKey, *, trust: Trust, at: datetime, host: str | None
) -> Iterator[_Finding]:
    """Everything that speaks against a statement whose signature verifies."""
    statement = signed.statement
    today = at.astimezone(CHINA).date()
    unsure, failed = Indication.INDETERMINATE, Indication.TOTAL_FAILED
    if statement.host not in trust.hosts or (host is not None and statement.host != host.lower()):
        yield (
            unsure,
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            Reason(
                "QR_HOST",
                f"网址 {statement.host} 不是公布的官方网址",
                f"{statement.host} is not a published host",
            ),
        )
    if statement.kind not in key.kinds:
        yield (
            unsure,
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            Reason(
                "QR_KEY_SCOPE",
                f"签名密钥无权签发此类文书({statement.kind})",
                f"this key may not sign documents of kind {statement.kind}",
            ),
        )
    first, last = (moment.astimezone(CHINA).date() for moment in (key.sign_from, key.sign_until))
    if not first <= statement.issued <= last:
        yield (
            unsure,
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            Reason(
                "QR_KEY_PERIOD",
                f"签发日期 {statement.issued} 不在密钥使用期 {first} 至 {last} 内",
                f"issued on {statement.issued}, outside the key's signing period {first} to {last}",
            ),
        )
    if key.revoked_at is not None:
        day = key.revoked_at.astimezone(CHINA).date()
        before = statement.issued < day
        yield (
            unsure if before else failed,
            SubIndication.REVOKED_NO_POE if before else SubIndication.REVOKED,
            Reason(
                "QR_KEY_REVOKED",
                f"签名密钥已于 {day} 停用;此前签发的文书须以公开日志证明",
                f"the key was revoked on {day}; only the public log can prove that this was signed before",
            ),
        )
    if statement.issued > today:
        yield (
            failed,
            SubIndication.NOT_YET_VALID,
            Reason(
                "QR_FROM_FUTURE",
                f"签发日期 {statement.issued} 晚于今天",
                f"issued on {statement.issued}, after today",
            ),
        )
    if statement.valid_until is not None and statement.valid_until < today:
        yield (
            failed,
            SubIndication.EXPIRED,
            Reason(
                "QR_EXPIRED",
                f"签名真实,但文书已于 {statement.valid_until} 到期",
                f"genuine, but the document expired on {statement.valid_until}",
            ),
        )
    if trust.next_update is not None and at > trust.next_update:
        yield (
            unsure,
            SubIndication.TRY_LATER,
            Reason(
                "TRUST_LIST_STALE",
                "信任名单已过更新期限,请获取最新名单后再验",
                f"the trust list was due for renewal at {trust.next_update.isoformat()}; fetch a fresh one",
            ),
        )


def _report(
    indication: Indication, sub: SubIndication | None, reasons: tuple[Reason, ...], facts: dict[str, Json]
) -> Report:
    signatures: tuple[SignatureReport, ...] = ()
    if facts:
        signatures = (
            SignatureReport(
                format=FORMAT, indication=indication, sub_indication=sub, reasons=reasons, facts=facts
            ),
        )
    return Report(
        kind="qr",
        indication=indication,
        sub_indication=sub,
        signatures=signatures,
        reasons=reasons,
        facts=facts,
    )


def _facts(signed: SignedQr) -> dict[str, Json]:
    statement = signed.statement
    facts: dict[str, Json] = {
        "url": signed.url,
        "host": statement.host,
        "document_id": statement.id,
        "document_id_printed": group_document_id(statement.id),
        "document_kind": statement.kind,
        "record_digest": statement.digest.hex(),
        "issued": statement.issued.isoformat(),
        "valid_until": None if statement.valid_until is None else statement.valid_until.isoformat(),
        "log_index": statement.log_index,
        "algorithm": signed.algorithm,
        "key_id": signed.kid,
    }
    if statement.facts is not None:
        stated = statement.facts
        facts["stated"] = {
            "uscc": stated.uscc,
            "name": stated.name,
            "class": stated.class_,
            "good": stated.good,
            "bad": stated.bad,
            "authority": stated.authority,
        }
    return facts
