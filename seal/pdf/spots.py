# SPDX-License-Identifier: Apache-2.0
"""Marks become spots: each a rectangle of one page, and the part of the seal that is drawn in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from .cross_page import slices
from .keyword import find_keyword
from .mark_errors import MarkRefused, PlacementRefused
from .marks import AtKeyword, Corner, CrossPage, Edge, EveryPage, Mark, OnField, Placement
from .sheet import Box, Sheet, sheet_of

MOST_SPOTS: Final = 4_000
_TOLERANCE_MM: Final = 0.5


@dataclass(frozen=True, slots=True)
class Spot:
    """A rectangle in user space of a page (from 0), and from where to where the seal is cut (0 to 1)."""

    page: int
    rect: Box
    rotation: int
    start: float = 0.0
    end: float = 1.0
    fit: bool = False  # the seal in the middle of the rectangle, without distortion


class Paper:
    """The pages of a document, measured when they are asked for."""

    def __init__(self, data: bytes, pages: Sequence[Any]) -> None:
        self.data, self.pages = data, pages
        self._sheets: dict[int, Sheet] = {}

    def sheet(self, number: int) -> Sheet:
        """Raises :class:`PlacementRefused` for a page that is not there."""
        if number not in self._sheets:
            try:
                page = self.pages[number]
            except IndexError:
                raise PlacementRefused(f"page {number + 1} of {len(self.pages)}") from None
            self._sheets[number] = sheet_of(page)
        return self._sheets[number]

    @cached_property
    def every(self) -> range:
        return range(len(self.pages))


def spots_of(mark: Mark, paper: Paper) -> Iterator[Spot]:
    """The spots of a mark, but of one in a field, which is there already.  Raises what a face may raise."""
    if isinstance(mark, Placement):
        yield spot_at(paper, mark)
    elif isinstance(mark, EveryPage):
        yield from _every_page(paper, mark)
    elif isinstance(mark, AtKeyword):
        yield from _at_keyword(paper, mark)
    elif isinstance(mark, CrossPage):
        yield from _cross_page(paper, mark)
    else:
        assert not isinstance(mark, OnField)


def spot_at(paper: Paper, at: Placement) -> Spot:
    """The whole seal at a place.  Raises :class:`PlacementRefused`."""
    sheet = paper.sheet(at.page)
    _require_inside(sheet, at.page, at.x_mm, at.y_mm, at.x_mm + at.width_mm, at.y_mm + at.height_mm)
    return Spot(at.page, sheet.rect(at.x_mm, at.y_mm, at.width_mm, at.height_mm), sheet.rotation)


def _every_page(paper: Paper, mark: EveryPage) -> Iterator[Spot]:
    for page in paper.every if mark.pages is None else dict.fromkeys(mark.pages):
        sheet = paper.sheet(page)
        x, y = mark.x_mm, mark.y_mm
        if mark.corner in (Corner.TOP_RIGHT, Corner.BOTTOM_RIGHT):
            x = sheet.width_mm - x - mark.width_mm
        if mark.corner in (Corner.BOTTOM_LEFT, Corner.BOTTOM_RIGHT):
            y = sheet.height_mm - y - mark.height_mm
        yield spot_at(paper, Placement(page, x, y, mark.width_mm, mark.height_mm))


def _at_keyword(paper: Paper, mark: AtKeyword) -> Iterator[Spot]:
    pages = list(paper.every if mark.pages is None else dict.fromkeys(mark.pages))
    for page in pages:
        paper.sheet(page)
    found = find_keyword(paper.data, mark.text, pages)
    if not found:
        raise MarkRefused("keyword-missing", mark.text, looked=pages)
    if mark.occurrence is not None:
        try:
            found = [found[mark.occurrence]]
        except IndexError:
            raise MarkRefused("keyword-occurrence-missing", f"{mark.text}: {len(found)}") from None
    for one in found:
        sheet = paper.sheet(one.page)
        left, top, right, bottom = sheet.as_shown(one.box)
        x = (left + right) / 2 + mark.dx_mm - mark.width_mm / 2
        y = (top + bottom) / 2 + mark.dy_mm - mark.height_mm / 2
        x = max(0.0, min(x, sheet.width_mm - mark.width_mm))
        y = max(0.0, min(y, sheet.height_mm - mark.height_mm))
        yield spot_at(paper, Placement(one.page, x, y, mark.width_mm, mark.height_mm))


def _cross_page(paper: Paper, mark: CrossPage) -> Iterator[Spot]:
    cut = slices(mark, len(paper.pages))
    # One distance from the top for all: sheets of different height lie flush at the top.
    lowest = min(paper.sheet(one.page).height_mm for one in cut)
    top = (lowest - mark.height_mm) / 2 if mark.top_mm is None else mark.top_mm
    for one in cut:
        sheet = paper.sheet(one.page)
        width = (one.end - one.start) * mark.width_mm
        left = sheet.width_mm - width if one.edge is Edge.RIGHT else 0.0
        _require_inside(sheet, one.page, left, top, left + width, top + mark.height_mm)
        rect = sheet.rect(left, top, width, mark.height_mm)
        yield Spot(one.page, rect, sheet.rotation, one.start, one.end)


def _require_inside(sheet: Sheet, page: int, left: float, top: float, right: float, bottom: float) -> None:
    wide, high = sheet.width_mm, sheet.height_mm
    if min(left, top) < -_TOLERANCE_MM or right > wide + _TOLERANCE_MM or bottom > high + _TOLERANCE_MM:
        raise PlacementRefused(
            f"page {page + 1} is {wide:.0f} x {high:.0f} mm, the seal ends at {right:.0f}, {bottom:.0f}"
        )
