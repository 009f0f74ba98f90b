# SPDX-License-Identifier: Apache-2.0
"""Annotations that are printed and not shown, that hide each other, or that hide what the page says.

Whether something hides is not guessed from its colours: the page is drawn without and with its annotations,
and edges that were there and are gone are counted.  A seal that multiplies with the page takes none away.
"""

from __future__ import annotations

import ctypes
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from typing import Any, Final

from PIL import Image, ImageChops

from verify import PDFIUM

from ..errors import PdfRefused
from ..page_tree import pages_of
from ..sheet import Box
from .finding import Finding
from .places import HIDDEN, LOCKED, NO_VIEW, PRINT, Annotation, Places

MOST_DRAWN_PAGES: Final = 200
MOST_ON_A_PAGE: Final = 1_000
MOST_PIXELS: Final = 1_200_000
MOST_LETTERS: Final = 100_000
_DOTS_PER_MM: Final = 3.0
_EDGE: Final = 48  # of 255
_FEWEST_EDGES: Final = 12
_LOST: Final = 0.5
_OVERLAP: Final = 0.25

# What a person adds to a text and what is meant to lie over it.
_MARKUP: Final = {
    "/Highlight",
    "/Underline",
    "/StrikeOut",
    "/Squiggly",
    "/Ink",
    "/Line",
    "/PolyLine",
    "/Caret",
    "/Text",
}
_NOT_DRAWN: Final = {"/Link", "/Popup"}


def in_annotations(root: Any, places: Places, data: bytes) -> Iterator[Finding]:
    """Raises :class:`PdfRefused` when PDFium cannot draw the page."""
    if not places.complete:
        yield Finding("annotations-unchecked")
        return
    by_page: dict[int, list[Annotation]] = defaultdict(list)
    sealed = _sealed(root)
    for one in places.annotations:
        if one.subtype in _NOT_DRAWN or not one.area:
            continue
        if one.flags & NO_VIEW and one.flags & PRINT and not one.flags & HIDDEN:
            yield Finding("annotation-only-printed", one.page, one.rect_mm, one.object)
        elif one.flags & HIDDEN and one.look is not None:
            yield Finding("annotation-hidden", one.page, one.rect_mm, one.object)
        elif one.is_shown:
            by_page[one.page].append(one)
    if len(by_page) > MOST_DRAWN_PAGES:
        yield Finding("annotations-unchecked")
        return
    for page, shown in by_page.items():
        if len(shown) > MOST_ON_A_PAGE:
            yield Finding("annotations-unchecked", page)
            return
        yield from _overlapping(
            [one for one in shown if one.subtype not in _MARKUP and not _is_sealed(one, sealed)]
        )
    yield from _hiding(places, by_page, data, sealed)


def _sealed(root: Any) -> frozenset[tuple[int, int]]:
    """The widgets of signed fields."""
    import pikepdf

    form = root.get("/AcroForm")
    fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    found: set[tuple[int, int]] = set()
    for one in fields if isinstance(fields, pikepdf.Array) else ():
        if isinstance(one, pikepdf.Dictionary) and one.get("/FT") == "/Sig" and one.get("/V") is not None:
            kids = one.get("/Kids")
            found.add(one.objgen)
            found.update(
                kid.objgen
                for kid in (kids if isinstance(kids, pikepdf.Array) else ())
                if hasattr(kid, "objgen")
            )
    return frozenset(found - {(0, 0)})


def _is_sealed(one: Annotation, sealed: Set[tuple[int, int]]) -> bool:
    """A mark of a signed field, or a stamp beside one that nobody can move: who sealed answers for it."""
    if one.subtype == "/Stamp":
        return bool(sealed) and bool(one.flags & LOCKED)
    return one.body.objgen in sealed


def _overlapping(shown: Sequence[Annotation]) -> Iterator[Finding]:
    """Sorted by their left edge, each is compared with those that begin before it ends."""
    ordered = sorted(shown, key=lambda one: _box(one)[0])
    for number, first in enumerate(ordered):
        right = _box(first)[2]
        for second in ordered[number + 1 :]:
            if _box(second)[0] >= right:
                break
            if _common(_box(first), _box(second)) > _OVERLAP * min(first.area, second.area):
                yield Finding("annotations-overlap", second.page, second.rect_mm, second.object)
                break


def _box(one: Annotation) -> Box:
    return one.rect_mm or (0.0, 0.0, 0.0, 0.0)


def _common(first: Box, second: Box) -> float:
    wide = min(first[2], second[2]) - max(first[0], second[0])
    high = min(first[3], second[3]) - max(first[1], second[1])
    return wide * high if wide > 0 and high > 0 else 0.0


def _hiding(
    places: Places, by_page: dict[int, list[Annotation]], data: bytes, sealed: Set[tuple[int, int]]
) -> list[Finding]:
    """All at once: nothing is handed out while PDFium is held."""
    import pypdfium2

    if not by_page:
        return []
    if any(one.subtype == "/Widget" for shown in by_page.values() for one in shown):
        data = _with_stamps(data)
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise PdfRefused("pdf-malformed", "it cannot be drawn") from error
        try:
            return [
                found
                for number, shown in by_page.items()
                for found in _on_page(document[number], places, number, shown, sealed)
            ]
        except pypdfium2.PdfiumError as error:
            raise PdfRefused("pdf-malformed", "a page that cannot be drawn") from error
        finally:
            document.close()


def _with_stamps(data: bytes) -> bytes:
    """The document with stamps for widgets: PDFium draws widgets of no form not at all, other viewers do."""
    import pikepdf

    with pikepdf.open(io.BytesIO(data), inherit_page_attributes=False, suppress_warnings=True) as pdf:
        for page in pages_of(pdf.Root):
            listed = page.get("/Annots")
            for one in listed if isinstance(listed, pikepdf.Array) else ():
                if isinstance(one, pikepdf.Dictionary) and one.get("/Subtype") == "/Widget":
                    one["/Subtype"] = pikepdf.Name.Stamp
        if "/AcroForm" in pdf.Root:
            del pdf.Root["/AcroForm"]
        out = io.BytesIO()
        pdf.save(out, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return out.getvalue()


def _on_page(
    page: Any, places: Places, number: int, shown: Sequence[Annotation], sealed: Set[tuple[int, int]]
) -> Iterator[Finding]:
    wide, high = page.get_size()  # in points, as shown
    sheet = places.sheet(number)
    per_mm = min(_DOTS_PER_MM, (MOST_PIXELS / (sheet.width_mm * sheet.height_mm)) ** 0.5)
    scale = per_mm * sheet.width_mm / wide
    if not 0 < scale * wide < 20_000 or not 0 < scale * high < 20_000:
        yield Finding("annotations-unchecked", number)
        return
    without, with_ = (_edges(page, scale, annotations) for annotations in (False, True))
    kept = ImageChops.darker(without, with_)
    letters: list[tuple[float, float]] | None = None
    for one in shown:
        crop = tuple(int(edge * per_mm) for edge in _box(one))
        before = _count(without, crop)
        if before < _FEWEST_EDGES or _count(kept, crop) >= _LOST * before:
            continue
        if letters is None:
            letters = [sheet.as_shown((x, y, x, y))[:2] for x, y in _letters(page)]
        left, top, right, bottom = _box(one)
        hides = any(left < x < right and top < y < bottom for x, y in letters)
        code = (
            "annotation-hides-text" if hides and not _is_sealed(one, sealed) else "annotation-hides-picture"
        )
        yield Finding(code, one.page, one.rect_mm, one.object)


def _edges(page: Any, scale: float, annotations: bool) -> Image.Image:
    """White where two neighbours differ."""
    shown = page.render(scale=scale, may_draw_forms=False, draw_annots=annotations).to_pil().convert("RGB")
    beside = ImageChops.difference(shown, ImageChops.offset(shown, 1, 0))
    below = ImageChops.difference(shown, ImageChops.offset(shown, 0, 1))
    # In any colour: black letters below red ink differ from it in red alone.
    red, green, blue = ImageChops.lighter(beside, below).split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return most.point([255 if one > _EDGE else 0 for one in range(256)])


def _count(edges: Image.Image, crop: tuple[int, ...]) -> int:
    left, top, right, bottom = crop
    area = (max(left, 0), max(top, 0), min(right + 1, edges.width), min(bottom + 1, edges.height))
    if area[0] >= area[2] or area[1] >= area[3]:
        return 0
    return int(edges.crop(area).histogram()[255])


def _letters(page: Any) -> Iterator[tuple[float, float]]:
    """The middle of each letter or digit, in user space."""
    import pypdfium2.raw as raw

    text = raw.FPDFText_LoadPage(page)
    if not text:
        return
    try:
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        for number in range(min(max(raw.FPDFText_CountChars(text), 0), MOST_LETTERS)):
            code = raw.FPDFText_GetUnicode(text, number)
            if not 0 < code < 0x110000 or not chr(code).isalnum():
                continue
            edges = [ctypes.byref(one) for one in (left, right, bottom, top)]
            if raw.FPDFText_GetCharBox(text, number, *edges):
                yield (left.value + right.value) / 2, (bottom.value + top.value) / 2
    finally:
        raw.FPDFText_ClosePage(text)
