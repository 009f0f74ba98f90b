# SPDX-License-Identifier: Apache-2.0
"""Conduct: what an authority decided about an enterprise or a person, and how long that is public.

Only conduct that was *decided* is entered: bad conduct needs the number of the decision (R-053), and holders
may not enter any (R-056).  It is public from ``public_from`` (the decision, unless said otherwise) to
``public_until``, both days included; at most three years for bad conduct (domain.md section 1.2, A-11).
Nothing is edited: delisting after repair, or a correction, is a higher version of the same record, and names
the decision that it rests on (A-10).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone

from relying import Body, Field, FieldKind, Host, LogRule, Publicity, Record, RecordKind, Refusal
from verify import IdentifierInvalid, parse_uscc

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")

KINDS: Mapping[str, str] = {"good": "良好行为", "bad": "不良行为"}

_BAD_CODE = re.compile(r"(?:[A-J]\d-\d{1,2}-\d{2}|LX-[A-Z]+(?:-[A-Z]+)*)\Z", re.ASCII)
_PERSON_KEY = re.compile(r"[A-Z][A-Z0-9]{1,15}\Z")
_KEY = re.compile(r"[A-Z0-9][A-Z0-9-]{0,31}\Z")
_YEARS_PUBLIC = 3
_SHORTEST_DAYS = 180
"""Half a year from the decision: the shortest public term (domain.md section 1.2, A-11)."""


def check_conduct(host: Host, body: Body) -> None:
    """The subject can be one, the decision is named and not in the future, the public term is lawful."""
    assert host.now is not None
    if not _KEY.match(str(body["key"])):
        raise Refusal(
            field="key",
            rule="记录编号为1–32位大写字母、数字或连字符 / 1-32 capitals, digits or hyphens",
            todo="请填写记录编号,如 B2026-0003 / such as B2026-0003",
        )
    _check_subject(str(body["subject"]))
    decided = date.fromisoformat(str(body["decided"]))
    until = date.fromisoformat(str(body["public_until"]))
    if decided > host.now().astimezone(CHINA).date():
        raise Refusal(
            field="decided",
            rule="决定日期不能晚于今天 / must not be in the future",
            todo="请照决定书填写日期 / copy the date of the decision",
        )
    start = date.fromisoformat(str(body.get("public_from", body["decided"])))
    if start < decided:
        raise Refusal(
            field="public_from",
            rule="公开起始日期不能早于决定日期 / must not be before the decision",
            todo="请核对公开期限 / check the public term",
        )
    if until < start:
        raise Refusal(
            field="public_until",
            rule="公开截止日期不能早于公开起始日期 / must not be before the first public day",
            todo="请核对公开期限 / check the public term",
        )
    if body["kind"] == "bad":
        _check_bad(body, decided, until)
    before = host.records.get("conduct", str(body["key"])) if host.records is not None else None
    if before is None:
        _check_first(decided, until)
    elif before.body != body and "change_no" not in body:
        raise Refusal(
            field="change_no",
            rule="更正、修复或撤下已公开的记录须有决定文号 / a change of a public record rests on a decision",
            todo="请填写更正或信用修复决定的文号 / give the number of the decision to correct or repair",
        )


def _check_first(decided: date, until: date) -> None:
    if (until - decided).days < _SHORTEST_DAYS:
        raise Refusal(
            field="public_until",
            rule=f"公开期限自决定之日起不少于{_SHORTEST_DAYS}天 / at least {_SHORTEST_DAYS} days from it",
            todo="请延长公开期限;修复后另行撤下 / make it longer; after repair it is delisted by a change",
        )


def conduct_publicity(body: Body) -> Publicity:
    """Whose record, and when it is public; what it says stays behind the commitment."""
    return Publicity(
        subject=str(body["subject"]),
        public_from=date.fromisoformat(str(body.get("public_from", body["decided"]))),
        public_until=date.fromisoformat(str(body["public_until"])),
        since=date.fromisoformat(str(body["decided"])),
        decision=str(body.get("change_no", body.get("decision_no", ""))),
    )


def _check_subject(subject: str) -> None:
    if _PERSON_KEY.match(subject):
        return
    try:
        canonical = parse_uscc(subject) == subject
    except IdentifierInvalid:
        canonical = False
    if not canonical:
        raise Refusal(
            field="subject",
            rule="应为统一社会信用代码或人员编号 / must be a credit code or a person key",
            todo="企业填18位统一社会信用代码,人员填平台人员编号 / check the 18 characters, or the person key",
        )


def _check_bad(body: Body, decided: date, until: date) -> None:
    if not _BAD_CODE.match(str(body["code"])):
        raise Refusal(
            field="code",
            rule="不良行为代码应如 D1-3-01 或地方代码 LX-… / such as D1-3-01, or a local code LX-…",
            todo="请按全国不良行为认定标准填写代码 / take the code from the national list",
        )
    if "decision_no" not in body:
        raise Refusal(
            field="decision_no",
            rule="不良行为须有行政处罚决定书文号 / bad conduct needs the number of the decision",
            todo="请填写决定书文号;未经处罚的行为不得记录 / conduct without a decision is not recorded",
        )
    if (until.year, until.month, until.day) > (decided.year + _YEARS_PUBLIC, decided.month, decided.day):
        raise Refusal(
            field="public_until",
            rule=f"不良行为公开期限最长{_YEARS_PUBLIC}年 / at most {_YEARS_PUBLIC} years after the decision",
            todo="请缩短公开期限 / shorten the public term",
        )


CONDUCT = RecordKind(
    name="conduct",
    zh="信用行为",
    key="key",
    roles=frozenset({"operator", "officer"}),
    fields=(
        Field("key", "记录编号", "Record number", max_length=32),
        Field("subject", "行为主体", "Subject (credit code or person key)", max_length=18),
        Field("kind", "行为类别", "Kind", FieldKind.CHOICE, choices=KINDS),
        Field("code", "行为代码", "Code", max_length=32),
        Field("text", "行为内容", "Text", max_length=200),
        Field("authority", "认定机关", "Deciding authority", max_length=60),
        Field("decision_no", "决定书文号", "Decision number", required=False, max_length=60),
        Field("decided", "决定日期", "Decided on", FieldKind.DATE),
        Field(
            "public_from",
            "公开起始日期",
            "Public from",
            FieldKind.DATE,
            required=False,
            hint="不填即决定日期",
        ),
        Field("public_until", "公开截止日期", "Public until", FieldKind.DATE),
        Field(
            "change_no",
            "更正或修复决定文号",
            "Number of the decision to change it",
            required=False,
            max_length=60,
            hint="首次记录不填",
        ),
    ),
    check=check_conduct,
    publicity=conduct_publicity,
    rule=LogRule(posted=True, shortest_days=_SHORTEST_DAYS, change_by_decision=True),
)


def public_conduct(records: tuple[Record, ...], at: datetime) -> tuple[Record, ...]:
    """Those that are public on the day of ``at`` in China, by date of decision and then number."""
    today = at.astimezone(CHINA).date().isoformat()
    shown = [
        one
        for one in records
        if str(one.body.get("public_from", one.body["decided"])) <= today <= str(one.body["public_until"])
    ]
    return tuple(sorted(shown, key=lambda one: (str(one.body["decided"]), one.key)))
