# SPDX-License-Identifier: Apache-2.0
"""Walk one page: layers, templates, annotations (GB/T 33190-2016 sections 7.7, 13 and 15)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..document import OfdDocument, OfdPage, box, numbers, same_id
from ..errors import OfdMalformed
from ..markup import Node
from ..package import OfdPackage
from .geometry import IDENTITY, Matrix, after, parse_outline, rectangle, shift
from .model import Area, Clips
from .resources import Resources
from .style import Style, number

MOST_OBJECTS = 100_000
MOST_COMPOSITES = 5_000
DEEPEST_BLOCK = 16
MOST_TEMPLATES = 64
_GRAPHICS = ("TextObject", "PathObject", "ImageObject", "CompositeObject")
_ORDER = {"background": 0, "body": 1, "": 1, "custom": 1, "foreground": 2}


@dataclass(frozen=True, slots=True)
class Placed:
    """One graphic object and everything that it inherits.  ``to_page`` maps its own space to the page."""

    node: Node
    resources: Resources
    style: Style
    to_page: Matrix
    alpha: float
    clips: Clips
    size: tuple[float, float]  # of its Boundary


@dataclass(frozen=True, slots=True)
class _Context:
    resources: Resources
    style: Style
    to_page: Matrix
    alpha: float
    clips: Clips
    depth: int = 0


class PageReader:
    """One page of one document."""

    def __init__(self, package: OfdPackage, document: OfdDocument, page: OfdPage) -> None:
        self._package, self._document, self._page = package, document, page
        self._shared = Resources(package).load(document.resources)
        self._objects = self._composites = 0
        self.missing: list[str] = []
        if page.location.entry is None:
            raise OfdMalformed(page.location.wanted, "页面文件缺失", "the file of a page is missing")
        self.root = package.xml(page.location.entry, "Page").root
        area = self.root.first("Area")
        found = box(area.value("PhysicalBox")) if area is not None else None
        left, top, width, height = found or document.physical_box
        if not (0 < width < 1e5 and 0 < height < 1e5):
            raise OfdMalformed(page.location.entry, "页面尺寸不对", "a page needs a size")
        self.width, self.height = width, height
        self.origin = (left, top)
        self._base: Matrix = shift(-left, -top) if left or top else IDENTITY

    def objects(self) -> Iterator[Placed]:
        """Everything on the page, in the order in which it is drawn."""
        mine = self._resources(self.root, self._page.location.entry or "")
        templates = [self._template(one) for one in list(self.root.each("Template"))[:MOST_TEMPLATES]]
        for order, root, resources in templates:
            if order != "foreground":
                yield from self._content(root, resources)
        yield from self._content(self.root, mine)
        for order, root, resources in templates:
            if order == "foreground":
                yield from self._content(root, resources)
        yield from self._annotations(mine)

    def _resources(self, root: Node, entry: str) -> Resources:
        written = [self._package.locate_from(one.text, entry) for one in root.each("PageRes")]
        return Resources(self._package, self._shared).load(written) if written else self._shared

    def _template(self, node: Node) -> tuple[str, Node, Resources]:
        wanted = same_id(node.get("TemplateID"))
        for one in self._document.templates:
            if same_id(one.id) == wanted and one.location.entry is not None:
                try:
                    root = self._package.xml(one.location.entry, "Page").root
                except OfdMalformed:
                    break
                order = (node.get("ZOrder") or one.z_order).strip().lower()
                return order, root, self._resources(root, one.location.entry)
        self._misses("TEMPLATE_MISSING")
        return "", Node("Page", {}), self._shared

    def _content(self, root: Node, resources: Resources) -> Iterator[Placed]:
        content = root.first("Content")
        if content is None:
            return
        layers = sorted(content.each("Layer"), key=lambda one: _ORDER.get(one.get("Type").lower(), 1))
        for layer in layers:
            context = _Context(resources, Style(), self._base, 1.0, ())
            yield from self._block(layer, self._styled(layer, context))

    def _block(self, node: Node, context: _Context) -> Iterator[Placed]:
        if context.depth > DEEPEST_BLOCK:
            self._misses("TOO_DEEP")
            return
        for child in node.children:
            if child.get("Visible").strip().lower() in ("false", "0"):
                continue
            if child.name in ("PageBlock", "Layer"):
                yield from self._block(child, replace(context, depth=context.depth + 1))
            elif child.name in _GRAPHICS:
                self._objects += 1
                if self._objects > MOST_OBJECTS:
                    self._misses("TOO_MANY_OBJECTS")
                    return
                yield from self._graphic(child, context)

    def _graphic(self, node: Node, context: _Context) -> Iterator[Placed]:
        context = self._styled(node, context)
        x, y, width, height = box(node.get("Boundary")) or (0.0, 0.0, 0.0, 0.0)
        boundary = after(shift(x, y), context.to_page)
        own = matrix_of(node.get("CTM"))
        placed = Placed(
            node,
            context.resources,
            context.style,
            after(own, boundary),
            context.alpha * min(255.0, max(0.0, number(node.get("Alpha"), 255.0))) / 255,
            (*context.clips, *self._clips(node, own, boundary)),
            (width, height),
        )
        if node.name != "CompositeObject":
            yield placed
            return
        self._composites += 1
        if self._composites > MOST_COMPOSITES:
            self._misses("TOO_MANY_OBJECTS")
            return
        unit = context.resources.get("CompositeGraphicUnit", node.get("ResourceID"))
        content = unit.node.first("Content") if unit is not None else None
        if content is None:
            self._misses("COMPOSITE_MISSING")
            return
        inner = replace(
            context,
            to_page=placed.to_page,
            alpha=placed.alpha,
            clips=placed.clips,
            depth=context.depth + 1,
        )
        yield from self._block(content, inner)
        for layer in content.each("Layer"):
            yield from self._block(layer, inner)

    def _styled(self, node: Node, context: _Context) -> _Context:
        identifier = node.get("DrawParam")
        if not identifier:
            return context
        return replace(context, style=context.style.under(context.resources, identifier))

    def _clips(self, node: Node, own: Matrix, boundary: Matrix) -> Clips:
        listed = node.first("Clips")
        if listed is None:
            return ()
        moved = listed.get("TransFlag").strip().lower() not in ("false", "0")
        to_page = after(own, boundary) if moved else boundary
        found = []
        for clip in listed.each("Clip"):
            areas = tuple(
                area
                for one in clip.each("Area")
                for path in one.each("Path")
                if (area := _area(path, after(matrix_of(one.get("CTM")), to_page))) is not None
            )
            if areas:
                found.append(areas)
            elif any(one.first("Text") for one in clip.each("Area")):
                self._misses("CLIP_BY_TEXT")
        return tuple(found)

    def _annotations(self, resources: Resources) -> Iterator[Placed]:
        listed = self._document.annotations
        if listed is None or listed.entry is None:
            return
        wanted = same_id(self._page.id)
        try:
            pages = self._package.xml(listed.entry, "Annotations").root
        except OfdMalformed:
            self._misses("ANNOTATIONS_DAMAGED")
            return
        for page in pages.each("Page"):
            if same_id(page.get("PageID")) != wanted:
                continue
            location = self._package.locate_from(page.value("FileLoc"), listed.entry)
            if location.entry is None:
                self._misses("ANNOTATIONS_MISSING")
                continue
            try:
                root = self._package.xml(location.entry, "PageAnnot").root
            except OfdMalformed:
                self._misses("ANNOTATIONS_DAMAGED")
                continue
            for annotation in root.each("Annot"):
                yield from self._appearance(annotation, resources)

    def _appearance(self, annotation: Node, resources: Resources) -> Iterator[Placed]:
        look = annotation.first("Appearance")
        if look is None or annotation.get("Visible").strip().lower() in ("false", "0"):
            return
        x, y, _, _ = box(look.get("Boundary")) or (0.0, 0.0, 0.0, 0.0)
        yield from self._block(look, _Context(resources, Style(), after(shift(x, y), self._base), 1.0, ()))

    def _misses(self, code: str) -> None:
        if code not in self.missing:
            self.missing.append(code)


def matrix_of(text: str) -> Matrix:
    """CTM; the identity where there is none."""
    values = numbers(text, 6)
    if len(values) != 6:
        return IDENTITY
    return (values[0], values[1], values[2], values[3], values[4], values[5])


def _area(path: Node, to_page: Matrix) -> Area | None:
    """A Path inside a clip: a graphic object of its own."""
    x, y, width, height = box(path.get("Boundary")) or (0.0, 0.0, 0.0, 0.0)
    outline = parse_outline(path.value("AbbreviatedData"))
    matrix = after(after(matrix_of(path.get("CTM")), shift(x, y)), to_page)
    if not outline:
        if not (width and height):
            return None
        outline, matrix = rectangle(x, y, width, height), to_page
    return Area(outline, matrix, path.get("Rule").lower() == "even-odd")
