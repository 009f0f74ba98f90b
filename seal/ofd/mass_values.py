# SPDX-License-Identifier: Apache-2.0
"""Values of one document of a mass issue as OFD objects; glyphs that the shared fonts lack get their own.

A value is one object: drawn with the shared font if that has all of its characters, else as a whole with the
font of the single document.  Only a value of two typefaces takes the long way of any other text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from typing import Final

from ..mass.errors import MassRefused
from ..mass.fields import FieldAlign, MassField
from ..mass.letters import tidy
from ..pages.errors import GlyphMissing
from ..pages.fonts import Glyph, glyph_of, glyphs_of, typeface, width_em
from ..pages.model import POINT_MM, FontName, Text
from ..pages.text import full_width
from .drawing import PAD_EM, Drawer, opening
from .markup import escaped, number
from .truetype import Subset

_TOLERANCE_MM: Final = 0.01
_SHIFT: Final = {FieldAlign.LEFT: 0.0, FieldAlign.CENTRE: 0.5, FieldAlign.RIGHT: 1.0}
_HALF_WIDTH: Final = frozenset(",;:?!()")  # drawn wider beside Chinese
_SPECIAL: Final = frozenset('&<>"\t\n\r')


class ValueDrawer(Drawer):
    """Draws with the shared fonts, and with fonts of the single document where those lack a glyph.

    ``shared`` and ``own``: number of the font by face; ``drawn``: the numbers of shared glyphs.
    """

    def __init__(
        self,
        first: int,
        shared: Mapping[FontName, int],
        drawn: Mapping[FontName, Mapping[str, int]],
        own: Mapping[FontName, int],
    ) -> None:
        super().__init__()
        self.last = first - 1
        self._shared, self._drawn, self._own = shared, drawn, own

    def numbered(self, glyph: Glyph) -> tuple[int, int]:
        """The font that draws a glyph, and its number there."""
        known = self._drawn[glyph.face].get(glyph.character)
        if known is not None:
            return self._shared[glyph.face], known
        return self._own[glyph.face], self._subset(glyph.face).number(glyph)

    def together(self, face: FontName, glyphs: list[Glyph]) -> tuple[int, list[int]]:
        """One font that draws all of these glyphs of one face, and their numbers there."""
        drawn = self._drawn[face]
        try:
            return self._shared[face], [drawn[glyph.character] for glyph in glyphs]
        except KeyError:
            subset = self._subset(face)
            known = subset.characters
            return self._own[face], [
                known[glyph.character] if glyph.character in known else subset.number(glyph)
                for glyph in glyphs
            ]

    def _subset(self, face: FontName) -> Subset:
        if face not in self.subsets:
            self.subsets[face] = Subset(face)
        return self.subsets[face]


class _Glyphs(dict[str, Glyph]):
    """By character, in one preferred face; it grows to what the values use."""

    def __init__(self, face: FontName) -> None:
        super().__init__()
        self._face = face

    def __missing__(self, character: str) -> Glyph:
        found = self[character] = glyph_of(character, self._face)
        return found


class _Place:
    """A field made ready: everything that does not depend on the value."""

    def __init__(self, field: MassField) -> None:
        pattern = field.pattern
        self.field = field
        self.before, _, self.after = pattern.text.partition(f"{{{field.name}}}")
        self.size = pattern.size_pt * POINT_MM
        self.shift = _SHIFT[field.align]
        self.pad = PAD_EM * self.size
        self.glyphs = _Glyphs(pattern.font)
        metrics = typeface(pattern.font).metrics
        above, below = metrics.ascent / 1000 * self.size, -metrics.descent / 1000 * self.size
        self.vertical = number(pattern.y_mm - above)
        self.height = number(above + below)
        self.start = f'X="{number(self.pad)}" Y="{number(above)}"'
        self.opening = opening(pattern, self.size)
        self.of_face: set[str] = set()
        self._distances: dict[float, str] = {}

    def distances(self, glyphs: list[Glyph]) -> str:
        """``DeltaX`` of these glyphs."""
        known, parts = self._distances, []
        for advance, run in groupby([glyph.advance for glyph in glyphs[:-1]]):
            count = len(list(run))
            distance = known.get(advance)
            if distance is None:
                text = f"{advance * self.size + self.field.pattern.spacing_mm:.4f}"
                distance = known[advance] = text.rstrip("0").rstrip(".")
            parts.append(f"g {count} {distance}" if count > 2 else " ".join([distance] * count))
        return " ".join(parts)


@lru_cache(maxsize=1024)
def _place(field: MassField) -> _Place:
    return _Place(field)


def value_xml(field: MassField, value: str, drawer: ValueDrawer) -> str:
    """The objects of one value.  Raises :class:`MassRefused`, naming the field."""
    place, pattern = _place(field), field.pattern
    typed = tidy(f"{place.before}{value}{place.after}")
    drawn = typed if typed.isascii() or _HALF_WIDTH.isdisjoint(typed) else full_width(typed)
    if not drawn:
        return ""
    known = place.glyphs
    try:
        glyphs = [known[character] for character in drawn]
    except GlyphMissing:
        raise _missing(field, drawn, pattern) from None
    width = width_em(glyphs) * place.size + pattern.spacing_mm * (len(glyphs) - 1)
    if width > field.width_mm + _TOLERANCE_MM:
        raise MassRefused(
            "mass-value-too-long", field.name, f"{width:.1f} mm, the place has {field.width_mm:.1f} mm"
        )
    x = field.x_mm - place.shift * width
    face = pattern.font
    if not place.of_face.issuperset(drawn) and any(glyph.face is not face for glyph in glyphs):
        return drawer.text(replace(pattern, x_mm=x, text=drawn, typed=typed))
    place.of_face.update(drawn)
    font, numbers = drawer.together(face, glyphs)
    count = len(typed) if typed.isascii() else len(typed.encode("utf-16-le")) // 2
    deltas = f' DeltaX="{place.distances(glyphs)}"' if len(glyphs) > 1 else ""
    code = typed if _SPECIAL.isdisjoint(typed) else escaped(typed)
    return (
        f'<ofd:TextObject ID="{drawer.next()}" Boundary="{number(x - place.pad)} {place.vertical} '
        f'{number(width + 2 * place.pad)} {place.height}" Font="{font}"{place.opening}'
        f'<ofd:CGTransform CodePosition="0" CodeCount="{count}" GlyphCount="{len(glyphs)}">'
        f"<ofd:Glyphs>{' '.join([str(one) for one in numbers])}</ofd:Glyphs></ofd:CGTransform>"
        f"<ofd:TextCode {place.start}{deltas}>{code}</ofd:TextCode></ofd:TextObject>"
    )


def _missing(field: MassField, drawn: str, pattern: Text) -> MassRefused:
    try:
        glyphs_of(drawn, pattern.font)
    except GlyphMissing as error:
        return MassRefused("mass-glyph-missing", field.name, " ".join(error.characters))
    raise AssertionError("a glyph that is missing and is not")
