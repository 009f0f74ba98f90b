# SPDX-License-Identifier: Apache-2.0
"""Subset fonts for OFD: our typefaces as small TrueType files whose glyphs are numbered as they are used.

GB/T 33190-2016 section 11.1 embeds font files whole.  Readers load TrueType outlines everywhere; bare or
CID-keyed CFF, which is what our typefaces are, only some do, and they disagree about glyph numbers.  So
every outline is turned into quadratic curves once per process, and a subset is the tables of
ISO/IEC 14496-22 around those pieces: assembling one takes no font library.

``cmap`` maps what is drawn, so that a reader which ignores ``CGTransform`` shows the same.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any, Final

from ..pages.fonts import Glyph, typeface
from ..pages.model import FontName

EM: Final = 1000
_ERROR: Final = 0.6
"""How far a quadratic curve may lie from the cubic one, in thousandths of an em."""
_EPOCH: Final = 3_850_070_400
"""2026-01-01 in seconds since 1904: the same glyphs make the same file at any time."""
_MAGIC: Final = 0x5F0F3CF5
_SUM: Final = 0xB1B0AFBA

FAMILY: Final = {FontName.SERIF: "Noto Serif SC", FontName.SANS: "Noto Sans SC"}


@dataclass(frozen=True, slots=True)
class Outline:
    """One glyph as the ``glyf`` table holds it; lengths in thousandths of an em."""

    data: bytes  # padded to four octets
    advance: int
    points: int
    contours: int
    metric: bytes  # advance and left edge as the ``hmtx`` table has them
    total: int  # of its words, for the checksum of the table


class Subset:
    """The glyphs of one typeface that one document draws, numbered from 1 in the order of their first use."""

    def __init__(self, name: FontName) -> None:
        self.name = name
        self._numbers: dict[int, int] = {}
        self._glyphs: list[Glyph] = []
        self._characters: dict[str, int] = {}

    def number(self, glyph: Glyph) -> int:
        """The number of a glyph in the file, given out at its first use."""
        known = self._characters.get(glyph.character)
        if known is not None:
            return known
        number = self._numbers.setdefault(glyph.index, len(self._glyphs) + 1)
        if number > len(self._glyphs):
            self._glyphs.append(glyph)
        self._characters[glyph.character] = number
        return number

    @property
    def characters(self) -> Mapping[str, int]:
        """What the file draws, and by which number."""
        return self._characters

    def file(self) -> bytes:
        """The font file."""
        outlines = [_notdef(), *(outline(glyph) for glyph in self._glyphs)]
        return _file(self.name, outlines, self._characters)


@cache
def outline(glyph: Glyph) -> Outline:
    """The outline of a glyph in quadratic curves, made once per process."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    quadratic = Cu2QuPen(pen, _ERROR, reverse_direction=True)
    draw: dict[str, Any] = {"M": quadratic.moveTo, "L": quadratic.lineTo, "C": quadratic.curveTo}
    for letter, values in typeface(glyph.face).outline(glyph):
        points = [(x * EM, y * EM) for x, y in zip(values[::2], values[1::2], strict=True)]
        if points:
            draw[letter](*points)
        else:
            quadratic.closePath()
    return _outline(pen.glyph(), round(glyph.advance * EM))


def _outline(made: Any, advance: int) -> Outline:
    if made.numberOfContours <= 0:
        return Outline(b"", advance, 0, 0, struct.pack(">Hh", advance, 0), 0)
    data = bytes(made.compile(None, recalcBBoxes=True))
    padded = data + bytes(-len(data) % 4)
    points, contours = len(made.coordinates), made.numberOfContours
    metric = struct.pack(">Hh", advance, made.xMin)
    return Outline(padded, advance, points, contours, metric, _sum(padded))


@cache
def _notdef() -> Outline:
    """Glyph 0: an empty frame, which a reader shows for what it cannot find."""
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    for corners in (
        ((100, 0), (100, 700), (900, 700), (900, 0)),
        ((140, 40), (860, 40), (860, 660), (140, 660)),
    ):
        pen.moveTo(corners[0])
        for corner in corners[1:]:
            pen.lineTo(corner)
        pen.closePath()
    return _outline(pen.glyph(), EM)


def _file(name: FontName, outlines: Sequence[Outline], characters: dict[str, int]) -> bytes:
    count = len(outlines)
    codes = sorted([(ord(character), number) for character, number in characters.items()])
    offsets = list(accumulate([len(one.data) for one in outlines], initial=0))
    widest = max([one.advance for one in outlines])
    points = max([one.points for one in outlines])
    contours = max([one.contours for one in outlines])
    tables = {
        **_fixed(name),
        b"OS/2": _os2(name, codes[0][0] if codes else 0, codes[-1][0] if codes else 0, widest),
        b"cmap": _cmap(codes),
        b"glyf": b"".join([one.data for one in outlines]),
        b"hhea": _hhea(name, widest, count),
        b"hmtx": b"".join([one.metric for one in outlines]),
        b"loca": struct.pack(f">{count + 1}L", *offsets),
        b"maxp": struct.pack(">L14H", 0x10000, count, points, contours, 0, 0, 1, *([0] * 8)),
    }
    return _assembled(tables, sum([one.total for one in outlines]) & 0xFFFFFFFF)


@cache
def _fixed(name: FontName) -> dict[bytes, bytes]:
    """The tables that no subset changes; the box is that of the whole typeface."""
    box = typeface(name).metrics.box
    head = struct.pack(">4H2L2H2Q4h2H3h", 1, 0, 1, 0, 0, _MAGIC, 3, EM, _EPOCH, _EPOCH, *box, 0, 8, 2, 1, 0)
    post = struct.pack(">L2h2h5L", 0x30000, 0, 0, -100, 50, *([0] * 5))
    return {b"head": head, b"name": _names(name), b"post": post}


def _hhea(name: FontName, widest: int, count: int) -> bytes:
    metrics = typeface(name).metrics
    left, right = metrics.box[0], EM - metrics.box[2]
    numbers = (metrics.ascent, metrics.descent, 0, widest, left, right, metrics.box[2], 1, *([0] * 7), count)
    return struct.pack(">2H3hH11hH", 1, 0, *numbers)


def _assembled(tables: dict[bytes, bytes], outlines: int) -> bytes:
    """Table directory and tables; the sum of the whole file is made right in ``head``."""
    count = len(tables)
    power = count.bit_length() - 1
    out = [struct.pack(">L4H", 0x10000, count, 16 << power, power, 16 * count - (16 << power))]
    start = 12 + 16 * count
    bodies, place, total = [], start, 0
    for tag, table in sorted(tables.items()):
        padded = table + bytes(-len(table) % 4)
        added = outlines if tag == b"glyf" else _sum(padded)
        out.append(struct.pack(">4s3L", tag, added, place, len(table)))
        total += added
        if tag == b"head":
            head = place
        bodies.append(padded)
        place += len(padded)
    total += _sum(b"".join(out))
    file = bytearray(b"".join([*out, *bodies]))
    struct.pack_into(">L", file, head + 8, (_SUM - total) & 0xFFFFFFFF)
    return bytes(file)


def _sum(padded: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}L", padded)
    return sum(words) & 0xFFFFFFFF


def _cmap(codes: list[tuple[int, int]]) -> bytes:
    """Format 4 for the basic plane, format 12 where there are others; Unicode and Windows name the same."""
    low = _format_4([one for one in codes if one[0] < 0xFFFF])
    wide = bool(codes) and codes[-1][0] > 0xFFFF
    first = 4 + 8 * (4 if wide else 2)
    records = [(0, 3, first), (3, 1, first)]
    full = b""
    if wide:
        full = _format_12(codes)
        records = [(0, 3, first), (0, 4, first + len(low)), (3, 1, first), (3, 10, first + len(low))]
    named = b"".join([struct.pack(">2HL", *one) for one in records])
    return struct.pack(">2H", 0, len(records)) + named + low + full


def _runs(codes: Iterable[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """First code, last code and first number of every run in which both grow together."""
    runs: list[tuple[int, int, int]] = []
    for code, number in codes:
        if runs:
            first, last, begun = runs[-1]
            if code == last + 1 and number == begun + code - first:
                runs[-1] = (first, code, begun)
                continue
        runs.append((code, code, number))
    return runs


def _format_4(codes: list[tuple[int, int]]) -> bytes:
    runs = [*_runs(codes), (0xFFFF, 0xFFFF, 0)]
    count = len(runs)
    power = count.bit_length() - 1
    deltas = [(number - first) & 0xFFFF for first, _, number in runs[:-1]] + [1]
    body = struct.pack(
        f">4H{count}HH{count}H{count}H{count}H",
        2 * count,
        2 << power,
        power,
        2 * count - (2 << power),
        *(last for _, last, _ in runs),
        0,
        *(first for first, _, _ in runs),
        *deltas,
        *([0] * count),
    )
    return struct.pack(">3H", 4, 6 + len(body), 0) + body


def _format_12(codes: list[tuple[int, int]]) -> bytes:
    groups = b"".join(struct.pack(">3L", *run) for run in _runs(codes))
    return struct.pack(">2H3L", 12, 0, 16 + len(groups), 0, len(groups) // 12) + groups


@lru_cache(maxsize=1024)
def _os2(name: FontName, first: int, last: int, widest: int) -> bytes:
    metrics = typeface(name).metrics
    ascent, descent, capital = metrics.ascent, metrics.descent, metrics.cap_height
    return struct.pack(
        ">Hh3H11h10s4L4s3H3h2H2L2h3H",
        4, widest, 400, 5, 0,  # version, average width, weight, width class, embedding allowed
        650, 600, 0, 75, 650, 600, 0, 350, 50, 300, 0,
        bytes(10), 0, 1 << 27, 0, 0, b"NONE", 0x40, min(first, 0xFFFF), min(last, 0xFFFF),
        ascent, descent, 0, ascent, -descent,
        1 << 18, 0,  # code page 936
        500, capital, 0, 32, 0,
    )  # fmt: skip


def _names(name: FontName) -> bytes:
    family = FAMILY[name]
    texts = {1: family, 2: "Regular", 4: family, 6: f"{family.replace(' ', '')}-Regular"}
    records, strings = [], b""
    for number, text in texts.items():
        encoded = text.encode("utf-16-be")
        records.append(struct.pack(">6H", 3, 1, 0x409, number, len(encoded), len(strings)))
        strings += encoded
    head = struct.pack(">3H", 0, len(records), 6 + 12 * len(records))
    return head + b"".join(records) + strings
