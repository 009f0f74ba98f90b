# SPDX-License-Identifier: Apache-2.0
"""One page as a reader sees it: millimetres from its top left corner, to units of the page and back.

ISO 32000-1 sections 8.3.2.3 (user space), 7.7.3.4 (inherited attributes) and 14.11.2 (page boundaries).  A
page may be turned, cropped and scaled; all places count from what is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeAlias

from ..pages.model import POINT_MM
from .errors import PdfRefused
from .page_tree import DEEPEST
from .plain import PlainDictionary

Box: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is shown of a page in user space, how far it is turned (clockwise), and millimetres per unit."""

    shown: Box
    rotation: int
    unit_mm: float

    @property
    def width_mm(self) -> float:
        left, bottom, right, top = self.shown
        return self.unit_mm * (top - bottom if self.rotation in (90, 270) else right - left)

    @property
    def height_mm(self) -> float:
        left, bottom, right, top = self.shown
        return self.unit_mm * (right - left if self.rotation in (90, 270) else top - bottom)

    def rect(self, x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> Box:
        """The rectangle in user space."""
        x1, y1 = self._point(x_mm / self.unit_mm, y_mm / self.unit_mm)
        x2, y2 = self._point((x_mm + width_mm) / self.unit_mm, (y_mm + height_mm) / self.unit_mm)
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)

    def as_shown(self, box: Box) -> Box:
        """The reverse: left, top, right and bottom of a rectangle in user space, in millimetres."""
        (x1, y1), (x2, y2) = (self._seen(*corner) for corner in (box[:2], box[2:]))
        return (
            min(x1, x2) * self.unit_mm,
            min(y1, y2) * self.unit_mm,
            max(x1, x2) * self.unit_mm,
            max(y1, y2) * self.unit_mm,
        )

    def _point(self, x: float, y: float) -> tuple[float, float]:
        left, bottom, right, top = self.shown
        return {
            0: (left + x, top - y),
            90: (left + y, bottom + x),
            180: (right - x, bottom + y),
            270: (right - y, top - x),
        }[self.rotation]

    def _seen(self, x: float, y: float) -> tuple[float, float]:
        left, bottom, right, top = self.shown
        return {
            0: (x - left, top - y),
            90: (y - bottom, x - left),
            180: (right - x, y - bottom),
            270: (top - y, right - x),
        }[self.rotation]


def sheet_of(page: Any) -> Sheet:
    """The sheet of a page dictionary.  Raises :class:`PdfRefused` for sizes that may be read in two ways."""
    return Sheet(_shown(page), _rotation(page), POINT_MM * _user_unit(page))


def box_of(value: Any) -> Box | None:
    """A rectangle with its corners in order; ``None`` when there is none."""
    if value is None:
        return None
    try:
        x1, y1, x2, y2 = (float(one) for one in value)
    except (TypeError, ValueError) as error:
        raise PdfRefused("pdf-malformed", "a page box that is not four numbers") from error
    box = min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
    if not all(isfinite(one) for one in box):
        raise PdfRefused("pdf-malformed", "a page without an area")
    return box


def _shown(page: Any) -> Box:
    """What a viewer shows: the crop box inside the media box."""
    media = _area(_inherited(page, "/MediaBox"))
    if media is None:
        raise PdfRefused("pdf-malformed", "a page without a size")
    crop = _area(_inherited(page, "/CropBox")) or media
    shown = (
        max(media[0], crop[0]),
        max(media[1], crop[1]),
        min(media[2], crop[2]),
        min(media[3], crop[3]),
    )
    if shown[0] >= shown[2] or shown[1] >= shown[3]:
        return media  # boxes that do not meet: viewers fall back to the paper
    return shown


def _area(value: Any) -> Box | None:
    box = box_of(value)
    if box is not None and (box[0] == box[2] or box[1] == box[3]):
        raise PdfRefused("pdf-malformed", "a page without an area")
    return box


def _rotation(page: Any) -> int:
    value = _inherited(page, "/Rotate")
    turned = 0 if value is None else value
    if isinstance(turned, bool) or not isinstance(turned, int) or turned % 90:
        raise PdfRefused("pdf-malformed", "a page turned by no multiple of 90 degrees")
    return turned % 360


def _user_unit(page: Any) -> float:
    """How many points one unit of this page is; not inherited."""
    try:
        unit = float(page.get("/UserUnit", 1))
    except (TypeError, ValueError) as error:
        raise PdfRefused("pdf-malformed", "UserUnit is not a number") from error
    if not 0.001 <= unit <= 75_000:
        raise PdfRefused("pdf-malformed", "UserUnit is out of range")
    return unit


def _inherited(page: Any, key: str) -> Any:
    """The value of a page attribute, which an ancestor may carry (ISO 32000-1 section 7.7.3.4)."""
    import pikepdf

    node = page
    for _ in range(DEEPEST + 1):
        if not isinstance(node, PlainDictionary) and not isinstance(node, pikepdf.Dictionary):
            break
        if key in node:
            return node.get(key)
        node = node.get("/Parent")
    return None
