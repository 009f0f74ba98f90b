# SPDX-License-Identifier: Apache-2.0
"""Where on the pages a signature is to be seen, so that no picture elsewhere can pass for its seal.

ISO 32000-1 sections 7.7.3.3 (boxes, rotation, user unit) and 12.5.3 (flags).  In millimetres from the top
left corner of the page as it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from ..canonical import Json

_POINT: Final = 25.4 / 72
_NOT_SHOWN: Final = 2 | 32  # Hidden, NoView
_DEEPEST: Final = 32
_LARGEST: Final = 1e7
_Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PlaceOnPage:
    """``page`` from 1; millimetres, to a tenth."""

    page: int
    left: float
    top: float
    width: float
    height: float

    def to_json(self) -> dict[str, Json]:
        """Millimetres as text: reports hold no fractions, which canonical JSON writes in several ways."""
        return {
            "page": self.page,
            "left_mm": f"{self.left:.1f}",
            "top_mm": f"{self.top:.1f}",
            "width_mm": f"{self.width:.1f}",
            "height_mm": f"{self.height:.1f}",
        }


class Places:
    """Of the signature fields of one file, by their objects."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], list[PlaceOnPage]] = {}

    def note(self, node: Any, page: Any, number: int) -> None:
        """One annotation of page ``number``; what is none of a signature field, or not shown, is left out."""
        import pikepdf

        if not isinstance(node, pikepdf.Dictionary) or node.get("/Subtype") != "/Widget":
            return
        field = node if "/T" in node or "/FT" in node else node.get("/Parent")
        if not isinstance(field, pikepdf.Dictionary) or field.get("/FT") != "/Sig":
            return
        flags = node.get("/F", 0)
        if isinstance(flags, int) and flags & _NOT_SHOWN:
            return
        place = _place(_box(node.get("/Rect")), page, number)
        if place is not None:
            self._found.setdefault(field.objgen, []).append(place)

    def of(self, field: tuple[int, int]) -> tuple[PlaceOnPage, ...]:
        """Where the field with this object can be seen."""
        return tuple(self._found.get(field, ())) if field != (0, 0) else ()


def _place(box: _Box | None, page: Any, number: int) -> PlaceOnPage | None:
    media = _box(_inherited(page, "/MediaBox"))
    if box is None or media is None:
        return None
    crop = _box(_inherited(page, "/CropBox")) or media
    shown = _common(crop, media) or media
    turned = _inherited(page, "/Rotate")
    turns = turned // 90 % 4 if isinstance(turned, int) else 0
    unit = _number(page.get("/UserUnit", 1)) or 1.0
    left, bottom, right, top = box
    x0, y0, x1, y1 = shown
    corner = {
        0: (left - x0, y1 - top),
        1: (bottom - y0, left - x0),
        2: (x1 - right, bottom - y0),
        3: (y1 - top, x1 - right),
    }[turns]
    size = (right - left, top - bottom) if turns % 2 == 0 else (top - bottom, right - left)
    across, down, wide, high = (round(one * unit * _POINT, 1) for one in (*corner, *size))
    return PlaceOnPage(number, across, down, wide, high) if wide and high else None


def _inherited(page: Any, key: str) -> Any:
    import pikepdf

    for _ in range(_DEEPEST):
        if not isinstance(page, pikepdf.Dictionary):
            return None
        if key in page:
            return page[key]
        page = page.get("/Parent")
    return None


def _box(value: Any) -> _Box | None:
    """Left, bottom, right, top; ``None`` for what is no box or has no area."""
    import pikepdf

    if not isinstance(value, pikepdf.Array) or len(value) != 4:
        return None
    numbers = [_number(one) for one in value]
    a, b, c, d = numbers
    if a is None or b is None or c is None or d is None or a == c or b == d:
        return None
    return min(a, c), min(b, d), max(a, c), max(b, d)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if isfinite(number) and abs(number) <= _LARGEST else None


def _common(one: _Box, other: _Box) -> _Box | None:
    left, bottom = max(one[0], other[0]), max(one[1], other[1])
    right, top = min(one[2], other[2]), min(one[3], other[3])
    return (left, bottom, right, top) if left < right and bottom < top else None
