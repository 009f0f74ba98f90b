# SPDX-License-Identifier: Apache-2.0
"""Subject names: C, ST, L, O, OU and CN, written as licensed authorities write them.

GB/T 20518-2018: C is a PrintableString, everything else UTF8String; lengths after RFC 5280 appendix A.1.
O carries the unified social credit code in front of the name (``<USCC><name>``), as on the national seal
certificates (standards.md section 5.4); ST, L and OU stand only where the profile has places.  Stricter than
the standard: no other attribute, one per RDN, no control or format character, and no resident identity number
anywhere: it would be published with the name.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from keys import DerMalformed, KeysError, der
from verify import IdentifierInvalid, parse_resident_id, parse_uscc

from .errors import NameRefused

LONGEST = 64
"""ub-common-name and ub-organization-name, in characters."""

COUNTRY, STATE, LOCALITY = "2.5.4.6", "2.5.4.8", "2.5.4.7"
ORGANIZATION, UNIT, COMMON_NAME = "2.5.4.10", "2.5.4.11", "2.5.4.3"
_FIELDS = {
    COUNTRY: "country",
    STATE: "state",
    LOCALITY: "locality",
    ORGANIZATION: "organization",
    UNIT: "unit",
    COMMON_NAME: "common_name",
}
_USCC_SIZE = 18
_COUNTRY = re.compile(r"[A-Z]{2}\Z", re.ASCII)
_RESIDENT_ID = re.compile(r"(?=([0-9]{17}[0-9X]))", re.ASCII)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class SubjectName:
    """Whom a certificate names.  Raises :class:`NameRefused`, which says what is wrong with which part."""

    common_name: str
    organization: str = ""
    uscc: str = ""
    country: str = "CN"
    state: str = ""  # ST: province
    locality: str = ""  # L
    unit: str = ""  # OU

    def __post_init__(self) -> None:
        if not _COUNTRY.match(self.country):
            raise NameRefused(
                field="country",
                rule="国家为两个大写字母 / two capital letters",
                todo="中国写 CN / write CN for China",
            )
        _require_text("common_name", self.common_name, longest=LONGEST)
        for field in ("state", "locality", "unit"):
            text = getattr(self, field)
            if text:
                _require_text(field, text, longest=LONGEST)
        if self.unit and not self.organization:
            raise NameRefused(
                field="unit",
                rule="有部门须有单位 / a unit is part of an organisation",
                todo="请填写单位 / give the organisation",
            )
        if self.uscc:
            _require_code(self.uscc)
        if self.organization:
            room = LONGEST - len(self.uscc)
            _require_text("organization", self.organization, longest=room)
            if _leading_code(self.organization):
                raise NameRefused(
                    field="organization",
                    rule="单位名称前不写统一社会信用代码 / no credit code in front of the name",
                    todo="代码请写在uscc / give the code as uscc",
                )
        elif self.uscc:
            raise NameRefused(
                field="organization",
                rule="有统一社会信用代码时单位名称必填 / a credit code needs the name of its organisation",
                todo="请填写单位全称 / give the full name",
            )

    @property
    def attributes(self) -> tuple[tuple[str, str], ...]:
        """Object identifier and text of each part there is, in the order of the name."""
        parts = (
            (COUNTRY, self.country),
            (STATE, self.state),
            (LOCALITY, self.locality),
            (ORGANIZATION, self.uscc + self.organization),
            (UNIT, self.unit),
            (COMMON_NAME, self.common_name),
        )
        return tuple(part for part in parts if part[1])

    def encode(self) -> bytes:
        """DER of the Name: C, then what there is of ST, L, O and OU, then CN."""
        return der.sequence(
            _country(self.country),
            _rdn(STATE, der.utf8(self.state)) if self.state else b"",
            _rdn(LOCALITY, der.utf8(self.locality)) if self.locality else b"",
            _rdn(ORGANIZATION, der.utf8(self.uscc + self.organization)) if self.organization else b"",
            _rdn(UNIT, der.utf8(self.unit)) if self.unit else b"",
            _rdn(COMMON_NAME, der.utf8(self.common_name)),
        )


def parse_subject(encoded: bytes) -> SubjectName:
    """Read a Name in any order and with either string type.  Raises :class:`NameRefused`.

    A name that came in another form than :meth:`SubjectName.encode` gives is written anew; only the words
    are taken over.
    """
    try:
        found = _attributes(encoded)
    except KeysError as error:
        raise NameRefused(
            field="subject",
            rule="名称结构无法读取 / not a DER Name",
            todo="请重新生成请求 / make a new request",
        ) from error
    common_name = found.get(COMMON_NAME, "")
    organization = found.get(ORGANIZATION, "")
    uscc = _leading_code(organization)
    if uscc and organization.startswith(uscc):
        organization = organization[_USCC_SIZE:]
    else:
        uscc = ""  # written in another way than ours: __post_init__ says so
    return SubjectName(
        common_name,
        organization,
        uscc,
        found.get(COUNTRY, "CN"),
        found.get(STATE, ""),
        found.get(LOCALITY, ""),
        found.get(UNIT, ""),
    )


def personal_number(text: str) -> bool:
    """Whether a valid resident identity number (GB 11643) stands anywhere in the text."""
    plain = unicodedata.normalize("NFKC", text).upper()
    if _leading_code(plain):
        plain = plain[_USCC_SIZE:]
    return any(_is_resident_id(match[1]) for match in _RESIDENT_ID.finditer(plain))


def _attributes(encoded: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for rdn in der.expect(der.read_only(encoded), der.SEQUENCE).children():
        pairs = der.expect(rdn, der.SET).children()
        if len(pairs) != 1:
            raise NameRefused(
                field="subject",
                rule="每个RDN只含一个属性 / one attribute in each RDN",
                todo="请用 /C=CN/O=…/CN=… 的形式 / write /C=CN/O=…/CN=…",
            )
        parts = der.expect(pairs[0], der.SEQUENCE).children()
        if len(parts) != 2:
            raise DerMalformed("an attribute has a type and a value")
        kind, text = der.as_oid(parts[0]), parts[1]
        if kind not in _FIELDS:
            raise NameRefused(
                field="subject",
                rule=f"名称只含C、ST、L、O、OU、CN,不含 {kind} / only C, ST, L, O, OU, CN, not {kind}",
                todo="请删去该属性 / leave that attribute out",
            )
        if kind in found:
            raise NameRefused(
                field=_FIELDS[kind],
                rule="属性重复 / the attribute appears twice",
                todo="请只写一次 / write it once",
            )
        if text.tag not in (der.UTF8, der.PRINTABLE):
            raise NameRefused(
                field=_FIELDS[kind],
                rule="文字须为UTF8String或PrintableString / UTF8String or PrintableString only",
                todo="请用UTF-8生成请求(openssl加 -utf8) / make the request in UTF-8 (openssl: -utf8)",
            )
        found[kind] = der.as_text(text)
    return found


@lru_cache(maxsize=32)
def _country(code: str) -> bytes:
    return _rdn(COUNTRY, der.printable(code))


def _rdn(kind: str, text: bytes) -> bytes:
    return der.set_of(der.sequence(der.oid(kind), text))


def _require_text(field: str, text: str, *, longest: int) -> None:
    if not text or text != text.strip():
        raise NameRefused(
            field=field,
            rule="不能为空,首尾不留空格 / not empty, no space at either end",
            todo="请填写名称 / give the name",
        )
    if len(text) > longest:
        raise NameRefused(
            field=field,
            rule=f"最多{longest}个字符,现有{len(text)} / {longest} characters at most, {len(text)} given",
            todo="请用规范简称 / use the registered short name",
        )
    if any(unicodedata.category(letter) in _INVISIBLE for letter in text):
        raise NameRefused(
            field=field,
            rule="不含控制符或不可见字符 / no control or invisible character",
            todo="请重新键入名称 / type the name anew",
        )
    if personal_number(text):
        raise NameRefused(
            field=field,
            rule="证书不含居民身份证号码 / no resident identity number in a certificate",
            todo="请删去号码 / leave the number out",
        )


def _require_code(text: str) -> None:
    try:
        plain = parse_uscc(text) == text
    except IdentifierInvalid:
        plain = False
    if not plain:
        raise NameRefused(
            field="uscc",
            rule="统一社会信用代码为18位大写,校验位须正确 / 18 capitals, right check character",
            todo="请照营业执照或登记证核对 / check it against the licence",
        )


def _leading_code(text: str) -> str:
    try:
        return parse_uscc(text[:_USCC_SIZE])
    except IdentifierInvalid:
        return ""


def _is_resident_id(text: str) -> bool:
    try:
        parse_resident_id(text, date.max)
    except IdentifierInvalid:
        return False
    return True
