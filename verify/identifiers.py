# SPDX-License-Identifier: Apache-2.0
"""Numbers that name bodies, persons and documents, with their check characters.

GB 32100-2015 (unified social credit code), GB 11643-1999 (citizen number), GB/T 36904-2018 (electronic
certificate identifier).  Nothing is repaired but letter case and surrounding white space.  Messages never
repeat the number: it may be personal data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from .errors import VerifyError

USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""31 characters: without I O S V Z, which are taken for digits (GB 32100-2015 section 4)."""
ECERT_ROOT: Final = "1.2.156.3005.2"

_USCC_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))
_USCC = re.compile(rf"[{USCC_ALPHABET}]{{2}}[0-9]{{6}}[{USCC_ALPHABET}]{{10}}")
_RESIDENT = re.compile(r"[1-9][0-9]{16}[0-9X]")
_RESIDENT_WEIGHTS = tuple(pow(2, 17 - position, 11) for position in range(17))
_RESIDENT_CHECKS = "10X98765432"
_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ECERT_PARTS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("type", re.compile(r"[0-9A-Z]{21}"), "21 characters: the credit code of its author and three more"),
    ("issuer", re.compile(r"[0-9A-Z]{6,18}"), "the credit code of the issuer, 18 characters"),
    ("serial", re.compile(r"[0-9A-Z]{1,32}"), "1 to 32 digits and upper-case letters"),
    ("version", re.compile(r"(?!000)[0-9]{3}"), "three digits from 001"),
)


class IdentifierInvalid(VerifyError):
    """``what`` is not a valid identifier of its kind because it breaks ``rule``."""

    def __init__(self, what: str, rule: str) -> None:
        super().__init__(f"{what}: {rule}")
        self.what, self.rule = what, rule


@lru_cache(maxsize=1024)
def parse_uscc(text: str) -> str:
    """The unified social credit code (统一社会信用代码) in its one spelling."""
    what, code = "统一社会信用代码 unified social credit code", _upper(text)
    if len(code) != 18:
        raise IdentifierInvalid(what, "应为18位 it has 18 characters")
    if not _USCC.fullmatch(code):
        raise IdentifierInvalid(
            what,
            "只有数字和字母,没有 I O S V Z,第3至8位为数字 "
            "digits and letters without I O S V Z, characters 3 to 8 are digits",
        )
    total = sum(
        weight * USCC_ALPHABET.index(character)
        for weight, character in zip(_USCC_WEIGHTS, code, strict=False)  # the 18th is the check character
    )
    if USCC_ALPHABET[-total % 31] != code[17]:
        raise IdentifierInvalid(what, "校验位不符,请核对 the check character does not fit: compare each one")
    return code


def parse_resident_id(text: str, today: date) -> str:
    """The citizen number (公民身份号码) in its one spelling: check character and a real birth date, not later
    than ``today``.

    The division code is not looked up: divisions come and go, and people keep their number.
    """
    what, number = "公民身份号码 citizen number", _upper(text)
    if not _RESIDENT.fullmatch(number):
        raise IdentifierInvalid(what, "应为18位,末位可为 X it has 18 digits, the last may be X")
    total = sum(w * int(d) for w, d in zip(_RESIDENT_WEIGHTS, number, strict=False))
    if _RESIDENT_CHECKS[total % 11] != number[17]:
        raise IdentifierInvalid(what, "校验位不符,请核对 the check character does not fit: compare each one")
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise IdentifierInvalid(what, "出生日期不存在 no such birth date") from None
    if not date(1800, 1, 1) <= born <= today:
        raise IdentifierInvalid(what, "出生日期不合理 the birth date is impossible")
    return number


def mask_resident_id(text: str) -> str:
    """What others may see: the first and the last four of 18 characters, nothing of anything else."""
    return f"{text[:4]}{'*' * 10}{text[14:]}" if len(text) == 18 else "*" * len(text)


@dataclass(frozen=True, slots=True)
class EcertId:
    """An electronic certificate identifier (电子证照标识), GB/T 36904-2018, without its check character."""

    type: str  # credit code of the body that defined the type, and three characters
    issuer: str
    serial: str
    version: str  # from "001"; a new version of one document keeps the serial

    def __post_init__(self) -> None:
        for name, pattern, rule in _ECERT_PARTS:
            if not pattern.fullmatch(getattr(self, name)):
                raise IdentifierInvalid("电子证照标识 electronic certificate identifier", f"{name}: {rule}")

    @property
    def check(self) -> str:
        """ISO 7064 MOD 37,36 over the four parts, without dots and without the root."""
        product = 36
        for character in self.type + self.issuer + self.serial + self.version:
            product = ((product + _ALPHANUMERIC.index(character)) % 36 or 36) * 2 % 37
        return _ALPHANUMERIC[(37 - product) % 36]

    def encode(self) -> str:
        parts = (ECERT_ROOT, self.type, self.issuer, self.serial, self.version, self.check)
        return ".".join(parts)


def parse_ecert_id(text: str) -> EcertId:
    """Raises :class:`IdentifierInvalid` for a wrong shape or check character."""
    what, spelled = "电子证照标识 electronic certificate identifier", _upper(text)
    parts = spelled.removeprefix(f"{ECERT_ROOT}.").split(".")
    if not spelled.startswith(f"{ECERT_ROOT}.") or len(parts) != 5:
        raise IdentifierInvalid(what, f"{ECERT_ROOT}.<type>.<issuer>.<serial>.<version>.<check>")
    type_, issuer, serial, version, check = parts
    identifier = EcertId(type=type_, issuer=issuer, serial=serial, version=version)
    if identifier.check != check:
        raise IdentifierInvalid(what, "校验位不符,请核对 the check character does not fit: compare each one")
    return identifier


def _upper(text: str) -> str:
    """ASCII letters only: ``str.upper`` would turn other letters into ones that look right."""
    stripped = text.strip()
    return stripped.upper() if stripped.isascii() else stripped
