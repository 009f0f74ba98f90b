# SPDX-License-Identifier: Apache-2.0
"""How a seal looks in a PDF: one drawing, shown whole, fitted into a field, or in slices.

ISO 32000-1 sections 8.10 (form XObjects) and 12.5.5 (appearance streams).  However many marks one use of a
seal has, its drawing stands once in the file; each look is a small stream that cuts its part out of it and
turns it against the page, so that the seal stands upright.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ..pages.operators import number
from .sheet import Box
from .spots import Spot

_INK: Final = "<< /ExtGState << /Ink << /Type /ExtGState /BM /Multiply >> >> >>"
_UPRIGHT: Final = {0: "1 0 0 1 0 0", 90: "0 1 -1 0 0 0", 180: "-1 0 0 -1 0 0", 270: "0 -1 1 0 0 0"}


@dataclass(frozen=True, slots=True)
class Appearance:
    """A drawing as :func:`~seal.drawing_pdf` returns it: operators that need no resources, and their box."""

    stream: bytes
    box: Box


@dataclass(frozen=True, slots=True)
class _Look:
    """A part of the drawing, and how far the page is turned."""

    box: Box
    rotation: int


def looks_of(spots: Sequence[Spot], appearance: Appearance, add: Callable[[bytes], int]) -> list[int]:
    """The number of the appearance stream of each spot; ``add`` takes an object and gives its number."""
    wanted = [_Look(_part(appearance.box, spot), spot.rotation) for spot in spots]
    kinds = list(dict.fromkeys(wanted))
    if len(kinds) == 1:
        made = {kinds[0]: add(_drawing(appearance, kinds[0]))}
    else:
        whole = add(_drawing(appearance, _Look(appearance.box, 0)))
        made = {kind: add(_cut(kind, whole)) for kind in kinds}
    return [made[one] for one in wanted]


def _part(box: Box, spot: Spot) -> Box:
    left, bottom, right, top = box
    width, height = right - left, top - bottom
    if not spot.fit:
        return left + spot.start * width, bottom, left + spot.end * width, top
    # The box takes the shape of the field, with the drawing in its middle.
    wide, high = spot.rect[2] - spot.rect[0], spot.rect[3] - spot.rect[1]
    if spot.rotation in (90, 270):
        wide, high = high, wide
    scale = max(width / wide, height / high)
    beside, above = (wide * scale - width) / 2, (high * scale - height) / 2
    return left - beside, bottom - above, right + beside, top + above


@lru_cache(maxsize=64)
def _drawing(appearance: Appearance, look: _Look) -> bytes:
    """The drawing itself.

    Ink does not hide what it is stamped on: the drawing is multiplied with the page (section 11.3.5).
    One seal is used many times: its drawing is compressed once.
    """
    return _form(look, _INK, zlib.compress(b"/Ink gs\n" + appearance.stream, 9), packed=True)


def _cut(look: _Look, whole: int) -> bytes:
    """A stream that shows a part of the drawing; the clip stands beside the box for readers that skip it."""
    left, bottom, right, top = look.box
    clip = " ".join(number(one) for one in (left, bottom, right - left, top - bottom))
    resources = f"<< /XObject << /Seal {whole} 0 R >> >>"
    return _form(look, resources, f"q {clip} re W n /Seal Do Q".encode("ascii"), packed=False)


def _form(look: _Look, resources: str, content: bytes, *, packed: bool) -> bytes:
    box = " ".join(number(one) for one in look.box)
    turned = f" /Matrix [{_UPRIGHT[look.rotation]}]"
    packing = " /Filter /FlateDecode" if packed else ""
    return (
        (
            f"<< /Type /XObject /Subtype /Form /BBox [{box}]{turned} "
            f"/Resources {resources}{packing} /Length {len(content)} >>\nstream\n"
        ).encode("ascii")
        + content
        + b"\nendstream"
    )
