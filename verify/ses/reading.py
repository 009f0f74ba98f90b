# SPDX-License-Identifier: Apache-2.0
"""Read elements as products write them: the strict form silently, everything else with a code.

Nothing here decides whether a deviation matters.  What cannot be understood at all raises
:class:`SesMalformed` and names the field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from keys import KeysError
from keys.der import (
    BIT_STRING,
    BMP,
    BOOLEAN,
    IA5,
    INTEGER,
    NULL,
    NUMERIC,
    OCTET_STRING,
    OID,
    PRINTABLE,
    SEQUENCE,
    T61,
    UTF8,
    VISIBLE,
    Tlv,
    as_oid,
    read_only,
)

from .deviations import Deviation
from .errors import SesMalformed
from .times import read_time

TEXTS: Final = frozenset({UTF8, NUMERIC, PRINTABLE, T61, IA5, VISIBLE, BMP})
LARGEST_NUMBER: Final = 2**53 - 1
"""JSON carries no larger one exactly."""

_Read = TypeVar("_Read")


@dataclass(slots=True)
class Reading:
    """One pass over one object; ``odd`` collects the deviations in the order in which they are met.

    ``lenient``: lengths may be spelled in more octets than they need.
    """

    lenient: bool = False
    odd: list[str] = field(default_factory=list)

    def note(self, *codes: str) -> None:
        for code in codes:
            if code not in self.odd:
                self.odd.append(code)

    def root(self, data: bytes, name: str) -> Tlv:
        """The one element that these bytes are; nothing may follow."""
        try:
            return read_only(data, lenient=self.lenient)
        except KeysError as error:
            raise SesMalformed(field=name, rule=f"not DER: {error}") from error

    def parts(self, tlv: Tlv, name: str, least: int, most: int) -> tuple[Tlv, ...]:
        """The elements of a SEQUENCE that has so many of them."""
        if tlv.tag != SEQUENCE:
            raise SesMalformed(field=name, rule=f"a SEQUENCE, not tag {tlv.tag:#04x}")
        found = self.children(tlv, name)
        if not least <= len(found) <= most:
            rule = f"{least} elements" if least == most else f"{least} to {most} elements"
            raise SesMalformed(field=name, rule=f"{rule}, not {len(found)}")
        return found

    def children(self, tlv: Tlv, name: str) -> tuple[Tlv, ...]:
        try:
            return tlv.children()
        except KeysError as error:
            raise SesMalformed(field=name, rule=f"not DER: {error}") from error

    def inside(self, tlv: Tlv, name: str) -> Tlv:
        """The one element that the content of this one is."""
        try:
            return read_only(tlv.content, lenient=tlv.lenient)
        except KeysError as error:
            raise SesMalformed(field=name, rule=f"one element inside: {error}") from error

    def integer(self, tlv: Tlv, name: str) -> int:
        if tlv.tag != INTEGER or not tlv.content:
            raise SesMalformed(field=name, rule="an INTEGER")
        content = tlv.content
        if len(content) > 1 and (content[0], content[1] >> 7) in ((0x00, 0), (0xFF, 1)):
            self.note(Deviation.INTEGER_SPELLING)
        number = int.from_bytes(content, signed=True)
        if not -LARGEST_NUMBER <= number <= LARGEST_NUMBER:
            raise SesMalformed(field=name, rule="a number of at most 53 bits")
        return number

    def boolean(self, tlv: Tlv, name: str) -> bool:
        if tlv.tag != BOOLEAN or len(tlv.content) != 1:
            raise SesMalformed(field=name, rule="a BOOLEAN")
        if tlv.content not in (b"\x00", b"\xff"):
            self.note(Deviation.BOOLEAN_SPELLING)
        return tlv.content != b"\x00"

    def text(self, tlv: Tlv, name: str, expected: int = IA5) -> str:
        """For showing and comparing; the octets stay as they are."""
        if tlv.tag not in TEXTS:
            raise SesMalformed(field=name, rule=f"a string, not tag {tlv.tag:#04x}")
        if tlv.tag != expected:
            self.note(Deviation.STRING_TYPE)
        content = tlv.content
        if tlv.tag == BMP:
            text = content.decode("utf-16-be", "replace")
        else:
            try:
                text = content.decode("utf-8")
            except UnicodeDecodeError:
                self.note(Deviation.STRING_NOT_UTF8)
                text = content.decode("gb18030", "replace")
        if expected == IA5 and not text.isascii():
            self.note(Deviation.STRING_NOT_UTF8)
        if text.endswith("\x00"):
            self.note(Deviation.STRING_NUL_PADDED)
            text = text.rstrip("\x00")
        if "\x00" in text:
            raise SesMalformed(field=name, rule="a NUL character only as padding at the end")
        return text

    def octets(self, tlv: Tlv, name: str) -> bytes:
        if tlv.tag == BIT_STRING and tlv.content:
            self.note(Deviation.BITS_FOR_OCTETS)
            return tlv.content[1:]
        if tlv.tag != OCTET_STRING:
            raise SesMalformed(field=name, rule=f"an OCTET STRING, not tag {tlv.tag:#04x}")
        return tlv.content

    def bits(self, tlv: Tlv, name: str) -> bytes:
        """The octets after the one that counts unused bits, whatever it says."""
        if tlv.tag == OCTET_STRING:
            self.note(Deviation.OCTETS_FOR_BITS)
            return tlv.content
        if tlv.tag != BIT_STRING or not tlv.content:
            raise SesMalformed(field=name, rule=f"a BIT STRING, not tag {tlv.tag:#04x}")
        if tlv.content[0]:
            self.note(Deviation.BITS_UNUSED)
        return tlv.content[1:]

    def time(self, tlv: Tlv, name: str, expected: int) -> datetime:
        found = read_time(tlv.content, tlv.tag, expected) if tlv.tag in _TIME_TAGS else None
        if found is None:
            raise SesMalformed(field=name, rule="a time")
        self.note(*found[1])
        return found[0]

    def algorithm(self, tlv: Tlv, name: str) -> str:
        """A bare OID; an AlgorithmIdentifier is understood when it has no parameters but NULL."""
        if tlv.tag == SEQUENCE:
            parts = self.parts(tlv, name, 1, 2)
            if len(parts) == 2 and parts[1].tag != NULL:
                raise SesMalformed(field=name, rule="a bare OBJECT IDENTIFIER")
            self.note(Deviation.ALGORITHM_IDENTIFIER)
            tlv = parts[0]
        return self.identifier(tlv, name)

    def identifier(self, tlv: Tlv, name: str) -> str:
        if tlv.tag != OID:
            raise SesMalformed(field=name, rule=f"an OBJECT IDENTIFIER, not tag {tlv.tag:#04x}")
        try:
            return as_oid(tlv)
        except KeysError as error:
            raise SesMalformed(field=name, rule=str(error)) from error

    def certificate(self, tlv: Tlv, name: str) -> bytes:
        """The DER of a certificate inside an OCTET STRING, or standing there by itself."""
        if tlv.tag == SEQUENCE:
            self.note(Deviation.CERTIFICATE_NOT_WRAPPED)
            return tlv.raw
        return self.octets(tlv, name)


_TIME_TAGS: Final = frozenset({0x17, 0x18, IA5, VISIBLE, PRINTABLE, UTF8})
"""A time in a string is one of the habits."""


def read_strictly_first(read: Callable[[Reading], _Read]) -> _Read:
    """As DER; if that is not possible, with lengths of any spelling, and a code that says so."""
    try:
        return read(Reading())
    except SesMalformed as error:
        if not isinstance(error.__cause__, KeysError):
            raise
        try:
            return read(Reading(lenient=True, odd=[Deviation.LENGTH_SPELLING]))
        except SesMalformed:
            raise error from error.__cause__
