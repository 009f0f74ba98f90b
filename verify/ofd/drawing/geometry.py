# SPDX-License-Identifier: Apache-2.0
"""Matrices and outlines: GB/T 33190-2016 sections 8 (coordinates) and 9 (AbbreviatedData).

Millimetres, origin top left, y downwards.  A matrix ``(a, b, c, d, e, f)`` maps a point to
``(a·x + c·y + e, b·x + d·y + f)``.  Outlines know four commands: M, L, C (cubic) and Z; arcs and quadratic
curves are turned into cubic ones when they are read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final

Matrix = tuple[float, float, float, float, float, float]
Command = tuple[str, tuple[float, ...]]
Outline = tuple[Command, ...]

IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
MOST_COMMANDS: Final = 100_000
_TOKEN = re.compile(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_OPERANDS: Final = {"S": 2, "M": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}
_FURTHEST: Final = 1e7


def after(first: Matrix, then: Matrix) -> Matrix:
    """The map that does ``first`` and ``then``."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )


def shift(x: float, y: float) -> Matrix:
    return (1.0, 0.0, 0.0, 1.0, x, y)


def mapped(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def around(matrix: Matrix, left: float, top: float, right: float, bottom: float) -> tuple[float, ...]:
    """The upright box around a mapped rectangle: x, y, width, height."""
    corners = [mapped(matrix, x, y) for x in (left, right) for y in (top, bottom)]
    across, down = [x for x, _ in corners], [y for _, y in corners]
    return min(across), min(down), max(across) - min(across), max(down) - min(down)


def rectangle(x: float, y: float, width: float, height: float) -> Outline:
    return (
        ("M", (x, y)),
        ("L", (x + width, y)),
        ("L", (x + width, y + height)),
        ("L", (x, y + height)),
        ("Z", ()),
    )


def parse_outline(text: str) -> Outline:
    """AbbreviatedData.  What follows the first mistake is left out, as readers do."""
    found: list[Command] = []
    tokens = _TOKEN.findall(text)
    at, here, begun = 0, (0.0, 0.0), (0.0, 0.0)
    while at < len(tokens) and len(found) < MOST_COMMANDS:
        letter = tokens[at]
        wanted = _OPERANDS.get(letter)
        if wanted is None:
            break
        try:
            values = tuple(float(token) for token in tokens[at + 1 : at + 1 + wanted])
        except ValueError:
            break
        if len(values) != wanted or any(abs(value) > _FURTHEST for value in values):
            break
        at += 1 + wanted
        if letter in "SM":
            here = begun = (values[0], values[1])
            found.append(("M", here))
            continue
        if letter == "C":
            found.append(("Z", ()))
            here = begun
            continue
        if not found:
            found.append(("M", here))
        if letter == "L":
            found.append(("L", values))
        elif letter == "B":
            found.append(("C", values))
        elif letter == "Q":
            found.append(_quadratic(here, values))
        else:
            found.extend(_arc(here, values))
        here = (values[-2], values[-1])
    return tuple(found)


def _quadratic(here: tuple[float, float], values: tuple[float, ...]) -> Command:
    x0, y0 = here
    x1, y1, x2, y2 = values
    return (
        "C",
        (
            x0 + (x1 - x0) * 2 / 3,
            y0 + (y1 - y0) * 2 / 3,
            x2 + (x1 - x2) * 2 / 3,
            y2 + (y1 - y2) * 2 / 3,
            x2,
            y2,
        ),
    )


def _arc(here: tuple[float, float], values: tuple[float, ...]) -> Iterator[Command]:
    """An elliptical arc by its end points (the arithmetic of SVG 1.1, appendix F.6), as cubic curves."""
    rx, ry, degrees, large, sweep, x2, y2 = values
    x1, y1 = here
    rx, ry = abs(rx), abs(ry)
    if (x1, y1) == (x2, y2):
        return
    if not rx or not ry:
        yield ("L", (x2, y2))
        return
    turn = math.radians(degrees % 360)
    cos, sin = math.cos(turn), math.sin(turn)
    dx, dy = (x1 - x2) / 2, (y1 - y2) / 2
    px, py = cos * dx + sin * dy, -sin * dx + cos * dy
    excess = (px / rx) ** 2 + (py / ry) ** 2
    if excess > 1:
        rx, ry = rx * math.sqrt(excess), ry * math.sqrt(excess)
    under = (rx * ry) ** 2 - (rx * py) ** 2 - (ry * px) ** 2
    root = math.sqrt(max(0.0, under / ((rx * py) ** 2 + (ry * px) ** 2)))
    if bool(large) == bool(sweep):
        root = -root
    qx, qy = root * rx * py / ry, -root * ry * px / rx
    cx, cy = cos * qx - sin * qy + (x1 + x2) / 2, sin * qx + cos * qy + (y1 + y2) / 2
    start = math.atan2((py - qy) / ry, (px - qx) / rx)
    span = math.atan2((-py - qy) / ry, (-px - qx) / rx) - start
    if sweep and span < 0:
        span += 2 * math.pi
    elif not sweep and span > 0:
        span -= 2 * math.pi
    pieces = max(1, math.ceil(abs(span) / (math.pi / 2) - 1e-9))
    step = span / pieces
    reach = 4 / 3 * math.tan(step / 4)

    def at(x: float, y: float) -> tuple[float, float]:
        return cx + cos * rx * x - sin * ry * y, cy + sin * rx * x + cos * ry * y

    for piece in range(pieces):
        one, two = start + piece * step, start + (piece + 1) * step
        first = at(math.cos(one) - reach * math.sin(one), math.sin(one) + reach * math.cos(one))
        second = at(math.cos(two) + reach * math.sin(two), math.sin(two) - reach * math.cos(two))
        end = (x2, y2) if piece == pieces - 1 else at(math.cos(two), math.sin(two))
        yield ("C", (*first, *second, *end))
