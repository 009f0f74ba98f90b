# SPDX-License-Identifier: Apache-2.0
"""The paper of a page: ``PhysicalBox`` of the page, of its template, or of the document (section 7.7).

A page is long and its area stands in front, so it is read no further than that.
"""

from __future__ import annotations

from typing import TypeAlias
from xml.parsers import expat

from .subject import Subject

Box: TypeAlias = tuple[float, float, float, float]
"""x, y, width, height in millimetres."""

_PIECE = 512


def page_box(subject: Subject, number: int) -> Box:
    """The box of a page, counted from 0."""
    package, document = subject.package, subject.document
    entry = document.pages[number].location.entry
    if entry is not None:
        own = _area(subject, entry)
        if own is not None:
            return own
        behind = {
            one.id: box
            for one in document.templates
            if one.location.entry is not None and (box := _area(subject, one.location.entry)) is not None
        }
        if behind:
            for node in package.xml(entry, "Page").root.each("Template"):
                if (box := behind.get(node.get("TemplateID"))) is not None:
                    return box
    return document.physical_box


def _area(subject: Subject, entry: str) -> Box | None:
    content = subject.package.read(entry)
    # A page that does not speak of an area need not be parsed to know it.
    if b"Area" not in content:
        return None
    found = _Front(content).text
    if found is None:
        # Not in the usual order: the whole page, with every limit of the reader.
        area = subject.package.xml(entry, "Page").root.first("Area")
        found = area.value("PhysicalBox") if area is not None else ""
    try:
        x, y, width, height = (float(one) for one in found.split())
    except ValueError:
        return None
    return (x, y, width, height) if 0 < width < 1e6 and 0 < height < 1e6 else None


class _Front:
    """Reads up to the end of the area; ``text`` stays ``None`` where that does not come first."""

    def __init__(self, content: bytes) -> None:
        self.text: str | None = None
        self._path: list[str] = []
        self._parts: list[str] = []
        self._ended = False
        parser = self._parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._stop
        try:
            for place in range(0, len(content), _PIECE):
                parser.Parse(content[place : place + _PIECE], False)
                if self._ended:
                    return
        except (expat.ExpatError, ValueError):
            self.text = None

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._path.append(name.rpartition(":")[2])
        if len(self._path) == 2 and self._path[1] == "Content":
            self._stop()

    def _end(self, _: str) -> None:
        if self._path[1:] == ["Area", "PhysicalBox"]:
            self.text = "".join(self._parts)
            self._stop()
        self._path.pop()

    def _characters(self, text: str) -> None:
        if self._path[1:] == ["Area", "PhysicalBox"]:
            self._parts.append(text)

    def _stop(self, *_: object) -> None:
        """The rest of the piece is of no interest."""
        self._ended = True
        self._parser.StartElementHandler = self._parser.EndElementHandler = None
        self._parser.CharacterDataHandler = None
