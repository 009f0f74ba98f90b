# SPDX-License-Identifier: Apache-2.0
"""A page as a flat list of things to draw, before it is SVG or a picture.

Everything is in millimetres on the page as shown: origin top left, y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .geometry import Matrix, Outline


@dataclass(frozen=True, slots=True)
class Paint:
    """Red, green, blue from 0 to 255; ``alpha`` from 0 to 1."""

    red: int
    green: int
    blue: int
    alpha: float = 1.0


@dataclass(frozen=True, slots=True)
class Pen:
    """How a line is drawn.  Lengths are those of the space before ``matrix``."""

    paint: Paint
    width: float
    cap: str = "butt"
    join: str = "miter"
    miter_limit: float = 4.234
    dashes: tuple[float, ...] = ()
    dash_offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Area:
    """A part of a clip: an outline with its own map to the page."""

    outline: Outline
    matrix: Matrix
    even_odd: bool = False


Clips = tuple[tuple[Area, ...], ...]
"""Each inner tuple is the union of its areas; what is drawn stays within all of them."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An outline, filled, stroked or both.  ``shared``: the same outline comes often (a glyph)."""

    outline: Outline
    matrix: Matrix
    fill: Paint | None
    pen: Pen | None
    even_odd: bool = False
    clips: Clips = ()
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture on the unit square (y downwards) that ``matrix`` maps to the page.

    ``format``: ``"PNG"`` or ``"JPEG"``.
    """

    data: bytes = field(repr=False)
    format: str
    pixels: tuple[int, int]
    matrix: Matrix
    alpha: float = 1.0
    clips: Clips = ()


Item = Shape | Picture


@dataclass(frozen=True, slots=True)
class Drawing:
    """One page.  ``missing``: what could not be drawn, as codes."""

    width: float
    height: float
    items: tuple[Item, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfdCharacter:
    """A character and the upright box of its cell on the page, in millimetres."""

    text: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class OfdTextRun:
    """The characters of one TextObject, in the order in which they are written."""

    characters: tuple[OfdCharacter, ...]

    @property
    def text(self) -> str:
        return "".join(one.text for one in self.characters)
