# SPDX-License-Identifier: Apache-2.0
"""Check the signed statement of a QR code against the trust list, without the server.

Indications and sub-indications are those of EN 319 102-1. The answer is about the statement: that it is
genuine and unaltered.  How the document stands is told by the list of document states, where the trust has
one, as of the time of that list; otherwise it is unknown, and the report says so.  The signature alone is
never enough: each key must be allowed for this body, this kind of document, on that day, for this host.
"""

from __future__ import annotations

from datetime import datetime

from keys import ECDSA_SHA256, SM2_SM3, KeyKind, KeysError, Scheme

from ..canonical import Json
from ..report import Indication, Reason, Report, SignatureReport, SubIndication
from ..trust import QrKey, Trust
from .document_id import group_document_id
from .errors import QrMalformed, QrNotOurs
from .findings import Finding, newest_time, policy_findings
from .signature import der_signature
from .standing import standing_of
from .statement import SignedQr, parse_qr

FORMAT = "IR1"
_ALGORITHMS: dict[str, tuple[KeyKind, Scheme]] = {
    "SM2": (KeyKind.SM2, SM2_SM3),
    "ES256": (KeyKind.P256, ECDSA_SHA256),
}
_FAILED, _UNSURE = Indication.TOTAL_FAILED, Indication.INDETERMINATE


def check_qr(
    text: str, *, trust: Trust, at: datetime, host: str | None = None, proof: bytes | None = None
) -> Report:
    """Is this QR text a genuine, unaltered statement?  ``host``: the only one that the caller accepts.

    ``proof``: the log proof file of the entry that announced the document; it is what a statement needs whose
    key was revoked later.  Never raises for any text.
    """
    try:
        signed = parse_qr(text)
    except QrNotOurs as error:
        reason = Reason(
            "QR_NOT_SIGNED", "二维码中没有可离线核验的签名声明", f"nothing signed in this text: {error}"
        )
        return _report(_UNSURE, SubIndication.SIGNED_DATA_NOT_FOUND, (reason,), {})
    except QrMalformed as error:
        reason = Reason("QR_MALFORMED", f"二维码内容不合格式({error.field})", f"{error.field}: {error.rule}")
        return _report(_FAILED, SubIndication.FORMAT_FAILURE, (reason,), {})
    facts = _facts(signed)
    keys, unknown = _signers(signed, trust)
    if keys is None:
        reason = Reason(
            "QR_SIGNATURE_INVALID",
            "签名验证失败:内容、网址或编号被改动,或并非本机关签发",
            "the signature does not verify: content, host or id was altered, or another body signed",
        )
        return _report(_FAILED, SubIndication.SIG_CRYPTO_FAILURE, (reason,), facts)
    if unknown:
        reason = Reason(
            "QR_KEY_UNKNOWN",
            f"信任列表中没有签名密钥 {unknown}:列表过旧,或并非本机关签发",
            f"key {unknown} is not in the trust list: the list is old, or another body signed",
        )
        return _report(_UNSURE, SubIndication.NO_SIGNING_CERTIFICATE_FOUND, (reason,), facts)
    return _judged(signed, keys, facts, trust=trust, at=at, host=host, proof=proof)


def _judged(
    signed: SignedQr,
    keys: tuple[QrKey, ...],
    facts: dict[str, Json],
    *,
    trust: Trust,
    at: datetime,
    host: str | None,
    proof: bytes | None,
) -> Report:
    """The verdict on a statement whose signatures verify."""
    facts["authority"] = keys[0].authority
    now = newest_time(trust, at)
    standing = standing_of(signed.statement, trust.document_status, now)
    facts.update(standing.facts)
    found: list[Finding] = [
        *policy_findings(signed, keys, trust=trust, at=at, now=now, host=host, proof=proof),
        *standing.findings,
    ]
    against = [one for one in found if one.indication is not None]
    noted = tuple(one.reason for one in found if one.indication is None)
    if not against:
        genuine = Reason(
            "QR_GENUINE",
            f"声明真实、未改动;{standing.zh}",
            f"the statement is genuine and unaltered; {standing.en}",
        )
        return _report(Indication.TOTAL_PASSED, None, (genuine, *noted), facts)
    against.sort(key=lambda one: one.indication is not _FAILED)
    first = against[0]
    return _report(
        first.indication or _UNSURE,
        first.sub_indication,
        (*(one.reason for one in against), *noted),
        facts,
    )


def _signers(signed: SignedQr, trust: Trust) -> tuple[tuple[QrKey, ...] | None, str]:
    """The key behind each signature and the id of one that nobody lists; no keys at all when a signature is
    false.  A false one says more than an unknown one, so all are looked at."""
    found: list[QrKey] = []
    unknown = ""
    for algorithm, kid, signature in signed.parts:
        named = [key for key in trust.qr_keys if key.kid == kid]
        if not named:
            unknown = unknown or kid
            continue
        key = next((key for key in named if _verifies(key, algorithm, signature, signed.message)), None)
        if key is None:
            return None, ""
        found.append(key)
    return tuple(found), unknown


def _verifies(key: QrKey, algorithm: str, signature: bytes, message: bytes) -> bool:
    """The algorithm in the code, in the trust list and of the key itself must be one and the same."""
    kind, scheme = _ALGORITHMS[algorithm]
    if key.algorithm != algorithm or key.public_key.kind is not kind:
        return False
    try:
        key.public_key.verify(der_signature(signature), message, scheme)
    except KeysError:
        return False
    return True


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
