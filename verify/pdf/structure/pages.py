# SPDX-License-Identifier: Apache-2.0
"""The pages of a revision and what is drawn on them: ISO 32000-1 sections 7.7.3 and 7.8.2."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from .objects import View
from .syntax import Malformed, Ref, Stream, Value

DEEPEST: Final = 64
MOST_PAGES: Final = 100_000
MOST_PARTS: Final = 10_000


class Drawn(NamedTuple):
    """One page: its object, and the digest of its content streams as they stand in the file."""

    number: int
    content: bytes


def drawn_pages(view: View) -> list[Drawn]:
    """In the order of the page tree.  Raises :class:`Malformed`."""
    root = view.value(view.root.number)
    if not isinstance(root, dict) or not isinstance(root.get("Pages"), Ref):
        raise Malformed("the catalog has no page tree")
    seen: set[int] = set()
    found: list[Drawn] = []
    stack: list[tuple[Value, int]] = [(root["Pages"], 0)]
    while stack:
        ref, depth = stack.pop()
        node = view.resolved(ref)
        if not isinstance(ref, Ref) or not isinstance(node, dict) or ref.number in seen or depth > DEEPEST:
            raise Malformed("a page tree whose shape is not right")
        seen.add(ref.number)
        kids = view.resolved(node.get("Kids"))
        if isinstance(kids, list):
            stack.extend((kid, depth + 1) for kid in reversed(kids))
        else:
            found.append(Drawn(ref.number, _content(view, node)))
        if len(found) > MOST_PAGES:
            raise Malformed("too many pages")
    return found


def _content(view: View, page: dict[str, Value]) -> bytes:
    digest = hashlib.sha256()
    for part in _parts(view, page.get("Contents")):
        digest.update(b"%d:" % (part.end - part.start))
        digest.update(view.bytes_of(part))
    return digest.digest()


def _parts(view: View, contents: Value) -> Iterator[Stream]:
    value = view.resolved(contents)
    for one in value if isinstance(value, list) else [value]:
        part = view.resolved(one)
        if isinstance(part, Stream):
            yield part
        elif part is not None:
            raise Malformed("a page whose content is no stream")
