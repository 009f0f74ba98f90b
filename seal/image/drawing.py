# SPDX-License-Identifier: Apache-2.0
"""Draw a seal as vector paths, glyph outlines included: sharp at any size, and no font goes into the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..pages.model import Command, Path
from .design import SealCentre, SealDesign, SealShape
from .errors import SealDesignRefused
from .oval import oval_paths
from .round import EMBLEM_MM, NOMINAL, SPECIMEN, round_paths
from .square import square_paths


@dataclass(frozen=True, slots=True)
class Drawing:
    """Finished paths in millimetres, origin top left; nothing lies outside the box."""

    width_mm: float
    height_mm: float
    paths: tuple[Path, ...]
    title: str


def draw_seal(design: SealDesign, *, emblem: Drawing | None = None) -> Drawing:
    """The drawing.  A checked design can always be drawn; ``emblem`` fills the slot of one that has it.

    Raises :class:`SealDesignRefused` for an emblem without a slot.
    """
    if emblem is not None and design.centre is not SealCentre.EMBLEM:
        raise SealDesignRefused(
            field="centre",
            rule="该印章没有徽记位置 / this seal keeps no place for an emblem",
            todo="请把中心设为徽记 / choose centre “emblem”",
        )
    width, height = design.size_mm
    match design.shape:
        case SealShape.ROUND:
            paths = scaled(round_paths(design), width / NOMINAL)
        case SealShape.OVAL:
            paths = oval_paths(design)
        case SealShape.SQUARE:
            paths = square_paths(design)
    if emblem is not None:
        paths += _fitted(emblem, width / 2, EMBLEM_MM * width / NOMINAL)
    words = (design.name, design.centre_text, design.line, SPECIMEN if design.specimen else "")
    return Drawing(width, height, paths, " ".join(part for part in words if part))


def scaled(paths: Sequence[Path], scale: float) -> tuple[Path, ...]:
    """Everything so many times as large, lines too."""
    return tuple(_mapped(path, scale, 0.0, 0.0) for path in paths)


def _fitted(drawing: Drawing, middle: float, across: float) -> tuple[Path, ...]:
    """The drawing as large as fits a circle so wide around the middle of the seal."""
    scale = across / (drawing.width_mm**2 + drawing.height_mm**2) ** 0.5
    x, y = (middle - side * scale / 2 for side in (drawing.width_mm, drawing.height_mm))
    return tuple(_mapped(path, scale, x, y) for path in drawing.paths)


def _mapped(path: Path, scale: float, x: float, y: float) -> Path:
    commands: Sequence[Command] = path.commands
    return replace(
        path,
        commands=tuple(
            (letter, tuple(value * scale + (y if at % 2 else x) for at, value in enumerate(points)))
            for letter, points in commands
        ),
        width_mm=path.width_mm * scale,
    )
