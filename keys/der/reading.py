# SPDX-License-Identifier: Apache-2.0
"""Slice tag, length and value; the original bytes are always kept.

What is hashed or verified must be the bytes that were received, never a re-encoding. So the slicer checks
lengths and leaves values alone: the order in a SET, a DEFAULT that was written, a string outside its
repertoire stay as they came. ``lenient`` also accepts a definite length in more octets than it needs (X.690
clause 8.1.3.5), as some foreign seals have it. Indefinite lengths are refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import DerMalformed
from .tags import CONSTRUCTED

_LONG = 0x80
_MOST_LENGTH_OCTETS = 4


@dataclass(frozen=True, slots=True)
class Tlv:
    """One element: ``raw`` is all of it, ``start`` and ``end`` are offsets in what was read first."""

    tag: int
    raw: bytes
    content: bytes
    start: int
    end: int
    lenient: bool = False

    @property
    def constructed(self) -> bool:
        return bool(self.tag & CONSTRUCTED)

    def children(self) -> tuple[Tlv, ...]:
        """The elements inside a constructed one.  Raises :class:`DerMalformed`."""
        if not self.tag & CONSTRUCTED:
            raise DerMalformed(f"tag {self.tag:#04x} is primitive and has no children", offset=self.start)
        content, base = self.content, self.end - len(self.content)
        found: list[Tlv] = []
        at, size = 0, len(content)
        while at < size:
            child = _slice(content, at, base, self.lenient)
            found.append(child)
            at = child.end - base
        return tuple(found)


def read(data: bytes, offset: int = 0, *, lenient: bool = False) -> Tlv:
    """The element at ``offset``; more may follow.  Raises :class:`DerMalformed`."""
    if offset < 0:
        raise DerMalformed("an offset is not negative")
    return _slice(data, offset, 0, lenient)


def read_only(data: bytes, *, lenient: bool = False) -> Tlv:
    """The one element that these bytes are.  Raises :class:`DerMalformed`."""
    tlv = _slice(data, 0, 0, lenient)
    if tlv.end != len(data):
        raise DerMalformed("nothing may follow", offset=tlv.end)
    return tlv


def expect(tlv: Tlv, tag: int) -> Tlv:
    """The same element, if it has this tag.  Raises :class:`DerMalformed`."""
    if tlv.tag != tag:
        raise DerMalformed(f"tag {tag:#04x} expected, {tlv.tag:#04x} found", offset=tlv.start)
    return tlv


def _slice(data: bytes, at: int, base: int, lenient: bool) -> Tlv:
    """``base``: the offset of ``data`` in what was read first."""
    total = len(data)
    if total - at < 2:
        raise DerMalformed("the element is cut off", offset=base + at)
    tag, length, begin = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise DerMalformed("tag numbers above 30 are not used", offset=base + at)
    if length & _LONG:
        count = length & 0x7F
        if not count:
            raise DerMalformed("indefinite length is not DER", offset=base + at)
        octets = data[begin : begin + count]
        if len(octets) < count:
            raise DerMalformed("the element is cut off", offset=base + at)
        if lenient:
            octets = octets.lstrip(b"\x00")
        if len(octets) > _MOST_LENGTH_OCTETS:
            raise DerMalformed("the length is out of range", offset=base + at)
        begin += count
        length = int.from_bytes(octets)
        if not lenient and (length < _LONG or octets[0] == 0):
            raise DerMalformed("the length has a shorter spelling", offset=base + at)
    end = begin + length
    if end > total:
        raise DerMalformed("the element is cut off", offset=base + at)
    return Tlv(tag, data[at:end], data[begin:end], base + at, base + end, lenient)
