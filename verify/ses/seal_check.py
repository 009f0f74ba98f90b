# SPDX-License-Identifier: Apache-2.0
"""Is the seal itself good?  GB/T 38540-2020 clause 6.3, GM/T 0031-2025 for the time stamp of a V5 seal.

The maker's signature, the maker's certificate, the period of the seal, its time stamp, and how it stood by
the published list of seals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from keys import HashAlgorithm

from ..canonical import Json
from ..report import Reason, SignatureReport, SubIndication
from ..seal_states import SealEntry, SealStanding, SealState, SealStatusList
from ..trust import Trust
from ..x509 import Certificate
from ..x509.constraints import called
from ..x509.findings import Finding, failed, judged, unsure
from ..x509.moments import shown
from .course import ABSENT, NOT_CHECKED, Course
from .errors import SesMalformed
from .extras import critical_findings
from .facts import seal_digest, seal_facts
from .model import ElectronicSeal
from .seal import LARGEST_CACHED, parse_seal
from .stamps import Stamped, stamped
from .standing import MAKER, Evidence, standing_of
from .value import Value, seal_value

SKEW: Final = timedelta(minutes=5)
"""Clocks of makers, signers and time stamps may differ by so much."""
_WITHIN_A_SECOND: Final = timedelta(microseconds=999_999)
_GOOD: Final = Reason(
    "SEAL_GENUINE",
    "印章真实、有效:由受信任的制章人制作,在有效期内",
    "the seal is genuine and valid: a trusted maker made it, and it is within its period",
)
_ENDED: Final = (SealStanding.CANCELLED, SealStanding.REPLACED)
_NAMES: Final = {one: "NOT_ACTIVATED" if one is SealStanding.MADE else one.name for one in SealStanding}
_ANY_MAKER: Final = Reason(
    "SEAL_MAKER_NOT_RESTRICTED",
    "信任材料未限定制章人:印章名称以制章人的身份为准,请一并核对制章人和签章人",
    "the trust does not say who may make seals: the name of the seal is worth what its maker is, look at "
    "both maker and signer",
)
_STATUS_UNKNOWN: Final = Reason(
    "SEAL_STATUS_UNKNOWN",
    "印章状态未知:没有载有该印章的印章状态名单,或名单已过期",
    "the status of the seal is not known: no current list of seals has it",
)
_STATUS_OLD: Final = Reason(
    "SEAL_STATUS_OLD",
    "签章时印章为启用状态;印章状态名单已过期,此后的状态未知",
    "the seal was active when it was used; the list of seals is out of date about what happened since",
)


@dataclass(frozen=True, slots=True)
class Use:
    """When the seal is used: ``claimed`` by the signer, ``proven`` by others; neither when it is looked at by
    itself."""

    claimed: datetime | None = None
    proven: datetime | None = None


def check_seal(der: bytes, *, trust: Trust, at: datetime) -> SignatureReport:
    """The verdict on a seal file (``.esl``): may it be used at that moment?  Never raises for any bytes."""
    try:
        seal = parse_seal(der)
    except SesMalformed as error:
        return judged(
            "SES seal", [malformed(error)], _GOOD, {"steps": {"format": "failed"}, "deviations": []}
        )
    course = Course()
    course.step("format", critical_findings(seal.extensions, "SEAL_"))
    facts = judge_seal(seal, Evidence(trust, at), Use(), course)
    return course.report(f"SES seal V{seal.version}", _GOOD, facts)


def malformed(error: SesMalformed) -> Finding:
    return failed(
        SubIndication.FORMAT_FAILURE,
        "SES_MALFORMED",
        f"电子印章或签章数据不合格式({error.field})",
        f"the seal or its signature is not well-formed: {error.field}: {error.rule}",
    )


def judge_seal(seal: ElectronicSeal, evidence: Evidence, use: Use, course: Course) -> dict[str, Json]:
    """All steps about the seal; the facts about seal and maker."""
    course.deviates(seal.deviations)
    value = _seal_value(seal)
    course.deviates(value.odd)
    course.step("seal_signature", () if value.finding is None else (value.finding,))
    stamp = None
    if seal.timestamp is not None and value.scheme is not None:
        stamp = stamped(seal.timestamp, seal.maker.signature, evidence, "SEAL_")
        course.step("seal_timestamp", (*stamp.found, *_stamp_order(seal, stamp)))
    else:
        course.steps["seal_timestamp"] = ABSENT if seal.timestamp is None else NOT_CHECKED
    entry_state = _state(seal, evidence, use.claimed or evidence.at)
    facts: dict[str, Json] = {
        "seal": {
            **seal_facts(seal),
            "rule": value.rule,
            "algorithm": None if value.scheme is None else value.scheme.name,
            "timestamp": None if stamp is None else stamp.facts,
            "status": "unknown" if entry_state is None else entry_state.state.value,
            "status_since": None if entry_state is None else shown(entry_state.since),
        }
    }
    facts.update(_maker(seal, value, stamp, entry_state, evidence, use, course))
    course.step("seal_period", [*_period(seal, evidence, use), *_made(seal, evidence, use)])
    _status(seal, entry_state, evidence, use, course)
    return facts


def _seal_value(seal: ElectronicSeal) -> Value:
    return _remembered(seal) if len(seal.der) <= LARGEST_CACHED else seal_value(seal)


_remembered = lru_cache(maxsize=256)(seal_value)
"""The answer never changes; a batch of documents bears the same few seals."""


def _maker(
    seal: ElectronicSeal,
    value: Value,
    stamp: Stamped | None,
    state: SealState | None,
    evidence: Evidence,
    use: Use,
    course: Course,
) -> dict[str, Json]:
    """The maker's certificate, judged when the seal was made (GM/T 0031-2025: expired since only informs, if
    something else than the maker says that the seal existed)."""
    if value.certificate is None:
        course.steps["seal_maker"] = NOT_CHECKED
        return {"maker": None}
    moments = [one for one in (use.proven, None if stamp is None else stamp.proven) if one is not None]
    if state is not None:
        # Published by the seal's authority under its own signature: this very seal was made.
        moments.append(max(seal.created, value.certificate.not_before))
    standing = standing_of(
        value.certificate, evidence, MAKER, used=seal.created, proven=min(moments, default=None)
    )
    course.step(
        "seal_maker", [*standing.found, *_appointed(seal, value.certificate, state, evidence, course)]
    )
    course.notes.extend(standing.notes)
    facts = standing.report.facts
    return {
        "maker": facts.get("signer"),
        "maker_chain": facts.get("chain"),
        "maker_revocation": facts.get("revocation"),
    }


def _appointed(
    seal: ElectronicSeal,
    maker: Certificate,
    state: SealState | None,
    evidence: Evidence,
    course: Course,
) -> Iterator[Finding]:
    """The standard lets whoever was certified make seals of any name: who may is for the verifier's trust."""
    published = evidence.trust.seal_status
    if state is not None or (published is not None and _entry(seal, published) is not None):
        return  # its authority published it, whoever made it
    appointed = evidence.trust.seal_makers
    if appointed is None and published is None:
        course.notes.append(_ANY_MAKER)
    elif appointed is None and published is not None:
        if published.of_code(seal.code):
            return  # another seal has this code: said where its status is looked at
        yield unsure(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "SEAL_NOT_PUBLISHED",
            f"印章状态名单未载该印章,信任材料也未指定制章人({called(maker)})可制章,印章名称不可采信,请核实",
            f"the published list of seals does not have this one, and the trust does not appoint its maker "
            f"({called(maker)}): do not rely on the name in it, ask",
        )
    elif appointed is not None and maker.fingerprint not in appointed:
        yield unsure(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "SEAL_MAKER_NOT_APPOINTED",
            f"制章人({called(maker)})不在受信任的制章人名单中,印章名称不可采信,请核实",
            f"the maker of the seal ({called(maker)}) is not among those that may make seals: do not rely on "
            "the name in it, ask",
        )


def _stamp_order(seal: ElectronicSeal, stamp: Stamped) -> Iterator[Finding]:
    if stamp.proven is not None and seal.created > stamp.proven + SKEW:
        yield failed(
            SubIndication.TIMESTAMP_ORDER_FAILURE,
            "SEAL_TIMESTAMP_BEFORE_CREATION",
            f"印章自称制作于 {shown(seal.created)},晚于其时间戳 {shown(stamp.proven)}",
            f"the seal says it was made at {shown(seal.created)}, later than its time stamp "
            f"{shown(stamp.proven)}",
        )


def _period(seal: ElectronicSeal, evidence: Evidence, use: Use) -> Iterator[Finding]:
    span = f"{shown(seal.valid_from)} / {shown(seal.valid_until)}"
    if seal.valid_until < seal.valid_from:
        yield failed(
            SubIndication.FORMAT_FAILURE,
            "SEAL_PERIOD_REVERSED",
            f"印章有效期颠倒({span})",
            f"the period of the seal ends before it begins ({span})",
        )
        return
    if use.claimed is None:
        yield from _period_now(seal, evidence.at)
        return
    if use.claimed > seal.valid_until:
        yield failed(
            SubIndication.SEAL_EXPIRED_AT_SIGNING,
            "SEAL_EXPIRED_AT_SIGNING",
            f"签章时间 {shown(use.claimed)} 已过印章有效期({span}),请勿采信",
            f"sealed at {shown(use.claimed)}, after the period of the seal ({span}); do not rely on it",
        )
    elif use.claimed < seal.valid_from:
        yield failed(
            SubIndication.NOT_YET_VALID,
            "SEAL_NOT_YET_VALID_AT_SIGNING",
            f"签章时间 {shown(use.claimed)} 早于印章有效期({span}),请勿采信",
            f"sealed at {shown(use.claimed)}, before the period of the seal ({span}); do not rely on it",
        )
    elif min(use.proven or evidence.at, evidence.at) > seal.valid_until:
        yield unsure(
            SubIndication.OUT_OF_BOUNDS_NO_POE,
            "SEAL_EXPIRED_SINCE",
            f"印章已于 {shown(seal.valid_until)} 到期;所称签章时间 {shown(use.claimed)} 在有效期内,"
            "但没有证明,请以其他方式核实",
            f"the seal expired at {shown(seal.valid_until)}; the claimed time {shown(use.claimed)} lies "
            "within its period, and nothing proves it: find out by other means",
        )


def _period_now(seal: ElectronicSeal, at: datetime) -> Iterator[Finding]:
    if at > seal.valid_until:
        yield unsure(
            SubIndication.OUT_OF_BOUNDS_NO_POE,
            "SEAL_EXPIRED",
            f"印章已于 {shown(seal.valid_until)} 到期,不能再用;请重新制章",
            f"the seal expired at {shown(seal.valid_until)} and is not used any more: have it made again",
        )
    if at < seal.valid_from:
        yield unsure(
            SubIndication.OUT_OF_BOUNDS_NO_POE,
            "SEAL_NOT_YET_VALID",
            f"印章自 {shown(seal.valid_from)} 起生效",
            f"the seal is valid from {shown(seal.valid_from)}",
        )


def _made(seal: ElectronicSeal, evidence: Evidence, use: Use) -> Iterator[Finding]:
    """createDate must be plausible."""
    if seal.created > evidence.at + SKEW:
        yield unsure(
            SubIndication.NOT_YET_VALID,
            "SEAL_FROM_FUTURE",
            f"印章自称制作于 {shown(seal.created)},晚于查验时间,请检查时钟",
            f"the seal says it was made at {shown(seal.created)}, after the time of the check; "
            "check the clock",
        )
    elif use.claimed is not None and seal.created > use.claimed + SKEW:
        yield unsure(
            SubIndication.TIMESTAMP_ORDER_FAILURE,
            "SEAL_MADE_AFTER_SIGNING",
            f"印章制作于 {shown(seal.created)},晚于所称签章时间 {shown(use.claimed)}",
            f"the seal was made at {shown(seal.created)}, after the claimed time of sealing "
            f"{shown(use.claimed)}",
        )


def _state(seal: ElectronicSeal, evidence: Evidence, at: datetime) -> SealState | None:
    published = evidence.trust.seal_status
    if published is None:
        return None
    name = seal_digest(seal.der, HashAlgorithm.SHA256).hex
    state = published.state_at(seal.code, name, at)
    if state is None and at > published.next_update:
        # A list that has run out still tells of an end, after which nothing comes.
        last = published.state_at(seal.code, name, published.next_update)
        return last if last is not None and last.state in _ENDED else None
    if state is None or state.state is SealStanding.ACTIVE:
        return state
    # A signature tells whole seconds: put into use and used within one second is no contradiction.
    within = published.state_at(seal.code, name, at + _WITHIN_A_SECOND)
    return within if within is not None and within.state is SealStanding.ACTIVE else state


def _status(
    seal: ElectronicSeal, state: SealState | None, evidence: Evidence, use: Use, course: Course
) -> None:
    """How it stood when used, and whether that is still worth something without proof of the time."""
    if state is None:
        course.notes.append(_STATUS_UNKNOWN)
        other = [*_other_seal(seal, evidence), *_last_heard(seal, evidence)]
        course.step("seal_status", other)
        if not other:
            course.steps["seal_status"] = NOT_CHECKED
        return
    found: list[Finding] = []
    if use.claimed is None:
        found.extend(_state_now(state))
    elif state.state is not SealStanding.ACTIVE:
        found.append(
            failed(
                SubIndication.SEAL_REVOKED_AT_SIGNING,
                f"SEAL_{_NAMES[state.state]}_AT_SIGNING",
                f"签章时印章并非启用状态({state.state.value},自 {shown(state.since)} 起),请勿采信",
                f"the seal was {state.state.value} when it was used, since {shown(state.since)}; "
                "do not rely on it",
            )
        )
    else:
        until = min(use.proven or evidence.at, evidence.at)
        last = _state(seal, evidence, until)
        if last is None:
            course.notes.append(_STATUS_OLD)
            last = _when_it_ran_out(seal, evidence)
        if last is None:
            pass
        elif last.state is SealStanding.REPLACED:
            course.notes.append(_replaced(last))
        elif last.state is not SealStanding.ACTIVE:
            found.append(_ended(last, use.claimed))
    course.step("seal_status", found)


def _entry(seal: ElectronicSeal, published: SealStatusList) -> SealEntry | None:
    return published.entry(seal.code, seal_digest(seal.der, HashAlgorithm.SHA256).hex)


def _when_it_ran_out(seal: ElectronicSeal, evidence: Evidence) -> SealState | None:
    """The last that the list can say of this seal."""
    published = evidence.trust.seal_status
    return None if published is None else _state(seal, evidence, published.next_update)


def _last_heard(seal: ElectronicSeal, evidence: Evidence) -> Iterator[Finding]:
    """The list ran out before the seal was used, and the seal was not in use then."""
    last = _when_it_ran_out(seal, evidence)
    if last is not None and last.state is not SealStanding.ACTIVE:
        yield unsure(
            SubIndication.TRY_LATER,
            f"SEAL_{_NAMES[last.state]}_WHEN_LAST_HEARD_OF",
            f"印章状态名单已过期;按该名单,印章自 {shown(last.since)} 起未处于启用状态({last.state.value}),"
            "请取得新名单再查",
            f"the list of seals is out of date; by it the seal has been {last.state.value} since "
            f"{shown(last.since)}: fetch a new list",
        )


def _other_seal(seal: ElectronicSeal, evidence: Evidence) -> Iterator[Finding]:
    """The list knows the code, and not this seal: somebody else made one under it."""
    published = evidence.trust.seal_status
    if published is None or not published.of_code(seal.code):
        return
    if _entry(seal, published) is None:
        yield unsure(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            "SEAL_NOT_LISTED_UNDER_ITS_CODE",
            f"印章状态名单中有编码 {seal.code} 的印章,但不是这一枚,请勿采信并向制章机构核实",
            f"the list of seals has code {seal.code}, and this seal is not the one: do not rely on it, "
            "ask who makes the seals",
        )


def _state_now(state: SealState) -> Iterator[Finding]:
    if state.state in _ENDED:
        yield failed(
            SubIndication.REVOKED,
            f"SEAL_{_NAMES[state.state]}",
            f"印章已于 {shown(state.since)} 注销或更换,不能再用",
            f"the seal was {state.state.value} at {shown(state.since)} and is not used any more",
        )
    elif state.state is not SealStanding.ACTIVE:
        yield unsure(
            SubIndication.TRY_LATER,
            f"SEAL_{_NAMES[state.state]}",
            f"印章自 {shown(state.since)} 起未处于启用状态({state.state.value})",
            f"the seal has been {state.state.value} since {shown(state.since)}",
        )


def _replaced(state: SealState) -> Reason:
    return Reason(
        "SEAL_REPLACED_SINCE",
        f"印章已于 {shown(state.since)} 更换为新印章,此前的签章仍然有效",
        f"the seal was replaced by a new one at {shown(state.since)}; what it sealed before stays valid",
    )


def _ended(state: SealState, claimed: datetime) -> Finding:
    return unsure(
        SubIndication.NO_POE,
        f"SEAL_{state.state.name}_SINCE",
        f"印章已于 {shown(state.since)} 停用({state.state.value});所称签章时间 {shown(claimed)} 在此之前,"
        "但没有证明,请以其他方式核实",
        f"the seal was {state.state.value} at {shown(state.since)}; the claimed time {shown(claimed)} is "
        "earlier, and nothing proves it: find out by other means",
    )
