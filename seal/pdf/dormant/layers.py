# SPDX-License-Identifier: Apache-2.0
"""Layers that show one thing on the screen and another on paper, and files inside the file.

ISO 32000-1 sections 8.11 (optional content), 7.11.4 (embedded files) and 12.3.5 (collections).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from .finding import Finding
from .places import Places

_MOST: Final = 2_000
_STATES: Final = {"/View": "/ViewState", "/Print": "/PrintState", "/Export": "/ExportState"}


def in_layers(root: Any) -> Iterator[Finding]:
    """Layers that are off, and layers that an event switches."""
    import pikepdf

    properties = root.get("/OCProperties")
    shown = properties.get("/D") if isinstance(properties, pikepdf.Dictionary) else None
    if not isinstance(shown, pikepdf.Dictionary):
        return
    base_off = shown.get("/BaseState") == "/OFF"
    off = {one.objgen for one in _dictionaries(shown.get("/OFF"))}
    on = {one.objgen for one in _dictionaries(shown.get("/ON"))}

    def is_off(layer: Any) -> bool:
        return layer.objgen in off or (base_off and layer.objgen not in on)

    for layer in _dictionaries(properties.get("/OCGs")):
        if is_off(layer):
            yield _finding("layer-off", layer)
    for usage in _dictionaries(shown.get("/AS")):
        categories = usage.get("/Category")
        named = {str(one) for one in categories} if isinstance(categories, pikepdf.Array) else set()
        for layer in _dictionaries(usage.get("/OCGs")):
            uses = layer.get("/Usage")
            if not isinstance(uses, pikepdf.Dictionary):
                continue
            if any(name in named and name in uses for name in ("/Zoom", "/Language", "/User")):
                yield _finding("layer-depends-on-viewer", layer)
            for name in sorted(named & _STATES.keys()):
                use = uses.get(name)
                state = use.get(_STATES[name]) if isinstance(use, pikepdf.Dictionary) else None
                if state is not None and (state == "/OFF") != is_off(layer):
                    yield _finding("layer-changes", layer)


def in_files(root: Any, places: Places) -> Iterator[Finding]:
    """Embedded files, and a collection that opens with one of them."""
    import pikepdf

    if isinstance(root.get("/Collection"), pikepdf.Dictionary):
        yield Finding("portfolio")
    names = root.get("/Names")
    embedded = names.get("/EmbeddedFiles") if isinstance(names, pikepdf.Dictionary) else None
    if isinstance(embedded, pikepdf.Dictionary):
        for count, name in enumerate(pikepdf.NameTree(embedded)):
            if count == _MOST:
                break
            yield Finding("embedded-file", name=str(name)[:100])
    for one in places.annotations:
        if one.subtype == "/FileAttachment":
            yield Finding("embedded-file", one.page, one.rect_mm, one.object)


def _dictionaries(value: Any) -> list[Any]:
    import pikepdf

    if not isinstance(value, pikepdf.Array):
        return []
    return [one for one in list(value)[:_MOST] if isinstance(one, pikepdf.Dictionary)]


def _finding(code: str, layer: Any) -> Finding:
    import pikepdf

    name = layer.get("/Name")
    return Finding(
        code,
        object=layer.objgen[0] or None,
        name=str(name)[:100] if isinstance(name, pikepdf.String) else "",
    )
