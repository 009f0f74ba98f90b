# SPDX-License-Identifier: Apache-2.0
"""Identifiers of the holder: GB/T 20518-2018 extensions 1.2.156.10260.4.1.1 to .5, never critical.

Which ones a certificate carries, its profile says; the profiles of this house allow no number of a person,
for a certificate is public and such a number is personal data.  IdentifyCode is a CHOICE whose tag mode the
standard leaves open: explicit is written (standards.md section 5.2), implicit on demand.  The organisation
code follows from the subject and is not ordered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from keys import DerMalformed, der
from verify import IdentifierInvalid, parse_resident_id, parse_uscc

from .errors import DraftRefused

_ARC: Final = "1.2.156.10260.4.1."
IDENTIFY_CODE: Final = _ARC + "1"


class IdentifierKind(StrEnum):
    """What may be stated."""

    RESIDENT_ID = "resident_id"
    MILITARY_ID = "military_id"
    PASSPORT = "passport"
    INSURANCE_NUMBER = "insurance_number"
    IC_REGISTRATION_NUMBER = "ic_registration_number"
    TAXATION_NUMBER = "taxation_number"

    @property
    def oid(self) -> str:
        """The extension."""
        return _OIDS[self]

    @property
    def personal(self) -> bool:
        """Is it a number of a person?"""
        return self in PERSONAL


class Tagging(StrEnum):
    """How the CHOICE of IdentifyCode is tagged."""

    EXPLICIT = "explicit"
    IMPLICIT = "implicit"


_OIDS: Final = {
    IdentifierKind.RESIDENT_ID: IDENTIFY_CODE,
    IdentifierKind.MILITARY_ID: IDENTIFY_CODE,
    IdentifierKind.PASSPORT: IDENTIFY_CODE,
    IdentifierKind.INSURANCE_NUMBER: _ARC + "2",
    IdentifierKind.IC_REGISTRATION_NUMBER: _ARC + "3",
    IdentifierKind.TAXATION_NUMBER: _ARC + "5",
}
IDENTIFIER_OIDS: Final = frozenset(_OIDS.values())
CHOICES: Final = (IdentifierKind.RESIDENT_ID, IdentifierKind.MILITARY_ID, IdentifierKind.PASSPORT)
"""Members of the CHOICE, in the order of their tags."""
PERSONAL: Final = frozenset({*CHOICES, IdentifierKind.INSURANCE_NUMBER})

_FORMS: Final = {
    IdentifierKind.MILITARY_ID: re.compile(r"[^\x00-\x1f\x7f]{4,32}\Z"),
    IdentifierKind.PASSPORT: re.compile(r"[A-Z0-9]{5,20}\Z", re.ASCII),
    IdentifierKind.INSURANCE_NUMBER: re.compile(r"[A-Z0-9]{6,32}\Z", re.ASCII),
    IdentifierKind.IC_REGISTRATION_NUMBER: re.compile(r"([0-9]{13}|[0-9]{15}|[0-9A-Z]{18})\Z", re.ASCII),
    IdentifierKind.TAXATION_NUMBER: re.compile(r"([0-9A-Z]{15}|[0-9A-Z]{18}|[0-9A-Z]{20})\Z", re.ASCII),
}
_USCC_SIZE: Final = 18


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier.  Raises :class:`DraftRefused` when its form or its check character is wrong."""

    kind: IdentifierKind
    value: str = field(repr=False)
    tagging: Tagging = Tagging.EXPLICIT

    def __post_init__(self) -> None:
        if not _fits(self.kind, self.value):
            raise DraftRefused(
                field=f"identifiers.{self.kind}",
                rule="格式或校验位不符 / wrong form or check character",
                todo="请与证件核对 / compare it with the document",
            )

    def encode(self) -> bytes:
        """The value of its extension."""
        text = (der.utf8 if self.kind is IdentifierKind.MILITARY_ID else der.printable)(self.value)
        if self.kind not in CHOICES:
            return text
        wrap = der.explicit if self.tagging is Tagging.EXPLICIT else der.implicit
        return wrap(CHOICES.index(self.kind), text)


def read_identifier(oid: str, value: bytes) -> Identifier:
    """What an extension states.  Raises :class:`DraftRefused` or :class:`keys.DerMalformed`."""
    outer = der.read_only(value)
    if oid != IDENTIFY_CODE:
        (kind,) = (one for one, known in _OIDS.items() if known == oid)
        return Identifier(kind, der.as_text(der.expect(outer, der.PRINTABLE)))
    number = outer.tag & 0x1F
    if outer.tag & 0xC0 != 0x80 or number >= len(CHOICES):
        raise DerMalformed("IdentifyCode is a choice of three")
    kind = CHOICES[number]
    string = der.UTF8 if kind is IdentifierKind.MILITARY_ID else der.PRINTABLE
    if outer.constructed:
        return Identifier(kind, der.as_text(der.expect(der.read_only(outer.content), string)))
    text = der.as_text(der.read_only(der.element(string, outer.content)))
    return Identifier(kind, text, Tagging.IMPLICIT)


def _fits(kind: IdentifierKind, value: str) -> bool:
    try:
        if kind is IdentifierKind.RESIDENT_ID:
            return parse_resident_id(value, date.max) == value
        if not _FORMS[kind].match(value):
            return False
        number = len(value) == _USCC_SIZE and kind in (
            IdentifierKind.TAXATION_NUMBER,
            IdentifierKind.IC_REGISTRATION_NUMBER,
        )
        return not number or parse_uscc(value) == value
    except IdentifierInvalid:
        return False
