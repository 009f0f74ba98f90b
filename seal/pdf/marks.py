# SPDX-License-Identifier: Apache-2.0
"""Where one use of a seal is seen: at a place, by a word, in a field, on every page, across edges.

Lengths are millimetres on the page as shown, origin top left; pages count from 0.  A list of marks is one
signature in one revision.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Final, TypeAlias

from .mark_errors import PlacementRefused

LONGEST_KEYWORD: Final = 200


class Edge(StrEnum):
    """Which edge a cross-page seal (骑缝章) runs over."""

    RIGHT = "right"
    LEFT = "left"
    FACING = "facing"
    """Facing pages: the left half at the right edge of one, the right half at the left edge of the next."""


class Corner(StrEnum):
    """From which corner of every page a place is counted."""

    TOP_LEFT = "top-left"
    TOP_RIGHT = "top-right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM_RIGHT = "bottom-right"


@dataclass(frozen=True, slots=True)
class Placement:
    """At a place, like :class:`~seal.SealPosition`: page from 0, top left corner and size."""

    page: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float

    def __post_init__(self) -> None:
        _numbers(self.x_mm, self.y_mm)
        _size(self.width_mm, self.height_mm)
        if self.page < 0:
            raise PlacementRefused("a page from 0, and a size above 0")


@dataclass(frozen=True, slots=True)
class EveryPage:
    """At the same place of every page, or of ``pages``; the place counts from ``corner`` inwards."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    corner: Corner = Corner.TOP_LEFT
    pages: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        _numbers(self.x_mm, self.y_mm)
        _size(self.width_mm, self.height_mm)
        if self.pages is not None and (not self.pages or min(self.pages) < 0):
            raise PlacementRefused("pages from 0, at least one")


@dataclass(frozen=True, slots=True)
class AtKeyword:
    """Centred on a word of the text, moved by ``dx_mm`` and ``dy_mm``, kept inside the page.

    ``occurrence`` counts from 0, from the end below 0 (-1 is the last one); ``None`` is every one.  White
    space and compatibility forms (full width, radicals) make no difference.
    """

    text: str
    width_mm: float
    height_mm: float
    occurrence: int | None = 0
    dx_mm: float = 0.0
    dy_mm: float = 0.0
    pages: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        _numbers(self.dx_mm, self.dy_mm)
        _size(self.width_mm, self.height_mm)
        if not self.text.strip() or len(self.text) > LONGEST_KEYWORD:
            raise PlacementRefused(f"a keyword of 1 to {LONGEST_KEYWORD} characters")


@dataclass(frozen=True, slots=True)
class OnField:
    """In an empty signature field of the document; the drawing fills its rectangle without distortion."""

    name: str


@dataclass(frozen=True, slots=True)
class CrossPage:
    """Over the edges of consecutive pages (骑缝章); what each shows joins up into whole seals.

    ``top_mm`` is the distance from the top, the middle of the lowest page when not given.  ``skip`` pages at
    the beginning stay without.  ``most_pages`` share one seal, fewer when slices would be below ``least_mm``;
    a single page that remains joins the seal before it.  ``ends`` is the least share (0 to 0.5) of a seal
    that its first and last page show.
    """

    width_mm: float
    height_mm: float
    edge: Edge = Edge.RIGHT
    top_mm: float | None = None
    skip: int = 0
    most_pages: int | None = None
    least_mm: float = 2.0
    ends: float = 0.0

    def __post_init__(self) -> None:
        _numbers(self.least_mm, self.ends, self.top_mm or 0.0)
        _size(self.width_mm, self.height_mm)
        if self.skip < 0 or (self.most_pages is not None and self.most_pages < 2):
            raise PlacementRefused("pages to skip from 0, pages of one seal from 2")
        if not 0 < self.least_mm <= self.width_mm / 2 or not 0 <= self.ends <= 0.5:
            raise PlacementRefused("a least slice above 0 and at most half the seal, ends from 0 to 0.5")


Mark: TypeAlias = Placement | EveryPage | AtKeyword | OnField | CrossPage


def _numbers(*values: float) -> None:
    if not all(isfinite(one) for one in values):
        raise PlacementRefused("not a number")


def _size(*values: float) -> None:
    _numbers(*values)
    if min(values) <= 0:
        raise PlacementRefused("a page from 0, and a size above 0")
