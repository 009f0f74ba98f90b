# SPDX-License-Identifier: Apache-2.0
"""Read an emblem that a holder brings as SVG: filled shapes, made one colour, nothing else.

The file comes from outside, so it is held to what an emblem needs: no document type, no script, no style
sheet, no picture, no reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal
from xml.etree import ElementTree

from ..pages.model import Colour, Command, Path
from ..pages.outlines import bounds, moved
from .design import RED
from .drawing import Drawing
from .errors import SealDesignRefused

LARGEST: Final = 1024 * 1024
MOST_COMMANDS: Final = 20_000
_SIDE = 100.0  # millimetres of the longer side; a seal scales it to its slot
_SVG: Final = "{http://www.w3.org/2000/svg}"
_SHAPES: Final = frozenset({"path", "rect", "circle", "ellipse", "polygon"})
_SILENT: Final = frozenset({"svg", "g", "title", "desc", "metadata", "defs"})
_LETTERS: Final[dict[str, Literal["M", "L", "C", "Z"]]] = {
    "moveTo": "M",
    "lineTo": "L",
    "curveTo": "C",
    "closePath": "Z",
    "endPath": "Z",
}


def emblem_of_svg(svg: bytes, *, colour: Colour = RED) -> Drawing:
    """The emblem in one colour.  Raises :class:`SealDesignRefused`, naming what it may not have."""
    from fontTools.pens.recordingPen import DecomposingRecordingPen
    from fontTools.svgLib.path import SVGPath

    _check(svg)
    pen = DecomposingRecordingPen({})
    try:
        SVGPath.fromstring(svg).draw(pen)
    except Exception as error:
        # The reader of shapes raises many kinds for what it cannot read; for us they all mean one thing.
        raise _refused(f"图形无法读取 / shapes that cannot be read: {type(error).__name__}") from error
    commands = _commands(pen.value)
    if not commands or len(commands) > MOST_COMMANDS:
        raise _refused(f"没有图形或图形过于复杂 / no shapes, or more than {MOST_COMMANDS} segments")
    left, top, right, bottom = bounds(commands)
    side = max(right - left, bottom - top)
    if not 0 < side < 1e6:
        raise _refused("图形没有面积 / shapes without an area")
    scale = _SIDE / side
    fitted = moved(commands, (scale, 0.0, 0.0, scale, -left * scale, -top * scale))
    size = (right - left) * scale, (bottom - top) * scale
    return Drawing(*size, (Path(fitted, fill=colour),), "徽记 emblem")


def _check(svg: bytes) -> None:
    if len(svg) > LARGEST:
        raise _refused("文件超过 1 MB / the file is larger than 1 MB")
    if b"<!" in svg.replace(b"<!--", b""):
        raise _refused("不得含文档类型声明 / no document type")
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314  # without a document type there are no entities
    except ElementTree.ParseError as error:
        raise _refused("不是 SVG 文件 / not an SVG file") from error
    if root.tag != f"{_SVG}svg":
        raise _refused("不是 SVG 文件 / not an SVG file")
    for element in root.iter():
        name = str(element.tag).removeprefix(_SVG)
        if name in _SILENT or not isinstance(element.tag, str):
            continue
        if name not in _SHAPES:
            raise _refused(f"只能含填充图形,不能含 {name[:30]} / filled shapes only, no {name[:30]}")
        if "style" in element.attrib or element.get("stroke", "none") != "none":
            raise _refused("图形只能填充,不能有描边或样式 / shapes are filled: no stroke, no style")
        if element.get("fill") == "none":
            raise _refused("图形须填充 / every shape is filled")


def _refused(rule: str) -> SealDesignRefused:
    return SealDesignRefused(
        field="emblem",
        rule=rule,
        todo="请导出为只含填充路径的 SVG / export it as SVG that has filled paths alone",
    )


def _commands(recorded: Sequence[tuple[str, tuple[tuple[float, float], ...]]]) -> tuple[Command, ...]:
    """As our letters; quadratic curves become cubic ones, which draw the same."""
    commands: list[Command] = []
    at = (0.0, 0.0)
    for verb, points in recorded:
        if verb == "qCurveTo" and len(points) == 2:
            (cx, cy), (x, y) = points
            first = at[0] + 2 / 3 * (cx - at[0]), at[1] + 2 / 3 * (cy - at[1])
            second = x + 2 / 3 * (cx - x), y + 2 / 3 * (cy - y)
            commands.append(("C", (*first, *second, x, y)))
        else:
            letter = _LETTERS.get(verb)
            if letter is None:
                raise _refused(f"曲线类型不支持 / a kind of curve that is not supported: {verb}")
            commands.append((letter, tuple(float(value) for point in points for value in point)))
        at = points[-1] if points else at
    return tuple(commands)
