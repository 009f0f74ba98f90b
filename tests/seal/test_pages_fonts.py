# SPDX-License-Identifier: Apache-2.0
"""Subsets: every CID draws the same outline, as wide, as the whole font does (fontTools as the oracle)."""

from __future__ import annotations

import io
from typing import Any

import pylopdf_fonts_zh_cn as files
import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.pens.areaPen import AreaPen
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.recordingPen import RecordingPen
from fontTools.pens.teePen import TeePen
from fontTools.ttLib import TTFont

from seal.pages.fonts import glyph_of, glyphs_of, typeface, width_em
from seal.pages.model import FontName

TEXT = "建筑工程施工许可证 2026年11月23日 AVWfi—…“”、。\uff0c\uff08\uff09〔〕·《》0123456789 龘䶮"
FILES = {FontName.SERIF: files.serif_path(), FontName.SANS: files.sans_path()}


def charstrings(data: bytes) -> dict[int, Any]:
    fonts = CFFFontSet()
    fonts.decompile(io.BytesIO(data), otFont=None)
    top = fonts.topDictIndex[0]
    assert top.ROS == ("Adobe", "Identity", 0)
    strings = top.CharStrings
    return {0 if name == ".notdef" else int(name[3:]): strings[name] for name in top.charset}


def recorded(glyph: Any) -> list[Any]:
    pen = RecordingPen()
    glyph.draw(pen)
    return list(pen.value)


@pytest.mark.parametrize("name", list(FontName))
def test_subset_keeps_cids_outlines_and_nothing_else(name: FontName) -> None:
    """Adobe TN 5176: the CID of a glyph is its entry in the charset of the font program."""
    face = typeface(name)
    glyphs = [glyph for glyph in glyphs_of(TEXT, name) if glyph.face is name]
    drawn = charstrings(face.subset(glyph.character for glyph in glyphs))
    assert set(drawn) == {0, *(glyph.cid for glyph in glyphs)}
    with TTFont(FILES[name]) as whole:
        names, outlines, widths = whole.getBestCmap(), whole.getGlyphSet(), whole["hmtx"]
        for glyph in glyphs:
            original = names[ord(glyph.character)]
            assert original == f"cid{glyph.cid:05d}"
            assert recorded(drawn[glyph.cid]) == recorded(outlines[original])
            assert glyph.advance * 1000 == widths[original][0]


def test_a_subset_is_small_and_does_not_depend_on_order() -> None:
    """One page of text is some tens of kilobytes, not the eleven megabytes of the font."""
    face = typeface(FontName.SERIF)
    assert face.subset("许可证A") == face.subset("A证可许许")
    assert len(face.subset(TEXT)) < 20_000


def test_missing_in_one_typeface_comes_from_the_other() -> None:
    """A rare character is drawn in the other typeface rather than refused."""
    assert glyph_of("䶮", FontName.SERIF).face is FontName.SERIF
    rare = "\u4db6"  # in the serif only
    assert glyph_of(rare, FontName.SANS).face is FontName.SERIF


def test_widths() -> None:
    """Ideographs are one em; Latin letters are narrower."""
    assert width_em(glyphs_of("施工许可", FontName.SERIF)) == 4.0
    assert 0.4 < glyph_of("1", FontName.SERIF).advance < 0.6


def test_ink_and_area_are_those_of_the_outline() -> None:
    """The measures that space brackets on a seal, and the outlines that draw it."""
    face = typeface(FontName.SERIF)
    with TTFont(FILES[FontName.SERIF]) as whole:
        for character in "(\uff08中A":
            glyph = glyph_of(character, FontName.SERIF)
            bounds, expected, found = BoundsPen(None), AreaPen(), AreaPen()
            whole.getGlyphSet()[f"cid{glyph.cid:05d}"].draw(TeePen(bounds, expected))
            for letter, points in face.outline(glyph):
                pairs = list(zip(points[::2], points[1::2], strict=True))
                draw = {"M": found.moveTo, "L": found.lineTo, "C": found.curveTo, "Z": found.closePath}
                draw[letter](*pairs)
            assert found.value * 1e6 == pytest.approx(expected.value)
            assert [1000 * edge for edge in face.ink(glyph)] == pytest.approx(bounds.bounds[::2], abs=2)
