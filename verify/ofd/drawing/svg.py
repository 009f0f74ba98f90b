# SPDX-License-Identifier: Apache-2.0
"""A :class:`Drawing` as SVG 1.1: outlines and pictures inside the file, no script, nothing from outside."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from .geometry import Matrix, Outline
from .model import Area, Clips, Drawing, Item, Paint, Pen, Picture, Shape

_MIME = {"PNG": "image/png", "JPEG": "image/jpeg"}


def svg_of(drawing: Drawing) -> str:
    """The text of the SVG; one unit is one millimetre."""
    return _Writer(drawing).text()


class _Writer:
    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._definitions: list[str] = []
        self._glyphs: dict[int, str] = {}
        self._pictures: dict[int, str] = {}
        self._clips: dict[Clips, tuple[str, ...]] = {}

    def text(self) -> str:
        drawing = self._drawing
        body = "".join(self._body())
        width, height = _n(drawing.width), _n(drawing.height)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
            f' width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}">'
            f"<defs>{''.join(self._definitions)}</defs>"
            f'<rect width="{width}" height="{height}" fill="#fff"/>{body}</svg>'
        )

    def _body(self) -> Iterator[str]:
        open_clips: Clips = ()
        for item in self._drawing.items:
            if item.clips != open_clips:
                yield "</g>" * len(open_clips)
                open_clips = item.clips
                yield "".join(f'<g clip-path="url(#{name})">' for name in self._clip(open_clips))
            yield self._item(item)
        yield "</g>" * len(open_clips)

    def _item(self, item: Item) -> str:
        if isinstance(item, Picture):
            return self._picture(item)
        look = f"{_fill(item.fill, even_odd=item.even_odd)}{_stroke(item.pen)}"
        if item.shared:
            return f'<use xlink:href="#{self._glyph(item)}"{_transform(item.matrix)}{look}/>'
        return f'<path d="{_data(item.outline, 4)}"{_transform(item.matrix)}{look}/>'

    def _glyph(self, item: Shape) -> str:
        key = id(item.outline)
        name = self._glyphs.get(key)
        if name is None:
            name = self._glyphs[key] = f"g{len(self._glyphs)}"
            self._definitions.append(f'<path id="{name}" d="{_data(item.outline, 4)}"/>')
        return name

    def _picture(self, item: Picture) -> str:
        key = id(item.data)
        name = self._pictures.get(key)
        if name is None:
            name = self._pictures[key] = f"p{len(self._pictures)}"
            data = base64.b64encode(item.data).decode("ascii")
            self._definitions.append(
                f'<image id="{name}" width="1" height="1" preserveAspectRatio="none"'
                f' xlink:href="data:{_MIME[item.format]};base64,{data}"/>'
            )
        alpha = f' opacity="{_n(item.alpha)}"' if item.alpha < 1 else ""
        return f'<use xlink:href="#{name}"{_transform(item.matrix)}{alpha}/>'

    def _clip(self, clips: Clips) -> tuple[str, ...]:
        names = self._clips.get(clips)
        if names is None:
            found: list[str] = []
            for union in clips:
                name = f"c{len(self._clips)}_{len(found)}"
                areas = "".join(
                    f'<path d="{_data(area.outline, 4)}"{_transform(area.matrix)}{_rule(area)}/>'
                    for area in union
                )
                self._definitions.append(f'<clipPath id="{name}">{areas}</clipPath>')
                found.append(name)
            names = self._clips[clips] = tuple(found)
        return names


def _n(value: float, places: int = 4) -> str:
    text = f"{value:.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _data(outline: Outline, places: int) -> str:
    return "".join(f"{letter}{' '.join(_n(value, places) for value in values)}" for letter, values in outline)


def _transform(matrix: Matrix) -> str:
    if matrix == (1.0, 0.0, 0.0, 1.0, 0.0, 0.0):
        return ""
    return f' transform="matrix({" ".join(_n(value, 5) for value in matrix)})"'


def _rule(area: Area) -> str:
    return ' clip-rule="evenodd"' if area.even_odd else ""


def _fill(paint: Paint | None, *, even_odd: bool) -> str:
    if paint is None:
        return ' fill="none"'
    rule = ' fill-rule="evenodd"' if even_odd else ""
    alpha = f' fill-opacity="{_n(paint.alpha)}"' if paint.alpha < 1 else ""
    colour = _colour(paint)
    fill = "" if colour == "#000000" else f' fill="{colour}"'
    return f"{fill}{alpha}{rule}"


def _stroke(pen: Pen | None) -> str:
    if pen is None:
        return ""
    parts = [f' stroke="{_colour(pen.paint)}" stroke-width="{_n(pen.width)}"']
    if pen.paint.alpha < 1:
        parts.append(f' stroke-opacity="{_n(pen.paint.alpha)}"')
    if pen.cap != "butt":
        parts.append(f' stroke-linecap="{pen.cap}"')
    if pen.join != "miter":
        parts.append(f' stroke-linejoin="{pen.join}"')
    else:
        parts.append(f' stroke-miterlimit="{_n(pen.miter_limit)}"')
    if pen.dashes:
        parts.append(f' stroke-dasharray="{" ".join(_n(one) for one in pen.dashes)}"')
        parts.append(f' stroke-dashoffset="{_n(pen.dash_offset)}"')
    return "".join(parts)


def _colour(paint: Paint) -> str:
    return f"#{paint.red:02x}{paint.green:02x}{paint.blue:02x}"
