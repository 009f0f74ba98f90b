# SPDX-License-Identifier: Apache-2.0
"""Seals on a page: the picture of each StampAnnot (GB/T 33190-2016 section 18.2.3, standards.md section 3.5).

The picture comes from the seal inside the signature value, whatever lies beside it.  A picture without
transparency is laid on the paper as ink is: its white does not cover.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...errors import Unreadable
from ...ses import SealPicture, SesMalformed, parse_ses_signature
from ..document import OfdDocument, same_id
from ..errors import OfdMalformed
from ..package import OfdBody, OfdPackage, is_ofd, read_ofd
from ..signatures import OfdStamp, read_ofd_signature, read_ofd_signatures
from .geometry import Outline, after, rectangle, shift
from .model import Area, Clips, Drawing, Item, Paint, Pen, Picture, Shape
from .painting import moved
from .pictures import Bitmap, ink_of, read_bitmap

DEEPEST_SEAL = 2
MOST_STAMPS = 200
"""Of one signature on one page."""
_RED = Paint(200, 0, 0)
Nested = Callable[[OfdPackage, int], Drawing]


@dataclass(frozen=True, slots=True)
class Stamp:
    """A place of a seal.  Its picture is a bitmap, or a package of its own, or neither can be made of it."""

    place: OfdStamp
    bitmap: Bitmap | None
    package: OfdPackage | None


def stamps_on(package: OfdPackage, document: OfdDocument, page_id: str) -> Iterator[Stamp]:
    """The seals that the signatures of this document put on the page, in their order."""
    wanted = same_id(page_id)
    for body in package.bodies:
        if body.root.entry != document.name:
            continue
        for places, value in _signed(package, body):
            here = [one for one in places if same_id(one.page_ref) == wanted][:MOST_STAMPS]
            if here:
                picture = _picture(package, value)
                data = b"" if picture is None else picture.data
                bitmap = ink_of(read_bitmap(data))
                inner = _inner(data) if bitmap is None else None
                yield from (Stamp(one, bitmap, inner) for one in here)


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
    bitmap = stamp.bitmap
    if bitmap is not None:
        matrix = after((width, 0.0, 0.0, height, 0.0, 0.0), at)
        yield Picture(bitmap.data, bitmap.format, bitmap.size, matrix, clips=clips)
        return
    drawing = _nested(stamp.package, depth, nested)
    if drawing is not None:
        scale = (width / drawing.width, 0.0, 0.0, height / drawing.height, 0.0, 0.0)
        for item in drawing.items:
            yield moved(item, after(scale, at), clips)
        return
    # A seal that cannot be shown is still seen to be there.
    pen = Pen(_RED, 0.3, dashes=(1.0, 0.6))
    cross: Outline = (("M", (0.0, 0.0)), ("L", (width, height)), ("M", (width, 0.0)), ("L", (0.0, height)))
    yield Shape((*rectangle(0.0, 0.0, width, height), *cross), at, None, pen, clips=clips)


def _inner(data: bytes) -> OfdPackage | None:
    """A seal whose picture is itself an OFD."""
    if not is_ofd(data):
        return None
    try:
        return read_ofd(data)
    except OfdMalformed:
        return None


def _nested(package: OfdPackage | None, depth: int, nested: Nested) -> Drawing | None:
    """Its first page."""
    if depth >= DEEPEST_SEAL or package is None:
        return None
    try:
        return nested(package, depth + 1)
    except Unreadable:
        return None
