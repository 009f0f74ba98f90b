# SPDX-License-Identifier: Apache-2.0
"""TextObject: where every character stands (GB/T 33190-2016 section 11).

Characters follow their deltas; where a delta is not written, the advance of the font.  CGTransform replaces
characters by glyphs of the embedded font, which is how subset fonts without a character map are shown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..document import numbers
from ..markup import Node
from .fonts import fallback
from .geometry import Matrix, after, around
from .model import OfdCharacter
from .resources import Font, Resources
from .style import number

MOST_CHARACTERS = 200_000
_BREAKS = re.compile(r"\A\s*\n\s*|\s*\n\s*\Z")
"""A line break at either end is the writer's layout of the XML."""
_ASCENT, _DESCENT = 0.88, 0.12
"""Of the cell of a character, in em: that of Chinese typefaces."""


@dataclass(frozen=True, slots=True)
class PlacedGlyph:
    """``matrix`` maps em of the typeface (y upwards) to the page.  ``character`` is ``None`` for a glyph that
    stands for a part of a character only."""

    font: Font
    index: int
    matrix: Matrix
    character: OfdCharacter | None


@dataclass(frozen=True, slots=True)
class _Setting:
    """What holds for all characters of one TextObject."""

    font: Font
    size: float
    across: float  # HScale
    turn: float  # CharDirection in degrees, clockwise
    down: bool  # ReadDirection 90 or 270
    slant: float
    to_page: Matrix


def deltas(text: str, most: int = MOST_CHARACTERS) -> list[float]:
    """DeltaX or DeltaY: numbers, where ``g n v`` is ``v`` written ``n`` times; ``most`` of them."""
    found: list[float] = []
    parts = text.replace(",", " ").split()
    at = 0
    while at < len(parts) and len(found) < most:
        if parts[at] in ("g", "G"):
            group = numbers(" ".join(parts[at + 1 : at + 3]), 2)
            if len(group) != 2:
                break
            found.extend([group[1]] * max(0, min(int(group[0]), most)))
            at += 3
        else:
            value = numbers(parts[at], 1)
            if not value:
                break
            found.append(value[0])
            at += 1
    return found[:most]


def place_text(node: Node, resources: Resources, to_page: Matrix) -> Iterator[PlacedGlyph]:
    """The glyphs of a TextObject; ``to_page`` maps its own space to the page."""
    size = number(node.get("Size"), 0.0)
    if size <= 0:
        return
    font = resources.font(node.get("Font"))
    italic = node.get("Italic").strip().lower() in ("true", "1") or font.italic
    setting = _Setting(
        font=font,
        size=size,
        across=number(node.get("HScale"), 1.0),
        turn=number(node.get("CharDirection"), 0.0) % 360,
        down=number(node.get("ReadDirection"), 0.0) % 180 == 90,
        slant=0.2 if italic and not font.embedded else 0.0,
        to_page=to_page,
    )
    transforms: list[Node] = []
    here = (0.0, 0.0)
    placed = 0
    for child in node.children:
        if child.name == "CGTransform":
            transforms.append(child)
        elif child.name == "TextCode":
            here = (number(child.get("X"), here[0]), number(child.get("Y"), here[1]))
            glyphs = _replaced(transforms)
            transforms = []
            for one, after_it in _coded(child, glyphs, setting, here):
                yield one
                here = after_it
                placed += 1
                if placed >= MOST_CHARACTERS:
                    return


def _replaced(transforms: list[Node]) -> dict[int, tuple[int, tuple[int, ...]]]:
    """By position: how many characters, and the glyphs that stand for them."""
    found: dict[int, tuple[int, tuple[int, ...]]] = {}
    for one in transforms:
        start = int(number(one.get("CodePosition"), 0))
        codes = max(1, int(number(one.get("CodeCount"), 1)))
        count = max(1, int(number(one.get("GlyphCount"), 1)))
        glyphs = [int(value) for value in numbers(one.value("Glyphs"))]
        if codes == count or len(glyphs) == codes:
            for offset, glyph in enumerate(glyphs[:MOST_CHARACTERS]):
                found[start + offset] = (1, (glyph,))
        elif glyphs:
            found[start] = (codes, tuple(glyphs[:count]))
    return found


def _coded(
    node: Node,
    glyphs: dict[int, tuple[int, tuple[int, ...]]],
    setting: _Setting,
    here: tuple[float, float],
) -> Iterator[tuple[PlacedGlyph, tuple[float, float]]]:
    """One TextCode; with each glyph the place where what follows would stand.

    Deltas belong to glyphs: two characters that one glyph stands for share one delta.
    """
    text = _BREAKS.sub("", node.text)[:MOST_CHARACTERS]
    most = len(text) + sum(len(replaced) for _, replaced in glyphs.values())
    steps = _Steps(deltas(node.get("DeltaX"), most), deltas(node.get("DeltaY"), most), setting)
    position, place = 0, here
    while position < len(text):
        codes, replaced = glyphs.get(position, (1, ()))
        signs = text[position : position + codes]
        position += codes
        face = setting.font.face
        usable = setting.font.embedded and bool(replaced) and max(replaced) < face.glyph_count
        slots: list[tuple[Font, int]]
        if usable:
            slots = [(setting.font, index) for index in replaced]
        elif replaced:
            slots = [_standing_in(setting.font, signs[0])] * len(replaced)
        else:
            slots = [_standing_in(setting.font, signs)]
        places = [place]
        for font, index in slots:
            dx, dy = steps.next(font.face.advance(index) * setting.size * setting.across)
            places.append((places[-1][0] + dx, places[-1][1] + dy))
        after_it = places[-1]
        cells = list(_cells(signs, place, after_it, setting, slots))
        if usable or not replaced:
            for nth, (font, index) in enumerate(slots):
                cell = cells[nth] if nth < len(cells) else None
                yield PlacedGlyph(font, index, _upright(*places[nth], setting), cell), after_it
            for cell in cells[len(slots) :]:
                yield PlacedGlyph(setting.font, -1, setting.to_page, cell), after_it
        else:
            # The glyphs are those of a font that is not here: the characters themselves take their room.
            for nth, (sign, cell) in enumerate(zip(signs, cells, strict=True)):
                font, index = _standing_in(setting.font, sign)
                part = nth / len(signs)
                x = place[0] + (after_it[0] - place[0]) * part
                y = place[1] + (after_it[1] - place[1]) * part
                yield PlacedGlyph(font, index, _upright(x, y, setting), cell), after_it
        place = after_it


class _Steps:
    """From one glyph to the next."""

    def __init__(self, across: list[float], down: list[float], setting: _Setting) -> None:
        self._across, self._down, self._setting = across, down, setting
        self._at = 0

    def next(self, advance: float) -> tuple[float, float]:
        """The written deltas; beyond them ``advance``, the way the text is read."""
        at = self._at
        self._at += 1
        if at < max(len(self._across), len(self._down)):
            return (
                self._across[at] if at < len(self._across) else 0.0,
                self._down[at] if at < len(self._down) else 0.0,
            )
        return (0.0, self._setting.size) if self._setting.down else (advance, 0.0)


def _cells(
    signs: str,
    first: tuple[float, float],
    last: tuple[float, float],
    setting: _Setting,
    slots: list[tuple[Font, int]],
) -> Iterator[OfdCharacter]:
    """The boxes of characters that share the way from ``first`` to ``last`` evenly."""
    across, down = (last[0] - first[0]) / len(signs), (last[1] - first[1]) / len(signs)
    font, index = slots[0]
    advance = font.face.advance(index) * setting.size * setting.across / len(signs)
    for place, sign in enumerate(signs):
        x, y = first[0] + across * place, first[1] + down * place
        yield _cell(sign, x, y, across, advance, setting)


def _standing_in(font: Font, sign: str) -> tuple[Font, int]:
    """The glyph of a character: in its font, or in one of ours that has it."""
    index = font.face.index(sign)
    if index:
        return font, index
    for serif in (True, False):
        face = fallback(serif=serif)
        if face is not font.face and (index := face.index(sign)):
            return Font(face, embedded=False, bold=font.bold, italic=font.italic), index
    return font, 0


def _upright(x: float, y: float, setting: _Setting) -> Matrix:
    """From em, y upwards, to the page."""
    size = setting.size
    glyph: Matrix = (size * setting.across, 0.0, setting.slant * size, -size, 0.0, 0.0)
    if setting.turn:
        turn = math.radians(setting.turn)
        cos, sin = math.cos(turn), math.sin(turn)
        glyph = after(glyph, (cos, sin, -sin, cos, 0.0, 0.0))
    a, b, c, d, _, _ = glyph
    return after((a, b, c, d, x, y), setting.to_page)


def _cell(sign: str, x: float, y: float, across: float, advance: float, setting: _Setting) -> OfdCharacter:
    width = across if across > 0 and not setting.down and not setting.turn else advance
    left, top, wide, high = around(
        setting.to_page, x, y - _ASCENT * setting.size, x + width, y + _DESCENT * setting.size
    )
    return OfdCharacter(sign, left, top, wide, high)
