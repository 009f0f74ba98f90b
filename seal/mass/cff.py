# SPDX-License-Identifier: Apache-2.0
"""Font subsets by concatenation: one CFF table from glyph programs that were taken out once.

Adobe Technical Note 5176.  A subsetter reads the whole typeface for every document; names repeat, so each
character is subset once, its program without subroutines is kept, and a document's font is programs behind
each other with a CID-keyed frame around them.  CIDs stay those of the whole typeface.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from typing import Final

from ..pages.fonts import typeface
from ..pages.model import FontName

_FIRST_STRING: Final = 391  # strings before are the standard's
_HEADER: Final = b"\x01\x00\x04\x04"
_ROS, _CID_COUNT, _FD_ARRAY, _FD_SELECT = b"\x0c\x1e", b"\x0c\x22", b"\x0c\x24", b"\x0c\x25"
_BOX, _CHARSET, _PROGRAMS, _PRIVATE, _FONT_NAME = b"\x05", b"\x0f", b"\x11", b"\x12", b"\x0c\x26"
_CIDS: Final = 65_535


@dataclass(frozen=True, slots=True)
class Program:
    """How one glyph is drawn; ``font`` names the font dictionary whose measures it is drawn by."""

    font: bytes
    code: bytes


def subset(face: FontName, glyphs: Sequence[tuple[int, Program]]) -> bytes:
    """The bare CFF table of these glyphs, CID and program, each CID once and in their order."""
    programs = [_blank(face), *(program for _, program in glyphs)]
    fonts = sorted({program.font for program in programs})
    places = {font: place for place, font in enumerate(fonts)}
    select = bytes([0, *[places[program.font] for program in programs]])
    charset = struct.pack(f">B{len(glyphs)}H", 0, *[cid for cid, _ in glyphs])
    return b"".join(
        (
            _frame(face, tuple(fonts), len(programs)),
            charset,
            select,
            _index([program.code for program in programs]),
        )
    )


@lru_cache(maxsize=512)
def _frame(face: FontName, fonts: tuple[bytes, ...], count: int) -> bytes:
    """Everything before the charset.  Every offset is written with five bytes, so that lengths are known."""
    metrics = typeface(face).metrics
    privates = [_privates(face)[font] for font in fonts]
    name = _index([metrics.name.encode("ascii")])
    strings = _index([b"Adobe", b"Identity", *fonts])
    no_subroutines = b"\x00\x00"

    def top(at: int) -> bytes:
        charset = at + len(fonts_index) + sum(map(len, privates))
        select = charset + 1 + 2 * (count - 1)
        return b"".join(
            (
                *map(_number, (_FIRST_STRING, _FIRST_STRING + 1, 0)),
                _ROS,
                *map(_number, metrics.box),
                _BOX,
                _number(_CIDS) + _CID_COUNT,
                _number(charset) + _CHARSET,
                _number(select) + _FD_SELECT,
                _number(select + 1 + count) + _PROGRAMS,
                _number(at) + _FD_ARRAY,
            )
        )

    def dicts(at: int) -> bytes:
        """The font dictionaries, their private ones behind them from ``at`` on."""
        parts = []
        for place, private in enumerate(privates):
            own = _number(_FIRST_STRING + 2 + place) + _FONT_NAME
            parts.append(own + _number(len(private)) + _number(at) + _PRIVATE)
            at += len(private)
        return _index(parts)

    fonts_index = dicts(0)
    at = len(_HEADER + name + _index([top(0)]) + strings + no_subroutines)
    opening = _HEADER + name + _index([top(at)]) + strings + no_subroutines
    return b"".join((opening, dicts(at + len(fonts_index)), *privates))


def _number(value: int) -> bytes:
    """An integer operand, always five bytes."""
    return b"\x1d" + struct.pack(">i", value)


def _index(parts: Sequence[bytes]) -> bytes:
    """An INDEX; its offsets count from 1."""
    offsets = list(accumulate(map(len, parts), initial=1))
    size, letter = (2, "H") if offsets[-1] < 65_536 else (4, "I")
    return b"".join((struct.pack(f">HB{len(offsets)}{letter}", len(parts), size, *offsets), *parts))


@cache
def _blank(face: FontName) -> Program:
    """The glyph that stands for what is missing; every font begins with it."""
    return _programs(face, " ")[0]


def program_of(face: FontName, character: str) -> Program:
    """The program of a glyph of this face, without subroutines; takes a fraction of a millisecond."""
    return _programs(face, character)[1]


@cache
def _privates(face: FontName) -> dict[bytes, bytes]:
    """The private dictionaries of a face by name; those that were met."""
    del face
    return {}


def _programs(face: FontName, character: str) -> list[Program]:
    from fontTools.cffLib import CFFFontSet

    data = typeface(face).subset(character, flat=True)
    font = CFFFontSet()
    font.decompile(io.BytesIO(data), None)
    top = font.topDictIndex[0]
    names = []
    for one in top.FDArray:
        name: bytes = one.rawDict["FontName"].encode("ascii")
        size, at = one.rawDict["Private"]
        _privates(face).setdefault(name, data[at : at + size])
        names.append(name)
    codes = _read_index(data, top.rawDict["CharStrings"])
    return [Program(names[top.FDSelect[place]], code) for place, code in enumerate(codes)]


def _read_index(data: bytes, at: int) -> list[bytes]:
    count, size = struct.unpack_from(">HB", data, at)
    start = at + 3
    ends = [int.from_bytes(data[start + size * n : start + size * (n + 1)]) for n in range(count + 1)]
    base = start + size * (count + 1) - 1
    return [data[base + first : base + last] for first, last in pairwise(ends)]
