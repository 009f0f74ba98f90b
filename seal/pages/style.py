# SPDX-License-Identifier: Apache-2.0
"""Sizes of a sheet, from roomy to compact.

A short document fills its page with wide rows, a long one is set closer; what still does not fit on one page
goes on to the next.
"""

from __future__ import annotations

from dataclasses import dataclass

PAGE_WIDTH = 210.0
PAGE_HEIGHT = 297.0
FRAME = 11.0  # from the edge of the paper to the outer frame
LEFT, RIGHT = 22.0, 188.0
TOP, BOTTOM = 21.0, 279.0
CENTRE = PAGE_WIDTH / 2
WIDTH = RIGHT - LEFT

LEADING = 1.5  # of the letter size, in running text
CELL_LEADING = 1.35
MIDDLE = 0.38  # of an em, from the baseline up to the middle of an ideograph


@dataclass(frozen=True, slots=True)
class Style:
    """Letter sizes in points, distances in millimetres."""

    title_pt: float
    subtitle_pt: float
    row_pt: float
    table_pt: float
    text_pt: float
    row_mm: float  # the least height of a label-value row
    pad_mm: float  # above and below the text of a cell
    gap_mm: float  # between the blocks of the sheet
    head_mm: float  # above the title


STYLES = (
    Style(26, 11, 12, 10, 12, row_mm=12.0, pad_mm=2.4, gap_mm=6.0, head_mm=10.0),
    Style(24, 11, 11, 9.5, 11, row_mm=9.6, pad_mm=2.0, gap_mm=4.5, head_mm=6.0),
    Style(22, 10.5, 10.5, 9, 10.5, row_mm=7.6, pad_mm=1.5, gap_mm=3.5, head_mm=3.0),
    Style(22, 10, 10, 9, 10, row_mm=6.4, pad_mm=1.0, gap_mm=2.6, head_mm=1.0),
)
FLOWING = STYLES[2]
"""For a document of several pages, where room to spare looks lost."""
