# SPDX-License-Identifier: Apache-2.0
"""Typefaces: those in the package, and Noto SC where a document names one without bringing it.

HarfBuzz reads the files: it checks what it reads and never runs a font's programs.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any, Final

from .geometry import Outline

LARGEST_FONT: Final = 64 * 1024 * 1024
MOST_POINTS: Final = 20_000
MOST_KEPT: Final = 4_096
"""Outlines of one typeface."""
_SFNT: Final = (b"\x00\x01\x00\x00", b"true", b"OTTO", b"ttcf")
_SERIF: Final = (
    "宋",
    "仿",
    "楷",
    "隶",
    "明",
    "song",
    "sun",
    "kai",
    "fang",
    "ming",
    "serif",
    "times",
    "roman",
)
_SANS: Final = ("黑", "雅", "圆", "等线", "hei", "sans", "yahei", "arial", "helvet", "gothic")


class Typeface:
    """One font file.  Measures are in em."""

    def __init__(self, data: bytes) -> None:
        import uharfbuzz

        self._face = uharfbuzz.Face(data)
        self._font: Any = uharfbuzz.Font(self._face)
        self._em = float(self._face.upem or 1000)
        self._glyphs = int(self._face.glyph_count)
        self._outlines: dict[int, Outline] = {}
        self._lock = threading.Lock()

    @property
    def glyph_count(self) -> int:
        return self._glyphs

    def index(self, character: str) -> int:
        """The glyph of a character; 0 when there is none."""
        found = self._font.get_nominal_glyph(ord(character))
        if not found and len(character) == 1 and ord(character) < 0x100:
            found = self._font.get_nominal_glyph(0xF000 + ord(character))  # symbol fonts
        return int(found or 0)

    def advance(self, index: int) -> float:
        return float(self._font.get_glyph_h_advance(index)) / self._em

    def outline(self, index: int) -> Outline:
        """In em, origin on the baseline, y upwards; empty for a glyph that is not there."""
        with self._lock:
            found = self._outlines.get(index)
            if found is None:
                if len(self._outlines) >= MOST_KEPT:
                    self._outlines.clear()
                found = self._outlines[index] = self._drawn(index)
            return found

    def _drawn(self, index: int) -> Outline:
        from fontTools.pens.recordingPen import RecordingPen

        if not 0 <= index < self._glyphs:
            return ()
        pen = RecordingPen()
        self._font.draw_glyph_with_pen(index, pen)
        if len(pen.value) > MOST_POINTS:
            return ()
        found: list[tuple[str, tuple[float, ...]]] = []
        here = (0.0, 0.0)
        for verb, points in pen.value:
            values = tuple(value / self._em for point in points for value in point)
            if verb == "moveTo":
                found.append(("M", values))
            elif verb == "lineTo":
                found.append(("L", values))
            elif verb == "curveTo":
                found.append(("C", values))
            elif verb == "qCurveTo":
                (x0, y0), (x1, y1, x2, y2) = here, values[-4:]
                found.append(
                    (
                        "C",
                        (
                            x0 + (x1 - x0) * 2 / 3,
                            y0 + (y1 - y0) * 2 / 3,
                            x2 + (x1 - x2) * 2 / 3,
                            y2 + (y1 - y2) * 2 / 3,
                            x2,
                            y2,
                        ),
                    )
                )
            else:
                found.append(("Z", ()))
            if values:
                here = (values[-2], values[-1])
        return tuple(found)


def open_typeface(data: bytes) -> Typeface | None:
    """``None`` for what is not a TrueType or OpenType font that can be drawn."""
    if not data.startswith(_SFNT) or len(data) > LARGEST_FONT:
        return None
    try:
        face = Typeface(data)
    except Exception:
        # The binding raises several kinds for broken files; for us they mean one thing.
        return None
    return face if face.glyph_count else None


@cache
def fallback(*, serif: bool) -> Typeface:
    """Noto Serif SC or Noto Sans SC, read once per process."""
    import pylopdf_fonts_zh_cn as files

    path = files.serif_path() if serif else files.sans_path()
    return Typeface(path.read_bytes())


def is_serif(name: str) -> bool:
    """Which of the two stands in for a typeface of this name.  Song is what is written in by default."""
    small = name.lower()
    if any(part in small for part in _SANS) and "sans serif" not in small:
        return False
    return True if any(part in small for part in _SERIF) else "sans" not in small
