# SPDX-License-Identifier: Apache-2.0
"""The credit sheet: printed by its holder, sealed by the platform, true as of one moment (R-058, R-059).

It shows only what is public at that moment (domain.md section 4.4).  The record keeps number and version of
every entry shown; comparing them with the entries public today tells what changed since printing.  For an
enterprise it also counts all entries that the public log holds about it, and names the last by its hash:
whoever reads the log sees whether one was left out (:mod:`verify.completeness`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from relying import (
    Body,
    Composition,
    DocumentType,
    Face,
    Field,
    History,
    Host,
    Json,
    Order,
    Record,
    Row,
    Table,
)
from verify import HistoryStatement

from .conduct import CHINA, KINDS, public_conduct

_COVERS = "credit/conduct"
_SHORT = 16
"""Characters of the head on the face: 64 bits; the record has the whole."""

_COLUMNS = ("代码", "内容", "认定机关及文号", "决定日期", "公开至")


def compose_sheet(host: Host, order: Order) -> Composition:
    """The sheet of one enterprise or person, as of ``order.at``."""
    history = host.history(order.holder) if host.history is not None else None  # before the records are read
    shown = _public(host, order.holder, order.at)
    good, bad = shown["good"], shown["bad"]
    known = host.lookup("subject", order.holder) if host.lookup is not None else None
    name = str(known["name"]) if known is not None else order.holder
    at = order.at.astimezone(CHINA)
    serial = f"JL{at:%Y%m%d}{order.sequence:08d}"
    record: Body = {
        "holder": order.holder,
        "holder_name": name,
        "issuer": order.issuer,
        "serial": serial,
        "as_of": at.isoformat(timespec="seconds"),
        "purpose": order.data["purpose"],
        "good": [_entry(one) for one in good],
        "bad": [_entry(one) for one in bad],
    }
    if history is not None:
        record["history"] = _statement(history, (*good, *bad), at)
    as_of = f"{at:%Y-%m-%d %H:%M:%S}"
    return Composition(
        face=Face(
            title="从业人员诚信记录单"
            if known is not None and known["kind"] == "person"
            else "从业企业诚信记录单",
            subtitle="Credit Record Sheet",
            number=serial,
            rows=(
                *_subject_rows(order.holder, known),
                Row("用途", str(order.data["purpose"]), "Purpose"),
                Row("截至时间", f"{as_of}(北京时间)", "As of"),
                *_history_rows(history),
            ),
            tables=(
                Table(
                    "良好行为记录",
                    _COLUMNS,
                    _lines(good),
                    f"截至{as_of},无公开的良好行为记录。",
                    "Good conduct",
                ),
                Table(
                    "不良行为记录",
                    _COLUMNS,
                    _lines(bad),
                    f"截至{as_of},无公开的不良行为记录。",
                    "Bad conduct",
                ),
            ),
            paragraphs=(
                "本单只列出截至上述时间依法公开的信用信息,不代表对企业或人员的评价;以扫码结果为准。",
            ),
        ),
        record=record,
        serial=serial,
        holder=order.holder,
        holder_name=name,
        good=len(good),
        bad=len(bad),
        complete=history,
    )


def sheet_changes(host: Host, record: Body, now: datetime) -> tuple[str, ...]:
    """What is public now and was not on the sheet, what is no longer public, and what was corrected."""
    shown = _public(host, str(record["holder"]), now)
    sentences: list[str] = []
    for kind in ("bad", "good"):
        printed = {str(entry["key"]): entry["version"] for entry in _entries(record[kind])}
        current = {one.key: one for one in shown[kind]}
        added = Counter(_day(one) for key, one in current.items() if key not in printed)
        corrected = Counter(
            _day(one) for key, one in current.items() if key in printed and printed[key] != one.version
        )
        removed = len(printed.keys() - current.keys())
        label = f"{KINDS[kind]}记录"
        sentences += [f"+{count} 条{label}({day})" for day, count in sorted(added.items())]
        sentences += [f"{count} 条{label}已更正({day})" for day, count in sorted(corrected.items())]
        if removed:
            sentences.append(f"-{removed} 条{label}(公开期满、修复或撤销)")
    return tuple(sentences)


def _public(host: Host, holder: str, at: datetime) -> dict[str, tuple[Record, ...]]:
    assert host.records is not None
    shown = public_conduct(host.records.find("conduct", subject=holder), at)
    return {kind: tuple(one for one in shown if one.body["kind"] == kind) for kind in KINDS}


def _statement(history: History, shown: tuple[Record, ...], at: datetime) -> Body:
    """Records from before the log had numbers have none; one entered this moment stops the release."""
    numbers = [history.numbers.get((one.kind, one.key, one.version), 0) for one in shown]
    return HistoryStatement(
        subject=history.subject,
        sequence=history.size,
        head=history.head,
        as_of=at,
        covers=(_COVERS,),
        shown=tuple(sorted(number for number in numbers if number)),
    ).to_json()


def _history_rows(history: History | None) -> tuple[Row, ...]:
    if history is None:
        return ()
    if history.size == 0:
        return (Row("公开日志", "本企业尚无条目", "Public log"),)
    stated = (
        f"本企业条目第 1–{history.size} 号(记录及其更正、签发给本企业的文书及其变更各占一号),"
        f"末条摘要 {history.head[:_SHORT]}"
    )
    return (Row("公开日志", stated, "Public log"),)


def _entry(one: Record) -> Json:
    body = one.body
    return {
        "key": one.key,
        "version": one.version,
        "code": body["code"],
        "text": body["text"],
        "authority": body["authority"],
        "decision_no": body.get("decision_no"),
        "decided": body["decided"],
        "public_until": body["public_until"],
    }


def _entries(listed: Json) -> Iterable[Body]:
    assert isinstance(listed, list)
    return (entry for entry in listed if isinstance(entry, dict))


def _day(one: Record) -> str:
    return one.entered_at.astimezone(CHINA).date().isoformat()


def _lines(records: tuple[Record, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            str(one.body["code"]),
            str(one.body["text"]),
            " ".join(str(one.body[name]) for name in ("authority", "decision_no") if name in one.body),
            str(one.body["decided"]),
            str(one.body["public_until"]),
        )
        for one in records
    )


def _subject_rows(holder: str, known: Body | None) -> tuple[Row, ...]:
    if known is None:
        return (Row("主体代码", holder, "Subject"),)
    name = Row("名称" if known["kind"] == "enterprise" else "姓名", str(known["name"]), "Name")
    if known["kind"] == "person":
        return (
            name,
            Row("公民身份号码", str(known["id_no_masked"]), "ID number (masked)"),
            Row("人员类别", str(known["type_zh"]), "Kind"),
        )
    return (
        name,
        Row("统一社会信用代码", holder, "Credit code"),
        Row("企业类型", str(known["type_zh"]), "Type"),
        Row("资质证书编号", str(known.get("qualification_no", "—")), "Qualification no."),
    )


CREDIT_SHEET = DocumentType(
    name="credit_sheet",
    zh="诚信记录单",
    en="Credit record sheet",
    code="004",
    compose=compose_sheet,
    self_service=True,
    request=(Field("purpose", "用途", "Purpose", max_length=60, hint="将印在记录单上,如:参加某工程投标"),),
    changes=sheet_changes,
)
