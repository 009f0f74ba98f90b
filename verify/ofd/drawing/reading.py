# SPDX-License-Identifier: Apache-2.0
"""Which page is meant, and the text on it with positions."""

from __future__ import annotations

from ..document import OfdDocument, OfdPage
from ..errors import OfdMalformed, OfdNotDrawn
from ..package import OfdPackage, read_ofd
from .model import OfdTextRun
from .page import PageReader
from .text import place_text


def ofd_page_count(data: bytes | OfdPackage) -> int:
    """Pages of all documents in the package.  Raises ``Unreadable``."""
    return sum(len(body.document.pages) for body in opened(data).bodies)


def ofd_text(data: bytes | OfdPackage, page: int) -> tuple[OfdTextRun, ...]:
    """The text of a page with the place of each character, template pages and annotations included.

    ``page`` counts from 0 through all documents of the package.  A run is one TextObject; words may go on in
    the next one.  Boxes are in millimetres on the page as shown.  Raises ``Unreadable``.
    """
    package = opened(data)
    document, found = page_at(package, page)
    runs = []
    for placed in PageReader(package, document, found).objects():
        if placed.node.name == "TextObject":
            glyphs = place_text(placed.node, placed.resources, placed.to_page)
            runs.append(OfdTextRun(tuple(one.character for one in glyphs if one.character is not None)))
    return tuple(runs)


def opened(data: bytes | OfdPackage) -> OfdPackage:
    return data if isinstance(data, OfdPackage) else read_ofd(data)


def page_at(package: OfdPackage, page: int) -> tuple[OfdDocument, OfdPage]:
    """The document and page of a number that counts through all documents.  Raises :class:`OfdNotDrawn`."""
    left = page
    for body in package.bodies:
        try:
            document = body.document
        except OfdMalformed:
            if len(package.bodies) == 1:
                raise
            continue
        if 0 <= left < len(document.pages):
            return document, document.pages[left]
        left -= len(document.pages)
    raise OfdNotDrawn(f"没有第 {page + 1} 页 there is no page {page + 1}")
