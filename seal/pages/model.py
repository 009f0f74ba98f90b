# SPDX-License-Identifier: Apache-2.0
"""A page as a list of things at places: what every output format (PDF now, OFD next) draws alike.

Lengths are millimetres, the origin is the top left corner, y grows downwards (as in GB/T 33190, where OFD
does the same).  Letter sizes are points.  Nothing here knows a file format.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

POINT_MM = 25.4 / 72
"""One typographic point in millimetres."""

Colour: TypeAlias = tuple[int, int, int]

BLACK: Colour = (0, 0, 0)
GREY: Colour = (96, 96, 96)


class FontName(StrEnum):
    """宋体 for what a document states, 黑体 for its labels and headings."""

    SERIF = "serif"
    SANS = "sans"


Command: TypeAlias = tuple[Literal["M", "L", "C", "Z"], tuple[float, ...]]
"""Move, line, cubic curve, close: one letter as in SVG, absolute coordinates in pairs."""


@dataclass(frozen=True, slots=True)
class Path:
    """Lines and curves, filled (non-zero winding), stroked, or both."""

    commands: tuple[Command, ...]
    fill: Colour | None = None
    stroke: Colour | None = None
    width_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; ``y_mm`` is its baseline.  ``spacing_mm`` is added after every character.

    ``typed`` is what copying should give where it differs from what is drawn; ``stroke_mm`` draws the
    outlines as well, which makes a headline bolder.
    """

    x_mm: float
    y_mm: float
    text: str
    size_pt: float
    font: FontName = FontName.SERIF
    colour: Colour = BLACK
    spacing_mm: float = 0.0
    stroke_mm: float = 0.0
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A straight rule."""

    x1_mm: float
    y1_mm: float
    x2_mm: float
    y2_mm: float
    width_mm: float = 0.2
    colour: Colour = BLACK


@dataclass(frozen=True, slots=True)
class Rect:
    """A frame (``fill`` is None) or a filled field."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    line_mm: float = 0.2
    colour: Colour = BLACK
    fill: Colour | None = None


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR symbol; the place is that of the quiet zone, four modules outside the symbol on every side."""

    x_mm: float
    y_mm: float
    text: str
    module_mm: float = 0.5


Item: TypeAlias = Text | Line | Rect | Path | QrCode


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet of paper; items are drawn in order, later ones on top."""

    items: tuple[Item, ...]
    width_mm: float = 210.0
    height_mm: float = 297.0


@dataclass(frozen=True, slots=True)
class SealPosition:
    """Where the seal goes: page counted from 0, top left corner and size of its box."""

    page: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A table of the sheet; ``empty`` is the sentence that stands for its rows when there are none."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = ""


@dataclass(frozen=True, slots=True)
class SheetContent:
    """What one official document states; :func:`lay_out` decides how it looks."""

    title: str
    subtitle: str = ""
    number: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    tables: tuple[SheetTable, ...] = ()
    paragraphs: tuple[str, ...] = ()
    ecert_id: str = ""
    document_id: str = ""  # 16 characters grouped 4-4-4-4
    short_url: str = ""
    qr_text: str | None = None
    issuer_name: str = ""
    issue_date: str = ""
    watermark: str = ""  # "样章 SPECIMEN" on everything that is not real
    footer: str = ""
    seal_diameter_mm: float = 42.0


@dataclass(frozen=True, slots=True)
class Layout:
    """Finished pages, and the place kept for the seal."""

    pages: tuple[Page, ...]
    seal_position: SealPosition


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file embedded in the document (ISO 32000-2 section 14.13, associated file)."""

    name: str
    mime: str
    data: bytes = field(repr=False)
    description: str = ""
