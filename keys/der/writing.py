# SPDX-License-Identifier: Apache-2.0
"""Write DER (X.690 clause 10 and 11): every value has one spelling, and this is it.

A value that has none (a name outside PrintableString, a time without zone) raises :class:`DerMalformed`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from ..errors import DerMalformed
from .tags import (
    BIT_STRING,
    BOOLEAN,
    CONSTRUCTED,
    CONTEXT,
    ENUMERATED,
    GENERALIZED_TIME,
    IA5,
    INTEGER,
    LARGEST_TAG,
    NULL,
    OCTET_STRING,
    OID,
    PRINTABLE,
    SEQUENCE,
    SET,
    UTC_TIME,
    UTF8,
)

_PRINTABLE = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]*")
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,38}))+")
_LAST_NAMED_BIT = 255


def element(tag: int, content: bytes) -> bytes:
    """Tag, shortest length, content."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + content


def integer(number: int, *, tag: int = INTEGER) -> bytes:
    # One bit more than the magnitude, for the sign; ``~`` because -128 fits in eight bits.
    bits = (number if number >= 0 else ~number).bit_length() + 1
    return element(tag, number.to_bytes((bits + 7) // 8, signed=True))


def enumerated(number: int) -> bytes:
    return integer(number, tag=ENUMERATED)


def boolean(value: bool) -> bytes:
    return element(BOOLEAN, b"\xff" if value else b"\x00")


def null() -> bytes:
    return bytes((NULL, 0))


@lru_cache(maxsize=512)
def oid(dotted: str) -> bytes:
    if not _OID.fullmatch(dotted):
        raise DerMalformed(f"not an object identifier: {dotted[:80]!r}")
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    if first < 2 and second > 39:
        raise DerMalformed(f"the second arc of {dotted[:80]!r} is at most 39")
    return element(OID, b"".join(_arc(arc) for arc in (40 * first + second, *rest)))


def _arc(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(arc & 0x7F | 0x80)
    return bytes(reversed(octets))


def octets(content: bytes) -> bytes:
    return element(OCTET_STRING, content)


def bits(content: bytes, unused: int = 0) -> bytes:
    if not 0 <= unused <= 7 or (unused and (not content or content[-1] & ((1 << unused) - 1))):
        raise DerMalformed("0 to 7 unused bits, all zero")
    return element(BIT_STRING, bytes((unused,)) + content)


def named_bits(numbers: Iterable[int]) -> bytes:
    """X.690 clause 11.2.2: no trailing zero bits."""
    wanted = set(numbers)
    if not wanted:
        return bits(b"")
    if not 0 <= min(wanted) <= max(wanted) <= _LAST_NAMED_BIT:
        raise DerMalformed(f"bits are numbered from 0 to {_LAST_NAMED_BIT}")
    content = bytearray(max(wanted) // 8 + 1)
    for number in wanted:
        content[number // 8] |= 0x80 >> number % 8
    return bits(bytes(content), 7 - max(wanted) % 8)


def utf8(text: str) -> bytes:
    return element(UTF8, _encoded(text, "utf-8"))


def printable(text: str) -> bytes:
    if not _PRINTABLE.fullmatch(text):
        raise DerMalformed(f"not in the repertoire of PrintableString: {text[:80]!r}")
    return element(PRINTABLE, text.encode("ascii"))


def ia5(text: str) -> bytes:
    return element(IA5, _encoded(text, "ascii"))


def _encoded(text: str, character_set: str) -> bytes:
    if "\x00" in text:
        raise DerMalformed("a string has no NUL character")
    try:
        return text.encode(character_set)
    except UnicodeEncodeError:
        raise DerMalformed(f"not {character_set}: {text[:80]!r}") from None


def time(moment: datetime) -> bytes:
    """RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime after.  Fractions are cut."""
    utc = _in_utc(moment)
    if 1950 <= utc.year <= 2049:
        return element(UTC_TIME, utc.strftime("%y%m%d%H%M%SZ").encode("ascii"))
    return generalized(moment)


def generalized(moment: datetime) -> bytes:
    utc = _in_utc(moment)
    # Not %Y: it has fewer than four digits before the year 1000.
    return element(GENERALIZED_TIME, f"{utc.year:04d}{utc:%m%d%H%M%S}Z".encode("ascii"))


def _in_utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise DerMalformed("a time says its zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise DerMalformed("the time is out of range") from None


def sequence(*parts: bytes) -> bytes:
    return element(SEQUENCE, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    """X.690 clause 11.6: in ascending order of the encodings."""
    return element(SET, b"".join(sorted(parts)))


def explicit(number: int, der: bytes) -> bytes:
    """``[number] EXPLICIT``."""
    return element(_context(number) | CONSTRUCTED, der)


def implicit(number: int, der: bytes) -> bytes:
    """``[number] IMPLICIT``: another tag, the same form and content."""
    if not der:
        raise DerMalformed("there is nothing to tag")
    return bytes((_context(number) | der[0] & CONSTRUCTED,)) + der[1:]


def _context(number: int) -> int:
    if not 0 <= number <= LARGEST_TAG:
        raise DerMalformed(f"tags are numbered from 0 to {LARGEST_TAG}")
    return CONTEXT | number
