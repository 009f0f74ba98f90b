# SPDX-License-Identifier: Apache-2.0
"""A :class:`Drawing` as one page of PDF, which PDFium turns into pixels (ISO 32000-1 sections 8 and 11)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from .geometry import Matrix, Outline, mapped
from .model import Area, Clips, Drawing, Item, Paint, Pen, Picture
from .onepage import FIRST, pdf_page, pdf_stream
from .pictures import is_grey, pixels_of

_POINTS = 72 / 25.4
_CAPS = {"butt": 0, "round": 1, "square": 2}
_JOINS = {"miter": 0, "round": 1, "bevel": 2}
_LETTERS = {"M": "m", "L": "l", "C": "c", "Z": "h"}


def pdf_of(drawing: Drawing) -> bytes:
    """A PDF of one page that looks like the drawing."""
    return _Writer(drawing).document()


class _Writer:
    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._objects: list[bytes] = []
        self._pictures: dict[int, int] = {}
        self._states: dict[tuple[float, float], int] = {}

    def document(self) -> bytes:
        drawing = self._drawing
        scale, height = _POINTS, drawing.height * _POINTS
        lines = [f"{_n(scale)} 0 0 {_n(-scale)} 0 {_n(height)} cm"]
        lines.extend(self._content(drawing))
        pictures = " ".join(f"/P{number} {number} 0 R" for number in self._pictures.values())
        states = " ".join(
            f"/S{index} << /ca {_n(fill)} /CA {_n(line)} >>" for (fill, line), index in self._states.items()
        )
        return pdf_page(
            (drawing.width * scale, height),
            "\n".join(lines).encode("ascii"),
            f"/XObject << {pictures} >> /ExtGState << {states} >>",
            self._objects,
        )

    def _content(self, drawing: Drawing) -> Iterator[str]:
        clips: Clips = ()
        yield "q"
        for item in drawing.items:
            if item.clips != clips:
                clips = item.clips
                yield "Q q"
                for union in clips:
                    yield _clip(union)
            yield from self._item(item)
        yield "Q"

    def _item(self, item: Item) -> Iterator[str]:
        if isinstance(item, Picture):
            number = self._picture(item)
            state = self._state(item.alpha, item.alpha)
            a, b, c, d, e, f = item.matrix
            # PDF puts the first row of a picture at the top of a unit square that looks upwards.
            yield f"q {state}{_matrix((a, b, -c, -d, e + c, f + d))} cm /P{number} Do Q"
            return
        fill, pen = item.fill, item.pen
        fades = (1.0 if fill is None else fill.alpha, 1.0 if pen is None else pen.paint.alpha)
        yield f"q {self._state(*fades)}{_matrix(item.matrix)} cm"
        if fill is not None:
            yield f"{_colour(fill)} rg"
        if pen is not None:
            yield _pen(pen)
        yield _path(item.outline)
        if fill is not None:
            yield ("B" if pen is not None else "f") + ("*" if item.even_odd else "")
        else:
            yield "S"
        yield "Q"

    def _state(self, fill: float, line: float) -> str:
        if fill >= 1 and line >= 1:
            return ""
        index = self._states.setdefault((fill, line), len(self._states))
        return f"/S{index} gs "

    def _picture(self, item: Picture) -> int:
        key = id(item.data)
        number = self._pictures.get(key)
        if number is None:
            number = self._pictures[key] = self._add(item)
        return number

    def _add(self, item: Picture) -> int:
        width, height = item.pixels
        head = f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent 8"
        if item.format == "JPEG":
            space = "/DeviceGray" if is_grey(item.data) else "/DeviceRGB"
            self._objects.append(pdf_stream(f"{head} /ColorSpace {space} /Filter /DCTDecode", item.data))
            return len(self._objects) + FIRST - 1
        colours, alpha, _ = pixels_of(item.data)
        mask = ""
        if alpha is not None:
            packed = zlib.compress(alpha, 1)
            self._objects.append(pdf_stream(f"{head} /ColorSpace /DeviceGray /Filter /FlateDecode", packed))
            mask = f" /SMask {len(self._objects) + FIRST - 1} 0 R"
        packed = zlib.compress(colours, 1)
        self._objects.append(pdf_stream(f"{head} /ColorSpace /DeviceRGB{mask} /Filter /FlateDecode", packed))
        return len(self._objects) + FIRST - 1


def _n(value: float) -> str:
    text = f"{value:.5f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _matrix(matrix: Matrix) -> str:
    return " ".join(_n(value) for value in matrix)


def _path(outline: Outline) -> str:
    return "\n".join(
        f"{' '.join(_n(value) for value in values)} {_LETTERS[letter]}" for letter, values in outline
    )


def _clip(union: tuple[Area, ...]) -> str:
    """Areas as they lie on the page; several together are one path."""
    parts = []
    for area in union:
        moved = tuple(
            (
                letter,
                tuple(
                    value
                    for at in range(0, len(values), 2)
                    for value in mapped(area.matrix, values[at], values[at + 1])
                ),
            )
            for letter, values in area.outline
        )
        parts.append(_path(moved))
    rule = "W*" if len(union) == 1 and union[0].even_odd else "W"
    return "\n".join(parts) + f"\n{rule} n"


def _colour(paint: Paint) -> str:
    return " ".join(_n(value / 255) for value in (paint.red, paint.green, paint.blue))


def _pen(pen: Pen) -> str:
    parts = [
        f"{_colour(pen.paint)} RG {_n(pen.width)} w {_CAPS[pen.cap]} J {_JOINS[pen.join]} j",
        f"{_n(max(1.0, pen.miter_limit))} M",
    ]
    if pen.dashes:
        parts.append(f"[{' '.join(_n(one) for one in pen.dashes)}] {_n(max(0.0, pen.dash_offset))} d")
    return " ".join(parts)
