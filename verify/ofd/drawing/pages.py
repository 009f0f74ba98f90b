# SPDX-License-Identifier: Apache-2.0
"""Pages of an OFD as SVG and PNG."""

from __future__ import annotations

from dataclasses import replace

from ...picture import PictureRefused, picture_of_pdf
from ..document import OfdDocument, OfdPage
from ..errors import OfdNotDrawn
from ..package import OfdPackage
from .model import Drawing
from .painting import Painter
from .raster import pdf_of
from .reading import opened, page_at
from .stamps import stamp_items, stamps_on
from .svg import svg_of


def ofd_svg(data: bytes | OfdPackage, page: int, *, seals: bool = True) -> str:
    """A page as SVG that stands alone: no script, nothing from outside; one unit is one millimetre.

    ``page`` counts from 0 through all documents of the package.  ``seals``: with the pictures of the seals,
    genuine or not: whether they are is for :func:`check_ofd`.  Raises ``Unreadable``.
    """
    package = opened(data)
    return svg_of(drawn(package, *page_at(package, page), seals=seals))


def ofd_png(data: bytes | OfdPackage, page: int, dpi: int = 110, *, seals: bool = True) -> bytes:
    """A page as PNG, likewise.  Raises ``Unreadable``, for a picture that would be too large as well."""
    package = opened(data)
    drawing = drawn(package, *page_at(package, page), seals=seals)
    try:
        return picture_of_pdf(pdf_of(drawing), dpi=dpi)
    except PictureRefused as error:
        raise OfdNotDrawn(error.rule) from error


def drawn(
    package: OfdPackage, document: OfdDocument, page: OfdPage, *, seals: bool = True, depth: int = 0
) -> Drawing:
    """The page with its seals."""
    painter = Painter(package, document, page)
    drawing = painter.drawing()
    if not seals:
        return drawing
    left, top = painter.reader.origin
    items = list(drawing.items)
    for stamp in stamps_on(package, document, page.id):
        items.extend(stamp_items(stamp, left, top, depth, _first_page))
    return replace(drawing, items=tuple(items))


def _first_page(package: OfdPackage, depth: int) -> Drawing:
    return drawn(package, *page_at(package, 0), depth=depth)
