# SPDX-License-Identifier: Apache-2.0
"""What speaks against a statement whose signatures verify: the rules of the trust list, and time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

from ..report import Indication, Reason, SubIndication
from ..trust import QrKey, Trust
from .logged import logged_at
from .statement import DUAL, QrStatement, SignedQr

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
SLACK = timedelta(minutes=5)
"""How far a clock may be behind what was signed before that is said."""
_UNSURE, _FAILED = Indication.INDETERMINATE, Indication.TOTAL_FAILED
_LIMITS = SubIndication.SIG_CONSTRAINTS_FAILURE


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason; without indication it is said, and changes no verdict."""

    reason: Reason
    indication: Indication | None = None
    sub_indication: SubIndication | None = None


def newest_time(trust: Trust, at: datetime) -> datetime:
    """The time of the check, and never before what was signed: a clock set back revives nothing."""
    if trust.issued is not None and trust.issued > at:
        at = trust.issued
    if trust.document_status is not None and trust.document_status.issued > at:
        at = trust.document_status.issued
    return at


@lru_cache(maxsize=1024)
def china_day(moment: datetime) -> date:
    """The calendar day in China; keys and lists ask for the same ones again and again."""
    return moment.astimezone(CHINA).date()


def policy_findings(
    signed: SignedQr,
    keys: tuple[QrKey, ...],
    *,
    trust: Trust,
    at: datetime,
    now: datetime,
    host: str | None,
    proof: bytes | None,
) -> Iterator[Finding]:
    """In the order in which they are told; ``keys`` are those that signed, ``now`` is :func:`newest_time`."""
    statement = signed.statement
    if statement.host not in trust.hosts or (host is not None and statement.host != host.lower()):
        yield _limit(
            "QR_HOST",
            f"网址 {statement.host} 不是公布的官方网址",
            f"{statement.host} is not a published host",
        )
    if len({key.authority for key in keys}) > 1:
        yield _limit(
            "QR_KEY_AUTHORITY",
            "两个签名密钥属于不同机关:须由同一机关的两个密钥共同签名",
            "the two keys belong to different bodies: both must be keys of one body",
        )
    for key in keys:
        yield from _scope(statement, key)
        yield from _period(statement, key)
        if signed.algorithm != DUAL:
            yield from _alone(statement, key)
        if key.revoked_at is not None:
            yield _revoked(statement, key.revoked_at, logged_at(statement, proof, trust=trust, at=at))
    yield from _days(statement, now)
    yield from _age(trust, at, now)


def _limit(code: str, zh: str, en: str) -> Finding:
    return Finding(Reason(code, zh, en), _UNSURE, _LIMITS)


def _scope(statement: QrStatement, key: QrKey) -> Iterator[Finding]:
    if statement.kind not in key.kinds:
        yield _limit(
            "QR_KEY_SCOPE",
            f"签名密钥无权签发此类文书({statement.kind})",
            f"this key may not sign documents of kind {statement.kind}",
        )
    named = None if statement.facts is None else statement.facts.authority
    if named is not None and key.authorities is not None and named not in key.authorities:
        yield _limit(
            "QR_KEY_AUTHORITY",
            f"签名密钥无权代表该机关({named})",
            f"this key may not sign for the body {named}",
        )


def _period(statement: QrStatement, key: QrKey) -> Iterator[Finding]:
    first, last = china_day(key.sign_from), china_day(key.sign_until)
    if not first <= statement.issued <= last:
        yield _limit(
            "QR_KEY_PERIOD",
            f"签发日期 {statement.issued} 不在密钥使用期 {first} 至 {last} 内",
            f"issued on {statement.issued}, outside the key's signing period {first} to {last}",
        )


def _alone(statement: QrStatement, key: QrKey) -> Iterator[Finding]:
    if key.dual_from is not None and statement.issued >= china_day(key.dual_from):
        yield _limit(
            "QR_DUAL_REQUIRED",
            "该密钥须与另一算法的密钥共同签名,本声明只有一个签名",
            "this key signs only together with one of the other algorithm; here it is alone",
        )


def _revoked(statement: QrStatement, revoked: datetime, logged: datetime | None) -> Finding:
    day = china_day(revoked)
    if logged is not None and logged < revoked:
        return Finding(
            Reason(
                "QR_LOGGED_BEFORE_REVOCATION",
                f"签名密钥已于 {day} 停用;公开日志证明本文书此前已登记,仍予认可",
                f"the key was revoked on {day}; the public log proves that this was announced before",
            )
        )
    before = statement.issued < day
    return Finding(
        Reason(
            "QR_KEY_REVOKED",
            f"签名密钥已于 {day} 停用;此前签发的文书须以公开日志证明",
            f"the key was revoked on {day}; only the public log can prove that this was signed before",
        ),
        _UNSURE if before else _FAILED,
        SubIndication.REVOKED_NO_POE if before else SubIndication.REVOKED,
    )


def _days(statement: QrStatement, now: datetime) -> Iterator[Finding]:
    today = china_day(now)
    if statement.issued > today:
        yield Finding(
            Reason(
                "QR_FROM_FUTURE",
                f"签发日期 {statement.issued} 晚于今天",
                f"issued on {statement.issued}, after today",
            ),
            _FAILED,
            SubIndication.NOT_YET_VALID,
        )
    if statement.valid_until is not None and statement.valid_until < today:
        yield Finding(
            Reason(
                "QR_EXPIRED",
                f"签名真实,但文书已于 {statement.valid_until} 到期",
                f"genuine, but the document expired on {statement.valid_until}",
            ),
            _FAILED,
            SubIndication.EXPIRED,
        )


def _age(trust: Trust, at: datetime, now: datetime) -> Iterator[Finding]:
    if trust.ends is not None and at > trust.ends:
        yield Finding(
            Reason(
                "TRUST_LIST_EXPIRED",
                "信任列表已失效,请获取最新列表后再验",
                f"the trust list ended at {trust.ends.isoformat()}; fetch a fresh one",
            ),
            _UNSURE,
            SubIndication.TRY_LATER,
        )
    elif trust.next_update is not None and at > trust.next_update:
        yield Finding(
            Reason(
                "TRUST_LIST_STALE",
                "信任列表已过更新期限,尚可使用;请尽快获取最新列表",
                f"the trust list was due for renewal at {trust.next_update.isoformat()}; fetch a fresh one",
            )
        )
    if now - at > SLACK:
        yield Finding(
            Reason(
                "CLOCK_BEHIND",
                "本机时钟早于列表的签发时间,日期按列表判断;请校准时钟",
                "this clock is behind the time at which a list was signed; days are judged by the list",
            )
        )
