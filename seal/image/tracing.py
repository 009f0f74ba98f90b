# SPDX-License-Identifier: Apache-2.0
"""From grey levels to outlines: marching squares with linear interpolation, then only the points that matter.

The ink is on the left of every outline, so that holes run against their surroundings and a non-zero winding
fill leaves them open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import hypot
from typing import Final, TypeAlias

from ..pages.model import Command

Point: TypeAlias = tuple[float, float]

LEVEL: Final = 128
_TOP, _RIGHT, _BOTTOM, _LEFT = range(4)
# Corners from the upper left, clockwise, are worth 1, 2, 4, 8.
_SEGMENTS: Final[dict[int, tuple[tuple[int, int], ...]]] = {
    1: ((_LEFT, _TOP),),
    2: ((_TOP, _RIGHT),),
    3: ((_LEFT, _RIGHT),),
    4: ((_RIGHT, _BOTTOM),),
    6: ((_TOP, _BOTTOM),),
    7: ((_LEFT, _BOTTOM),),
    8: ((_BOTTOM, _LEFT),),
    9: ((_BOTTOM, _TOP),),
    11: ((_BOTTOM, _RIGHT),),
    12: ((_RIGHT, _LEFT),),
    13: ((_RIGHT, _TOP),),
    14: ((_TOP, _LEFT),),
}
# Two opposite corners: the middle decides whether they belong together.
_SADDLES: Final[dict[tuple[int, bool], tuple[tuple[int, int], ...]]] = {
    (5, True): ((_RIGHT, _TOP), (_LEFT, _BOTTOM)),
    (5, False): ((_LEFT, _TOP), (_RIGHT, _BOTTOM)),
    (10, True): ((_TOP, _LEFT), (_BOTTOM, _RIGHT)),
    (10, False): ((_TOP, _RIGHT), (_BOTTOM, _LEFT)),
}


def outlines(
    levels: bytes, width: int, *, tolerance: float, least_area: float
) -> tuple[tuple[Point, ...], ...]:
    """Closed outlines of what is at least half inked, in pixels.

    ``levels``: 255 for ink, row by row, and nothing at the edges.  ``tolerance``: how far, in pixels, a point
    may lie off its outline to be left out.  ``least_area``: smaller specks and holes are left out.
    """
    following = _segments(levels, width)
    found = []
    while following:
        start, at = following.popitem()
        loop = [_crossing(start, levels, width)]
        while at != start:
            loop.append(_crossing(at, levels, width))
            at = following.pop(at)
        if abs(area(loop)) >= least_area:
            found.append(_simplified(loop, tolerance))
    return tuple(sorted(found))


def commands_of(loops: Sequence[Sequence[Point]], *, scale: float) -> tuple[Command, ...]:
    """The outlines as a path, so many millimetres to a pixel."""
    commands: list[Command] = []
    for loop in loops:
        for place, (x, y) in enumerate(loop):
            commands.append(("M" if place == 0 else "L", (x * scale, y * scale)))
        commands.append(("Z", ()))
    return tuple(commands)


def area(loop: Sequence[Point]) -> float:
    """Twice-signed area halved: negative for outlines of ink, positive for holes."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*loop, loop[0]])) / 2


def _segments(levels: bytes, width: int) -> dict[int, int]:
    """From each crossed edge to the next: an edge is twice its upper left pixel, one more when upright."""
    following: dict[int, int] = {}
    inked = bytes(1 if level >= LEVEL else 0 for level in range(256))
    bits = levels.translate(inked)
    for top in range(0, len(bits) - width, width):
        upper, lower = bits[top : top + width], bits[top + width : top + 2 * width]
        if not any(upper) and not any(lower):
            continue
        for x in range(width - 1):
            code = upper[x] | upper[x + 1] << 1 | lower[x + 1] << 2 | lower[x] << 3
            if code in (0, 15):
                continue
            at = top + x
            edges = (2 * at, 2 * at + 3, 2 * (at + width), 2 * at + 1)
            if code in (5, 10):
                corners = levels[at] + levels[at + 1] + levels[at + width] + levels[at + width + 1]
                segments = _SADDLES[code, corners >= 4 * LEVEL]
            else:
                segments = _SEGMENTS[code]
            for start, end in segments:
                following[edges[start]] = edges[end]
    return following


def _crossing(edge: int, levels: bytes, width: int) -> Point:
    """Where the level lies on an edge between two pixels."""
    at, upright = divmod(edge, 2)
    y, x = divmod(at, width)
    first, second = levels[at], levels[at + (width if upright else 1)]
    share = (LEVEL - 0.5 - first) / (second - first)
    return (float(x), y + share) if upright else (x + share, float(y))


def _simplified(loop: list[Point], tolerance: float) -> tuple[Point, ...]:
    """Ramer, Douglas and Peucker, on the two halves between the first point and the one farthest from it."""
    far = max(range(len(loop)), key=lambda one: hypot(loop[one][0] - loop[0][0], loop[one][1] - loop[0][1]))
    kept = {0, far}
    closed = [*loop, loop[0]]
    waiting = [(0, far), (far, len(loop))]
    while waiting:
        first, last = waiting.pop()
        off, at = max(_distances(closed, first, last), default=(0.0, first))
        if off > tolerance:
            kept.add(at)
            waiting += [(first, at), (at, last)]
    return tuple(loop[one] for one in sorted(kept))


def _distances(points: Sequence[Point], first: int, last: int) -> Iterator[tuple[float, int]]:
    """Of the points between two others from the line through those."""
    (x1, y1), (x2, y2) = points[first], points[last]
    dx, dy = x2 - x1, y2 - y1
    length = hypot(dx, dy)
    for at in range(first + 1, last):
        x, y = points[at][0] - x1, points[at][1] - y1
        yield (abs(x * dy - y * dx) / length if length else hypot(x, y)), at
