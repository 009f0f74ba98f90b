# SPDX-License-Identifier: Apache-2.0
"""Choosing certificates for a mass re-issue: ``authority=persons-sm2 and not_after<2027-01-01``.

A small language on purpose: a few named fields, compared with literal values, all of which must hold.
Nothing of it is ever SQL or code.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement

from ..database.tables_identity import certificates as table
from .errors import SelectionRefused

_TEXT = {
    "authority": table.c.issuer,
    "profile": table.c.profile,
    "holder": table.c.holder,
    "account": table.c.account_id,
    "usage": table.c.usage,
    "certificate": table.c.id,
    "bundle": table.c.bundle_id,
}
_TIME = {"not_before": table.c.not_before, "not_after": table.c.not_after, "issued_at": table.c.issued_at}
FIELDS = (*_TEXT, *_TIME)
_TERM = re.compile(r"\s*([a-z_]+)\s*(!=|<=|>=|=|<|>)\s*([0-9A-Za-z:.+_-]{1,64})\s*\Z", re.ASCII)
_LONGEST = 1000


def parse_selection(text: str) -> tuple[ColumnElement[bool], ...]:
    """Conditions that all hold.  Raises :class:`SelectionRefused`."""
    if len(text) > _LONGEST:
        raise SelectionRefused(f"最多{_LONGEST}字符 / {_LONGEST} characters at most")
    return tuple(_condition(one) for one in re.split(r"\s+and\s+", text.strip()))


def _condition(term: str) -> ColumnElement[bool]:
    matched = _TERM.match(term)
    if matched is None:
        raise SelectionRefused(f"{term!r}: 应为 字段=值 / a field, a comparison and a value")
    name, sign, value = matched.groups()
    if name in _TEXT:
        if sign not in ("=", "!="):
            raise SelectionRefused(f"{name}: 只能用 = 或 != / compared with = or !=")
        equal: ColumnElement[bool] = _TEXT[name] == value
        return equal if sign == "=" else ~equal
    if name not in _TIME:
        raise SelectionRefused(f"{name}: 没有这个字段 / no such field; there are: {', '.join(FIELDS)}")
    return _compared(_TIME[name], sign, _moment(name, value))


def _compared(column: Any, sign: str, moment: datetime) -> ColumnElement[bool]:
    compared: dict[str, ColumnElement[bool]] = {
        "=": column == moment,
        "!=": column != moment,
        "<": column < moment,
        "<=": column <= moment,
        ">": column > moment,
        ">=": column >= moment,
    }
    return compared[sign]


def _moment(name: str, value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise SelectionRefused(f"{name}: {value!r} 不是日期 / is no date, such as 2027-01-01") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
