# SPDX-License-Identifier: Apache-2.0
"""A drawing as PNG in true size: transparent but for its ink, with the resolution in the file.

Seals inside GB/T 38540 structures carry such a picture, and OFD readers paint it over the page.  300 dots per
inch are the least for print (42 mm: 496 pixels), 600 the usual (992).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from ..pages.model import POINT_MM, Colour
from .drawing import Drawing
from .errors import SealDesignRefused
from .pdf import drawing_pdf

if TYPE_CHECKING:
    from PIL.Image import Image

LEAST_DPI, MOST_DPI = 72, 1_200
USUAL_DPI: Final = 600
_CLEARNESS: Final = bytes(range(0, 256, 17))


def drawing_png(drawing: Drawing, *, dpi: int = USUAL_DPI) -> bytes:
    """The file.  Raises :class:`SealDesignRefused` for a resolution out of range."""
    if not LEAST_DPI <= dpi <= MOST_DPI:
        raise SealDesignRefused(
            field="dpi",
            rule=f"分辨率须在 {LEAST_DPI} 至 {MOST_DPI} dpi 之间 / between these",
            todo=f"常用 {USUAL_DPI} dpi / {USUAL_DPI} is usual",
        )
    import pypdfium2

    document = pypdfium2.PdfDocument(_page(drawing))
    try:
        page = document[0]
        bitmap = page.render(
            scale=dpi / 72, fill_color=(0, 0, 0, 0), force_bitmap_format=pypdfium2.raw.FPDFBitmap_BGRA
        )
        image = bitmap.to_pil()
        page.close()
    finally:
        document.close()
    packed = io.BytesIO()
    colours = {one for path in drawing.paths for one in (path.fill, path.stroke) if one is not None}
    if len(colours) == 1:
        inked = _inked(image.getchannel("A"), colours.pop())
        inked.save(packed, "PNG", dpi=(dpi, dpi), bits=4, transparency=_CLEARNESS, compress_level=9)
    else:
        image.save(packed, "PNG", dpi=(dpi, dpi), compress_level=9)
    return packed.getvalue()


def _inked(alpha: Image, colour: Colour) -> Image:
    """One ink in sixteen strengths: less than half the size of any colours, and the same to see."""
    from PIL import Image

    levels = alpha.point([(value + 8) // 17 for value in range(256)])
    picture = Image.frombytes("P", alpha.size, levels.tobytes())
    picture.putpalette(bytes(colour) * len(_CLEARNESS))
    return picture


def _page(drawing: Drawing) -> bytes:
    """A PDF of one page that is the drawing and nothing else."""
    content, _ = drawing_pdf(drawing)
    bodies = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.4f %.4f] /Resources << >> /Contents 4 0 R >>"
        % (drawing.width_mm / POINT_MM, drawing.height_mm / POINT_MM),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    )
    data, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(bodies, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    data += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, start)
    return bytes(data)
