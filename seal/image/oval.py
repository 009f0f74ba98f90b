# SPDX-License-Identifier: Apache-2.0
"""Oval seals, as on invoices and receipts: name on the upper arc, code through the middle, purpose below.

Usual size 40 x 30 mm, ring 1 mm (standards.md section 7.6).  Letters stand upright on an ellipse inside the
ring, at even distances along it: equal angles would crowd them at the ends.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import cos, hypot, pi, sin

from ..pages.fonts import Glyph, glyphs_of, width_em
from ..pages.model import Command, FontName, Path
from ..pages.outlines import Slope, placed, straight_lettering
from .design import SealCentre, SealDesign
from .round import MICRO_SIZE, SPECIMEN, glyph_middle, glyph_weight, star

_RING = 1.0
_WEIGHT = 0.12
_ROOM = 0.5  # between ring and heads of the letters
_SAMPLES = 1440
_CIRCLE = 0.5522847498307936
_WIDEST = 0.62  # of the whole way round, for the name


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An ellipse around a point, with the way along it measured from twelve o'clock, clockwise."""

    x_mm: float
    y_mm: float
    across: float  # half
    down: float  # half

    def lengths(self) -> list[float]:
        """Way to each sample; the last is the whole way round."""
        points = [self.at(2 * pi * one / _SAMPLES) for one in range(_SAMPLES + 1)]
        steps = (hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points))
        return list(accumulate(steps, initial=0.0))

    def at(self, turn: float) -> tuple[float, float]:
        """The point at a parameter, clockwise from the top."""
        return self.x_mm + self.across * sin(turn), self.y_mm - self.down * cos(turn)

    def upright(self, turn: float) -> tuple[float, float]:
        """The unit vector away from the middle, across the curve."""
        x, y = sin(turn) / self.across, -cos(turn) / self.down
        size = hypot(x, y)
        return x / size, y / size


def oval_paths(design: SealDesign) -> tuple[Path, ...]:
    """The paths in the order ring, middle, lettering, specimen, small print."""
    width, height = design.size_mm
    x, y, colour = width / 2, height / 2, design.colour
    outer = Ellipse(x, y, x - _RING / 2, y - _RING / 2)
    size = height * (0.145 if len(design.name) <= 12 else 0.115)
    inner = Ellipse(x, y, x - _RING - _ROOM - size, y - _RING - _ROOM - size)
    lettering = _along(design.name, inner, size)
    room = 2 * inner.across * 0.92
    if design.code:
        lettering += _straight(design.code, FontName.SANS, x, y + 0.02 * height, 0.11 * height, room)
    if design.line:
        lettering += _straight(design.line, FontName.SERIF, x, y + 0.235 * height, 0.115 * height, room * 0.8)
    paths = [Path(_curve(outer), stroke=colour, width_mm=_RING)]
    if design.centre is SealCentre.STAR and not design.code:
        paths.append(Path(star((x, y - 0.04 * height), 0.14 * height), fill=colour))
    paths.append(Path(tuple(lettering), fill=colour, stroke=colour, width_mm=_WEIGHT))
    if design.specimen:
        words = _straight(SPECIMEN, FontName.SANS, x, y + 0.36 * height, 0.065 * height, room * 0.6)
        paths.append(Path(tuple(words), fill=colour))
    if design.micro:
        paths.append(
            Path(_micro(design.micro, Ellipse(x, y, x - _RING - 0.48, y - _RING - 0.48)), fill=colour)
        )
    return tuple(paths)


def _along(text: str, ellipse: Ellipse, size: float) -> list[Command]:
    """Letters upright on the curve, their middle at twelve o'clock."""
    glyphs = glyphs_of(text, FontName.SERIF)
    weights = [glyph_weight(glyph) for glyph in glyphs]
    lengths = ellipse.lengths()
    step = min(lengths[-1] * _WIDEST / sum(weights), size * 1.25)
    breadth = min(size * 0.92, step - 0.2)
    way = -step * sum(weights) / 2
    commands: list[Command] = []
    for glyph, weight in zip(glyphs, weights, strict=True):
        turn = _turn(lengths, way + step * weight / 2)
        commands += _standing(glyph, ellipse, turn, breadth=breadth, height=size)
        way += step * weight
    return commands


def _standing(
    glyph: Glyph, ellipse: Ellipse, turn: float, *, breadth: float, height: float
) -> tuple[Command, ...]:
    """One glyph with its feet on the curve (the em box stands 0.12 below its baseline)."""
    up = ellipse.upright(turn)
    across = -up[1], up[0]
    x, y = ellipse.at(turn)
    middle = glyph_middle(glyph) * breadth
    return placed(
        glyph,
        (
            breadth * across[0],
            breadth * across[1],
            height * up[0],
            height * up[1],
            x + 0.12 * height * up[0] - middle * across[0],
            y + 0.12 * height * up[1] - middle * across[1],
        ),
    )


def _turn(lengths: list[float], way: float) -> float:
    """The parameter after so much of the way; a way below nothing runs anticlockwise."""
    way %= lengths[-1]
    after = bisect_left(lengths, way, 1)
    before = lengths[after - 1]
    share = (way - before) / (lengths[after] - before)
    return 2 * pi * (after - 1 + share) / _SAMPLES


def _straight(text: str, font: FontName, x: float, y: float, size: float, room: float) -> list[Command]:
    """A straight line, condensed to its room."""
    width = width_em(glyphs_of(text, font)) * size
    return list(straight_lettering(text, font, Slope(x, y, size_mm=size, width=min(1.0, room / width))))


def _micro(text: str, ellipse: Ellipse) -> tuple[Command, ...]:
    """The text again and again along the inside of the ring, heads outwards."""
    glyphs = glyphs_of(text, FontName.SANS)
    lengths = ellipse.lengths()
    often = max(1, round(lengths[-1] / ((width_em(glyphs) + 1.0) * MICRO_SIZE)))
    commands: list[Command] = []
    for time in range(often):
        way = lengths[-1] * time / often
        for glyph in glyphs:
            wide = glyph.advance * MICRO_SIZE
            turn = _turn(lengths, way + wide / 2)
            commands += _standing(glyph, ellipse, turn, breadth=MICRO_SIZE, height=MICRO_SIZE)
            way += wide
    return tuple(commands)


def _curve(ellipse: Ellipse) -> tuple[Command, ...]:
    """Four cubic curves; off the true ellipse by less than 0.03 % of its half axes."""
    x, y, a, b = ellipse.x_mm, ellipse.y_mm, ellipse.across, ellipse.down
    k, m = a * _CIRCLE, b * _CIRCLE
    return (
        ("M", (x + a, y)),
        ("C", (x + a, y + m, x + k, y + b, x, y + b)),
        ("C", (x - k, y + b, x - a, y + m, x - a, y)),
        ("C", (x - a, y - m, x - k, y - b, x, y - b)),
        ("C", (x + k, y - b, x + a, y - m, x + a, y)),
        ("Z", ()),
    )
