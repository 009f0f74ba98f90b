# SPDX-License-Identifier: Apache-2.0
"""Do pages look the same at each signed revision and at the end, but for the places of later seals?

The comparison of objects (:mod:`.changes`) already says that nothing else can be seen.  This asks the parser
that people view files with, which may read them in another way.  Pages are drawn small: text that is hidden,
shown or replaced changes them at any size.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from .pdfium import opened

MOST_PAGES: Final = 64
"""Drawn of one file; the pages that updates touch come first."""
LONGEST: Final = 180
_MARGIN: Final = 2
_BGR: Final = 2
_ANNOTATIONS: Final = 0x01
_WHITE: Final = 0xFFFFFFFF
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something new may be seen: a page by its place in the file, and a box in its own space.

    ``seal``: of a seal, and not of another field that was filled in.
    """

    page: int
    box: Box
    seal: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """Between one revision and the next: pages that look different elsewhere, seals over other content."""

    pages: tuple[int, ...] = ()
    over_content: tuple[int, ...] = ()


class _Picture:
    """One page, drawn: three bytes for each dot."""

    def __init__(self, raw: Any, document: Any, form: Any, number: int) -> None:
        self.page = raw.FPDF_LoadPage(document, number)
        self.dots = bytearray()
        if not self.page:
            return
        wide, high = raw.FPDF_GetPageWidthF(self.page), raw.FPDF_GetPageHeightF(self.page)
        scale = LONGEST / max(wide, high, 1.0)
        self.wide, self.high = max(int(wide * scale), 1), max(int(high * scale), 1)
        bitmap = raw.FPDFBitmap_CreateEx(self.wide, self.high, _BGR, None, 0)
        try:
            raw.FPDFBitmap_FillRect(bitmap, 0, 0, self.wide, self.high, _WHITE)
            raw.FPDF_RenderPageBitmap(bitmap, self.page, 0, 0, self.wide, self.high, 0, _ANNOTATIONS)
            if form:  # fields are drawn by the form, not with the page
                raw.FPDF_FFLDraw(form, bitmap, self.page, 0, 0, self.wide, self.high, 0, _ANNOTATIONS)
            self.stride = raw.FPDFBitmap_GetStride(bitmap)
            buffer = raw.FPDFBitmap_GetBuffer(bitmap)
            self.dots = bytearray(ctypes.string_at(buffer, self.stride * self.high))
        finally:
            raw.FPDFBitmap_Destroy(bitmap)

    def rows(self, raw: Any, box: Box) -> list[slice]:
        """The dots inside a box, row by row."""
        corners = [self._dot(raw, x, y) for x in box[::2] for y in box[1::2]]
        left = max(min(x for x, _ in corners) - _MARGIN, 0)
        right = min(max(x for x, _ in corners) + _MARGIN, self.wide)
        top = max(min(y for _, y in corners) - _MARGIN, 0)
        bottom = min(max(y for _, y in corners) + _MARGIN, self.high)
        if left >= right:
            return []
        return [
            slice(row * self.stride + 3 * left, row * self.stride + 3 * right) for row in range(top, bottom)
        ]

    def _dot(self, raw: Any, x: float, y: float) -> tuple[int, int]:
        across, down = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(self.page, 0, 0, self.wide, self.high, 0, x, y, across, down)
        return across.value, down.value


@contextmanager
def _form_of(raw: Any, document: Any) -> Iterator[Any]:
    """What draws the fields of a document; no script runs and nothing is highlighted."""
    if not document:
        yield None
        return
    info = raw.FPDF_FORMFILLINFO(version=2)
    form = raw.FPDFDOC_InitFormFillEnvironment(document, info)
    try:
        if form:
            raw.FPDF_SetFormFieldHighlightAlpha(form, 0)
        yield form
    finally:
        if form:
            raw.FPDFDOC_ExitFormFillEnvironment(form)


def differences(
    data: bytes,
    ends: Sequence[int],
    pages: Sequence[int],
    places: Mapping[int, Sequence[Place]],
    *,
    fields: bool = True,
) -> list[Difference]:
    """Between each of ``ends`` and the next; ``places``: by the end after which they came.

    Fields are drawn at the first and at the last alone, since each revision holds all seals before it: what
    differs then counts for the last; without ``fields`` nowhere.  A page that cannot be drawn is different.
    """
    if not fields:
        return _drawn(data, ends, pages, places, fields=False)
    whole = [ends[0], ends[-1]]
    every = [one for end in ends[:-1] for one in places.get(end, ())]
    last = _drawn(data, whole, pages, {ends[0]: every}, fields=True)
    if len(ends) == 2:
        return last
    found = _drawn(data, ends, pages, places, fields=False)
    over = {*found[-1].over_content, *last[0].over_content}
    return [*found[:-1], Difference((*found[-1].pages, *last[0].pages), tuple(sorted(over)))]


def _drawn(
    data: bytes,
    ends: Sequence[int],
    pages: Sequence[int],
    places: Mapping[int, Sequence[Place]],
    *,
    fields: bool,
) -> list[Difference]:
    import pypdfium2.raw as raw

    found: list[Difference] = []
    before: dict[int, bytearray] = {}
    for turn, end in enumerate(ends):
        new = places.get(ends[turn - 1], ()) if turn else ()
        now: dict[int, bytearray] = {}
        different, over = [], []
        with opened(data, end) as document, _form_of(raw, document if fields else None) as form:
            for number in pages:
                picture = _Picture(raw, document, form, number) if document else None
                try:
                    now[number] = bytearray() if picture is None else picture.dots
                    if turn:
                        drawn = picture if picture is not None and picture.dots else None
                        rows: list[slice] = []
                        for one in new if drawn else ():
                            mine = drawn.rows(raw, one.box) if drawn and one.page == number else []
                            rows += mine
                            if one.seal and any(before[number][row].strip(b"\xff") for row in mine):
                                over.append(number)
                        if not _same_but_for(before[number], now[number], rows):
                            different.append(number)
                finally:
                    if picture is not None and picture.page:
                        raw.FPDF_ClosePage(picture.page)
        if turn:
            found.append(Difference(tuple(different), tuple(dict.fromkeys(over))))
        before = now
    return found


def _same_but_for(one: bytearray, other: bytearray, rows: Sequence[slice]) -> bool:
    if not one or len(one) != len(other):
        return False
    if one == other:
        return True
    mine, theirs = bytearray(one), bytearray(other)
    for row in rows:
        mine[row] = theirs[row] = bytes(len(mine[row]))
    return mine == theirs
