# SPDX-License-Identifier: Apache-2.0
"""Glyph outlines moved, turned and condensed into millimetres: lettering that needs no font in the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, radians, sin
from typing import TypeAlias

from .fonts import Glyph, glyphs_of, typeface, width_em
from .model import Colour, Command, FontName, Path

Matrix: TypeAlias = tuple[float, float, float, float, float, float]
"""a b c d e f: x' = a·x + c·y + e, y' = b·x + d·y + f."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A line of lettering, centred on a point and turned anticlockwise by ``degrees``."""

    x_mm: float
    y_mm: float
    size_mm: float
    degrees: float = 0.0
    width: float = 1.0  # of a character, relative to its natural width


def moved(commands: Iterable[Command], matrix: Matrix) -> tuple[Command, ...]:
    """Every point through the matrix."""
    a, b, c, d, e, f = matrix
    return tuple(
        (
            letter,
            tuple(
                value
                for x, y in zip(points[::2], points[1::2], strict=True)
                for value in (a * x + c * y + e, b * x + d * y + f)
            ),
        )
        for letter, points in commands
    )


def placed(glyph: Glyph, matrix: Matrix) -> tuple[Command, ...]:
    """The outline of a glyph (in em, y upwards) through the matrix."""
    return moved(typeface(glyph.face).outline(glyph), matrix)


def straight_lettering(text: str, font: FontName, slope: Slope) -> tuple[Command, ...]:
    """A straight line of lettering, its middle on the point of ``slope``."""
    glyphs = glyphs_of(text, font)
    turn, size = radians(slope.degrees), slope.size_mm
    across, up = size * slope.width, size
    pen = -width_em(glyphs) / 2
    commands: list[Command] = []
    for glyph in glyphs:
        # em (y up) -> page (y down): the baseline runs through the point, 0.38 em below the middle.
        dx, dy = pen * across, 0.38 * size
        matrix = (
            across * cos(turn),
            -across * sin(turn),
            -up * sin(turn),
            -up * cos(turn),
            slope.x_mm + dx * cos(turn) + dy * sin(turn),
            slope.y_mm - dx * sin(turn) + dy * cos(turn),
        )
        commands += placed(glyph, matrix)
        pen += glyph.advance
    return tuple(commands)


def lettering_path(text: str, font: FontName, slope: Slope, fill: Colour) -> Path:
    """The same as one filled path."""
    return Path(straight_lettering(text, font, slope), fill=fill)


def bounds(commands: Sequence[Command]) -> tuple[float, float, float, float]:
    """Smallest box around every point (control points too): left, top, right, bottom."""
    points = [pair for _, values in commands for pair in zip(values[::2], values[1::2], strict=True)]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)
