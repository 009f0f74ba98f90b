# SPDX-License-Identifier: Apache-2.0
"""What an account may hold.  A resident identity number is refused, whatever field it stands in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import date

from verify import IdentifierInvalid, parse_resident_id, parse_uscc

from .errors import AccountRefused
from .model import Role

LONGEST_NAME = 64
_PERSON_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_DIGITS = re.compile(r"(?=([0-9]{17}[0-9Xx]))")


def checked_name(name: str) -> str:
    """A name as it will be shown."""
    if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME:
        raise AccountRefused(
            "name",
            rule=f"1至{LONGEST_NAME}个字符,首尾不留空格 / 1 to {LONGEST_NAME} characters, no outer space",
            todo="请填写姓名或名称 / give the name",
        )
    if any(unicodedata.category(letter)[0] == "C" for letter in name):
        raise AccountRefused(
            "name",
            rule="不含控制符或不可见字符 / no control or invisible character",
            todo="请重新键入 / type the name anew",
        )
    _refuse_identity_number("name", name)
    return name


def checked_subject(subject: str) -> str:
    """An enterprise's credit code in its one spelling, or a person's key."""
    _refuse_identity_number("subject", subject)
    try:
        return str(parse_uscc(subject))
    except IdentifierInvalid:
        pass
    if not _PERSON_KEY.match(subject):
        raise AccountRefused(
            "subject",
            rule="统一社会信用代码,或1至64位字母、数字、._- 的人员编号 / a credit code, or a person's key",
            todo="请使用登记时的编号 / use the key under which the person is registered",
        )
    return subject


def checked_roles(roles: Collection[str]) -> frozenset[Role]:
    """At least one role that exists."""
    try:
        known = frozenset(Role(role) for role in roles)
    except ValueError as error:
        raise AccountRefused(
            "roles",
            rule=f"角色只有 {'、'.join(Role)} / roles are {', '.join(Role)}",
            todo="请改用已有角色 / name one of them",
        ) from error
    if not known:
        raise AccountRefused(
            "roles", rule="至少一个角色 / at least one role", todo="请指定角色 / name a role"
        )
    return known


def checked_agency(agency: str, roles: frozenset[Role]) -> str:
    """An officer and a registrar belong to an agency, nobody else does."""
    if roles.isdisjoint({Role.OFFICER, Role.REGISTRAR}):
        if agency:
            raise AccountRefused(
                "agency",
                rule="只有机关人员和登记员填写机关 / only an officer or registrar has an agency",
                todo="请留空,或加上officer、registrar角色 / leave it empty, or add one of these roles",
            )
        return ""
    return checked_code("agency", agency)


def checked_code(field: str, uscc: str) -> str:
    """A unified social credit code in its one spelling."""
    try:
        return str(parse_uscc(uscc))
    except IdentifierInvalid as error:
        raise AccountRefused(
            field, rule=error.rule, todo="请照证照核对 / check it against the licence"
        ) from error


def _refuse_identity_number(field: str, text: str) -> None:
    for match in _DIGITS.finditer(text):
        try:
            parse_resident_id(match[1], date.max)
        except IdentifierInvalid:
            continue
        raise AccountRefused(
            field,
            rule="账号中不得出现居民身份证号码 / no resident identity number in an account",
            todo="请改用人员编号 / use the person's key instead",
        )
