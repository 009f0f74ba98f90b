# SPDX-License-Identifier: Apache-2.0
"""PDF operators for lines, curves and fields (ISO 32000-1 section 8.5): millimetres in, points out."""

from __future__ import annotations

from dataclasses import dataclass

from .model import POINT_MM, Colour, Line, Path, QrCode, Rect
from .qr import QUIET_MODULES, symbol_of


def number(value: float) -> str:
    """A PDF number with at most three decimals and no needless zero."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


@dataclass(frozen=True, slots=True)
class Canvas:
    """Turns millimetres from the top left into points from the bottom left of an area so high."""

    height_mm: float

    def point(self, x_mm: float, y_mm: float) -> str:
        """A point as two operands."""
        return f"{number(x_mm / POINT_MM)} {number((self.height_mm - y_mm) / POINT_MM)}"

    def path(self, path: Path) -> str:
        """The path, filled (non-zero winding), stroked or both."""
        operators = {"M": "m", "L": "l", "C": "c"}
        parts = []
        for letter, values in path.commands:
            points = [self.point(x, y) for x, y in zip(values[::2], values[1::2], strict=True)]
            parts.append(" ".join([*points, operators[letter]]) if points else "h")
        paint = {(True, True): "B", (True, False): "f", (False, True): "S", (False, False): "n"}
        end = paint[path.fill is not None, path.stroke is not None]
        return f"{colours(path.fill, path.stroke, path.width_mm)}{' '.join(parts)} {end}\n"

    def line(self, line: Line) -> str:
        """One straight rule, its ends squared so that corners of a table close."""
        ends = f"{self.point(line.x1_mm, line.y1_mm)} m {self.point(line.x2_mm, line.y2_mm)} l"
        return f"{colours(None, line.colour, line.width_mm)}2 J {ends} S\n"

    def rect(self, rect: Rect) -> str:
        """A frame or a filled field."""
        corner = self.point(rect.x_mm, rect.y_mm + rect.height_mm)
        size = f"{number(rect.width_mm / POINT_MM)} {number(rect.height_mm / POINT_MM)}"
        end = "S" if rect.fill is None else "f" if rect.line_mm == 0 else "B"
        stroke = rect.colour if rect.fill is None or rect.line_mm else None
        return f"{colours(rect.fill, stroke, rect.line_mm)}{corner} {size} re {end}\n"

    def qr(self, code: QrCode) -> str:
        """The whole symbol as one black path over a white field that covers its quiet zone."""
        symbol = symbol_of(code.text)
        module, side = code.module_mm, symbol.side_mm(code.module_mm)
        field = Rect(code.x_mm, code.y_mm, side, side, line_mm=0.0, fill=(255, 255, 255))
        size = number(module / POINT_MM)
        parts = []
        for row, column, length in symbol.runs():
            x = code.x_mm + (column + QUIET_MODULES) * module
            y = code.y_mm + (row + QUIET_MODULES + 1) * module
            parts.append(f"{self.point(x, y)} {number(length * module / POINT_MM)} {size} re")
        return f"{self.rect(field)}{colours((0, 0, 0), None, 0)}{' '.join(parts)} f\n"


def colours(fill: Colour | None, stroke: Colour | None, width_mm: float) -> str:
    """Colour and line width operators."""
    parts = []
    if fill is not None:
        parts.append(f"{_rgb(fill)} rg ")
    if stroke is not None:
        parts.append(f"{_rgb(stroke)} RG {number(width_mm / POINT_MM)} w ")
    return "".join(parts)


def _rgb(colour: Colour) -> str:
    return " ".join(number(part / 255) for part in colour)
