# SPDX-License-Identifier: Apache-2.0
"""How the document of a statement stands, from the list of document states: words, facts and findings.

A document that is no longer in force is genuine all the same: it is neither a pass nor called false.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..canonical import Json
from ..document_states import DocumentChange, DocumentStanding, DocumentStatusList
from ..report import Indication, Reason, SubIndication
from .document_id import group_document_id
from .findings import CHINA, Finding, china_day
from .statement import QrStatement

UNKNOWN = "unknown"
MARGIN = timedelta(days=1)
"""A document may be issued before midnight and go on record after it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """``zh`` and ``en`` end the sentence that the statement is genuine."""

    zh: str
    en: str
    facts: Mapping[str, Json]
    findings: tuple[Finding, ...] = ()


_UNKNOWN = Standing("现状未知", "how it stands now is not known", {"document_status": UNKNOWN})


def standing_of(statement: QrStatement, listed: DocumentStatusList | None, at: datetime) -> Standing:
    """``at`` is not before the list."""
    if listed is None or listed.log.split("/", 1)[0] != statement.host or statement.log_index is None:
        return _UNKNOWN
    as_of = f"{listed.issued.astimezone(CHINA):%Y-%m-%d %H:%M}"
    facts: dict[str, Json] = {
        "document_status": UNKNOWN,
        "document_status_as_of": _moment(listed.issued),
        "document_status_age": int(listed.age(at).total_seconds()),
    }
    stale = _stale(listed, at)
    state = listed.state_at(statement.log_index)
    if state is None:
        if statement.issued < china_day(listed.issued) - MARGIN:
            return Standing("", "", facts, (_NOT_REGISTERED, *stale))
        return Standing(
            f"文书新于状态列表(截至 {as_of}),现状未知",
            f"it is newer than the list of states (as of {as_of}), so how it stands is not known",
            facts,
            stale,
        )
    told = standing_told(state, listed.changes.get(statement.log_index), listed.issued)
    return replace(told, facts={**facts, **told.facts}, findings=(*told.findings, *stale))


def standing_told(state: DocumentStanding, change: DocumentChange | None, as_of: datetime) -> Standing:
    """A known state in words, facts and findings.  ``change``: since when and why, unless it is normal."""
    moment = f"{as_of.astimezone(CHINA):%Y-%m-%d %H:%M}"
    facts: dict[str, Json] = {"document_status": state.value, "document_status_as_of": _moment(as_of)}
    if state is DocumentStanding.NORMAL:
        return Standing(f"状态截至 {moment}:正常", f"in its normal state as of {moment}", facts)
    change = change or DocumentChange(as_of, "not-stated")
    facts["document_status_since"] = _moment(change.at)
    facts["document_status_reason"] = change.reason
    facts["document_successor"] = change.successor
    day = china_day(change.at)
    zh = f"文书自 {day} 起{state.zh}(原因 {change.reason})"
    en = f"{state.value} since {day} ({change.reason})"
    if change.successor is not None:
        newer = group_document_id(change.successor)
        zh, en = f"{zh},后继文书 {newer}", f"{en}, successor {newer}"
    zh, en = f"{zh},状态截至 {moment}", f"{en}, as of {moment}"
    reason = Reason(f"DOCUMENT_{state.name}", f"声明真实、未改动;{zh}", f"genuine and unaltered; {en}")
    if state.in_force:
        return Standing(f"状态截至 {moment}:{state.zh}", en, facts, (Finding(reason),))
    against = Finding(reason, Indication.INDETERMINATE, SubIndication.DOCUMENT_NOT_IN_FORCE)
    return Standing(zh, en, facts, (against,))


def _stale(listed: DocumentStatusList, at: datetime) -> tuple[Finding, ...]:
    if at <= listed.next_update:
        return ()
    hours = listed.age(at) // timedelta(hours=1)
    return (
        Finding(
            Reason(
                "DOCUMENT_STATUS_STALE",
                f"文书状态列表已有 {hours} 小时,过了更新期限;现状请联网查询",
                f"the list of document states is {hours} hours old and due for renewal; ask online",
            )
        ),
    )


_NOT_REGISTERED = Finding(
    Reason(
        "DOCUMENT_NOT_REGISTERED",
        "签名有效,但登记簿中没有这份文书;请联网查询,或向签发机关核实",
        "the signature is good, but no such document is on record: ask online, or ask its issuer",
    ),
    Indication.INDETERMINATE,
    SubIndication.NO_POE,
)


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
