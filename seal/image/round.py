# SPDX-License-Identifier: Apache-2.0
"""Round seals: name on the upper arc, star, emblem or text in the middle, code on the lower arc.

Measures are those of a 42 mm seal and scale with the diameter: ring 1.2 mm, star 14 mm across (standards.md
section 7.6).  Letters of the arc stand upright on it, evenly spaced by their own width, and are condensed
when there are many, so that the first and the last stay clear of the code.
"""

from __future__ import annotations

from math import cos, pi, radians, sin, sqrt

from ..pages.fonts import Glyph, glyphs_of, typeface, width_em
from ..pages.model import Command, FontName, Path
from ..pages.outlines import Slope, placed, straight_lettering
from .design import SealCentre, SealDesign

NOMINAL = 42.0
_RADIUS = NOMINAL / 2
_RING = 1.2
_STAR = 14.0  # across: the diameter of the circle through its points
EMBLEM_MM = 16.0  # across: the slot for an emblem
_NAME_TOP = 18.7  # radius of the upper edge of the arc text
_CODE_RADIUS = 18.6  # of the feet of the code's digits
_CODE_SIZE = 2.5
_CODE_PITCH = radians(6.0)
_WEIGHT = 0.14  # stroke around serif lettering, which is thin for a seal
_ARC_GAP = radians(13.0)  # least distance of name and code
_FOOT = radians(100.0)  # kept free below, where the specimen's words may stand
_BELOW = 9.5  # middle of the lettering below the star
SPECIMEN = "样章 SPECIMEN"
MICRO_SIZE = 0.5
_MICRO_RADIUS = 19.1  # of the feet of the small print, between name and ring
_CIRCLE = 0.5522847498307936  # control point of a quarter circle


def round_paths(design: SealDesign) -> tuple[Path, ...]:
    """Paths at the nominal size, in the order ring, middle, lettering, specimen, small print."""
    lettering = [*_name(design), *_code(design.code)]
    if design.line:
        lettering += _straight(design.line)
    if design.centre_text:
        lettering += _centre_text(design.centre_text)
    colour = design.colour
    paths = [Path(_circle(_RADIUS - _RING / 2), stroke=colour, width_mm=_RING)]
    if design.centre is SealCentre.STAR:
        paths.append(Path(star((_RADIUS, _RADIUS), _STAR / 2), fill=colour))
    paths.append(Path(tuple(lettering), fill=colour, stroke=colour, width_mm=_WEIGHT))
    if design.specimen:
        paths.append(Path(_specimen(design), fill=colour))
    if design.micro:
        paths.append(Path(_micro(design.micro), fill=colour))
    return tuple(paths)


def _name(design: SealDesign) -> list[Command]:
    """The name along the upper arc, its middle at twelve o'clock."""
    glyphs = glyphs_of(design.name, FontName.SERIF)
    weights = [glyph_weight(glyph) for glyph in glyphs]
    total = sum(weights)
    height = _name_height(design)
    feet = _NAME_TOP - height  # radius of the lower edge, where letters come closest
    span = 2 * pi - 2 * _ARC_GAP - (_CODE_PITCH * len(design.code) if design.code else _FOOT)
    # The distance that looks even grows with the letter and shrinks when there are many.
    step = min(span / total, height * 1.45 / feet)
    breadth = min(height * 0.92, step * feet - 0.28)
    angle = -step * total / 2
    commands: list[Command] = []
    for glyph, weight in zip(glyphs, weights, strict=True):
        middle = angle + step * weight / 2
        commands += _on_arc(glyph, middle, radius=feet, height=height, breadth=breadth)
        angle += step * weight
    return commands


def _name_height(design: SealDesign) -> float:
    """Letters of a long name are lower, so that they do not become needles."""
    return min(6.4, max(4.3, 7.4 - 0.115 * len(design.name)))


def glyph_weight(glyph: Glyph) -> float:
    """Room for a glyph relative to an ideograph: brackets and Latin letters need less."""
    if _is_square(glyph):
        return 1.0
    left, right = typeface(glyph.face).ink(glyph)
    return max(0.45, right - left + 0.2)


def _is_square(glyph: Glyph) -> bool:
    """Ideographs fill their em; whatever does not is spaced and centred by its ink."""
    left, right = typeface(glyph.face).ink(glyph)
    return glyph.advance == 1.0 and (right - left > 0.6 or ord(glyph.character) < 0xFF00)


def glyph_middle(glyph: Glyph) -> float:
    """Where the middle of a letter is, in em from its origin."""
    return 0.5 if _is_square(glyph) else sum(typeface(glyph.face).ink(glyph)) / 2


def _on_arc(
    glyph: Glyph, angle: float, *, radius: float, height: float, breadth: float
) -> tuple[Command, ...]:
    """One glyph standing on a circle around the middle, ``angle`` clockwise from the top."""
    middle = glyph_middle(glyph)
    # The em box (0.12 below the baseline, 0.88 above) stands with its feet on the circle.
    across, up = (cos(angle), sin(angle)), (sin(angle), -cos(angle))
    foot = radius + 0.12 * height
    return placed(
        glyph,
        (
            breadth * across[0],
            breadth * across[1],
            height * up[0],
            height * up[1],
            _RADIUS + foot * up[0] - middle * breadth * across[0],
            _RADIUS + foot * up[1] - middle * breadth * across[1],
        ),
    )


def _code(code: str) -> list[Command]:
    """The digits along the lower arc, read from left to right with their heads to the middle."""
    commands: list[Command] = []
    for place, glyph in enumerate(glyphs_of(code, FontName.SANS)):
        angle = (place - (len(code) - 1) / 2) * _CODE_PITCH
        across, up = (cos(angle), -sin(angle)), (-sin(angle), -cos(angle))
        middle = glyph.advance / 2
        commands += placed(
            glyph,
            (
                _CODE_SIZE * across[0],
                _CODE_SIZE * across[1],
                _CODE_SIZE * up[0],
                _CODE_SIZE * up[1],
                _RADIUS - _CODE_RADIUS * up[0] - middle * _CODE_SIZE * across[0],
                _RADIUS - _CODE_RADIUS * up[1] - middle * _CODE_SIZE * across[1],
            ),
        )
    return commands


def _straight(text: str) -> tuple[Command, ...]:
    """The line below the star, condensed to its room."""
    size, room = 3.3, 19.0
    width = width_em(glyphs_of(text, FontName.SERIF)) * size
    slope = Slope(_RADIUS, _RADIUS + _BELOW, size_mm=size, width=min(1.0, room / width))
    return straight_lettering(text, FontName.SERIF, slope)


def _specimen(design: SealDesign) -> tuple[Command, ...]:
    """样章 SPECIMEN below the star; above it, between star and name, where the line takes that place."""
    if not design.line or design.centre is SealCentre.NONE:
        # Without a star the middle is free.
        below = _BELOW if not design.line else 0.0
        slope = Slope(_RADIUS, _RADIUS + below, size_mm=2.8)
    else:
        feet, gap = _NAME_TOP - _name_height(design) - 0.4, _STAR / 2 + 1.0
        half = width_em(glyphs_of(SPECIMEN, FontName.SANS)) / 2
        # The largest size whose upper corners stay inside the feet of the name.
        size = (sqrt(gap**2 - (1 + half**2) * (gap**2 - feet**2)) - gap) / (1 + half**2)
        slope = Slope(_RADIUS, _RADIUS - gap - size / 2, size_mm=size)
    return straight_lettering(SPECIMEN, FontName.SANS, slope)


def _centre_text(text: str) -> tuple[Command, ...]:
    """Straight through the middle, as large as the place of the star allows."""
    width = width_em(glyphs_of(text, FontName.SERIF))
    return straight_lettering(text, FontName.SERIF, Slope(_RADIUS, _RADIUS, size_mm=min(7.0, 17.0 / width)))


def _micro(text: str) -> tuple[Command, ...]:
    """The text again and again along the inside of the ring, heads outwards."""
    glyphs = glyphs_of(text, FontName.SANS)
    around = 2 * pi * _MICRO_RADIUS / MICRO_SIZE
    often = max(1, round(around / (width_em(glyphs) + 1.0)))
    pitch = 2 * pi / often
    commands: list[Command] = []
    for time in range(often):
        pen = time * pitch
        for glyph in glyphs:
            wide = glyph.advance * MICRO_SIZE / _MICRO_RADIUS
            turn = pen + wide / 2
            across, up = (cos(turn), sin(turn)), (sin(turn), -cos(turn))
            middle = glyph.advance / 2
            commands += placed(
                glyph,
                (
                    MICRO_SIZE * across[0],
                    MICRO_SIZE * across[1],
                    MICRO_SIZE * up[0],
                    MICRO_SIZE * up[1],
                    _RADIUS + _MICRO_RADIUS * up[0] - middle * MICRO_SIZE * across[0],
                    _RADIUS + _MICRO_RADIUS * up[1] - middle * MICRO_SIZE * across[1],
                ),
            )
            pen += wide
    return tuple(commands)


def _circle(radius: float) -> tuple[Command, ...]:
    """Four cubic curves; off the true circle by less than 0.03 % of the radius."""
    c, r, k = _RADIUS, radius, radius * _CIRCLE
    return (
        ("M", (c + r, c)),
        ("C", (c + r, c + k, c + k, c + r, c, c + r)),
        ("C", (c - k, c + r, c - r, c + k, c - r, c)),
        ("C", (c - r, c - k, c - k, c - r, c, c - r)),
        ("C", (c + k, c - r, c + r, c - k, c + r, c)),
        ("Z", ()),
    )


def star(middle: tuple[float, float], radius: float) -> tuple[Command, ...]:
    """A regular five-pointed star, one point up."""
    inner = radius * sin(radians(18)) / sin(radians(54))
    points: list[tuple[float, float]] = []
    for corner in range(10):
        reach, turn = (radius, inner)[corner % 2], radians(36 * corner)
        points.append((middle[0] + reach * sin(turn), middle[1] - reach * cos(turn)))
    return (("M", points[0]), *(("L", point) for point in points[1:]), ("Z", ()))
