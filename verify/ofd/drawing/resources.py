# SPDX-License-Identifier: Apache-2.0
"""Res files (GB/T 33190-2016 section 7.9): fonts, pictures, draw parameters, colour spaces, composite units.

An identifier is looked up in the page's own resources first, then in those of the document.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..document import same_id
from ..errors import OfdMalformed
from ..locations import Location, folder_of, joined
from ..markup import Node
from ..package import OfdPackage
from .fonts import Typeface, fallback, is_serif, open_typeface

MOST_RESOURCES = 50_000
_GROUPS = {
    "Fonts": "Font",
    "MultiMedias": "MultiMedia",
    "DrawParams": "DrawParam",
    "ColorSpaces": "ColorSpace",
    "CompositeGraphicUnits": "CompositeGraphicUnit",
}


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource; ``folders``: where its own paths are looked for, in this order."""

    node: Node
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Font:
    """``face`` draws; ``embedded`` when the package brings it.  ``bold``: to be thickened by us."""

    face: Typeface
    embedded: bool
    bold: bool
    italic: bool


class Resources:
    """The resources that one page can use."""

    def __init__(self, package: OfdPackage, outer: Resources | None = None) -> None:
        self._package, self._outer = package, outer
        self._found: dict[tuple[str, str], Resource] = {}
        self._fonts: dict[str, Font] = {}

    def load(self, locations: Iterable[Location]) -> Resources:
        """Read Res files; those that are missing or damaged bring nothing."""
        for location in locations:
            if location.entry is None:
                continue
            try:
                root = self._package.xml(location.entry, "Res").root
            except OfdMalformed:
                continue
            here = folder_of(location.entry)
            based = joined(here, root.get("BaseLoc"))
            folders = (here,) if based is None or not root.get("BaseLoc") else (based, here)
            for group in root.children:
                kind = _GROUPS.get(group.name)
                if kind is None:
                    continue
                for node in group.each(kind):
                    if len(self._found) < MOST_RESOURCES:
                        self._found.setdefault((kind, same_id(node.get("ID"))), Resource(node, folders))
        return self

    def get(self, kind: str, identifier: str) -> Resource | None:
        """The resource of this kind and ID."""
        if not identifier.strip():
            return None
        found = self._found.get((kind, same_id(identifier)))
        return self._outer.get(kind, identifier) if found is None and self._outer else found

    def entry(self, resource: Resource | None, child: str) -> str | None:
        """The entry that a resource names in its element ``child``."""
        written = "" if resource is None else resource.node.value(child)
        if resource is None or not written:
            return None
        return self._package.locate(written, *resource.folders).entry

    def read(self, entry: str) -> bytes | None:
        """The file; ``None`` for one that is damaged."""
        try:
            return self._package.read(entry)
        except OfdMalformed:
            return None

    def font(self, identifier: str) -> Font:
        """The font of this ID; where it brings no file that can be read, one of ours."""
        key = same_id(identifier)
        found = self._fonts.get(key)
        if found is None:
            found = self._fonts[key] = self._opened(self.get("Font", identifier))
        return found

    def _opened(self, resource: Resource | None) -> Font:
        if resource is None:
            return Font(fallback(serif=True), embedded=False, bold=False, italic=False)
        node = resource.node
        entry = self.entry(resource, "FontFile")
        data = None if entry is None else self.read(entry)
        face = open_typeface(data) if data is not None else None
        if face is not None:
            return Font(face, embedded=True, bold=False, italic=False)
        name = f"{node.get('FontName')} {node.get('FamilyName')}"
        bold = _true(node.get("Bold")) or "bold" in name.lower()
        return Font(
            fallback(serif=is_serif(name)), embedded=False, bold=bold, italic=_true(node.get("Italic"))
        )


def _true(text: str) -> bool:
    return text.strip().lower() in ("true", "1")
