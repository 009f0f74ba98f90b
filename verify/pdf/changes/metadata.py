# SPDX-License-Identifier: Apache-2.0
"""Metadata that an update wrote: nothing that could be taken for a part of a page."""

from __future__ import annotations

from typing import Any, Final
from xml.parsers import expat

from ..structure import Malformed, Ref, Stream, Value
from ..structure.sections import unpacked
from .step import Spot, Unexplained, Update

LARGEST: Final = 4 * 1024 * 1024
DEEPEST: Final = 200
_ROOT: Final = "adobe:ns:meta/ xmpmeta"


def require_metadata(
    update: Update, old_root: dict[str, Value], new_root: dict[str, Value], spot: Spot
) -> None:
    """Raises :class:`Unexplained` for metadata that is changed and is not XMP, before and after."""
    reference = new_root.get("Metadata")
    changed = old_root.get("Metadata") != reference or (
        isinstance(reference, Ref) and reference.number in update.replaced
    )
    if not changed:
        return
    if not isinstance(reference, Ref):
        raise Unexplained("the metadata is no stream")
    was, now, _ = update.entry("Metadata", old_root, new_root, spot)
    for value, view in ((was, update.before), (now, update.after)):
        if value is None and view is update.before:
            continue
        if not isinstance(value, Stream) or value.entries.get("Subtype") != "XML":
            raise Unexplained("the metadata is no stream of XML")
        _require_xmp(unpacked_or_not(value, view.bytes_of(value)))


def unpacked_or_not(stream: Stream, stored: bytes) -> bytes:
    """Raises :class:`Unexplained`."""
    try:
        return unpacked(stream.entries, stored, LARGEST)
    except Malformed as error:
        raise Unexplained(f"the metadata cannot be read: {error}") from error


def _require_xmp(text: bytes) -> None:
    depth = 0
    root = ""

    def begin(name: str, _attributes: Any) -> None:
        nonlocal depth, root
        root = root or name
        depth += 1
        if depth > DEEPEST:
            raise Unexplained("the metadata is too deep")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def declared(*_given: Any) -> None:
        raise Unexplained("the metadata declares a document type")

    parser = expat.ParserCreate("utf-8", " ")
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.StartDoctypeDeclHandler = declared
    try:
        parser.Parse(text.strip(b"\x00\t\n\r \x0c"), True)
    except (expat.ExpatError, ValueError) as error:
        raise Unexplained(f"the metadata is no XML: {error}") from error
    if root != _ROOT:
        raise Unexplained("the metadata is not XMP")
