# SPDX-License-Identifier: Apache-2.0
"""Bands: the pieces a sheet is made of, each as wide as the text area and never divided by a page break."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .model import POINT_MM, Line, Text
from .style import CELL_LEADING, LEADING, LEFT, MIDDLE, RIGHT, Style
from .text import SetLine, break_lines

_RULE = 0.25
_HEAVY = 0.4


@dataclass(frozen=True, slots=True)
class Band:
    """One piece.  Places are relative to its upper edge.

    ``rules`` are the vertical rules of a table; ``opens`` draws a rule above; ``keeps_next`` forbids a page
    break below; ``header`` is repeated when a page begins here.
    """

    height_mm: float
    texts: tuple[Text, ...] = ()
    rules: tuple[float, ...] = ()
    opens: bool = False
    keeps_next: bool = False
    header: tuple[Band, ...] = ()


def paragraph(text: str, style: Style) -> tuple[Band, ...]:
    """Running text: two characters indented, set flush on both sides, no single line left behind."""
    em = style.text_pt * POINT_MM
    indent, leading = 2 * em, em * LEADING
    lines = break_lines(text, Text(0, 0, "", 0).font, style.text_pt, RIGHT - LEFT, first_indent_mm=indent)
    bands: list[Band] = []
    for number, line in enumerate(lines):
        x = LEFT + (indent if number == 0 else 0.0)
        drawn = Text(
            x,
            leading / 2 + MIDDLE * em,
            line.text,
            style.text_pt,
            spacing_mm=_flush(line, RIGHT - x, em),
            typed=line.typed,
        )
        keeps = number in (0, len(lines) - 2) and number != len(lines) - 1
        bands.append(Band(leading, (drawn,) if line.text else (), keeps_next=keeps))
    return tuple(bands)


def _flush(line: SetLine, room: float, em: float) -> float:
    """Extra space per character that makes a full line flush; none where it would show."""
    slack = room - line.width_mm
    if line.last or len(line.text) < 10 or slack > 3 * em:
        return 0.0
    return slack / (len(line.text) - 1)


def space(height_mm: float) -> Band:
    """Nothing, so high."""
    return Band(height_mm)


def drawn(band: Band, y_mm: float) -> tuple[Text | Line, ...]:
    """The texts and vertical rules of a band at its place on the page."""
    texts = (replace(text, y_mm=text.y_mm + y_mm) for text in band.texts)
    edges = {band.rules[0], band.rules[-1]} if band.rules else set()
    rules = (Line(x, y_mm, x, y_mm + band.height_mm, _HEAVY if x in edges else _RULE) for x in band.rules)
    return (*texts, *rules)


def rule(band: Band, y_mm: float, *, heavy: bool) -> Line:
    """A horizontal rule as wide as the table of ``band``."""
    return Line(band.rules[0], y_mm, band.rules[-1], y_mm, _HEAVY if heavy else _RULE)


def cell_leading(size_pt: float) -> float:
    """Distance of lines inside a cell."""
    return size_pt * POINT_MM * CELL_LEADING
