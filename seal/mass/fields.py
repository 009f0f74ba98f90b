# SPDX-License-Identifier: Apache-2.0
"""Where the values of one document go: a layout in which a text says ``{name}`` where a value stands.

The layout is made once with such texts in it, by the same means as every other document.  A field keeps the
letters, colour and place of its text; how wide a value may be follows from the sheet: up to the next vertical
rule, or to the edge of the text area.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ..pages.columns import SIDE
from ..pages.fonts import glyphs_of, width_em
from ..pages.model import POINT_MM, Item, Layout, Line, Page, QrCode, Text
from ..pages.style import LEFT, RIGHT
from .errors import MassRefused

_NAMED: Final = re.compile(r"\{([a-z][a-z0-9_]{0,63})\}")
_NEAR_MM: Final = 0.05


class FieldAlign(StrEnum):
    """What of a field stays where it is, whatever the value."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class MassField:
    """One place for a value.  ``pattern`` has ``{name}`` in it and the place of the left edge of its line.

    ``x_mm`` is the left edge, the middle or the right edge of what is drawn; ``width_mm`` is how much room
    there is for it.
    """

    name: str
    page: int
    pattern: Text
    x_mm: float
    width_mm: float
    align: FieldAlign = FieldAlign.LEFT


@dataclass(frozen=True, slots=True)
class CodeField:
    """The place of a QR code whose text differs; its size is that of the code in the layout."""

    name: str
    page: int
    code: QrCode


def fields_of(layout: Layout, align: Mapping[str, FieldAlign]) -> tuple[Layout, tuple[MassField, ...]]:
    """The layout without its fields, and they.  Raises :class:`MassRefused` for a text with two fields."""
    fields: list[MassField] = []
    pages = []
    for number, page in enumerate(layout.pages):
        kept: list[Item] = []
        for item in page.items:
            names = _NAMED.findall(item.text) if isinstance(item, Text) else []
            if not isinstance(item, Text) or not names:
                kept.append(item)
            elif len(names) > 1:
                raise MassRefused("mass-template", names[1], "two fields in one text")
            else:
                fields.append(_field(names[0], number, page, item, align.get(names[0])))
        pages.append(replace(page, items=tuple(kept)))
    for name in align:
        if not any(field.name == name for field in fields):
            raise MassRefused("mass-template", name, "no text of the layout has this field")
    return replace(layout, pages=tuple(pages)), tuple(fields)


def code_of(layout: Layout, name: str) -> tuple[Layout, CodeField]:
    """The layout without its QR code, and the code.  Raises :class:`MassRefused` unless there is one."""
    codes = [
        CodeField(name, number, item)
        for number, page in enumerate(layout.pages)
        for item in page.items
        if isinstance(item, QrCode)
    ]
    if len(codes) != 1:
        raise MassRefused("mass-template", name, f"{len(codes)} QR codes in the layout, not one")
    pages = tuple(
        replace(page, items=tuple(item for item in page.items if not isinstance(item, QrCode)))
        for page in layout.pages
    )
    return replace(layout, pages=pages), codes[0]


def _field(name: str, number: int, page: Page, text: Text, align: FieldAlign | None) -> MassField:
    em = text.size_pt * POINT_MM
    width = width_em(glyphs_of(text.text, text.font)) * em + text.spacing_mm * (len(text.text) - 1)
    middle, right = text.x_mm + width / 2, text.x_mm + width
    if align is None:
        centred, flush = abs(middle - page.width_mm / 2) < _NEAR_MM, abs(right - RIGHT) < _NEAR_MM
        align = FieldAlign.CENTRE if centred else FieldAlign.RIGHT if flush else FieldAlign.LEFT
    x = {FieldAlign.LEFT: text.x_mm, FieldAlign.CENTRE: middle, FieldAlign.RIGHT: right}[align]
    rules = [rule.x1_mm for rule in _upright(page, text.y_mm - em / 3)]
    least = max([LEFT, *(rule + SIDE for rule in rules if rule < text.x_mm)])
    most = min([RIGHT, *(rule - SIDE for rule in rules if rule > text.x_mm)])
    room = {
        FieldAlign.LEFT: most - x,
        FieldAlign.CENTRE: 2 * min(x - least, most - x),
        FieldAlign.RIGHT: x - least,
    }[align]
    return MassField(name, number, text, x, room, align)


def _upright(page: Page, y_mm: float) -> Iterator[Line]:
    """The vertical rules that run past this height."""
    for item in page.items:
        if isinstance(item, Line) and item.x1_mm == item.x2_mm and item.y1_mm <= y_mm <= item.y2_mm:
            yield item
