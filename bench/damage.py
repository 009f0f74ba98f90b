# SPDX-License-Identifier: Apache-2.0
"""How much blur, tilt, noise and damage our codes bear: ``python -m bench qr.damage`` writes the table.

Simulated with one reader (zxing-cpp) and one frame for each trial, as a camera would see a print: drawn at so
many pixels for each module, tilted and turned, unevenly lit, blurred, with noise, and with grey blots over a
part of the symbol.  Phones and printers are not replaced by this.  Seeded: the same table every time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import zxingcpp
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from seal.pages.qr import QUIET_MODULES, Symbol, symbol_of

ADDRESS = "HTTPS://YINXIN.EXAMPLE.GOV.CN/R/0123456789ABCDEF#"
CODES = {"T1": 268, "T2": 501, "T1 dual": 433, "T2 dual": 666}
"""Digits after the address, as statements of each tier have them."""
_ONLY_QR: Any = zxingcpp.BarcodeFormat.QRCode
_DRAWN = 8  # pixels for each module before the camera


@dataclass(frozen=True, slots=True)
class Condition:
    """``blur`` in modules, ``turn`` in degrees, ``tilt`` a part of the side, ``noise`` of 255, ``spoilt`` a
    part of the area."""

    name: str
    pixels: float  # for each module
    blur: float = 0.15
    turn: float = 0.0
    tilt: float = 0.0
    noise: float = 0.0
    spoilt: float = 0.0


_SOFT = Condition("soft, tilted, noisy", 4, blur=0.35, turn=25, tilt=0.12, noise=12)
CONDITIONS = (
    Condition("sharp", 2),
    Condition("blur 0.25 module", 2.5, blur=0.25),
    Condition("turned 25°", 3, turn=25),
    Condition("tilted", 3, turn=25, tilt=0.15),
    Condition("noise", 3, turn=10, noise=25),
    replace(_SOFT, pixels=5.0),
    _SOFT,
    Condition("6 % damaged, sharp", 4, turn=10, spoilt=0.06),
    replace(_SOFT, name="6 % damaged, soft", pixels=5.0, spoilt=0.06),
    Condition("10 % damaged, sharp", 4, turn=10, spoilt=0.10),
    replace(_SOFT, name="soft, tilted, noisy", pixels=3.0),
    replace(_SOFT, name="blur 0.5 module, tilted, noisy", blur=0.5),
    Condition("14 % damaged, sharp", 4, turn=10, spoilt=0.14),
)


def table(trials: int) -> Iterator[str]:
    """Lines of Markdown: each code under each condition, how many of 100 frames were read."""
    symbols = {name: symbol_of(_text(digits)) for name, digits in CODES.items()}
    named = [f"{name} (v{symbol.version})" for name, symbol in symbols.items()]
    yield f"| condition | pixels/module | {' | '.join(named)} |"
    yield f"|---|---:|{'---:|' * len(named)}"
    for condition in CONDITIONS:
        rates = [rate(symbols[name], _text(digits), condition, trials) for name, digits in CODES.items()]
        cells = " | ".join(f"{100 * one:.0f} %" for one in rates)
        yield f"| {condition.name} | {condition.pixels:g} | {cells} |"


def rate(symbol: Symbol, text: str, condition: Condition, trials: int) -> float:
    """The part of the frames in which the reader finds exactly this text."""
    chance = random.Random(f"{symbol.version} {condition}")
    good = 0
    for _ in range(trials):
        frame = photographed(symbol, condition, chance)
        found = zxingcpp.read_barcodes(frame, formats=_ONLY_QR)
        good += [one.text for one in found] == [text]
    return good / trials


def photographed(symbol: Symbol, condition: Condition, chance: random.Random) -> Image.Image:
    """One frame."""
    drawn = _spoilt(_printed(symbol), symbol, condition.spoilt, chance)
    drawn = drawn.filter(ImageFilter.GaussianBlur(condition.blur * _DRAWN))
    drawn = _tilted(drawn, condition, chance)
    side = round(drawn.width * condition.pixels / _DRAWN)
    frame = _lit(drawn.resize((side, side), Image.Resampling.BOX), chance)
    if not condition.noise:
        return frame
    grain = Image.frombytes("L", frame.size, chance.randbytes(frame.width * frame.height))
    return Image.blend(frame, ImageChops.add(frame, grain, scale=1, offset=-128), condition.noise / 128)


def _text(digits: int) -> str:
    return ADDRESS + ("0123456789" * 70)[:digits]


def _printed(symbol: Symbol) -> Image.Image:
    side = (symbol.modules + 2 * QUIET_MODULES) * _DRAWN
    page = Image.new("L", (side, side), 255)
    for row, column, length in symbol.runs():
        left, top = (column + QUIET_MODULES) * _DRAWN, (row + QUIET_MODULES) * _DRAWN
        page.paste(20, (left, top, left + length * _DRAWN, top + _DRAWN))
    return page


def _spoilt(page: Image.Image, symbol: Symbol, part: float, chance: random.Random) -> Image.Image:
    """A grey blot of this part of the symbol, anywhere but on the finder patterns: those are a matter of
    finding the code at all."""
    if not part:
        return page
    side = symbol.modules * _DRAWN
    edge = QUIET_MODULES * _DRAWN
    across = round((part * side * side) ** 0.5)
    room = side - across
    finder = 8 * _DRAWN
    left, top = (edge + chance.randint(finder, max(finder, room - finder)) for _ in range(2))
    ImageDraw.Draw(page).ellipse((left, top, left + across * 1.128, top + across * 1.128), fill=128)
    return page


def _tilted(page: Image.Image, condition: Condition, chance: random.Random) -> Image.Image:
    """Seen from one side, turned, on a table that is somewhat darker."""
    border = page.width // 4
    whole = Image.new("L", (page.width + 2 * border, page.height + 2 * border), 215)
    whole.paste(page, (border, border))
    side, slip = whole.width, condition.tilt * page.width
    corners = [(0, 0), (0, side), (side, side), (side, 0)]
    moved = [coordinate + chance.uniform(-slip, slip) / 2 for corner in corners for coordinate in corner]
    seen = whole.transform(whole.size, Image.Transform.QUAD, moved, Image.Resampling.BILINEAR, fillcolor=215)
    angle = chance.uniform(-condition.turn, condition.turn)
    return seen.rotate(angle, Image.Resampling.BILINEAR, fillcolor=215)


def _lit(frame: Image.Image, chance: random.Random) -> Image.Image:
    """Light falls off towards one side."""
    weak = chance.randint(150, 220)
    light = Image.linear_gradient("L").resize(frame.size).rotate(chance.choice((0, 90, 180, 270)))
    shade = light.point(lambda value: weak + (255 - weak) * value // 255)
    return ImageChops.multiply(frame, shade)
