# SPDX-License-Identifier: Apache-2.0
"""Values as operators of a content stream, and which letters they need beyond those of the template.

The template embeds the glyphs of its own texts and those that occur in most values (Latin letters, digits);
only what is left goes into a font of the single document.  Everything that does not depend on the value is
worked out when the template is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..pages.model import POINT_MM, FontName
from ..pages.operators import Canvas, colours, number
from ..pages.pdf import RESOURCES
from ..pages.pdf_objects import text_string
from ..pages.text import full_width
from .errors import MassRefused
from .fields import FieldAlign, MassField
from .letters import FACES, Letter, spelled, tidy

OWN_RESOURCES: Final = {FontName.SERIF: "F3", FontName.SANS: "F4"}
_SHARED: Final = tuple(RESOURCES[face] for face in FACES)
_OWN: Final = tuple(OWN_RESOURCES[face] for face in FACES)
_TOLERANCE_MM: Final = 0.01
_HALF_WIDTH: Final = frozenset(",;:?!()")  # drawn wider beside Chinese


@dataclass(frozen=True, slots=True)
class Place:
    """A field made ready: operators before and behind the left edge of the line, and its measures."""

    name: str
    page: int
    before: str
    after: str
    font: FontName
    opening: str
    rest: str
    size: str
    em_mm: float
    spacing_mm: float
    x_mm: float
    shift: float  # of the width, from the place to the left edge
    width_mm: float


@dataclass(frozen=True, slots=True)
class Letterer:
    """Sets the values of one template.  ``embedded`` are the characters of its fonts, by face."""

    places: tuple[Place, ...]
    pages: int
    embedded: tuple[frozenset[str], ...]

    def letter(self, values: Mapping[str, str], own: set[Letter]) -> list[str]:
        """The operators by page; letters that the template lacks are added to ``own``.

        Raises :class:`MassRefused`, naming the field.
        """
        pages = [""] * self.pages
        for place in self.places:
            value = values.get(place.name)
            if value is None:
                raise MassRefused("mass-value-missing", place.name)
            pages[place.page] += self._line(place, value, own)
        return pages

    def _line(self, place: Place, value: str, own: set[Letter]) -> str:
        typed = tidy(place.before + value + place.after)
        drawn = typed if typed.isascii() or _HALF_WIDTH.isdisjoint(typed) else full_width(typed)
        letters = spelled(drawn, place.font, place.name)
        if not letters:
            return ""
        width = sum([letter.advance for letter in letters]) * place.em_mm
        width += place.spacing_mm * (len(letters) - 1)
        if width > place.width_mm + _TOLERANCE_MM:
            raise MassRefused(
                "mass-value-too-long", place.name, f"{width:.1f} mm, the place has {place.width_mm:.1f} mm"
            )
        x = number((place.x_mm - place.shift * width) / POINT_MM)
        line = f"{place.opening}{x}{place.rest}{self._shown(letters, place.size, own)}ET\n"
        return line if drawn == typed else f"/Span << /ActualText {text_string(typed)} >> BDC\n{line}EMC\n"

    def _shown(self, letters: Sequence[Letter], size: str, own: set[Letter]) -> str:
        """The letters, each from the font that has it: neighbours of one font together."""
        shown, current, embedded = "", "", self.embedded
        for letter in letters:
            if letter.character in embedded[letter.face]:
                resource = _SHARED[letter.face]
            else:
                own.add(letter)
                resource = _OWN[letter.face]
            if resource == current:
                shown += letter.code
            else:
                shown += f"{'> Tj ' if current else ''}/{resource} {size} Tf <{letter.code}"
                current = resource
        return f"{shown}> Tj "


def letterer(
    fields: Sequence[MassField], heights_mm: Sequence[float], embedded: Mapping[FontName, frozenset[str]]
) -> Letterer:
    """Makes the fields of a template ready; ``heights_mm`` are those of its pages."""
    places = tuple(_place(field, heights_mm[field.page]) for field in fields)
    return Letterer(places, len(heights_mm), tuple(embedded[face] for face in FACES))


def _place(field: MassField, height_mm: float) -> Place:
    pattern = field.pattern
    before, _, after = pattern.text.partition(f"{{{field.name}}}")
    bold = pattern.stroke_mm > 0
    colour = colours(pattern.colour, pattern.colour if bold else None, pattern.stroke_mm)
    _, y = Canvas(height_mm).point(0, pattern.y_mm).split()
    return Place(
        name=field.name,
        page=field.page,
        before=before,
        after=after,
        font=pattern.font,
        opening=f"{colour}BT {'2' if bold else '0'} Tr {number(pattern.spacing_mm / POINT_MM)} Tc 1 0 0 1 ",
        rest=f" {y} Tm ",
        size=number(pattern.size_pt),
        em_mm=pattern.size_pt * POINT_MM,
        spacing_mm=pattern.spacing_mm,
        x_mm=field.x_mm,
        shift={FieldAlign.LEFT: 0.0, FieldAlign.CENTRE: 0.5, FieldAlign.RIGHT: 1.0}[field.align],
        width_mm=field.width_mm,
    )
