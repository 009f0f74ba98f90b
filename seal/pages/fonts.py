# SPDX-License-Identifier: Apache-2.0
"""The two embedded typefaces: measures, outlines and subsets of Noto Serif SC and Noto Sans SC.

Both are CID-keyed CFF (Adobe Technical Note 5176) with character collection Adobe-Identity-0.  A glyph has
two numbers: its index in the file and the CID in the font's charset; a PDF with Identity-H shows CIDs.  The
subset keeps the CIDs of the whole font, so the number of a character never depends on its neighbours.

The files are package data (``pylopdf_fonts_zh_cn``), read once per process; nothing else is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path as FilePath
from typing import Any

from .errors import GlyphMissing
from .model import Command, FontName

_DROPPED = (b"GSUB", b"GPOS", b"GDEF", b"cmap", b"vhea", b"vmtx", b"VORG", b"BASE", b"name", b"OS/2", b"post")


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character in one typeface.  ``advance`` is in em."""

    character: str
    face: FontName
    index: int
    cid: int
    advance: float


@dataclass(frozen=True, slots=True)
class Metrics:
    """Measures of a whole typeface, in thousandths of an em (ISO 32000-1 table 122)."""

    name: str
    ascent: int
    descent: int
    cap_height: int
    box: tuple[int, int, int, int]


class Typeface:
    """One font file.  Safe to share between threads: nothing changes after construction."""

    def __init__(self, name: FontName, file: FilePath) -> None:
        import uharfbuzz
        from fontTools.ttLib import TTFont

        self._harfbuzz: Any = uharfbuzz
        self.name = name
        self._face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(file)))
        self._font = uharfbuzz.Font(self._face)
        self._em = float(self._face.upem)
        with TTFont(file, lazy=True) as whole:
            top = whole["CFF "].cff.topDictIndex[0]
            self._cids = tuple(0 if entry == ".notdef" else int(entry[3:]) for entry in top.charset)
            head, hhea, os2 = whole["head"], whole["hhea"], whole["OS/2"]
            self.metrics = Metrics(
                name=whole["name"].getDebugName(6),
                ascent=hhea.ascent,
                descent=hhea.descent,
                cap_height=os2.sCapHeight,
                box=(head.xMin, head.yMin, head.xMax, head.yMax),
            )

    def glyph(self, character: str) -> Glyph | None:
        """The glyph of ``character``; ``None`` when this typeface does not draw it."""
        index = self._font.get_nominal_glyph(ord(character))
        if not index:
            return None
        advance = self._font.get_glyph_h_advance(index) / self._em
        return Glyph(character, self.name, index, self._cids[index], advance)

    def outline(self, glyph: Glyph) -> tuple[Command, ...]:
        """The outline in em, origin on the baseline, y upwards."""
        from fontTools.pens.recordingPen import RecordingPen

        pen = RecordingPen()
        self._font.draw_glyph_with_pen(glyph.index, pen)
        letters = {"moveTo": "M", "lineTo": "L", "curveTo": "C", "closePath": "Z", "endPath": "Z"}
        return tuple(
            (letters[verb], tuple(value / self._em for point in points for value in point))  # type: ignore[misc]  # the four letters, by the table above
            for verb, points in pen.value
        )

    def ink(self, glyph: Glyph) -> tuple[float, float]:
        """Left and right edge of what is drawn, in em."""
        extents = self._font.get_glyph_extents(glyph.index)
        left = extents.x_bearing / self._em
        return left, left + extents.width / self._em

    def subset(self, characters: Iterable[str], *, flat: bool = False) -> bytes:
        """The bare CFF table that draws ``characters``; CIDs stay those of :attr:`Glyph.cid`.

        With ``flat`` no glyph calls a subroutine.
        """
        wanted = self._harfbuzz.SubsetInput()
        if flat:
            wanted.flags = self._harfbuzz.SubsetFlags.DESUBROUTINIZE
        wanted.unicode_set.update(ord(character) for character in characters)
        wanted.drop_table_tag_set.update(int.from_bytes(tag, "big") for tag in _DROPPED)
        table = self._harfbuzz.SubsetPlan(self._face, wanted).execute().reference_table("CFF ")
        return bytes(table.data)


@cache
def typeface(name: FontName) -> Typeface:
    """The typeface, read once per process."""
    import pylopdf_fonts_zh_cn as files

    return Typeface(name, files.serif_path() if name is FontName.SERIF else files.sans_path())


@cache
def glyph_of(character: str, preferred: FontName) -> Glyph:
    """The glyph in the preferred typeface, else in the other one.  Raises :class:`GlyphMissing`."""
    for name in sorted(FontName, key=lambda name: name is not preferred):
        if found := typeface(name).glyph(character):
            return found
    raise GlyphMissing(character)


def glyphs_of(text: str, preferred: FontName) -> tuple[Glyph, ...]:
    """One glyph per character; every character that cannot be drawn is named in one error."""
    found: list[Glyph] = []
    missing: list[str] = []
    for character in text:
        try:
            found.append(glyph_of(character, preferred))
        except GlyphMissing:
            missing.append(character)
    if missing:
        raise GlyphMissing("".join(dict.fromkeys(missing)))
    return tuple(found)


def width_em(glyphs: Sequence[Glyph]) -> float:
    """Set width of a line of glyphs."""
    return sum(glyph.advance for glyph in glyphs)
