# SPDX-License-Identifier: Apache-2.0
"""Where the objects of a document are seen: each annotation with its page and its rectangle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..errors import PdfRefused
from ..sheet import Box, Sheet, box_of, sheet_of

MOST_ANNOTATIONS: Final = 10_000

HIDDEN, PRINT, NO_VIEW, LOCKED = 2, 4, 32, 128  # ISO 32000-1 table 165
_NOTHING: Final = (0, 0)


@dataclass(frozen=True, slots=True)
class Annotation:
    """``rect_mm``: left, top, right, bottom as shown; ``None`` without an area."""

    page: int
    body: Any
    subtype: str
    flags: int
    rect_mm: Box | None

    @property
    def object(self) -> int | None:
        """Its object number; ``None`` when it is written inside the page."""
        return self.body.objgen[0] or None

    @property
    def area(self) -> float:
        """In square millimetres."""
        if self.rect_mm is None:
            return 0.0
        left, top, right, bottom = self.rect_mm
        return (right - left) * (bottom - top)

    @property
    def is_shown(self) -> bool:
        """Does a viewer draw something for it?"""
        return self.area > 0 and not self.flags & (HIDDEN | NO_VIEW) and self.look is not None

    @property
    def look(self) -> Any:
        """Its normal appearance stream in its present state, or ``None`` (section 12.5.5)."""
        import pikepdf

        looks = self.body.get("/AP")
        normal = looks.get("/N") if isinstance(looks, pikepdf.Dictionary) else None
        if isinstance(normal, pikepdf.Dictionary) and not isinstance(normal, pikepdf.Stream):
            state = self.body.get("/AS")
            normal = normal.get(str(state)) if isinstance(state, pikepdf.Name) else None
        return normal if isinstance(normal, pikepdf.Stream) else None


class Places:
    """The annotations of all pages, and the objects that belong to each."""

    def __init__(self, pages: Sequence[Any]) -> None:
        self.pages = pages
        self.listed = frozenset(page.objgen for page in pages)
        self.annotations: list[Annotation] = []
        self.complete = True
        self._sheets: dict[int, Sheet] = {}
        self._places: dict[tuple[int, int], tuple[int, Box | None]] = {
            page.objgen: (number, None) for number, page in enumerate(pages)
        }
        for annotation in self._all():
            if len(self.annotations) == MOST_ANNOTATIONS:
                self.complete = False
                break
            self.annotations.append(annotation)
            for one in (annotation.body, annotation.body.get("/A"), annotation.body.get("/AA")):
                if (key := getattr(one, "objgen", _NOTHING)) != _NOTHING:
                    self._places.setdefault(key, (annotation.page, annotation.rect_mm))

    def of(self, key: tuple[int, int]) -> tuple[int | None, Box | None]:
        """Page and rectangle of an object, as far as they are known."""
        return self._places.get(key, (None, None))

    def sheet(self, page: int) -> Sheet:
        if page not in self._sheets:
            self._sheets[page] = sheet_of(self.pages[page])
        return self._sheets[page]

    def _all(self) -> Iterator[Annotation]:
        import pikepdf

        for number, page in enumerate(self.pages):
            listed = page.get("/Annots")
            for one in listed if isinstance(listed, pikepdf.Array) else ():
                if isinstance(one, pikepdf.Dictionary):
                    flags = one.get("/F", 0)
                    yield Annotation(
                        number,
                        one,
                        str(one.get("/Subtype", "")),
                        flags if isinstance(flags, int) else 0,
                        self._rect(number, one.get("/Rect")),
                    )

    def _rect(self, page: int, value: Any) -> Box | None:
        try:
            box = box_of(value)
        except PdfRefused:
            return None
        if box is None or box[0] == box[2] or box[1] == box[3]:
            return None
        return self.sheet(page).as_shown(box)
