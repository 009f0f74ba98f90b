# SPDX-License-Identifier: Apache-2.0
"""Characters, each looked up once by a process: code, width, and what a font of its own needs of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from ..pages.errors import GlyphMissing
from ..pages.fonts import glyph_of, glyphs_of
from ..pages.model import FontName
from ..pages.text import clean
from .cff import Program, program_of
from .errors import MassRefused

FACES: Final = tuple(FontName)


@dataclass(slots=True, eq=False)
class Letter:
    """One character in one preferred face.  ``face`` counts in :data:`FACES`, ``advance`` in em."""

    character: str
    face: int
    cid: int
    code: str
    advance: float
    unicode: str  # its line in a ToUnicode map
    width: int  # in thousandths of an em
    _program: Program | None = None

    def program(self) -> Program:
        """How it is drawn."""
        if self._program is None:
            self._program = program_of(FACES[self.face], self.character)
        return self._program


class Letters(dict[str, Letter]):
    """By character, in one preferred face."""

    def __init__(self, font: FontName) -> None:
        super().__init__()
        self._font = font

    def __missing__(self, character: str) -> Letter:
        glyph = glyph_of(character, self._font)
        code = f"{glyph.cid:04X}"
        self[character] = letter = Letter(
            character=character,
            face=FACES.index(glyph.face),
            cid=glyph.cid,
            code=code,
            advance=glyph.advance,
            unicode=f"<{code}> <{character.encode('utf-16-be').hex().upper()}>",
            width=round(glyph.advance * 1000),
        )
        return letter


@cache
def letters_of(font: FontName) -> Letters:
    """The letters of a face; they grow to what the values use."""
    return Letters(font)


def spelled(text: str, font: FontName, field: str) -> Sequence[Letter]:
    """The letters of a line.  Raises :class:`MassRefused` that names every character without a glyph."""
    letters = letters_of(font)
    try:
        return [letters[character] for character in text]
    except GlyphMissing:
        pass
    try:
        glyphs_of(text, font)
    except GlyphMissing as error:
        raise MassRefused("mass-glyph-missing", field, " ".join(error.characters)) from error
    raise AssertionError("a glyph that is missing and is not")


def tidy(text: str) -> str:
    """One line without anything invisible, as every text is cleaned that people type."""
    known = _clean()
    if not known.issuperset(text):
        known.update(one for one in set(text) if one != "\n" and clean(one) == one)
        if not known.issuperset(text):
            text = clean(text)
    return " ".join(text.split()) if " " in text or "\n" in text else text


@cache
def _clean() -> set[str]:
    """Characters that cleaning leaves alone; it grows to what the values use."""
    return set()
