# SPDX-License-Identifier: Apache-2.0
"""What a seal says, its outline and its size: the part of a seal that its holder decides.

国发〔1999〕25号: round, name in simplified Chinese along the upper arc from left to right, a star or the
emblem in the middle, the purpose of a special seal in a straight line below it.  Local practice adds the
registered code along the lower arc, oval seals for invoices and square ones for the names of persons.  The
size follows the rank of the holder.  No text fixes a red; real vector seals use 255 0 0.  A seal that is not
real says so: 样章 SPECIMEN.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..pages.errors import GlyphMissing
from ..pages.fonts import glyphs_of
from ..pages.model import Colour, FontName
from .errors import SealDesignRefused

RED: Colour = (255, 0, 0)
MOST_LINE: Final = 10
MOST_CENTRE: Final = 6
MOST_MICRO: Final = 40
CODE_DIGITS: Final = 14


class SealShape(StrEnum):
    """Outline of the seal."""

    ROUND = "round"
    OVAL = "oval"
    SQUARE = "square"


class SealCentre(StrEnum):
    """What stands in the middle.

    ``EMBLEM`` keeps a slot for a drawing that the holder brings: the national emblem is not ours to draw.
    """

    STAR = "star"
    EMBLEM = "emblem"
    TEXT = "text"
    NONE = "none"


NAME_LENGTHS: Final = {
    SealShape.ROUND: (4, 30),
    SealShape.OVAL: (4, 30),
    SealShape.SQUARE: (2, 8),
}
"""Characters of the name, least and most."""

_WIDTHS: Final = {SealShape.ROUND: (38.0, 60.0), SealShape.OVAL: (30.0, 50.0), SealShape.SQUARE: (12.0, 30.0)}
_LEAST_HEIGHT: Final = 20.0


class HolderRank(StrEnum):
    """Who holds the seal, as 国发〔1999〕25号 ranks holders."""

    STATE_COUNCIL = "state-council"
    MINISTRY = "ministry"
    PROVINCE = "province"
    STATE_BUREAU = "state-bureau"
    PREFECTURE_OR_COUNTY = "prefecture-or-county"
    TOWNSHIP = "township"
    ORDINARY = "ordinary"


DIAMETERS_MM: Final = {
    HolderRank.STATE_COUNCIL: 60.0,
    HolderRank.MINISTRY: 50.0,
    HolderRank.PROVINCE: 50.0,
    HolderRank.STATE_BUREAU: 45.0,
    HolderRank.PREFECTURE_OR_COUNTY: 45.0,
    HolderRank.TOWNSHIP: 42.0,
    HolderRank.ORDINARY: 42.0,
}
"""The diameter of a round seal (国发〔1999〕25号; ``ORDINARY``: internal organs, institutions, companies)."""


@dataclass(frozen=True, slots=True)
class SealDesign:
    """A design that can be drawn: every rule was checked when it was made."""

    name: str  # along the upper arc; of a square seal, its characters
    line: str = ""  # straight, below the middle: 专用章
    code: str = ""  # 14 digits along the lower arc; of an oval seal, straight through the middle
    shape: SealShape = SealShape.ROUND
    centre: SealCentre = SealCentre.STAR
    diameter_mm: float = 42.0  # width of an oval or square seal
    specimen: bool = True
    colour: Colour = RED
    height_mm: float = 0.0  # of an oval seal; 0: three quarters of its width
    centre_text: str = ""
    micro: str = ""  # repeated inside the ring, half a millimetre high: a copier loses it

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height."""
        if self.shape is SealShape.OVAL:
            return self.diameter_mm, self.height_mm or self.diameter_mm * 0.75
        return self.diameter_mm, self.diameter_mm

    def __post_init__(self) -> None:
        _check_size(self)
        least, most = NAME_LENGTHS[self.shape]
        if not least <= len(self.name) <= most or not _solid(self.name):
            raise SealDesignRefused(
                field="name",
                rule=f"印文须为 {least} 至 {most} 个字且无空白 / {least} to {most} characters, no blanks",
                todo="请使用全称或规范简称 / give the full or official short name",
            )
        if len(self.line) > MOST_LINE or not _solid(self.line):
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
        _check_parts(self)
        if any(not 0 <= part <= 255 for part in self.colour):
            raise SealDesignRefused(
                field="colour",
                rule="颜色分量须在 0 至 255 之间 / components from 0 to 255",
                todo="红色为 255 0 0 / red is 255 0 0",
            )
        for field, text in (("name", self.name), ("line", self.line), ("centre_text", self.centre_text)):
            _check_glyphs(field, text)


def _solid(text: str) -> bool:
    return text == "".join(text.split())


def _check_size(design: SealDesign) -> None:
    least, most = _WIDTHS[design.shape]
    if not least <= design.diameter_mm <= most:
        raise SealDesignRefused(
            field="diameter_mm",
            rule=f"宽度或直径须在 {least:.0f} 至 {most:.0f} mm 之间 / between these",
            todo="圆章常用 42 mm,椭圆章 40 mm,名章 20 mm / 42 mm round, 40 mm oval, 20 mm square are usual",
        )
    if design.shape is not SealShape.OVAL:
        if design.height_mm not in (0.0, design.diameter_mm):
            raise SealDesignRefused(
                field="height_mm",
                rule="只有椭圆章另有高度 / only an oval seal has a height of its own",
                todo="请不填高度 / leave it out",
            )
        return
    height = design.size_mm[1]
    if not _LEAST_HEIGHT <= height <= design.diameter_mm * 0.9:
        raise SealDesignRefused(
            field="height_mm",
            rule=f"椭圆章高度须在 {_LEAST_HEIGHT:.0f} mm 至宽度九成之间 / from this to 0.9 of the width",
            todo="常用 40×30 mm / 40 by 30 mm is usual",
        )


def _check_parts(design: SealDesign) -> None:
    """Which parts go together."""
    square = design.shape is SealShape.SQUARE
    for field, given in (("line", design.line), ("code", design.code), ("micro", design.micro)):
        if square and given:
            raise SealDesignRefused(
                field=field,
                rule="方形名章只有姓名 / a square seal has a name alone",
                todo="请不填此项 / leave it out",
            )
    with_text = design.centre is SealCentre.TEXT
    if with_text != bool(design.centre_text) or (design.shape is not SealShape.ROUND and with_text):
        raise SealDesignRefused(
            field="centre_text",
            rule="圆章中心为文字时填写,否则不填 / given exactly when the middle of a round seal is text",
            todo="请选择中心文字并填写,或改用五角星 / choose centre “text” and fill it in, or a star",
        )
    if len(design.centre_text) > MOST_CENTRE or not _solid(design.centre_text):
        raise SealDesignRefused(
            field="centre_text",
            rule=f"中心文字不超过 {MOST_CENTRE} 个字且无空白 / at most {MOST_CENTRE} characters, no blanks",
            todo="例如:财务 / for example 财务",
        )
    if design.micro and not (
        len(design.micro) <= MOST_MICRO and design.micro.isascii() and design.micro.isalnum()
    ):
        raise SealDesignRefused(
            field="micro",
            rule=f"微缩文字为 1 至 {MOST_MICRO} 位字母或数字 / 1 to {MOST_MICRO} letters or digits",
            todo="例如印章编码 / for example the code of the seal",
        )


def _check_glyphs(field: str, text: str) -> None:
    try:
        glyphs_of(text, FontName.SERIF)
    except GlyphMissing as error:
        raise SealDesignRefused(
            field=field,
            rule=str(error),
            todo="请改用字库内的字 / use characters that the typefaces draw",
        ) from error
