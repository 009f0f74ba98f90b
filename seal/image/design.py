# SPDX-License-Identifier: Apache-2.0
"""What a seal says and how large it is: the part of a seal that its holder decides.

国发〔1999〕25号: round, name in simplified Chinese along the upper arc from left to right, a star in the
middle, the purpose of a special seal in a straight line below it.  Local practice adds the registered code
along the lower arc.  The size follows the rank of the holder, 42 mm for an ordinary agency or enterprise.  No
text fixes a red; real vector seals use 255 0 0.  A seal that is not real says so: 样章 SPECIMEN.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..pages.errors import GlyphMissing
from ..pages.fonts import glyphs_of
from ..pages.model import Colour, FontName
from .errors import SealDesignRefused

RED: Colour = (255, 0, 0)
LEAST_NAME, MOST_NAME = 4, 30
MOST_LINE = 10
CODE_DIGITS = 14
LEAST_DIAMETER, MOST_DIAMETER = 38.0, 60.0


class SealShape(StrEnum):
    """Outline of the seal."""

    ROUND = "round"


class SealCentre(StrEnum):
    """What stands in the middle.  The national emblem is not ours to draw."""

    STAR = "star"


@dataclass(frozen=True, slots=True)
class SealDesign:
    """A design that can be drawn: every rule was checked when it was made."""

    name: str  # along the upper arc
    line: str = ""  # straight, below the star: 专用章
    code: str = ""  # 14 digits along the lower arc
    shape: SealShape = SealShape.ROUND
    centre: SealCentre = SealCentre.STAR
    diameter_mm: float = 42.0
    specimen: bool = True
    colour: Colour = RED

    def __post_init__(self) -> None:
        if not LEAST_NAME <= len(self.name) <= MOST_NAME or self.name != "".join(self.name.split()):
            raise SealDesignRefused(
                field="name",
                rule=f"印文须为 {LEAST_NAME} 至 {MOST_NAME} 个字且无空白 / 4 to 30 characters, no blanks",
                todo="请使用机构全称或规范简称 / give the full or official short name",
            )
        if len(self.line) > MOST_LINE or self.line != "".join(self.line.split()):
            raise SealDesignRefused(
                field="line",
                rule=f"横排文字不超过 {MOST_LINE} 个字且无空白 / at most {MOST_LINE} characters, no blanks",
                todo="例如:业务专用章 / for example 业务专用章",
            )
        if self.code and not (len(self.code) == CODE_DIGITS and self.code.isascii() and self.code.isdigit()):
            raise SealDesignRefused(
                field="code",
                rule=f"印章编码须为 {CODE_DIGITS} 位数字 / the seal code has {CODE_DIGITS} digits",
                todo="请填写备案编码 / give the registered code",
            )
        if not LEAST_DIAMETER <= self.diameter_mm <= MOST_DIAMETER:
            raise SealDesignRefused(
                field="diameter_mm",
                rule=f"直径须在 {LEAST_DIAMETER:.0f} 至 {MOST_DIAMETER:.0f} mm 之间 / between these",
                todo="常用 42 mm / 42 mm is usual",
            )
        if any(not 0 <= part <= 255 for part in self.colour):
            raise SealDesignRefused(
                field="colour",
                rule="颜色分量须在 0 至 255 之间 / components from 0 to 255",
                todo="红色为 255 0 0 / red is 255 0 0",
            )
        for field, text in (("name", self.name), ("line", self.line)):
            try:
                glyphs_of(text, FontName.SERIF)
            except GlyphMissing as error:
                raise SealDesignRefused(
                    field=field,
                    rule=str(error),
                    todo="请改用字库内的字 / use characters that the typefaces draw",
                ) from error
