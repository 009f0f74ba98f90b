# SPDX-License-Identifier: Apache-2.0
"""Drawings that a holder brings: a scanned imprint or signature instead of a design, an emblem inside one.

The outlines are kept as one line of text in the design, so whatever commits the design to the ledger commits
the picture.  样章 SPECIMEN is not part of the text: it is added whenever the text is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from seal import (
    Drawing,
    Placement,
    SealCentre,
    SealDesign,
    SealDesignRefused,
    SealShape,
    draw_seal,
    drawing_of_text,
    with_specimen,
)

_LONGEST_NAME: Final = 30
_PLAIN: Final = SealDesign("无关文字")
_UNUSED: Final = ("line", "code", "shape", "centre", "diameter_mm", "height_mm", "centre_text", "micro")


class Brought(StrEnum):
    """What the drawing is."""

    SCAN = "scan"
    EMBLEM = "emblem"


@dataclass(frozen=True, slots=True)
class DrawnDesign(SealDesign):
    """A design with a drawing that was brought; of a scan, the name is all that the design says itself."""

    drawing: str = ""

    def __post_init__(self) -> None:
        brought, _ = _read(self.drawing)
        if brought is Brought.EMBLEM:
            if self.centre is not SealCentre.EMBLEM:
                raise _refused("centre", "带徽记的章面中心须为徽记 / with an emblem, the centre is “emblem”")
            if self.shape is not SealShape.ROUND:
                raise _refused("shape", "带徽记的章为圆形 / a seal with an emblem is round")
            SealDesign.__post_init__(self)
            return
        for one in _UNUSED:
            if getattr(self, one) != getattr(_PLAIN, one):
                raise _refused(one, "扫描的印模没有此项 / a scanned imprint has no such member")
        solid = self.name == "".join(self.name.split()) and self.name.isprintable()
        if not 2 <= len(self.name) <= _LONGEST_NAME or not solid:
            raise _refused(
                "name",
                f"名称为 2 至 {_LONGEST_NAME} 个字且无空白 / 2 to {_LONGEST_NAME} characters, no blanks",
            )

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height."""
        if _read(self.drawing)[0] is Brought.EMBLEM:
            return self.diameter_mm, self.diameter_mm
        drawing = drawing_of(self)
        return drawing.width_mm, drawing.height_mm


def brought_text(brought: Brought, outlines: str) -> str:
    """What a design keeps of the outlines of a drawing (:func:`seal.outline_text`)."""
    return f"{brought.value}/1 {outlines}"


@lru_cache(maxsize=64)
def drawing_of(design: SealDesign) -> Drawing:
    """The picture of a design: drawn, drawn with the emblem that was brought, or what was scanned."""
    if not isinstance(design, DrawnDesign):
        return draw_seal(design)
    brought, drawing = _read(design.drawing)
    if brought is Brought.EMBLEM:
        return draw_seal(design, emblem=drawing)
    named = Drawing(drawing.width_mm, drawing.height_mm, drawing.paths, design.name)
    return with_specimen(named) if design.specimen else named


def placed(
    drawing: Drawing, page: int, *, left_mm: float, top_mm: float, width_mm: float, height_mm: float
) -> Placement:
    """The drawing in true size in the middle of a box, smaller where the box is."""
    share = min(1.0, width_mm / drawing.width_mm, height_mm / drawing.height_mm)
    width, height = drawing.width_mm * share, drawing.height_mm * share
    x, y = left_mm + (width_mm - width) / 2, top_mm + (height_mm - height) / 2
    return Placement(page=page, x_mm=x, y_mm=y, width_mm=width, height_mm=height)


@lru_cache(maxsize=64)
def _read(text: str) -> tuple[Brought, Drawing]:
    kind, _, outlines = text.partition("/1 ")
    if kind not in set(Brought):
        raise _refused("drawing", "不是扫描印模或徽记 / neither a scanned imprint nor an emblem")
    return Brought(kind), drawing_of_text(outlines, kind)


def _refused(field: str, rule: str) -> SealDesignRefused:
    return SealDesignRefused(field=field, rule=rule, todo="请改正该项 / correct it")
