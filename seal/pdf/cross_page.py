# SPDX-License-Identifier: Apache-2.0
"""Which part of a cross-page seal (骑缝章) each page shows.

Pages that lie fanned out, the first on top, show the slices side by side: at the right edge the first page
has the leftmost one, at the left edge the rightmost one.
"""

from __future__ import annotations

from dataclasses import dataclass

from .mark_errors import MarkRefused
from .marks import CrossPage, Edge


@dataclass(frozen=True, slots=True)
class Slice:
    """The part from ``start`` to ``end`` (shares of the width) at one edge of one page."""

    page: int
    start: float
    end: float
    edge: Edge  # RIGHT or LEFT


def slices(mark: CrossPage, pages: int) -> list[Slice]:
    """In page order.  Raises :class:`MarkRefused` when no two pages remain."""
    count = pages - mark.skip
    if count < 2:
        raise MarkRefused("cross-page-too-few-pages", f"{pages} pages, {mark.skip} skipped")
    if mark.edge is Edge.FACING:
        found = []
        for left in range(mark.skip, pages - 1, 2):
            found += [Slice(left, 0.0, 0.5, Edge.RIGHT), Slice(left + 1, 0.5, 1.0, Edge.LEFT)]
        return found
    found = []
    first = mark.skip
    for size in groups(count, mark):
        cuts = _cuts(size, mark.ends)
        for number in range(size):
            part = number if mark.edge is Edge.RIGHT else size - 1 - number
            found.append(Slice(first + number, cuts[part], cuts[part + 1], mark.edge))
        first += size
    return found


def groups(count: int, mark: CrossPage) -> list[int]:
    """How many pages share each seal."""
    # Pages until slices are as narrow as allowed; wide ends leave less for those between them.
    thinnest = mark.width_mm / mark.least_mm
    narrowest = int(min(thinnest, 2 + (1 - 2 * mark.ends) * thinnest) + 1e-9)
    most = min(mark.most_pages or narrowest, narrowest)
    if count <= most:
        return [count]
    whole, rest = divmod(count, most)
    sizes = [most] * whole
    if rest > 1:
        return [*sizes, rest]
    if rest == 1 and most + 1 <= narrowest:
        sizes[-1] += 1
    elif rest == 1 and most > 2:
        # One more page would make the slices too narrow: the last seal takes two, the one before gives one.
        sizes[-1:] = [most - 1, 2]
    elif rest == 1:
        raise MarkRefused("cross-page-slice-too-narrow", f"{count} pages, at most {most} for one seal")
    return sizes


def _cuts(size: int, ends: float) -> list[float]:
    """Where the seal is cut, from 0 to 1."""
    if size == 2 or 1 / size >= ends:
        return [number / size for number in range(size)] + [1.0]
    inner = (1 - 2 * ends) / (size - 2)
    return [0.0, *(ends + inner * number for number in range(size - 1)), 1.0]
