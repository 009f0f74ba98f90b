# SPDX-License-Identifier: Apache-2.0
"""Seals on a page: the picture of each StampAnnot (GB/T 33190-2016 section 18.2.3, standards.md section 3.5).

The picture comes from the seal inside the signature value, whatever lies beside it.  A picture without
transparency is laid on the paper as ink is: white does not cover.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...ses import SealPicture, SesMalformed, parse_ses_signature
from ..document import OfdDocument, same_id
from ..errors import OfdMalformed
from ..package import OfdBody, OfdPackage
from ..signatures import OfdStamp, read_ofd_signature, read_ofd_signatures
from .geometry import Outline, after, rectangle, shift
from .model import Area, Clips, Drawing, Item, Paint, Pen, Picture, Shape
from .painting import moved
from .pictures import read_bitmap

DEEPEST_SEAL = 2
_RED = Paint(200, 0, 0)
Nested = Callable[[OfdPackage, int], Drawing]


@dataclass(frozen=True, slots=True)
class Stamp:
    """A place of a seal; ``picture`` is ``None`` when the seal cannot be read."""

    place: OfdStamp
    picture: SealPicture | None


def stamps_on(package: OfdPackage, document: OfdDocument, page_id: str) -> Iterator[Stamp]:
    """The seals that the signatures of this document put on the page, in their order."""
    wanted = same_id(page_id)
    for body in package.bodies:
        if body.root.entry != document.name:
            continue
        for places, value in _signed(package, body):
            here = [one for one in places if same_id(one.page_ref) == wanted]
            if here:
                picture = _picture(package, value)
                yield from (Stamp(one, picture) for one in here)


def _signed(package: OfdPackage, body: OfdBody) -> Iterator[tuple[tuple[OfdStamp, ...], str | None]]:
    try:
        listing = read_ofd_signatures(package, body)
    except OfdMalformed:
        return
    for listed in listing.listed if listing is not None else ():
        try:
            signature = read_ofd_signature(package, listed)
        except OfdMalformed:
            continue
        yield signature.stamps, signature.value.entry


def _picture(package: OfdPackage, value: str | None) -> SealPicture | None:
    if value is None:
        return None
    try:
        return parse_ses_signature(package.read(value)).seal.picture
    except (SesMalformed, OfdMalformed):
        return None


def stamp_items(stamp: Stamp, left: float, top: float, depth: int, nested: Nested) -> Iterator[Item]:
    """What one seal draws; ``left`` and ``top``: where the page begins in the document's coordinates."""
    x, y, width, height = stamp.place.boundary
    at = shift(x - left, y - top)
    clips: Clips = ()
    if stamp.place.clip is not None:
        clips = ((Area(rectangle(*stamp.place.clip), at),),)
    if width <= 0 or height <= 0:
        return
    data = b"" if stamp.picture is None else stamp.picture.data
    bitmap = read_bitmap(data)
    if bitmap is not None:
        matrix = after((width, 0.0, 0.0, height, 0.0, 0.0), at)
        yield Picture(bitmap.data, bitmap.format, bitmap.size, matrix, multiply=bitmap.opaque, clips=clips)
        return
    drawing = _nested(data, depth, nested)
    if drawing is not None:
        scale = (width / drawing.width, 0.0, 0.0, height / drawing.height, 0.0, 0.0)
        for item in drawing.items:
            yield moved(item, after(scale, at), clips)
        return
    # A seal that cannot be shown is still seen to be there.
    pen = Pen(_RED, 0.3, dashes=(1.0, 0.6))
    cross: Outline = (("M", (0.0, 0.0)), ("L", (width, height)), ("M", (width, 0.0)), ("L", (0.0, height)))
    yield Shape((*rectangle(0.0, 0.0, width, height), *cross), at, None, pen, clips=clips)


def _nested(data: bytes, depth: int, nested: Nested) -> Drawing | None:
    """A seal whose picture is itself an OFD of one page."""
    from ..package import is_ofd, read_ofd

    if depth >= DEEPEST_SEAL or not is_ofd(data):
        return None
    try:
        return nested(read_ofd(data), depth + 1)
    except OfdMalformed:
        return None
