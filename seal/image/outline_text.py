# SPDX-License-Identifier: Apache-2.0
"""A drawing of one colour as a line of text and back: what is kept of an imprint that was cut out.

``RRGGBB WIDTHxHEIGHT`` and then the outlines, letters and coordinates as in SVG, to a hundredth of a
millimetre.  Reading takes this form alone, so that one drawing has one text.
"""

from __future__ import annotations

import re
from typing import Final

from ..pages.model import Command, Path
from .drawing import Drawing
from .errors import SealDesignRefused

LONGEST: Final = 600_000
MOST_COMMANDS: Final = 60_000
_LARGEST: Final = 200.0
_NUMBER = r"-?[0-9]{1,3}(?:\.[0-9]{1,2})?"
_HEAD = re.compile(rf"([0-9a-f]{{6}}) ({_NUMBER})x({_NUMBER}) ", re.ASCII)
_COMMAND = re.compile(rf"(?:([ML])({_NUMBER} {_NUMBER})|(C)({_NUMBER}(?: {_NUMBER}){{5}})|(Z))", re.ASCII)


def outline_text(drawing: Drawing) -> str:
    """The text, in the colour of the first path.  Raises :class:`SealDesignRefused` when too long."""
    fill = drawing.paths[0].fill or (0, 0, 0)
    colour = "".join(f"{part:02x}" for part in fill)
    text = f"{colour} {_number(drawing.width_mm)}x{_number(drawing.height_mm)} " + "".join(
        letter + " ".join(_number(value) for value in points)
        for path in drawing.paths
        for letter, points in path.commands
    )
    if len(text) > LONGEST:
        raise _refused()
    return text


def drawing_of_text(text: str, title: str) -> Drawing:
    """What :func:`outline_text` wrote.  Raises :class:`SealDesignRefused` for anything else."""
    head = _HEAD.match(text) if len(text) <= LONGEST else None
    if head is None:
        raise _refused()
    red, green, blue = bytes.fromhex(head[1])
    width, height = float(head[2]), float(head[3])
    if not 1 <= width <= _LARGEST or not 1 <= height <= _LARGEST:
        raise _refused()
    path = Path(_commands(text, head.end()), fill=(red, green, blue))
    found = Drawing(width, height, (path,), title)
    if outline_text(found) != text:
        raise _refused()
    return found


def _commands(text: str, at: int) -> tuple[Command, ...]:
    found: list[Command] = []
    while at < len(text):
        one = _COMMAND.match(text, at)
        if one is None or len(found) == MOST_COMMANDS:
            raise _refused()
        if one[1] is not None:
            command: Command = ("M" if one[1] == "M" else "L", _values(one[2]))
        elif one[3] is not None:
            command = ("C", _values(one[4]))
        else:
            command = ("Z", ())
        found.append(command)
        at = one.end()
    if not found or found[0][0] != "M":
        raise _refused()
    return tuple(found)


def _values(text: str) -> tuple[float, ...]:
    values = tuple(float(one) for one in text.split())
    if any(abs(value) > _LARGEST for value in values):
        raise _refused()
    return values


def _number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _refused() -> SealDesignRefused:
    return SealDesignRefused(
        field="drawing",
        rule="印模图形不是抠取的结果,或过于复杂 / not a drawing that was cut out, or one too complex",
        todo="请在白纸上重新盖印后扫描上传 / stamp white paper, scan it again and upload that",
    )
