# SPDX-License-Identifier: Apache-2.0
"""XML of an OFD package: no document type, no entities but the five, bounded in size, depth and attributes.

Elements are known by local name.  The namespaces that writers of OFD use (``http://www.ofdspec.org/2016``,
older ones, none) are one to us; elements of any other are left out with all that stands in them; counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final
from xml.parsers import expat

from .errors import OfdMalformed

LARGEST = 32 * 1024 * 1024
DEEPEST = 64
MOST_ATTRIBUTES = 64
MOST_ELEMENTS = 400_000
LARGEST_SHARED, MOST_SHARED = 4096, 256
"""Octets of a file whose tree is kept for other packages, and how many are."""
_OURS = re.compile(r"https?://www\.ofdspec\.org(?:/|\Z)")
_ENCODINGS = (None, "utf-8", "utf8", "us-ascii", "ascii")


class Node:
    """One element; once parsed, nobody changes it, for packages with the same file share it.

    ``text`` is the character data in it as written; what stands behind a child is left out, for in OFD only
    elements without children have any.
    """

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.text = ""
        self.children: list[Node] = []

    def get(self, name: str, default: str = "") -> str:
        """The value of an attribute."""
        return self.attributes.get(name, default)

    def each(self, name: str) -> Iterator[Node]:
        """The children of this name, in order."""
        return (child for child in self.children if child.name == name)

    def first(self, name: str) -> Node | None:
        """The first child of this name."""
        for child in self.children:
            if child.name == name:
                return child
        return None

    def value(self, name: str) -> str:
        """The text of the first child of this name, without blanks around it."""
        child = self.first(name)
        return "" if child is None else child.text.strip()

    def walk(self) -> Iterator[Node]:
        """This element and all below it, in document order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))


class Xml:
    """A document.  ``foreign``: how many elements of other namespaces were left out; ``elements``: of all."""

    __slots__ = ("elements", "foreign", "root")

    def __init__(self, root: Node, foreign: int, elements: int) -> None:
        self.root, self.foreign, self.elements = root, foreign, elements


def parse_xml(data: bytes, place: str, *, roots: Sequence[str] = (), shared: bool = False) -> Xml:
    """The document; ``roots``: local names that its root may have.  Raises :class:`OfdMalformed`.

    ``shared``: other packages are likely to hold the same octets; a small tree is then kept for them.
    """
    if len(data) > LARGEST:
        raise OfdMalformed(place, f"XML 超过 {LARGEST // 1024**2} MB", "an XML file of that size")
    try:
        found = _shared(data) if shared and len(data) <= LARGEST_SHARED else _built(data, place)
    except OfdMalformed as error:
        raise OfdMalformed(place, error.zh, error.rule) from None
    except expat.ExpatError as error:
        raise OfdMalformed(place, "XML 有语法错误", f"not well-formed XML: {error}") from None
    except (ValueError, LookupError) as error:
        raise OfdMalformed(place, "XML 编码有误", f"not well-formed XML: {error}") from None
    if roots and found.root.name not in roots:
        raise OfdMalformed(place, "XML 根元素不符", f"the root element must be {' or '.join(roots)}")
    return found


def is_ofd_namespace(uri: str) -> bool:
    """Ours, the older ones, and none."""
    return not uri or _OURS.match(uri) is not None


@lru_cache(maxsize=MOST_SHARED)
def _shared(data: bytes) -> Xml:
    """What the same octets always are; an error is not kept, and its place is told by the caller."""
    return _built(data, "")


@lru_cache(maxsize=1024)
def _local(name: str) -> str | None:
    """The local name, or ``None`` for one of another namespace; ``name`` as expat writes it."""
    uri, _, local = name.rpartition(" ")
    return local if is_ofd_namespace(uri) else None


def _built(data: bytes, place: str) -> Xml:
    """Handlers are closures, for each element calls two of them."""
    top = Node("", {})
    stack = [top]
    pieces: list[str] = []
    skipped = foreign = count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal skipped, foreign, count
        count += 1
        if count > MOST_ELEMENTS:
            raise OfdMalformed(place, "XML 元素过多", f"more than {MOST_ELEMENTS} elements")
        if skipped or len(stack) > DEEPEST:
            skipped += 1
            if skipped + len(stack) > DEEPEST:
                raise OfdMalformed(place, "XML 嵌套过深", f"deeper than {DEEPEST} elements")
            return
        local = _local(name)
        if local is None:
            if len(stack) == 1:
                raise OfdMalformed(place, "XML 命名空间不符", "its root is not of an OFD namespace")
            foreign += 1
            skipped = 1
            return
        if len(attributes) > MOST_ATTRIBUTES:
            raise OfdMalformed(place, "XML 属性过多", f"more than {MOST_ATTRIBUTES} attributes")
        parent = stack[-1]
        if pieces:
            if not parent.children:
                parent.text = "".join(pieces)
            pieces.clear()
        node = Node(local, attributes)
        parent.children.append(node)
        stack.append(node)

    def end(_name: str) -> None:
        nonlocal skipped
        if skipped:
            skipped -= 1
            return
        node = stack.pop()
        if pieces:
            if not node.children:
                node.text = "".join(pieces)
            pieces.clear()

    def text(written: str) -> None:
        if not skipped:
            pieces.append(written)

    def declared(_version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding.lower() if encoding else None) not in _ENCODINGS:
            raise OfdMalformed(place, "XML 编码不是 UTF-8", "its encoding must be UTF-8")

    def doctype(*_: object) -> None:
        raise OfdMalformed(place, "XML 含有 DTD", "a document type declaration is not allowed")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.XmlDeclHandler = declared
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.Parse(data, True)
    return Xml(top.children[0], foreign, count)


EMPTY: Final = Node("", {})
"""What stands for an element that is not there."""
