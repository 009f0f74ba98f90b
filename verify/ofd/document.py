# SPDX-License-Identifier: Apache-2.0
"""Document.xml (GB/T 33190-2016 section 7.5): which files make up one document, by what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from .errors import OfdMalformed
from .locations import Location
from .markup import EMPTY, Node, Xml

MOST_PAGES = 10_000


class Files(Protocol):
    """What reading a document asks of its package."""

    def xml(self, name: str, *roots: str) -> Xml: ...

    def locate_from(self, written: str, name: str) -> Location: ...


@dataclass(frozen=True, slots=True)
class OfdPage:
    """A page, or a template page.  ``index`` counts from 0; ``id`` is what StampAnnot and others refer to."""

    index: int
    id: str
    location: Location
    z_order: str = ""


@dataclass(frozen=True, slots=True)
class OfdDocument:
    """``name``: its entry.  Lists of locations are in document order; ``None`` where nothing is named."""

    name: str
    node: Node
    foreign: int
    physical_box: tuple[float, float, float, float]  # x, y, width, height in mm
    resources: tuple[Location, ...]  # PublicRes and DocumentRes
    templates: tuple[OfdPage, ...]
    pages: tuple[OfdPage, ...]
    annotations: Location | None
    custom_tags: Location | None
    attachments: Location | None
    extensions: Location | None

    def page_of(self, page_id: str) -> OfdPage | None:
        """The page of this identifier."""
        wanted = same_id(page_id)
        return next((page for page in self.pages if same_id(page.id) == wanted), None)


def same_id(text: str) -> str:
    """Identifiers are numbers: ``007`` is ``7``."""
    text = text.strip()
    return text.lstrip("0") or "0" if text.isdecimal() else text


def read_document(files: Files, name: str) -> OfdDocument:
    """Raises :class:`OfdMalformed`."""
    xml = files.xml(name, "Document")
    common = xml.root.first("CommonData") or EMPTY
    areas = common.first("PageArea") or EMPTY

    def at(written: str) -> Location:
        return files.locate_from(written, name)

    def optional(kind: str) -> Location | None:
        written = xml.root.value(kind)
        return at(written) if written else None

    pages = tuple(_pages((xml.root.first("Pages") or EMPTY).each("Page"), at))
    templates = tuple(_pages(common.each("TemplatePage"), at))
    if len(pages) > MOST_PAGES or len(templates) > MOST_PAGES:
        raise OfdMalformed(name, f"页数超过 {MOST_PAGES}", f"more than {MOST_PAGES} pages")
    _require_unique(name, [*(page.id for page in pages), *(page.id for page in templates)])
    return OfdDocument(
        name=name,
        node=xml.root,
        foreign=xml.foreign,
        physical_box=box(areas.value("PhysicalBox")) or (0.0, 0.0, 210.0, 297.0),
        resources=tuple(at(one.text) for one in common.children if one.name in ("PublicRes", "DocumentRes")),
        templates=templates,
        pages=pages,
        annotations=optional("Annotations"),
        custom_tags=optional("CustomTags"),
        attachments=optional("Attachments"),
        extensions=optional("Extensions"),
    )


def box(text: str) -> tuple[float, float, float, float] | None:
    """ST_Box: x, y, width and height in millimetres; ``None`` for anything else."""
    values = numbers(text)
    return (values[0], values[1], values[2], values[3]) if len(values) == 4 else None


def numbers(text: str, most: int = 100_000) -> list[float]:
    """ST_Array of numbers; empty when one of them is none, or not finite."""
    parts = text.replace(",", " ").split()
    if len(parts) > most:
        return []
    try:
        values = [float(part) for part in parts]
    except ValueError:
        return []
    return values if all(-1e7 < value < 1e7 for value in values) else []


def _pages(nodes: Iterator[Node], at: Locate) -> Iterator[OfdPage]:
    for index, node in enumerate(nodes):
        yield OfdPage(index, node.get("ID").strip(), at(node.get("BaseLoc")), node.get("ZOrder"))


def _require_unique(name: str, ids: list[str]) -> None:
    plain = [same_id(one) for one in ids]
    if len(set(plain)) != len(plain):
        raise OfdMalformed(name, "页标识重复", "two pages or templates have one ID")


class Locate(Protocol):
    """Follow a path written in the document."""

    def __call__(self, written: str) -> Location: ...
