# SPDX-License-Identifier: Apache-2.0
"""Pictures of any kind that pages and seals use, made into PNG or JPEG.

Their size in pixels is known and limited before a pixel is unpacked.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field
from typing import Any, Final

from ...picture import PictureRefused, picture_of_pdf
from .onepage import pdf_page, pdf_stream

MOST_PIXELS: Final = 40_000_000
LARGEST: Final = 50 * 1024 * 1024
_FORMATS: Final = ("PNG", "JPEG", "BMP", "GIF", "TIFF")
_JBIG2: Final = b"\x97JB2\r\n\x1a\n"
_PAGE_INFORMATION: Final = 48
_WIDEST: Final = 14_400  # points of a PDF page
_AS_THEY_ARE: Final = {"PNG": ("1", "L", "LA", "P", "RGB", "RGBA"), "JPEG": ("L", "RGB")}


@dataclass(frozen=True, slots=True)
class Bitmap:
    """``format``: PNG or JPEG.  ``opaque``: it has no transparent pixel."""

    data: bytes = field(repr=False)
    format: str
    size: tuple[int, int]
    opaque: bool


def read_bitmap(data: bytes) -> Bitmap | None:
    """``None`` for what is no picture, is too large, or is of a kind that is not read (SVG)."""
    from PIL import Image

    if not data or len(data) > LARGEST:
        return None
    if data.startswith(_JBIG2):
        return _from_jbig2(data)
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                return None
            format = str(image.format)
            opaque = format == "JPEG" or not image.has_transparency_data
            if image.mode in _AS_THEY_ARE.get(format, ()):
                image.load()
                return Bitmap(data, format, image.size, opaque)
            return _as_png(image, opaque=opaque)
    except Exception:
        # Decoders of hostile pictures raise many kinds; for us they mean one thing.
        return None


def _from_jbig2(data: bytes) -> Bitmap | None:
    """ITU-T T.88 annex D.1: a file in sequential order, whose first segment tells the size of the page.

    PDFium reads it, as the one picture on a page of PDF with one point for each pixel.
    """
    start = 9 if data[8:9] and data[8] & 2 else 13
    segment = data[start : start + 19]
    if len(segment) < 19 or not data[8] & 1 or segment[4] & 0x3F != _PAGE_INFORMATION:
        return None
    width, height = struct.unpack(">2L", segment[11:19])
    if not 0 < width * height <= MOST_PIXELS or max(width, height) > _WIDEST:
        return None
    head = (
        f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent 1"
        " /ColorSpace /DeviceGray /Filter /JBIG2Decode"
    )
    page = pdf_page(
        (width, height),
        f"{width} 0 0 {height} 0 0 cm /P5 Do".encode("ascii"),
        "/XObject << /P5 5 0 R >>",
        [pdf_stream(head, data[start:])],
    )
    try:
        drawn = picture_of_pdf(page, dpi=72)
    except PictureRefused:
        return None
    return Bitmap(drawn, "PNG", (width, height), opaque=True)


def _as_png(image: Any, *, opaque: bool) -> Bitmap:
    plain = image.convert("RGB" if opaque else "RGBA")
    out = io.BytesIO()
    plain.save(out, "PNG")
    return Bitmap(out.getvalue(), "PNG", plain.size, opaque)


def ink_of(bitmap: Bitmap | None) -> Bitmap | None:
    """The same picture with its white taken away: over white paper both look alike."""
    from PIL import Image, ImageChops

    if bitmap is None or not bitmap.opaque:
        return bitmap
    with Image.open(io.BytesIO(bitmap.data), formats=("PNG", "JPEG")) as image:
        channels = image.convert("RGB").split()
    white = ImageChops.darker(ImageChops.darker(channels[0], channels[1]), channels[2])
    inks = [ImageChops.subtract(one, white) for one in channels]
    picture = Image.merge("RGBa", (*inks, ImageChops.invert(white))).convert("RGBA")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return Bitmap(out.getvalue(), "PNG", bitmap.size, opaque=False)


def pixels_of(data: bytes) -> tuple[bytes, bytes | None, tuple[int, int]]:
    """Red, green, blue and, where there is transparency, alpha of a bitmap of ours, unpacked."""
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
        if not image.has_transparency_data:
            return image.convert("RGB").tobytes(), None, image.size
        whole = image.convert("RGBA")
        return whole.convert("RGB").tobytes(), whole.getchannel("A").tobytes(), image.size


def is_grey(data: bytes) -> bool:
    """Does this JPEG have one channel only?"""
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        return bool(image.mode == "L")
