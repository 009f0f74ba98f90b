# SPDX-License-Identifier: Apache-2.0
"""Where the seal is shown: marks become ``StampAnnot`` boxes (GB/T 33190-2016 section 18.2.4, table 66).

The marks are those of PDF.  A box is always the whole seal; of a cross-page seal (骑缝章) it reaches over the
edge and ``Clip`` keeps the slice of this page.  At the right edge of n pages of width W, a seal of width w:
``x = W - w(i+1)/n``, ``Clip = "w*i/n 0 w/n h"``; at the left edge ``x = -w(n-1-i)/n``, clip accordingly.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from verify import OfdCharacter, OfdPackage, Unreadable, ofd_text

from ..pdf.cross_page import slices
from ..pdf.mark_errors import MarkRefused, PlacementRefused
from ..pdf.marks import AtKeyword, Corner, CrossPage, Edge, EveryPage, Mark, OnField, Placement
from .areas import Box, page_box
from .errors import OfdRefused
from .subject import Subject

MOST_STAMPS: Final = 4_000
_TOLERANCE_MM: Final = 0.5


@dataclass(frozen=True, slots=True)
class Stamp:
    """The whole seal on one page (from 0), in millimetres of that page, and the part of it that shows."""

    page: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    clip: tuple[float, float, float, float] | None = None  # in the seal: left, top, width, height


class Paper:
    """The pages of a document, measured when they are asked for."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self.count = len(subject.document.pages)

    def box(self, number: int) -> Box:
        """The paper of a page: x, y, width, height.  Raises :class:`PlacementRefused`."""
        if not 0 <= number < self.count:
            raise PlacementRefused(f"page {number + 1} of {self.count}")
        return page_box(self._subject, number)

    @property
    def package(self) -> OfdPackage:
        return self._subject.package


def stamps_of(marks: Sequence[Mark], subject: Subject) -> tuple[Stamp, ...]:
    """Every mark, in order.

    Raises :class:`OfdRefused`, :class:`~seal.PlacementRefused` and :class:`~seal.MarkRefused`.
    """
    paper = Paper(subject)
    found: list[Stamp] = []
    for mark in marks:
        for stamp in _stamps(mark, paper):
            if len(found) == MOST_STAMPS:
                raise MarkRefused("marks-too-many", f"{MOST_STAMPS}")
            found.append(stamp)
    if not found:
        raise OfdRefused("ofd-no-mark")
    return tuple(found)


def _stamps(mark: Mark, paper: Paper) -> Iterator[Stamp]:
    match mark:
        case Placement():
            yield _stamp(paper, mark.page, mark.x_mm, mark.y_mm, mark.width_mm, mark.height_mm)
        case EveryPage():
            yield from _every_page(paper, mark)
        case AtKeyword():
            yield from _at_keyword(paper, mark)
        case CrossPage():
            yield from _cross_page(paper, mark)
        case OnField():
            raise OfdRefused("ofd-no-fields", mark.name)


def _stamp(paper: Paper, page: int, x: float, y: float, width: float, height: float) -> Stamp:
    left, top, wide, high = paper.box(page)
    if min(x, y) < -_TOLERANCE_MM or x + width > wide + _TOLERANCE_MM or y + height > high + _TOLERANCE_MM:
        raise PlacementRefused(
            f"page {page + 1} is {wide:.0f} x {high:.0f} mm, "
            f"the seal ends at {x + width:.0f}, {y + height:.0f}"
        )
    return Stamp(page, left + x, top + y, width, height)


def _every_page(paper: Paper, mark: EveryPage) -> Iterator[Stamp]:
    for page in range(paper.count) if mark.pages is None else dict.fromkeys(mark.pages):
        _, _, wide, high = paper.box(page)
        x, y = mark.x_mm, mark.y_mm
        if mark.corner in (Corner.TOP_RIGHT, Corner.BOTTOM_RIGHT):
            x = wide - x - mark.width_mm
        if mark.corner in (Corner.BOTTOM_LEFT, Corner.BOTTOM_RIGHT):
            y = high - y - mark.height_mm
        yield _stamp(paper, page, x, y, mark.width_mm, mark.height_mm)


def _cross_page(paper: Paper, mark: CrossPage) -> Iterator[Stamp]:
    cut = slices(mark, paper.count)
    boxes = {one.page: paper.box(one.page) for one in cut}
    # One distance from the top for all: sheets of different height lie flush at the top.
    lowest = min(high for _, _, _, high in boxes.values())
    y = (lowest - mark.height_mm) / 2 if mark.top_mm is None else mark.top_mm
    if y < -_TOLERANCE_MM or y + mark.height_mm > lowest + _TOLERANCE_MM:
        raise PlacementRefused(f"the lowest page is {lowest:.0f} mm high, the seal ends at {y:.0f}")
    for one in cut:
        left, top, wide, _ = boxes[one.page]
        start, end = one.start * mark.width_mm, one.end * mark.width_mm
        x = wide - end if one.edge is Edge.RIGHT else -start
        clip = (start, 0.0, end - start, mark.height_mm)
        yield Stamp(one.page, left + x, top + y, mark.width_mm, mark.height_mm, clip)


def _at_keyword(paper: Paper, mark: AtKeyword) -> Iterator[Stamp]:
    pages = range(paper.count) if mark.pages is None else tuple(dict.fromkeys(mark.pages))
    found = [(page, box) for page in pages for box in _places(paper, page, mark.text)]
    if not found:
        raise MarkRefused("keyword-missing", mark.text, looked=pages)
    if mark.occurrence is not None:
        try:
            found = [found[mark.occurrence]]
        except IndexError:
            raise MarkRefused("keyword-occurrence-missing", f"{mark.text}: {len(found)}") from None
    for page, (left, top, right, bottom) in found:
        _, _, wide, high = paper.box(page)
        x = (left + right) / 2 + mark.dx_mm - mark.width_mm / 2
        y = (top + bottom) / 2 + mark.dy_mm - mark.height_mm / 2
        x = max(0.0, min(x, wide - mark.width_mm))
        y = max(0.0, min(y, high - mark.height_mm))
        yield _stamp(paper, page, x, y, mark.width_mm, mark.height_mm)


def _places(paper: Paper, page: int, keyword: str) -> Iterator[Box]:
    """The box of each place: across text objects, blanks and compatibility forms left out."""
    paper.box(page)
    wanted = _plain(keyword)
    letters: list[str] = []
    owners: list[OfdCharacter] = []
    try:
        runs = ofd_text(paper.package, page)
    except Unreadable as error:
        raise OfdRefused("ofd-malformed", f"the text of page {page + 1} cannot be read") from error
    for run in runs:
        for character in run.characters:
            for letter in _plain(character.text):
                letters.append(letter)
                owners.append(character)
    text = "".join(letters)
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        yield _largest_line(owners[at : at + len(wanted)])
        at = text.find(wanted, at + len(wanted))


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _largest_line(found: Sequence[OfdCharacter]) -> Box:
    """Where a word is broken over lines, the line that has most of it."""
    lines: list[list[OfdCharacter]] = []
    for one in found:
        last = lines[-1][-1] if lines else None
        if last is not None and abs(one.y - last.y) < max(one.height, last.height) / 2:
            lines[-1].append(one)
        else:
            lines.append([one])
    line = max(lines, key=len)
    return (
        min(one.x for one in line),
        min(one.y for one in line),
        max(one.x + one.width for one in line),
        max(one.y + one.height for one in line),
    )
