# SPDX-License-Identifier: Apache-2.0
"""Where a seal is shown, as options of a command say it: several may be given, they are one signature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

import typer

from seal import (
    AtKeyword,
    Corner,
    CrossPage,
    Drawing,
    Edge,
    EveryPage,
    Mark,
    MarkRefused,
    OfdRefused,
    OnField,
    Placement,
    PlacementRefused,
    ProfileRefused,
    SealRefused,
)

USUAL: Final = (1, 140.0, 230.0)
"""Page, and millimetres from the left and the upper edge, when nobody says where."""
_INSET_MM: Final = 15.0
_OPTIONS: Final = {
    "keyword-missing": "--keyword",
    "keyword-occurrence-missing": "--occurrence",
    "text-too-long": "--keyword",
    "cross-page-too-few-pages": "--cross-page",
    "cross-page-slice-too-narrow": "--most-pages",
    "marks-on-certified": "--field",
    "marks-too-many": "--every-page",
    "ofd-no-fields": "--field",
    "ofd-nothing-to-close": "--close",
    "ofd-locked": "FILE",
}


@dataclass(frozen=True, slots=True)
class Places:
    """The options; nothing is read from a file yet."""

    at: Sequence[str] = ()
    page: int | None = None
    x: float | None = None
    y: float | None = None
    keyword: str | None = None
    occurrence: str | None = None
    offset: str | None = None
    fields: Sequence[str] = ()
    every_page: bool = False
    cross_page: Edge | None = None
    skip: int = 0
    most_pages: int | None = None

    def marks(self) -> Callable[[Drawing], Sequence[Mark]]:
        """The marks for a drawing of a size.  Raises :class:`typer.BadParameter`, naming the option."""
        self._require_company()
        at = [_place(one) for one in self.at]
        occurrence, (dx, dy) = _occurrence(self.occurrence), _pair(self.offset or "0,0", "--offset")
        single = self._single()

        def made(drawing: Drawing) -> Sequence[Mark]:
            width, height = drawing.width_mm, drawing.height_mm
            marks: list[Mark] = [Placement(page - 1, x, y, width, height) for page, x, y in (*at, *single)]
            if self.every_page:
                marks.append(self._everywhere(width, height))
            if self.keyword is not None:
                marks.append(AtKeyword(self.keyword, width, height, occurrence, dx, dy))
            if self.cross_page is not None:
                edge = self.cross_page
                marks.append(CrossPage(width, height, edge, skip=self.skip, most_pages=self.most_pages))
            return (*marks, *(OnField(name) for name in self.fields))

        return made

    def given(self) -> bool:
        """Was any place named?"""
        alone = (self.page, self.x, self.y, self.keyword, self.cross_page)
        return bool(self.at or self.fields or self.every_page) or any(one is not None for one in alone)

    def _single(self) -> tuple[tuple[int, float, float], ...]:
        """The place of ``--page``, ``--x`` and ``--y``, or the usual one where no other option says where."""
        alone = self.page is not None or (not self.every_page and (self.x, self.y) != (None, None))
        if not alone and self.given():
            return ()
        page, x, y = USUAL
        return ((self.page or page, x if self.x is None else self.x, y if self.y is None else self.y),)

    def _everywhere(self, width: float, height: float) -> EveryPage:
        if (self.x, self.y) == (None, None):
            return EveryPage(_INSET_MM, _INSET_MM, width, height, Corner.BOTTOM_RIGHT)
        return EveryPage(
            _INSET_MM if self.x is None else self.x, _INSET_MM if self.y is None else self.y, width, height
        )

    def _require_company(self) -> None:
        """Options that only mean something beside another one."""
        for option, given, beside, there in (
            ("--occurrence", self.occurrence is not None, "--keyword", self.keyword is not None),
            ("--offset", self.offset is not None, "--keyword", self.keyword is not None),
            ("--skip", self.skip > 0, "--cross-page", self.cross_page is not None),
            ("--most-pages", self.most_pages is not None, "--cross-page", self.cross_page is not None),
            ("--page", self.every_page and self.page is not None, "--at", False),
        ):
            if given and not there:
                raise _wrong(option, f"须与 {beside} 一起使用 it goes with {beside}")


def option_of(error: SealRefused) -> str:
    """Which option asked for what was refused; empty when none did."""
    if isinstance(error, ProfileRefused):
        return "--profile"
    if isinstance(error, PlacementRefused):
        return "--at"
    if isinstance(error, MarkRefused | OfdRefused):
        return _OPTIONS.get(error.code, "--field" if error.code.startswith("field") else "")
    return ""


def _place(text: str) -> tuple[int, float, float]:
    page, _, rest = text.partition(",")
    if not page.strip().isdecimal() or not 0 < int(page) < 100_000:
        raise _wrong("--at", f"应为 页码,左距,上距(毫米) it is PAGE,X,Y in millimetres: {text}")
    return (int(page), *_pair(rest, "--at"))


def _pair(text: str, option: str) -> tuple[float, float]:
    try:
        first, second = (float(one) for one in text.split(","))
    except ValueError:
        raise _wrong(option, f"应为两个毫米数,用逗号隔开 two numbers of millimetres: {text}") from None
    if not (isfinite(first) and isfinite(second)):
        raise _wrong(option, f"应为毫米数 a number of millimetres: {text}")
    return first, second


def _occurrence(text: str | None) -> int | None:
    """From 0, the last one -1, ``None`` every one."""
    if text is None:
        return 0
    if text in ("last", "every"):
        return -1 if text == "last" else None
    if text.isdecimal() and 0 < int(text) < 1_000_000:
        return int(text) - 1
    raise _wrong("--occurrence", f"应为 last、every 或从 1 起的序号 last, every, or a number from 1: {text}")


def _wrong(option: str, why: str) -> typer.BadParameter:
    return typer.BadParameter(why, param_hint=option)
