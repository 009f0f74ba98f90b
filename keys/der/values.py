# SPDX-License-Identifier: Apache-2.0
"""Values of primitive elements.

Strict where two spellings of one value would matter (integers, identifiers, times, booleans); tolerant about
the repertoire of strings, because licensed authorities write UTF-8 into IA5String. A NUL character is refused
everywhere: it has hidden the end of names before.
``tag`` names the tag that must stand there: give it for an IMPLICIT field.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from ..errors import DerMalformed
from .reading import Tlv, expect
from .tags import (
    BIT_STRING,
    BMP,
    BOOLEAN,
    ENUMERATED,
    GENERALIZED_TIME,
    IA5,
    INTEGER,
    NUMERIC,
    OCTET_STRING,
    OID,
    PRINTABLE,
    T61,
    UTC_TIME,
    UTF8,
    VISIBLE,
)

_CHARACTER_SETS = {
    UTF8: "utf-8",
    NUMERIC: "ascii",
    PRINTABLE: "utf-8",
    T61: "latin-1",
    IA5: "utf-8",
    VISIBLE: "utf-8",
    BMP: "utf-16-be",
}
_LONGEST_ARC = 19
"""Octets of one arc: enough for the 128 bits of a UUID below 2.25."""
_UTC_TIME = re.compile(rb"[0-9]{12}Z")
_GENERALIZED_TIME = re.compile(rb"[0-9]{14}Z")


def as_integer(tlv: Tlv, *, tag: int = INTEGER) -> int:
    """A whole number of any size and sign, in its one spelling."""
    content = expect(tlv, tag).content
    if not content:
        raise DerMalformed("an integer has at least one octet", offset=tlv.start)
    if len(content) > 1 and (content[0], content[1] >> 7) in ((0x00, 0), (0xFF, 1)):
        raise DerMalformed("the integer has a shorter spelling", offset=tlv.start)
    return int.from_bytes(content, signed=True)


def as_enumerated(tlv: Tlv, *, tag: int = ENUMERATED) -> int:
    """The number of an enumerated value."""
    return as_integer(tlv, tag=tag)


def as_boolean(tlv: Tlv, *, tag: int = BOOLEAN) -> bool:
    """X.690 clause 11.1: all bits or none."""
    content = expect(tlv, tag).content
    if content not in (b"\x00", b"\xff"):
        raise DerMalformed("a boolean is 00 or FF", offset=tlv.start)
    return content == b"\xff"


def as_octets(tlv: Tlv, *, tag: int = OCTET_STRING) -> bytes:
    """The octets of an octet string."""
    return expect(tlv, tag).content


def as_bits(tlv: Tlv, *, tag: int = BIT_STRING, lenient: bool = False) -> bytes:
    """The octets of a bit string that holds whole octets; ``lenient``: whatever it says about unused bits."""
    unused, octets = _bits(tlv, tag)
    if unused and not lenient:
        raise DerMalformed("a bit string of whole octets has no unused bits", offset=tlv.start)
    return octets


def as_named_bits(tlv: Tlv, *, tag: int = BIT_STRING) -> frozenset[int]:
    """The numbers of the bits that are set, bit 0 first.  Trailing zero bits are tolerated."""
    unused, octets = _bits(tlv, tag)
    if unused > 7 or (unused and (not octets or octets[-1] & ((1 << unused) - 1))):
        raise DerMalformed("unused bits are zero", offset=tlv.start)
    return frozenset(
        8 * number + bit for number, octet in enumerate(octets) for bit in range(8) if octet & 0x80 >> bit
    )


def as_oid(tlv: Tlv, *, tag: int = OID) -> str:
    """Dotted decimal."""
    content = expect(tlv, tag).content
    if not content or content[-1] & 0x80:
        raise DerMalformed("the object identifier is cut off", offset=tlv.start)
    arcs: list[int] = []
    value = octets = 0
    for octet in content:
        if not octets and octet == 0x80:
            raise DerMalformed("an arc has a shorter spelling", offset=tlv.start)
        value, octets = value << 7 | octet & 0x7F, octets + 1
        if octets > _LONGEST_ARC:
            raise DerMalformed("an arc is out of range", offset=tlv.start)
        if not octet & 0x80:
            arcs.append(value)
            value = octets = 0
    top = min(arcs[0] // 40, 2)
    return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))


def as_text(tlv: Tlv) -> str:
    """The text of any string type."""
    character_set = _CHARACTER_SETS.get(tlv.tag)
    if character_set is None:
        raise DerMalformed(f"a string expected, tag {tlv.tag:#04x} found", offset=tlv.start)
    try:
        text = tlv.content.decode(character_set)
    except UnicodeDecodeError:
        raise DerMalformed(f"the string is not {character_set}", offset=tlv.start) from None
    if "\x00" in text:
        raise DerMalformed("a string has no NUL character", offset=tlv.start)
    return text


def as_time(tlv: Tlv) -> datetime:
    """UTCTime or GeneralizedTime as RFC 5280 section 4.1.2.5 writes them: seconds, ``Z``, no fraction."""
    content = tlv.content
    if tlv.tag == UTC_TIME and _UTC_TIME.fullmatch(content):
        digits = ("19" if content >= b"50" else "20") + content[:-1].decode("ascii")
    elif tlv.tag == GENERALIZED_TIME and _GENERALIZED_TIME.fullmatch(content):
        digits = content[:-1].decode("ascii")
    else:
        raise DerMalformed("a time in UTC with seconds and Z expected", offset=tlv.start)
    parts = [int(digits[:4]), *(int(digits[at : at + 2]) for at in range(4, 14, 2))]
    try:
        return datetime(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], tzinfo=UTC)
    except ValueError:
        raise DerMalformed("no such day or time", offset=tlv.start) from None


def _bits(tlv: Tlv, tag: int) -> tuple[int, bytes]:
    content = expect(tlv, tag).content
    if not content:
        raise DerMalformed("a bit string says how many bits are unused", offset=tlv.start)
    return content[0], content[1:]
