# SPDX-License-Identifier: Apache-2.0
"""Which of the eight masks a QR symbol wears: ISO/IEC 18004 section 7.8.3, a whole matrix at a time.

Every rule counts something that a shifted matrix shows: neighbours that are alike, blocks of four, the
sequence that looks like a finder.  Shifting by one module looks along rows, by one row down columns.
"""

from __future__ import annotations

from typing import Final

from .qr_tables import MASKS, Version

_BLOCK, _FINDER, _BALANCE = 3, 40, 10
_FIVE_PERCENT: Final = 5


def masked(tables: Version, plane: int) -> int:
    """The finished matrix; of several masks that are equally good, the first."""
    even = sorted((_evenness(plane ^ tables.judged[mask], tables), mask) for mask in MASKS)
    best = (1 << 30, 0)
    for points, mask in even:
        # Looking for finders takes longest and only adds: masks that cannot win any more are left out.
        if points <= best[0]:
            best = min(best, (points + _finders(plane ^ tables.judged[mask], tables), mask))
    return plane ^ tables.drawn[best[1]]


def _evenness(matrix: int, tables: Version) -> int:
    """Points for runs, for blocks of one colour, and for dark and light out of balance."""
    side, stride = tables.modules, tables.stride
    differs = matrix ^ matrix >> 1
    beside = tables.beside & differs ^ tables.beside
    differs = matrix ^ matrix >> stride
    below = tables.below & differs ^ tables.below
    blocks = (beside & beside >> stride & below).bit_count()
    dark = matrix.bit_count()
    unbalanced = int(abs(float(dark) / side**2 * 100 - 50) / _FIVE_PERCENT)
    return _BLOCK * blocks + _BALANCE * unbalanced + _runs(beside, 1) + _runs(below, stride)


def _runs(alike: int, step: int) -> int:
    """Three points for a run of five, one more for each module that is longer."""
    pairs = alike & alike >> step
    five = pairs & pairs >> 2 * step
    return five.bit_count() + 2 * (five & five >> step ^ five).bit_count()


def _finders(dark: int, tables: Version) -> int:
    """Points for 1:1:3:1:1 with four light modules before or behind."""
    light = tables.area ^ dark
    found = 0
    for step in (1, tables.stride):
        core = dark & light >> step & dark >> 2 * step & dark >> 3 * step
        core &= dark >> 4 * step & light >> 5 * step & dark >> 6 * step
        four = light & light >> step
        four &= four >> 2 * step
        found += (core >> 4 * step & four).bit_count() + (core & four >> 7 * step).bit_count()
    return _FINDER * found
