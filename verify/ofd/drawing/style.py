# SPDX-License-Identifier: Apache-2.0
"""Colours and draw parameters: GB/T 33190-2016 sections 8.2 and 8.3.

Shadings are drawn in the colour of their first stop, patterns not at all: what a page says stays readable.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..document import numbers
from ..markup import Node
from .model import Paint, Pen
from .resources import Resources

DEEPEST_PARAM = 8
BLACK = Paint(0, 0, 0)
_CAPS = {"round": "round", "square": "square"}
_JOINS = {"round": "round", "bevel": "bevel"}


@dataclass(frozen=True, slots=True)
class Style:
    """Draw parameters that an object inherits: the nodes that say something, the nearest first."""

    nodes: tuple[Node, ...] = ()

    def under(self, resources: Resources, identifier: str) -> Style:
        """The style below an object or layer that names a DrawParam."""
        found: list[Node] = []
        for _ in range(DEEPEST_PARAM):
            resource = resources.get("DrawParam", identifier)
            if resource is None or resource.node in found:
                break
            found.append(resource.node)
            identifier = resource.node.get("Relative")
        return Style((*found, *self.nodes)) if found else self

    def attribute(self, node: Node, name: str, default: str) -> str:
        for one in (node, *self.nodes):
            if value := one.attributes.get(name):
                return value
        return default

    def child(self, node: Node, name: str) -> Node | None:
        for one in (node, *self.nodes):
            if (found := one.first(name)) is not None:
                return found
        return None

    def paint(
        self, node: Node, name: str, resources: Resources, alpha: float, default: Paint | None = BLACK
    ) -> Paint | None:
        """FillColor or StrokeColor of an object."""
        colour = self.child(node, name)
        found = default if colour is None else colour_of(colour, resources)
        return None if found is None else Paint(found.red, found.green, found.blue, found.alpha * alpha)

    def pen(self, node: Node, resources: Resources, alpha: float) -> Pen | None:
        """How the lines of an object are drawn."""
        paint = self.paint(node, "StrokeColor", resources, alpha)
        if paint is None:
            return None
        dashes = tuple(max(0.0, one) for one in numbers(self.attribute(node, "DashPattern", ""), 32))
        return Pen(
            paint,
            max(0.0, number(self.attribute(node, "LineWidth", ""), 0.353)),
            _CAPS.get(self.attribute(node, "Cap", "").lower(), "butt"),
            _JOINS.get(self.attribute(node, "Join", "").lower(), "miter"),
            max(1.0, number(self.attribute(node, "MiterLimit", ""), 4.234)),
            dashes if any(dashes) else (),
            number(self.attribute(node, "DashOffset", ""), 0.0),
        )


def number(text: str, default: float) -> float:
    """A number, or the default where there is none."""
    found = numbers(text, 1)
    return found[0] if len(found) == 1 else default


def colour_of(node: Node, resources: Resources) -> Paint | None:
    """CT_Color; ``None`` for one that cannot be shown (a pattern)."""
    for child in node.children:
        if child.name in ("AxialShd", "RadialShd", "GouraudShd", "LaGouraudShd"):
            for one in child.walk():
                if one.name == "Color":
                    return colour_of(one, resources)
            return None
        if child.name == "Pattern":
            return None
    alpha = min(255.0, max(0.0, number(node.get("Alpha"), 255.0))) / 255
    space = resources.get("ColorSpace", node.get("ColorSpace"))
    values = _values(node.get("Value"))
    if not values and space is not None and node.get("Index"):
        palette = list((space.node.first("Palette") or Node("", {})).each("CV"))
        index = int(number(node.get("Index"), -1))
        values = _values(palette[index].text) if 0 <= index < len(palette) else []
    kind = space.node.get("Type").upper() if space is not None else ""
    bits = number(space.node.get("BitsPerComponent"), 8) if space is not None else 8
    top = float(2 ** int(bits) - 1) if bits in (1, 2, 4, 8, 16) else 255.0
    if not values:
        return Paint(0, 0, 0, alpha)
    parts = [min(1.0, max(0.0, value / top)) for value in values]
    if len(parts) == 1 or kind == "GRAY":
        red = green = blue = parts[0]
    elif len(parts) == 4 or kind == "CMYK":
        cyan, magenta, yellow, black = (*parts, 0.0, 0.0, 0.0)[:4]
        red, green, blue = ((1 - one) * (1 - black) for one in (cyan, magenta, yellow))
    else:
        red, green, blue = (*parts, 0.0, 0.0)[:3]
    return Paint(round(red * 255), round(green * 255), round(blue * 255), alpha)


def _values(text: str) -> list[float]:
    """Numbers; ``#FF`` is the other spelling of 255."""
    if "#" not in text:
        return numbers(text, 8)
    try:
        return [float(int(part.lstrip("#"), 16)) if "#" in part else float(part) for part in text.split()[:8]]
    except ValueError:
        return []
