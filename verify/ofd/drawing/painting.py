# SPDX-License-Identifier: Apache-2.0
"""One page as a :class:`Drawing`: its objects, then the seals that its signatures show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..document import OfdDocument, OfdPage
from ..package import OfdPackage
from .geometry import Matrix, after, parse_outline
from .model import Clips, Drawing, Item, Pen, Picture, Shape
from .page import PageReader, Placed
from .pictures import Bitmap, read_bitmap
from .resources import Resources
from .text import place_text

MOST_ITEMS = 300_000
MOST_COMMANDS = 4_000_000
MOST_PIXELS = 200_000_000
"""Of all pictures on a page, each as often as it is drawn."""
THICKER = 0.03
"""Width of the line around bold letters of a typeface that has none, in em."""


class Painter:
    """Turns the objects of a page into items; pictures are read once."""

    def __init__(self, package: OfdPackage, document: OfdDocument, page: OfdPage) -> None:
        self.reader = PageReader(package, document, page)
        self._bitmaps: dict[str, Bitmap | None] = {}

    def drawing(self) -> Drawing:
        items: list[Item] = []
        commands = pixels = 0
        for placed in self.reader.objects():
            for item in self._items(placed):
                if isinstance(item, Shape):
                    commands += len(item.outline)
                else:
                    pixels += item.pixels[0] * item.pixels[1]
                items.append(item)
            if len(items) > MOST_ITEMS or commands > MOST_COMMANDS or pixels > MOST_PIXELS:
                self._misses("TOO_MUCH_TO_DRAW")
                break
        return Drawing(self.reader.width, self.reader.height, tuple(items), tuple(self.reader.missing))

    def _items(self, placed: Placed) -> Iterator[Item]:
        kind = placed.node.name
        if kind == "TextObject":
            return self._text(placed)
        if kind == "PathObject":
            return self._path(placed)
        return self._image(placed)

    def _text(self, placed: Placed) -> Iterator[Item]:
        node, style = placed.node, placed.style
        fill = None
        if _says(node.get("Fill"), default=True):
            fill = style.paint(node, "FillColor", placed.resources, placed.alpha)
        pen = (
            style.pen(node, placed.resources, placed.alpha)
            if _says(node.get("Stroke"), default=False)
            else None
        )
        heavy = node.get("Weight").strip() in ("700", "800", "900", "1000")
        for glyph in place_text(node, placed.resources, placed.to_page):
            if glyph.index < 0:
                continue
            outline = glyph.font.face.outline(glyph.index)
            if not outline:
                continue
            mine = None if pen is None else _in_em(pen, glyph.matrix, placed.to_page)
            if mine is None and fill is not None and (glyph.font.bold or (heavy and not glyph.font.embedded)):
                mine = Pen(fill, THICKER, join="round")
            yield Shape(outline, glyph.matrix, fill, mine, clips=placed.clips, shared=True)

    def _path(self, placed: Placed) -> Iterator[Item]:
        node, style = placed.node, placed.style
        outline = parse_outline(node.value("AbbreviatedData"))
        pen = (
            style.pen(node, placed.resources, placed.alpha)
            if _says(node.get("Stroke"), default=True)
            else None
        )
        fill = None
        if _says(node.get("Fill"), default=False):
            # Where no colour is said, lines are black and areas are clear.
            fill = style.paint(node, "FillColor", placed.resources, placed.alpha, default=None)
        if outline and (pen is not None or fill is not None):
            even_odd = node.get("Rule").strip().lower() == "even-odd"
            yield Shape(outline, placed.to_page, fill, pen, even_odd, placed.clips)

    def _image(self, placed: Placed) -> Iterator[Item]:
        node = placed.node
        bitmap = self._bitmap(placed.resources, node.get("ResourceID"))
        if bitmap is None:
            bitmap = self._bitmap(placed.resources, node.get("Substitution"))
        if bitmap is None:
            self._misses("IMAGE_NOT_READ")
            return
        if node.get("ImageMask"):
            self._misses("IMAGE_MASK")
        matrix = placed.to_page
        if not node.get("CTM").strip():
            width, height = placed.size
            matrix = after((width, 0.0, 0.0, height, 0.0, 0.0), matrix)
        yield Picture(bitmap.data, bitmap.format, bitmap.size, matrix, placed.alpha, clips=placed.clips)

    def _bitmap(self, resources: Resources, identifier: str) -> Bitmap | None:
        """The picture of a MultiMedia; each file is read once."""
        entry = resources.entry(resources.get("MultiMedia", identifier), "MediaFile")
        if entry is None:
            return None
        if entry not in self._bitmaps:
            data = resources.read(entry)
            self._bitmaps[entry] = None if data is None else read_bitmap(data)
        return self._bitmaps[entry]

    def _misses(self, code: str) -> None:
        if code not in self.reader.missing:
            self.reader.missing.append(code)


def moved(item: Item, matrix: Matrix, clips: Clips) -> Item:
    """The same item under one more map, within further clips."""
    inner = tuple(
        tuple(replace(area, matrix=after(area.matrix, matrix)) for area in union) for union in item.clips
    )
    return replace(item, matrix=after(item.matrix, matrix), clips=(*clips, *inner))


def _in_em(pen: Pen, glyph: Matrix, text: Matrix) -> Pen:
    """A pen of the object's space, seen from the em of a glyph in it."""
    inner, outer = abs(glyph[0] * glyph[3] - glyph[1] * glyph[2]), abs(text[0] * text[3] - text[1] * text[2])
    if not inner or not outer:
        return replace(pen, width=0.0)
    scale = (outer / inner) ** 0.5
    return replace(pen, width=pen.width * scale, dashes=tuple(one * scale for one in pen.dashes))


def _says(text: str, *, default: bool) -> bool:
    text = text.strip().lower()
    return text in ("true", "1") if text else default
