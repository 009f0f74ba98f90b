# SPDX-License-Identifier: Apache-2.0
"""The verdict on a list of document states, and whether it may be believed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..canonical import Json
from ..document_states import DocumentStatusInvalid
from ..report import Indication, Reason, Report, SubIndication, combine
from ..trust import Trust
from .document_status import FORMAT, DocumentStatusFile, parse_document_status
from .judging import judge_signers, missing_families
from .members import time_of
from .signers import TOO_FEW, enough_signers

KIND = "document-status"
_PASSED = Indication.TOTAL_PASSED


def check_document_status(data: bytes, *, trust: Trust, at: datetime, after: int | None = None) -> Report:
    """Every signature must verify and chain to an anchor of ``trust``, under the rule of :mod:`.signers`.

    ``after``: the highest sequence seen before; a lower one is refused.  Never raises for any bytes.
    """
    try:
        found = parse_document_status(data)
    except DocumentStatusInvalid as error:
        reason = Reason(
            "DOCUMENT_STATUS_MALFORMED",
            f"文书状态列表格式不符({error.field}):文件被改动或不完整,请重新获取",
            f"not a list of document states, or altered: {error.field}: {error.rule}; fetch it again",
        )
        return Report(
            kind=KIND,
            indication=Indication.TOTAL_FAILED,
            sub_indication=SubIndication.FORMAT_FAILURE,
            reasons=(reason,),
        )
    judged = judge_signers(found.signed_bytes(), found.signatures, form=FORMAT, trust=trust, at=at)
    indication, sub = combine(judged)
    reasons: list[Reason] = []
    for found_sub, reason in _findings(found, trust, at, after):
        if indication is _PASSED:
            indication, sub = Indication.INDETERMINATE, found_sub
        reasons.append(reason)
    listed = found.listed
    facts: dict[str, Json] = {
        "sequence": listed.sequence,
        "issued": time_of(listed.issued),
        "next_update": time_of(listed.next_update),
        "publisher": listed.publisher,
        "log": listed.log,
        "size": listed.size,
        "not_normal": len(listed.changes),
    }
    return Report(KIND, indication, sub, judged, tuple(reasons), facts)


def require_document_status(found: DocumentStatusFile, *, trust: Trust, at: datetime) -> None:
    """Raise :class:`DocumentStatusInvalid` unless the list may be believed.  One whose time has passed is: it
    goes on to tell how documents stood then."""
    listed = found.listed
    within = min(max(at, listed.issued), listed.next_update)
    judged = judge_signers(found.signed_bytes(), found.signatures, form=FORMAT, trust=trust, at=within)
    for number, one in enumerate(judged):
        fresh_crl_missing = one.sub_indication is SubIndication.TRY_LATER
        if one.indication is not _PASSED and not fresh_crl_missing:
            rule = one.reasons[0].en if one.reasons else str(one.sub_indication)
            raise DocumentStatusInvalid(field=f"signatures[{number}]", rule=rule)
    if not enough_signers(found.signatures):
        raise DocumentStatusInvalid(field="signatures", rule=TOO_FEW.en)
    if missing := missing_families(found.signatures, trust, within):
        raise DocumentStatusInvalid(field="signatures", rule=f"none chains to the root of {missing}")


def _findings(
    found: DocumentStatusFile, trust: Trust, at: datetime, after: int | None
) -> Iterator[tuple[SubIndication, Reason]]:
    """What keeps a list with good signatures from passing."""
    listed = found.listed
    if not enough_signers(found.signatures):
        yield SubIndication.SIG_CONSTRAINTS_FAILURE, TOO_FEW
    if missing := missing_families(found.signatures, trust, at):
        yield (
            SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
            Reason(
                "DOCUMENT_STATUS_NOT_ANCHORED",
                f"没有签名可追溯到已知的根证书({missing})",
                f"no signature chains to the known root ({missing})",
            ),
        )
    if after is not None and listed.sequence < after:
        yield (
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            Reason(
                "DOCUMENT_STATUS_ROLLBACK",
                f"列表序号 {listed.sequence} 低于已见过的 {after}:旧列表不予采信",
                f"sequence {listed.sequence} is lower than {after}, which was seen before",
            ),
        )
    if at > listed.next_update:
        yield (
            SubIndication.TRY_LATER,
            Reason(
                "DOCUMENT_STATUS_STALE",
                "文书状态列表已过更新期限,请获取最新列表",
                f"the list was due for renewal at {time_of(listed.next_update)}; fetch a fresh one",
            ),
        )
    if at < listed.issued:
        yield (
            SubIndication.NOT_YET_VALID,
            Reason(
                "DOCUMENT_STATUS_FROM_FUTURE",
                "文书状态列表的签发时间晚于查验时间,请检查时钟",
                f"the list was issued at {time_of(listed.issued)}, after the time of the check",
            ),
        )
