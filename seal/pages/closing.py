# SPDX-License-Identifier: Apache-2.0
"""The foot of the last page: QR code and how to check at the left, issuer, date and the seal at the right.

GB/T 9704-2012 section 7.3.5: the seal is set upright over issuer and date, both below its centre (骑年压月).
The code keeps its quiet zone and never meets the seal, and the typed id stands beside it for whoever cannot
scan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .errors import BlockTooTall
from .model import GREY, POINT_MM, FontName, Item, QrCode, SheetContent, Text
from .qr import QUIET_MODULES, symbol_of
from .style import BOTTOM, CELL_LEADING, LEFT, MIDDLE, RIGHT, TOP
from .text import break_lines

_MODULE = 0.5
_QUIET = QUIET_MODULES * _MODULE
_SIGN_PT = 12.0
_SIGN_WIDTH = 76.0
_DATE_BELOW = 0.72  # of the radius: between the lettering below the star and the code on the lower arc
_LINE_STEP = 8.0  # the lettering of the seal shows between issuer and date


@dataclass(frozen=True, slots=True)
class Closing:
    """The finished foot; it always ends at the lower edge of the text area."""

    height_mm: float
    items: tuple[Item, ...]
    seal_x_mm: float
    seal_y_mm: float


def closing(content: SheetContent) -> Closing:
    """Raises :class:`QrRefused` and :class:`GlyphMissing`."""
    middle = RIGHT - _SIGN_WIDTH / 2
    signed, above = _signature(content, middle)
    checks, checks_height = _checks(content)
    code: list[Item] = []
    side = 0.0
    if content.qr_text is not None:
        side = symbol_of(content.qr_text).side_mm(_MODULE)
        # The quiet zone reaches into the margin, so that the symbol itself stands on the edge of the text.
        code.append(QrCode(LEFT - _QUIET, BOTTOM - side + _QUIET, content.qr_text, _MODULE))
    radius = content.seal_diameter_mm / 2
    height = max(side, checks_height, radius + max(radius, above)) + 1.0
    if height > (BOTTOM - TOP) / 2:
        raise BlockTooTall(what="落款 closing", height_mm=height, room_mm=(BOTTOM - TOP) / 2)
    centre = BOTTOM - radius
    return Closing(
        height,
        (*code, *checks, *signed),
        seal_x_mm=middle - radius,
        seal_y_mm=centre - radius,
    )


def _signature(content: SheetContent, middle: float) -> tuple[list[Text], float]:
    """Issuer and date around the axis of the seal, and how far they reach above its centre."""
    radius = content.seal_diameter_mm / 2
    centre = BOTTOM - radius
    lines = [
        line
        for text in (content.issuer_name, content.issue_date)
        if text
        for line in break_lines(text, FontName.SERIF, _SIGN_PT, _SIGN_WIDTH)
    ]
    last = centre + _DATE_BELOW * radius
    first = last - _LINE_STEP * (len(lines) - 1)
    texts = [
        Text(middle - line.width_mm / 2, first + _LINE_STEP * number, line.text, _SIGN_PT, typed=line.typed)
        for number, line in enumerate(lines)
    ]
    return texts, centre - first + _SIGN_PT * POINT_MM


def _checks(content: SheetContent) -> tuple[list[Text], float]:
    """How to check the document, beside the code, its middle at the middle of the code."""
    side = symbol_of(content.qr_text).side_mm(_MODULE) if content.qr_text is not None else 0.0
    left = LEFT + (side - _QUIET + 1.0 if side else 0.0)
    room = RIGHT - _SIGN_WIDTH - 3.0 - left
    set_lines: list[tuple[Text, float]] = []
    for text, size, font, gap in _check_lines(content):
        leading = size * POINT_MM * CELL_LEADING
        for number, line in enumerate(break_lines(text, font, size, room)):
            colour = GREY if font is FontName.SANS else (0, 0, 0)
            drawn = Text(left, MIDDLE * size * POINT_MM, line.text, size, font, colour, typed=line.typed)
            set_lines.append((drawn, leading + (gap if number == 0 else 0.0)))
    height = sum(step for _, step in set_lines)
    y = BOTTOM - max(height, (side + height) / 2)
    texts: list[Text] = []
    for drawn, step in set_lines:
        y += step
        leading = drawn.size_pt * POINT_MM * CELL_LEADING
        texts.append(
            Text(
                drawn.x_mm,
                y - leading / 2 + drawn.y_mm,
                drawn.text,
                drawn.size_pt,
                drawn.font,
                drawn.colour,
                typed=drawn.typed,
            )
        )
    return texts, height


def _check_lines(content: SheetContent) -> Iterator[tuple[str, float, FontName, float]]:
    if content.qr_text is not None:
        yield "扫码查验 Scan to verify", 8.0, FontName.SANS, 0.0
    if content.document_id:
        yield "查验码 Code", 7.0, FontName.SANS, 1.2
        yield content.document_id, 10.5, FontName.SERIF, 0.0
    if content.short_url:
        yield "查验网址 Address", 7.0, FontName.SANS, 1.2
        yield content.short_url, 8.0, FontName.SERIF, 0.0
    if content.ecert_id:
        yield "电子证照标识 E-certificate identifier", 7.0, FontName.SANS, 1.2
        yield content.ecert_id, 8.0, FontName.SERIF, 0.0
