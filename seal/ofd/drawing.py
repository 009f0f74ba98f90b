# SPDX-License-Identifier: Apache-2.0
"""The things of a page as OFD objects (GB/T 33190-2016 sections 8 to 11).

Text shows glyphs of an embedded subset by number (``CGTransform``, section 11.4.2) and carries as
``TextCode`` what was typed: what is copied or searched equals the record, though print uses full-width
punctuation.
Everything is drawn inside its ``Boundary``, which readers clip to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from ..pages.fonts import Glyph, glyphs_of, typeface
from ..pages.model import POINT_MM, Colour, Command, FontName, Item, Line, Path, QrCode, Rect, Text
from ..pages.outlines import bounds
from ..pages.qr import QUIET_MODULES, symbol_of
from .markup import box, carries, escaped, number
from .truetype import Subset

PAD_EM: Final = 0.15
_LETTERS = {"M": "M", "L": "L", "C": "B", "Z": "C"}


class Drawer:
    """Turns items into objects; gives out the numbers that are unique in one document (``ST_ID``)."""

    def __init__(self) -> None:
        self.subsets: dict[FontName, Subset] = {}
        self.fonts: dict[FontName, int] = {}
        self.last = 0

    def next(self) -> int:
        """The next number."""
        self.last += 1
        return self.last

    def objects(self, items: Iterable[Item]) -> str:
        """Every item, in order."""
        return "".join([self._one(item) for item in items])

    def _one(self, item: Item) -> str:
        match item:
            case Text():
                return self.text(item)
            case Line():
                return self._line(item)
            case Rect():
                return self._rect(item)
            case Path():
                return self._path(item)
            case QrCode():
                return self.qr(item)

    def numbered(self, glyph: Glyph) -> tuple[int, int]:
        """The font that draws a glyph, and its number there."""
        face = glyph.face
        if face not in self.fonts:
            self.fonts[face] = self.next()
            self.subsets[face] = Subset(face)
        return self.fonts[face], self.subsets[face].number(glyph)

    def text(self, text: Text) -> str:
        """One ``TextObject`` for every run of one font.  Raises :class:`GlyphMissing`."""
        glyphs = [(glyph, *self.numbered(glyph)) for glyph in glyphs_of(text.text, text.font)]
        typed = text.typed if len(text.typed) == len(text.text) and carries(text.typed) else text.text
        size = text.size_pt * POINT_MM
        begun = opening(text, size)
        pad, x, start, parts = PAD_EM * size, text.x_mm, 0, []
        for font, run in groupby(glyphs, key=_font_of):
            members = list(run)
            metrics = typeface(members[0][0].face).metrics
            advances = [glyph.advance * size + text.spacing_mm for glyph, _, _ in members]
            width = sum(advances)
            above, below = metrics.ascent / 1000 * size, -metrics.descent / 1000 * size
            code = typed[start : start + len(members)]
            place = box(x - pad, text.y_mm - above, width + 2 * pad, above + below)
            # Readers count characters in 16-bit units, as the programming interfaces of most of them do.
            count = len(code.encode("utf-16-le")) // 2
            deltas = f' DeltaX="{_deltas(advances[:-1])}"' if len(advances) > 1 else ""
            parts.append(
                f'<ofd:TextObject ID="{self.next()}" Boundary="{place}" Font="{font}"{begun}'
                f'<ofd:CGTransform CodePosition="0" CodeCount="{count}" GlyphCount="{len(members)}">'
                f"<ofd:Glyphs>{' '.join([str(one) for _, _, one in members])}</ofd:Glyphs></ofd:CGTransform>"
                f'<ofd:TextCode X="{number(pad)}" Y="{number(above)}"{deltas}>{escaped(code)}'
                "</ofd:TextCode></ofd:TextObject>"
            )
            x += width
            start += len(members)
        return "".join(parts)

    def _line(self, line: Line) -> str:
        commands: tuple[Command, ...] = (
            ("M", (line.x1_mm, line.y1_mm)),
            ("L", (line.x2_mm, line.y2_mm)),
        )
        return self._path(Path(commands, stroke=line.colour, width_mm=line.width_mm), cap=' Cap="Square"')

    def _rect(self, rect: Rect) -> str:
        left, top = rect.x_mm, rect.y_mm
        right, bottom = left + rect.width_mm, top + rect.height_mm
        commands: tuple[Command, ...] = (
            ("M", (left, top)), ("L", (right, top)), ("L", (right, bottom)), ("L", (left, bottom)), ("Z", ()),
        )  # fmt: skip
        stroke = rect.colour if rect.fill is None or rect.line_mm else None
        return self._path(Path(commands, rect.fill, stroke, rect.line_mm))

    def _path(self, path: Path, cap: str = "") -> str:
        if not any(values for _, values in path.commands) or (path.fill is None and path.stroke is None):
            return ""
        left, top, right, bottom = bounds(path.commands)
        edge = path.width_mm if path.stroke is not None else 0.0
        left, top = left - edge, top - edge
        place = box(left, top, right - left + edge, bottom - top + edge)
        stroked = (
            f' LineWidth="{number(path.width_mm)}"{cap}' if path.stroke is not None else ' Stroke="false"'
        )
        colours = "" if path.stroke is None else _colour("StrokeColor", path.stroke)
        if path.fill is not None:
            stroked += ' Fill="true"'
            colours += _colour("FillColor", path.fill)
        return (
            f'<ofd:PathObject ID="{self.next()}" Boundary="{place}"{stroked}>{colours}'
            f"<ofd:AbbreviatedData>{_data(path.commands, left, top)}</ofd:AbbreviatedData></ofd:PathObject>"
        )

    def qr(self, code: QrCode) -> str:
        """A white field over the quiet zone, and the dark modules as one path that counts in modules."""
        symbol = symbol_of(code.text)
        side, quiet = symbol.side_mm(code.module_mm), QUIET_MODULES * code.module_mm
        field = self._rect(Rect(code.x_mm, code.y_mm, side, side, line_mm=0.0, fill=(255, 255, 255)))
        dark = symbol.modules * code.module_mm
        place = box(code.x_mm + quiet, code.y_mm + quiet, dark, dark)
        scale = number(code.module_mm)
        runs = " ".join(
            f"M {column} {row} L {column + length} {row} L {column + length} {row + 1} L {column} {row + 1} C"
            for row, column, length in symbol.runs()
        )
        return (
            f'{field}<ofd:PathObject ID="{self.next()}" Boundary="{place}" CTM="{scale} 0 0 {scale} 0 0" '
            f'Stroke="false" Fill="true">{_colour("FillColor", (0, 0, 0))}'
            f"<ofd:AbbreviatedData>{runs}</ofd:AbbreviatedData></ofd:PathObject>"
        )


def _font_of(member: tuple[Glyph, int, int]) -> int:
    return member[1]


def opening(text: Text, size: float) -> str:
    """What stands of a ``TextObject`` between its font and its glyphs."""
    strokes, colours = "", _colour("FillColor", text.colour)
    if text.stroke_mm > 0:
        strokes = f' LineWidth="{number(text.stroke_mm)}" Stroke="true"'
        colours += _colour("StrokeColor", text.colour)
    return f' Size="{number(size)}"{strokes}>{colours}'


def _colour(name: str, colour: Colour) -> str:
    return f'<ofd:{name} Value="{colour[0]} {colour[1]} {colour[2]}"/>'


def _deltas(advances: Sequence[float]) -> str:
    """Distances of successive glyphs; a run of equal ones is written ``g`` count distance."""
    parts = []
    for distance, run in groupby([f"{one:.4f}".rstrip("0").rstrip(".") for one in advances]):
        count = len(list(run))
        parts.append(f"g {count} {distance}" if count > 2 else " ".join([distance] * count))
    return " ".join(parts)


def _data(commands: Iterable[Command], left: float, top: float) -> str:
    parts = []
    for letter, values in commands:
        points = [
            f"{number(x - left)} {number(y - top)}" for x, y in zip(values[::2], values[1::2], strict=True)
        ]
        parts.append(" ".join([_LETTERS[letter], *points]))
    return " ".join(parts)
