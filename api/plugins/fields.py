# SPDX-License-Identifier: Apache-2.0
"""Check what a person filled in, before a module sees it.

Every wrong field is named with its rule and what to do, all at once: nobody corrects a form ten times.
Values are parsed, not repaired; only white space around a text goes, and text is put into Unicode NFC, so
that the same words always have the same bytes.  A refused value is never repeated in the answer: it may be
personal data.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date

from relying import Body, Field, FieldKind, Json
from verify import IdentifierInvalid, parse_resident_id, parse_uscc

from .errors import FieldProblem, FieldsRefused

_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,6})?\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_LARGEST_INTEGER = 2**53 - 1
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MOST_REPORTED = 100
_MOST_PER_CHARACTER = 4
"""Into how many characters one is decomposed at most, by a sender who is well-behaved."""


class _Wrong(Exception):
    def __init__(self, rule: str, todo: str) -> None:
        super().__init__(rule)
        self.rule, self.todo = rule, todo


def check_body(fields: Sequence[Field], body: Json, *, today: date) -> Body:
    """The checked values of ``fields``; an optional field that was left empty is absent.

    Raises :class:`FieldsRefused` with every fault found.  ``today`` is the day in China.
    """
    if not isinstance(body, dict):
        raise FieldsRefused(
            [
                FieldProblem(
                    "data", "应为 JSON 对象 / must be a JSON object", "请按表单的字段填写 / send one object"
                )
            ]
        )
    known = {one.name for one in fields}
    faults = [
        FieldProblem(
            name[:50],
            "没有这个字段 / unknown field",
            "请删去,或核对字段名 / remove it, or check its name",
        )
        for name in body
        if name not in known
    ]
    checked: Body = {}
    for one in fields:
        value = body.get(one.name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if one.required:
                faults.append(
                    FieldProblem(one.name, "必填 / required", f"请填写{one.zh} / fill in: {one.en}")
                )
            continue
        try:
            checked[one.name] = _PARSERS[one.kind](one, value, today)
        except _Wrong as wrong:
            faults.append(FieldProblem(one.name, wrong.rule, wrong.todo))
    if faults:
        raise FieldsRefused(faults[:_MOST_REPORTED])
    return checked


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise _Wrong("应为文字 / must be text", "请在引号内填写文字 / send a string")
    return value.strip()


def _plain_text(one: Field, value: Json, _today: date) -> Json:
    text = _text(value)
    # Composing takes the square of a run of combining marks, so what is far too long is not composed at all.
    if len(text) <= _MOST_PER_CHARACTER * one.max_length:
        text = unicodedata.normalize("NFC", text)
    if len(text) > one.max_length:
        raise _Wrong(
            f"最多 {one.max_length} 个字符 / at most {one.max_length} characters",
            f"现有 {len(text)} 个,请缩短 / {len(text)} now: shorten it",
        )
    if any(unicodedata.category(character) in _FORBIDDEN_CATEGORIES for character in text):
        raise _Wrong(
            "含有换行、控制符或不可见字符 / contains line breaks, control or invisible characters",
            "请重新键入这一栏 / type it again on one line",
        )
    return text


def _date(_one: Field, value: Json, _today: date) -> Json:
    text = _text(value)
    try:
        if not _DATE.match(text):
            raise ValueError
        date.fromisoformat(text)
    except ValueError:
        raise _Wrong(
            "应为真实日期 YYYY-MM-DD / must be a real date YYYY-MM-DD",
            "例如 2026-11-23 / such as 2026-11-23",
        ) from None
    return text


def _decimal(one: Field, value: Json, _today: date) -> Json:
    text = _text(value)
    negative_zero = text.startswith("-") and not text.strip("-0.")
    if not _DECIMAL.match(text) or len(text) > one.max_length or negative_zero:
        raise _Wrong(
            "应为十进制数,最多18位整数、6位小数 / a decimal number, at most 18 and 6 digits",
            "例如 31250.00,不用千分号 / such as 31250.00, without separators",
        )
    return text


def _integer(_one: Field, value: Json, _today: date) -> Json:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST_INTEGER:
        raise _Wrong("应为整数 / must be a whole number", "请填写整数,不加引号 / send digits without quotes")
    return value


def _choice(one: Field, value: Json, _today: date) -> Json:
    if not isinstance(value, str) or value not in one.choices:
        listed = "、".join(f"{name}({zh})" for name, zh in one.choices.items())
        raise _Wrong("不在可选范围内 / not one of the choices", f"可选 / choose one of: {listed}")
    return value


def _uscc(_one: Field, value: Json, _today: date) -> Json:
    try:
        return str(parse_uscc(_text(value)))
    except IdentifierInvalid:
        raise _Wrong(
            "不是有效的统一社会信用代码(GB 32100-2015) / not a valid unified social credit code",
            "请核对18位代码,注意没有字母 I O S V Z / check the 18 characters; there is no I O S V Z",
        ) from None


def _resident_id(_one: Field, value: Json, today: date) -> Json:
    try:
        return str(parse_resident_id(_text(value), today))
    except IdentifierInvalid:
        raise _Wrong(
            "不是有效的公民身份号码(GB 11643-1999) / not a valid citizen ID number",
            "请核对18位号码、出生日期和校验位 / check the 18 characters, birth date and check digit",
        ) from None


_PARSERS: dict[FieldKind, Callable[[Field, Json, date], Json]] = {
    FieldKind.TEXT: _plain_text,
    FieldKind.DATE: _date,
    FieldKind.DECIMAL: _decimal,
    FieldKind.INTEGER: _integer,
    FieldKind.CHOICE: _choice,
    FieldKind.USCC: _uscc,
    FieldKind.RESIDENT_ID: _resident_id,
}
