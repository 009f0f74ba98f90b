# SPDX-License-Identifier: Apache-2.0
"""The public answer on one document: five separate lines, never one green tick (verification.md section 5.2).

Facts to compare with the paper come first; personal data beyond the face never leave.  What cannot be decided
is said to be undecided: inability is neither a pass nor an accusation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from relying import Body, Face, Row
from verify import DocumentStanding, Trust

from ..ledger import Ledger
from ..plugins import CHINA, EnabledModules
from .evidence import Evidence, Kept, gather


class DocumentState(StrEnum):
    """The answer in one word; the five lines say why."""

    VALID = "valid"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CORRECTING = "correcting"
    DISPUTED = "disputed"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    WITHHELD = "withheld"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    TRANSFERRED = "transferred"
    FORFEITED = "forfeited"
    OTHER = "other"
    DOUBTFUL = "doubtful"  # something is proven to be wrong
    UNDECIDED = "undecided"  # something could not be checked


class LineState(StrEnum):
    """Yes, no, or not decided."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Line:
    """One of the five answers."""

    name: str
    state: LineState
    zh: str
    en: str
    detail: str


@dataclass(frozen=True, slots=True)
class PublicAnswer:
    """What everybody may know about one document, at one moment."""

    document_id: str
    ecert_id: str
    type: str
    title: str
    state: DocumentState
    issuer: str
    issuer_name: str
    issued_at: datetime
    valid_until: date | None
    sha256: str
    sm3: str
    ofd_sha256: str | None  # None: issued as PDF alone
    ofd_sm3: str | None
    ledger_index: int
    facts: tuple[Row, ...]
    lines: tuple[Line, ...]
    changes: tuple[str, ...] | None  # None: nobody can say
    face: Face | None  # None when the record does not vouch for it, or nobody may be shown it any more
    predecessor: str | None
    successor: str | None
    answered_at: datetime
    qr_key: str  # id of the key that signed the QR statement; empty when the text cannot be read
    qr_algorithm: str
    record_digest: str  # SHA-256 of the record, as the statement has it


def answer(
    kept: Kept, *, ledger: Ledger, modules: EnabledModules, trust: Trust, at: datetime
) -> PublicAnswer:
    """Check what is kept and put the result into words."""
    row = kept.row
    evidence = gather(kept, ledger=ledger, trust=trust, at=at)
    withheld = _told(evidence) is DocumentStanding.WITHHELD
    lines = (
        _issued(row, evidence),
        _unaltered(row, evidence),
        _logged(row, evidence),
        _status(kept, evidence, at),
        _fresh(evidence, trust, at),
    )
    return PublicAnswer(
        document_id=row.id,
        ecert_id=row.ecert_id,
        type=row.type,
        title=row.title,
        state=_state(kept, evidence, lines, at),
        issuer=row.issuer,
        issuer_name=row.issuer_name,
        issued_at=row.issued_at,
        valid_until=_day(row.valid_until),
        sha256=row.sha256,
        sm3=row.sm3,
        ofd_sha256=kept.edition.sha256 if kept.edition is not None else None,
        ofd_sm3=kept.edition.sm3 if kept.edition is not None else None,
        ledger_index=row.ledger_index,
        facts=_facts(row, evidence, withheld=withheld),
        lines=lines,
        changes=None if withheld else _changes(row, evidence, modules, at),
        face=None if withheld else evidence.face,
        predecessor=kept.predecessor,
        successor=_successor(kept),
        answered_at=at,
        qr_key=str(evidence.statement.facts.get("key_id", "")),
        qr_algorithm=str(evidence.statement.facts.get("algorithm", "")),
        record_digest=str(evidence.statement.facts.get("record_digest", "")),
    )


def _state(kept: Kept, evidence: Evidence, lines: tuple[Line, ...], at: datetime) -> DocumentState:
    proven = [line.state for line in lines if line.name in ("issued", "unaltered", "logged")]
    if LineState.NO in proven:
        return DocumentState.DOUBTFUL
    if LineState.UNKNOWN in [*proven, lines[-1].state]:
        return DocumentState.UNDECIDED
    told = _told(evidence)
    if told is not None and not told.in_force:
        return DocumentState(told.value)
    if _successor(kept) is not None:
        return DocumentState.SUPERSEDED
    if told is not None and not _expired(kept.row, at):
        return DocumentState(told.value)
    return DocumentState.EXPIRED if _expired(kept.row, at) else DocumentState.VALID


def _told(evidence: Evidence) -> DocumentStanding | None:
    """What the list of document states says of it, where that is not the normal state."""
    said = evidence.statement.facts.get("document_status")
    found = next((one for one in DocumentStanding if one.value == said), None)
    return None if found is DocumentStanding.NORMAL else found


def _successor(kept: Kept) -> str | None:
    return kept.successor or kept.row.superseded_by


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:  # an edited row; the record does not agree with it either
        return None


def _expired(row: Any, at: datetime) -> bool:
    last = _day(row.valid_until)
    return last is not None and last < at.astimezone(CHINA).date()


def _three(value: bool | None) -> LineState:
    return {True: LineState.YES, False: LineState.NO, None: LineState.UNKNOWN}[value]


def _clock(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}(北京时间)"


def _issued(row: Any, evidence: Evidence) -> Line:
    if evidence.stated is False:
        detail = "签发声明的签名无效,或声明的是另一份文书"
    elif evidence.sealed is False:
        detail = f"文件上的印章核验不通过:{evidence.seal_words}"
    elif evidence.stated is None:
        detail = "目前无法核验签发声明的签名"
    elif evidence.sealed is None:
        detail = f"目前无法核验文件上的印章:{evidence.seal_words}"
    else:
        day = f"{row.issued_at.astimezone(CHINA):%Y-%m-%d}"
        detail = f"{row.issuer_name} 于 {day} 签发,签发声明和印章的签名有效"
    return Line("issued", _three(evidence.issued), "签发", "Issued by whom", detail)


def _unaltered(row: Any, evidence: Evidence) -> Line:
    detail = (
        f"登记的内容、文件与公开日志中的摘要一致(SHA-256 {row.sha256[:16]}…);手中的文件请上传查验"
        if evidence.unaltered
        else "登记的内容或文件与签发时的摘要不一致,请勿采信"
    )
    return Line("unaltered", _three(evidence.unaltered), "未改动", "Unaltered since it was issued", detail)


def _logged(row: Any, evidence: Evidence) -> Line:
    announced = evidence.statement.facts.get("log_index")  # the entry that the code itself names
    said = "" if announced is None else f"签发登记第 {announced} 条(announced as entry {announced}),"
    detail = {
        True: f"{said}签发完成第 {row.ledger_index} 条(issued as entry {row.ledger_index});"
        f"后者的证明已按 {evidence.log_size} 条的检查点核验;{_witnessed(evidence)}",
        False: "公开日志中没有签发这份文书的条目",
        None: f"目前无法核验公开日志:{evidence.log_words}",
    }[evidence.logged]
    return Line("logged", _three(evidence.logged), "已入公开日志", "In the public log", detail)


def _witnessed(evidence: Evidence) -> str:
    """Who outside cosigned the checkpoint, and when."""
    told = (f"{name}({_moment(at)})" for name, at in evidence.witnesses)
    return "见证方 " + "、".join(told) if evidence.witnesses else "尚无见证方联署"


def _moment(text: str) -> str:
    """A time of a report as people here read it."""
    return _clock(datetime.fromisoformat(text))


def _status(kept: Kept, evidence: Evidence, at: datetime) -> Line:
    row = kept.row
    if not evidence.unaltered:
        state, detail = LineState.UNKNOWN, "登记内容存疑,现状无法确定"
    elif not evidence.sealed:
        state, detail = LineState.UNKNOWN, "印章未能核验通过,现状无法确定"
    elif (told := _told(evidence)) is not None and told is not DocumentStanding.SUPERSEDED:
        facts = evidence.statement.facts
        state = LineState.YES if told.in_force else LineState.NO
        since = str(facts.get("document_status_since", ""))[:10]
        detail = f"自 {since} 起{told.zh}(原因 {facts.get('document_status_reason')})"
    elif (newer := _successor(kept)) is not None:
        state, detail = LineState.NO, f"已被新版取代,新版文书标识 {newer}"
    elif _expired(row, at):
        state, detail = LineState.NO, f"已于 {row.valid_until} 到期"
    elif row.valid_until:
        state, detail = LineState.YES, f"有效,至 {row.valid_until}"
    else:
        state, detail = LineState.YES, "有效,未被取代"
    return Line("status", state, "现状", "Status now", detail)


def _fresh(evidence: Evidence, trust: Trust, at: datetime) -> Line:
    stale = trust.next_update is not None and trust.next_update < at
    issued = f",信任列表签发于 {_clock(trust.issued)}" if trust.issued is not None else ""
    listed = evidence.statement.facts.get("document_status_as_of")
    states = f",状态列表签发于 {_moment(listed)}" if isinstance(listed, str) else ""
    detail = f"本结果时间 {_clock(at)}{issued}{states}" + (",列表已过更新期限" if stale else "")
    state = LineState.UNKNOWN if stale else LineState.YES
    return Line("fresh", state, "时效", "How fresh this answer is", detail)


def _facts(row: Any, evidence: Evidence, *, withheld: bool) -> tuple[Row, ...]:
    """What a person compares with the paper; nothing at all rather than something unproven.

    Of a document that is no longer published only what names it: its content is not shown any more.
    """
    face = evidence.face
    if face is None:
        return ()
    number = (Row("编号", face.number, "Number"),) if face.number else ()
    named = any(row.holder_name == shown.value for shown in face.rows)
    holder = () if named else (Row("持有人", row.holder_name, "Holder"),)
    counts = tuple(
        Row(one.title, f"{len(one.rows)} 条", one.en or f"Entries in table {place}")
        for place, one in enumerate(face.tables, 1)
    )
    shown = () if withheld else (*holder, *face.rows, *counts)
    return (
        Row("文书", face.title, "Document"),
        *number,
        *shown,
        Row("签发机关", row.issuer_name, "Issuer"),
        Row("签发日期", f"{row.issued_at.astimezone(CHINA):%Y-%m-%d}", "Issued on"),
    )


def _changes(row: Any, evidence: Evidence, modules: EnabledModules, at: datetime) -> tuple[str, ...] | None:
    record = evidence.record.get("record") if evidence.record is not None else None
    if not evidence.unaltered or not isinstance(record, dict):
        return None
    inner: Body = record
    return modules.changes(row.type, inner, at)
