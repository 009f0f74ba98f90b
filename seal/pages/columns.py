# SPDX-License-Identifier: Apache-2.0
"""How wide the columns of a table are: between the widest word and the widest cell, filling the sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .errors import TableTooWide, TableUneven
from .model import POINT_MM, FontName, SheetTable
from .style import LEFT, RIGHT, WIDTH
from .text import full_width, natural_width, text_width

SIDE = 1.6
"""Between a rule and the text beside it."""

_LABEL_LEAST, _LABEL_MOST = 30.0, 52.0
_WORD_MOST = 40.0  # a token up to this width is kept on one line if its column can be had that wide
_SHORT = 12  # ems; a column whose cells are all shorter is centred
_SLACK = 0.01  # keeps rounding from breaking a line that just fits


class Align(StrEnum):
    """Where the lines of a cell stand."""

    LEFT = "left"
    CENTRE = "centre"


@dataclass(frozen=True, slots=True)
class Column:
    """A column between two rules."""

    left: float
    right: float
    font: FontName
    align: Align

    @property
    def room(self) -> float:
        """Width that a line of text may have."""
        return self.right - self.left - 2 * SIDE


WHOLE = Column(LEFT, RIGHT, FontName.SERIF, Align.CENTRE)
"""One cell across the sheet, for the sentence of an empty table."""


def label_columns(labels: Sequence[str], size_pt: float) -> tuple[Column, Column]:
    """Labels centred in 黑体 at the left, values in 宋体 beside them."""
    widest = max(natural_width(label, FontName.SANS, size_pt) for label in labels)
    middle = LEFT + min(max(widest + 2 * SIDE + 4, _LABEL_LEAST), _LABEL_MOST)
    return (
        Column(LEFT, middle, FontName.SANS, Align.CENTRE),
        Column(middle, RIGHT, FontName.SERIF, Align.LEFT),
    )


def table_columns(content: SheetTable, size_pt: float) -> tuple[Column, ...]:
    """Raises :class:`TableTooWide` and :class:`TableUneven`."""
    em, count = size_pt * POINT_MM, len(content.columns)
    most = int(WIDTH / (2 * SIDE + em))
    if not 0 < count <= most:
        raise TableTooWide(table=content.title, columns=count, most=most)
    for place, row in enumerate(content.rows, 1):
        if len(row) != count:
            raise TableUneven(table=content.title, row=place, columns=count, cells=len(row))
    natural: list[float] = []
    least: list[float] = []
    for place, title in enumerate(content.columns):
        cells = [row[place] for row in content.rows]
        widths = [natural_width(cell, FontName.SERIF, size_pt) for cell in cells]
        natural.append(max(natural_width(title, FontName.SANS, size_pt), *widths, 2 * em) + _SLACK)
        words = [text_width(word, FontName.SERIF, size_pt) for cell in cells for word in _words(cell)]
        least.append(max([2 * em, *(min(word, _WORD_MOST) for word in words)]) + _SLACK)
    left, columns = LEFT, []
    for place, width in enumerate(_share(natural, least, WIDTH - 2 * SIDE * count)):
        right = RIGHT if place == count - 1 else left + width + 2 * SIDE
        short = natural[place] <= min(width + 2 * _SLACK, _SHORT * em)
        columns.append(Column(left, right, FontName.SERIF, Align.CENTRE if short else Align.LEFT))
        left = right
    return tuple(columns)


def _words(cell: str) -> list[str]:
    """Runs that a reader expects on one line: Latin words, numbers, dates."""
    return "".join(c if " " < c <= "~" else " " for c in full_width(cell)).split()


def _share(natural: Sequence[float], least: Sequence[float], room: float) -> list[float]:
    total, floor = sum(natural), sum(least)
    if total <= room:
        extra = (room - total) / len(natural)
        return [one + extra for one in natural]
    if floor >= room:
        return [one * room / floor for one in least]
    # Beyond the floor, by the square root of the want: a long column does not starve a middling one.
    wants = [max(n - f, 0.0) for n, f in zip(natural, least, strict=True)]
    given, free = [0.0] * len(wants), room - floor
    unmet = {place for place, want in enumerate(wants) if want > 0}
    while unmet:
        unit = free / sum(wants[place] ** 0.5 for place in unmet)
        met = {place for place in unmet if unit * wants[place] ** 0.5 >= wants[place]}
        for place in met or unmet:
            given[place] = min(unit * wants[place] ** 0.5, wants[place])
            free -= given[place]
        unmet = unmet - met if met else set()
    return [f + g for f, g in zip(least, given, strict=True)]
