# SPDX-License-Identifier: Apache-2.0
"""How far a scanned imprint is turned: the angle at which its rows are most unlike each other.

Straight edges and lines of letters fall together in few rows when they lie level.  A plain ring says nothing
about its angle; it is left as it is.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_DEGREES: Final = 12.0
_LOOKED_AT: Final = 300  # pixels of the longer side
_LEAST_GAIN: Final = 1.03


def skew_of(level: Image) -> float:
    """Degrees clockwise by which turning it makes it level, at most :data:`MOST_DEGREES` either way."""
    from PIL import Image

    share = min(1.0, _LOOKED_AT / max(level.size))
    small = level.resize(
        (max(1, round(level.width * share)), max(1, round(level.height * share))), Image.Resampling.BOX
    )
    box = small.getbbox()
    if box is None:
        return 0.0
    small = small.crop(box)
    rough = max((one / 2 for one in range(-24, 25)), key=lambda turn: _sharpness(small, turn))
    fine = max((rough + one / 10 for one in range(-5, 6)), key=lambda turn: _sharpness(small, turn))
    if _sharpness(small, fine) < _LEAST_GAIN * _sharpness(small, 0.0):
        return 0.0
    return max(-MOST_DEGREES, min(MOST_DEGREES, fine))


def _sharpness(level: Image, degrees: float) -> float:
    """Sum of the squares of differences between neighbouring rows' ink, relative to all of it."""
    from PIL import Image

    side = round(sum(one**2 for one in level.size) ** 0.5) + 2
    field = Image.new("L", (side, side))
    field.paste(level, ((side - level.width) // 2, (side - level.height) // 2))
    turned = field.rotate(-degrees, resample=Image.Resampling.BILINEAR)
    # One byte for a whole row would be too coarse.
    parts = turned.resize((8, side), Image.Resampling.BOX).tobytes()
    rows = [sum(parts[8 * at : 8 * at + 8]) for at in range(side)]
    return float(sum((b - a) ** 2 for a, b in pairwise(rows)))
