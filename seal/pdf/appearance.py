# SPDX-License-Identifier: Apache-2.0
"""How a seal looks and where it goes: millimetres on the paper as a reader sees it, to units of the page.

ISO 32000-1 sections 8.3.2.3 (user space), 12.5.5 (appearance streams) and 14.11.2 (page boundaries).  A page
may be turned, cropped and scaled; the place counts from the top left corner of what is shown, and the seal
stands upright there.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any, Final, TypeAlias

from ..pages.model import POINT_MM
from ..pages.operators import number
from .errors import PdfRefused, PlacementRefused
from .page_tree import DEEPEST

Box: TypeAlias = tuple[float, float, float, float]

_TOLERANCE_MM: Final = 0.5
_INK: Final = "<< /ExtGState << /Ink << /Type /ExtGState /BM /Multiply >> >> >>"
_UPRIGHT: Final = {0: "1 0 0 1 0 0", 90: "0 1 -1 0 0 0", 180: "-1 0 0 -1 0 0", 270: "0 -1 1 0 0 0"}


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the seal goes, like :class:`~seal.SealPosition`: page from 0, top left corner and size."""

    page: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float

    def __post_init__(self) -> None:
        if not all(isfinite(one) for one in (self.x_mm, self.y_mm, self.width_mm, self.height_mm)):
            raise PlacementRefused("not a number")
        if self.page < 0 or self.width_mm <= 0 or self.height_mm <= 0:
            raise PlacementRefused("a page from 0, and a size above 0")


@dataclass(frozen=True, slots=True)
class Appearance:
    """A drawing as :func:`~seal.drawing_pdf` returns it: operators that need no resources, and their box."""

    stream: bytes
    box: Box


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A rectangle in user space, and by how much the page is turned (clockwise) when it is shown."""

    rect: Box
    rotation: int

    def rect_array(self) -> bytes:
        """The rectangle as a PDF array."""
        return f"[{' '.join(number(one) for one in self.rect)}]".encode("ascii")


def place(page: Any, placement: Placement) -> PlacedBox:
    """The rectangle of ``placement`` on a page dictionary.  Raises :class:`PlacementRefused`."""
    left, bottom, right, top = _shown(page)
    rotation = _rotation(page)
    unit_mm = POINT_MM * _user_unit(page)
    wide, high = (right - left) * unit_mm, (top - bottom) * unit_mm
    if rotation in (90, 270):
        wide, high = high, wide
    ends = (placement.x_mm + placement.width_mm, placement.y_mm + placement.height_mm)
    if (
        min(placement.x_mm, placement.y_mm) < -_TOLERANCE_MM
        or ends[0] > wide + _TOLERANCE_MM
        or ends[1] > high + _TOLERANCE_MM
    ):
        raise PlacementRefused(
            f"the page is {wide:.0f} x {high:.0f} mm, the seal ends at {ends[0]:.0f}, {ends[1]:.0f}"
        )
    # Two opposite corners as shown, turned back into user space.
    corners = []
    for x_mm, y_mm in ((placement.x_mm, placement.y_mm), ends):
        x, y = x_mm / unit_mm, y_mm / unit_mm
        corners.append(
            {
                0: (left + x, top - y),
                90: (left + y, bottom + x),
                180: (right - x, bottom + y),
                270: (right - y, top - x),
            }[rotation]
        )
    (x1, y1), (x2, y2) = corners
    return PlacedBox((min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)), rotation)


def form_xobject(appearance: Appearance, rotation: int) -> bytes:
    """The appearance stream; its matrix turns the drawing against the page, so that it stands upright.

    Ink does not hide what it is stamped on: the drawing is multiplied with the page (section 11.3.5).
    """
    packed = _packed(appearance.stream)
    box = " ".join(number(one) for one in appearance.box)
    return (
        (
            f"<< /Type /XObject /Subtype /Form /BBox [{box}] /Matrix [{_UPRIGHT[rotation]}] "
            f"/Resources {_INK} /Filter /FlateDecode /Length {len(packed)} >>\nstream\n"
        ).encode("ascii")
        + packed
        + b"\nendstream"
    )


@lru_cache(maxsize=64)
def _packed(stream: bytes) -> bytes:
    """One seal is used many times: its drawing is compressed once."""
    return zlib.compress(b"/Ink gs\n" + stream, 9)


def _shown(page: Any) -> Box:
    """What a viewer shows: the crop box inside the media box."""
    media = _box(_inherited(page, "/MediaBox"))
    if media is None:
        raise PdfRefused("pdf-malformed", "a page without a size")
    crop = _box(_inherited(page, "/CropBox")) or media
    shown = (
        max(media[0], crop[0]),
        max(media[1], crop[1]),
        min(media[2], crop[2]),
        min(media[3], crop[3]),
    )
    if shown[0] >= shown[2] or shown[1] >= shown[3]:
        return media  # boxes that do not meet: viewers fall back to the paper
    return shown


def _box(value: Any) -> Box | None:
    if value is None:
        return None
    try:
        x1, y1, x2, y2 = (float(one) for one in value)
    except (TypeError, ValueError) as error:
        raise PdfRefused("pdf-malformed", "a page box that is not four numbers") from error
    box = min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
    if not all(isfinite(one) for one in box) or box[0] == box[2] or box[1] == box[3]:
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
        if not isinstance(node, pikepdf.Dictionary):
            break
        if key in node:
            return node.get(key)
        node = node.get("/Parent")
    return None
