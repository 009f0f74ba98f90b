# SPDX-License-Identifier: Apache-2.0
"""A drawing as SVG 1.1, in real size, for pages and for printing."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from ..pages.model import Colour, Path
from .drawing import Drawing


def drawing_svg(drawing: Drawing) -> str:
    """The SVG document.  It carries its own name for whoever cannot see it, no script and no reference."""
    width, height = _number(drawing.width_mm), _number(drawing.height_mm)
    paths = "".join(_path(path) for path in drawing.paths)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label={quoteattr(drawing.title)}>'
        f"<title>{escape(drawing.title)}</title>{paths}</svg>"
    )


def _path(path: Path) -> str:
    data = "".join(letter + " ".join(_number(value) for value in points) for letter, points in path.commands)
    stroke = ""
    if path.stroke is not None:
        stroke = f' stroke="{_colour(path.stroke)}" stroke-width="{_number(path.width_mm)}"'
    fill = "none" if path.fill is None else _colour(path.fill)
    return f'<path fill="{fill}"{stroke} d="{data}"/>'


def _colour(colour: Colour) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)


def _number(value: float) -> str:
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
