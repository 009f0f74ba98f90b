# SPDX-License-Identifier: Apache-2.0
"""TextObject: where every character stands (GB/T 33190-2016 section 11).

Characters follow their deltas; where a delta is not written, the advance of the font.  CGTransform replaces
characters by glyphs of the embedded font, which is how subset fonts without a character map are shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ..document import numbers
from ..markup import Node
from .geometry import Matrix, after, around
from .model import OfdCharacter
from .resources import Font, Resources
from .style import number

MOST_CHARACTERS = 200_000
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


def deltas(text: str) -> list[float]:
    """DeltaX or DeltaY: numbers, where ``g n v`` is ``v`` written ``n`` times."""
    found: list[float] = []
    parts = text.replace(",", " ").split()
    at = 0
    while at < len(parts) and len(found) < MOST_CHARACTERS:
        if parts[at] in ("g", "G"):
            group = numbers(" ".join(parts[at + 1 : at + 3]), 2)
            if len(group) != 2:
                break
            found.extend([group[1]] * max(0, min(int(group[0]), MOST_CHARACTERS)))
            at += 3
        else:
            value = numbers(parts[at], 1)
            if not value:
                break
            found.append(value[0])
            at += 1
    return found[:MOST_CHARACTERS]


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
    """One TextCode; with each glyph the place where what follows would stand."""
    across, down = deltas(node.get("DeltaX")), deltas(node.get("DeltaY"))
    explicit = bool(across or down)
    x, y = here
    text = node.text
    covered = 0  # characters still to pass that a glyph before them stands for
    for position, sign in enumerate(text[:MOST_CHARACTERS]):
        count, replaced = glyphs.get(position, (1, ()))
        usable = [
            one for one in replaced if setting.font.embedded and 0 <= one < setting.font.face.glyph_count
        ]
        index = usable[0] if usable else setting.font.face.index(sign)
        font = setting.font
        if not index and not usable:
            font, index = _standing_in(font, sign)
        advance = font.face.advance(index) * setting.size * setting.across
        step = _step(position, across, down, explicit, setting, advance)
        after_it = (x + step[0], y + step[1])
        if covered:
            covered -= 1
            character = _cell(sign, x, y, step, advance, setting)
            yield PlacedGlyph(font, -1, setting.to_page, character), after_it
        else:
            covered = count - 1
            character = _cell(sign, x, y, step, advance, setting)
            yield PlacedGlyph(font, index, _upright(x, y, setting), character), after_it
            for extra in usable[1:]:
                x += font.face.advance(index) * setting.size * setting.across
                index = extra
                yield PlacedGlyph(font, extra, _upright(x, y, setting), None), after_it
        x, y = after_it


def _standing_in(font: Font, sign: str) -> tuple[Font, int]:
    """A font without the character: one of ours that has it."""
    from .fonts import fallback

    for serif in (True, False):
        face = fallback(serif=serif)
        if face is not font.face and (index := face.index(sign)):
            return Font(face, embedded=False, bold=font.bold, italic=font.italic), index
    return font, 0


def _step(
    position: int,
    across: list[float],
    down: list[float],
    explicit: bool,
    setting: _Setting,
    advance: float,
) -> tuple[float, float]:
    dx = across[position] if position < len(across) else 0.0
    dy = down[position] if position < len(down) else 0.0
    if position < max(len(across), len(down)) and explicit:
        return dx, dy
    return (0.0, setting.size) if setting.down else (advance, 0.0)


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


def _cell(
    sign: str, x: float, y: float, step: tuple[float, float], advance: float, setting: _Setting
) -> OfdCharacter:
    width = step[0] if step[0] > 0 and not setting.down and not setting.turn else advance
    left, top, wide, high = around(
        setting.to_page, x, y - _ASCENT * setting.size, x + width, y + _DESCENT * setting.size
    )
    return OfdCharacter(sign, left, top, wide, high)
