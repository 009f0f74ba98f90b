# SPDX-License-Identifier: Apache-2.0
"""Square seals of persons: the name in columns, read from the right, each from the top down.

Legal representatives' name seals (法定代表人名章) and seals of natural persons, usually 18 to 20 mm with a
line around them.  Two characters stand in one column; three leave the surname a column of its own.
"""

from __future__ import annotations

from ..pages.fonts import glyphs_of, typeface, width_em
from ..pages.model import Command, FontName, Path
from ..pages.outlines import Slope, bounds, moved, straight_lettering
from .design import SealDesign
from .round import SPECIMEN

_LINE = 0.045  # of the side
_GAP = 0.035
_WORDS = 0.11  # height of the specimen line, of the side
_WEIGHT = 0.1


def square_paths(design: SealDesign) -> tuple[Path, ...]:
    """The paths in the order frame, lettering, specimen."""
    side, colour = design.diameter_mm, design.colour
    line, gap = _LINE * side, _GAP * side
    foot = _WORDS * side if design.specimen else 0.0
    left = top = line + gap
    width, height = side - 2 * left, side - 2 * top - foot
    columns = _columns(design.name)
    across = width / len(columns)
    lettering: list[Command] = []
    for number, column in enumerate(columns):
        x = left + width - (number + 1) * across
        down = height / len(column)
        for place, character in enumerate(column):
            box = (x + gap / 2, top + place * down + gap / 2, across - gap, down - gap)
            lettering += _filling(character, box)
    half = line / 2
    frame = _rectangle(half, half, side - half, side - half)
    paths = [
        Path(frame, stroke=colour, width_mm=line),
        Path(tuple(lettering), fill=colour, stroke=colour, width_mm=_WEIGHT),
    ]
    if design.specimen:
        size = min(foot * 0.8, width * 0.95 / width_em(glyphs_of(SPECIMEN, FontName.SANS)))
        slope = Slope(side / 2, side - line - foot / 2, size_mm=size)
        paths.append(Path(straight_lettering(SPECIMEN, FontName.SANS, slope), fill=colour))
    return tuple(paths)


def _columns(name: str) -> tuple[str, ...]:
    """Columns from the right."""
    if len(name) == 2:
        return (name,)
    right = 1 if len(name) == 3 else len(name) // 2
    return name[:right], name[right:]


def _filling(character: str, box: tuple[float, float, float, float]) -> tuple[Command, ...]:
    """The glyph stretched to its box by its ink, but no stroke of 一 becomes a block."""
    (glyph,) = glyphs_of(character, FontName.SERIF)
    outline = typeface(glyph.face).outline(glyph)
    x1, y1, x2, y2 = bounds(outline)
    # At least seven tenths of the em each way, around the middle of the ink.
    wide, high = max(x2 - x1, 0.7), max(y2 - y1, 0.7)
    middle_x, middle_y = (x1 + x2) / 2, (y1 + y2) / 2
    x, y, width, height = box
    a, d = width / wide, -height / high
    return moved(outline, (a, 0.0, 0.0, d, x + width / 2 - a * middle_x, y + height / 2 - d * middle_y))


def _rectangle(x1: float, y1: float, x2: float, y2: float) -> tuple[Command, ...]:
    corners = ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
    return ("M", corners[0]), *(("L", one) for one in corners[1:]), ("Z", ())
