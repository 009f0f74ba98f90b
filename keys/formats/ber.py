# SPDX-License-Identifier: Apache-2.0
"""Indefinite lengths and octet strings in pieces (X.690 sections 8.1.3.6 and 8.7.3), made definite.

BouncyCastle, and with it much Java software, writes PKCS #12 files like that; RFC 7292 allows BER. Nothing
else is forgiven: what comes out is read as strictly as every other file.
"""

from __future__ import annotations

from typing import Final

from ..der import OCTET_STRING, element
from ..errors import DerMalformed

DEEPEST: Final = 32
CONSTRUCTED: Final = 0x20
_INDEFINITE: Final = 0x80
_END: Final = b"\x00\x00"
_HIGH_TAG: Final = 0x1F
_PIECES: Final = OCTET_STRING | CONSTRUCTED


def definite(data: bytes) -> bytes:
    """The same value in definite lengths; what does not begin with an indefinite one stays as it is.

    Raises :class:`DerMalformed`.
    """
    if len(data) < 2 or data[1] != _INDEFINITE:
        return data
    value, end = _element(data, 0, 0)
    if end != len(data):
        raise DerMalformed("something follows", offset=end)
    return value


def _element(data: bytes, at: int, depth: int) -> tuple[bytes, int]:
    """One element and where it ends."""
    if depth > DEEPEST:
        raise DerMalformed(f"at most {DEEPEST} elements inside each other", offset=at)
    tag, length, start = _head(data, at)
    constructed = bool(tag & CONSTRUCTED)
    if length is None and not constructed:
        raise DerMalformed("only what is constructed has an indefinite length", offset=at)
    end = len(data) if length is None else start + length
    if end > len(data):
        raise DerMalformed("ends too early", offset=at)
    if not constructed:
        return element(tag, data[start:end]), end
    parts: list[bytes] = []
    place = start
    while True:
        if length is None and data[place : place + 2] == _END:
            place += 2
            break
        if place == end and length is not None:
            break
        part, place = _element(data, place, depth + 1)
        if place > end:
            raise DerMalformed("longer than what it stands in", offset=place)
        parts.append(part)
    if tag == _PIECES:
        return element(OCTET_STRING, joined(parts)), place
    return element(tag, b"".join(parts)), place


def joined(parts: list[bytes]) -> bytes:
    """The octets of the pieces of an octet string, DER each."""
    found = b""
    for part in parts:
        tag, length, start = _head(part, 0)
        if tag != OCTET_STRING or length is None:
            raise DerMalformed("a piece of an octet string is one")
        found += part[start:]
    return found


def _head(data: bytes, at: int) -> tuple[int, int | None, int]:
    """Tag, length (nothing when it is indefinite), and where the content begins."""
    if at + 2 > len(data):
        raise DerMalformed("ends too early", offset=at)
    tag, first, start = data[at], data[at + 1], at + 2
    if tag & _HIGH_TAG == _HIGH_TAG:
        raise DerMalformed("a tag of several octets", offset=at)
    if first == _INDEFINITE:
        return tag, None, start
    if first < _INDEFINITE:
        return tag, first, start
    size = first & 0x7F
    if size > 4 or start + size > len(data):
        raise DerMalformed("no such length", offset=at)
    return tag, int.from_bytes(data[start : start + size]), start + size
