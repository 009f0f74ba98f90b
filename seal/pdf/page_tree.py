# SPDX-License-Identifier: Apache-2.0
"""The pages of a document as the file has them (ISO 32000-1 section 7.7.3).

Not qpdf's own list: making it repairs pages in memory, and a page that is written again would then be another
than the one in the file.
"""

from __future__ import annotations

from typing import Any, Final

from .errors import PdfRefused

MOST_PAGES: Final = 2_000
DEEPEST: Final = 64
_MOST_NODES: Final = 3 * MOST_PAGES


def pages_of(root: Any) -> tuple[Any, ...]:
    """Every page dictionary in order.  Raises :class:`PdfRefused`."""
    import pikepdf

    pages: list[Any] = []
    seen: set[tuple[int, int]] = set()
    stack = [(root.get("/Pages"), 0)]
    while stack:
        node, depth = stack.pop()
        if not isinstance(node, pikepdf.Dictionary) or node.objgen == (0, 0) or node.objgen in seen:
            raise PdfRefused("pdf-malformed", "a page tree that is none")
        seen.add(node.objgen)
        kids = node.get("/Kids")
        if kids is None and depth > 0:
            pages.append(node)
        elif isinstance(kids, pikepdf.Array):
            stack.extend((kid, depth + 1) for kid in reversed(list(kids)))
        else:
            raise PdfRefused("pdf-malformed", "a page tree that is none")
        if len(pages) > MOST_PAGES:
            raise PdfRefused("pdf-too-many-pages")
        if depth > DEEPEST or len(seen) > _MOST_NODES:
            raise PdfRefused("pdf-malformed", "a page tree that is too deep")
    if not pages:
        raise PdfRefused("pdf-empty")
    return tuple(pages)
