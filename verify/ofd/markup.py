# SPDX-License-Identifier: Apache-2.0
"""XML of an OFD package: no document type, no entities but the five, bounded in size, depth and attributes.

Elements are known by local name.  The namespaces that writers of OFD use (``http://www.ofdspec.org/2016``,
older ones, none) are one to us; elements of any other are left out with all that stands in them; counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from xml.parsers import expat

from .errors import OfdMalformed

LARGEST = 32 * 1024 * 1024
DEEPEST = 64
MOST_ATTRIBUTES = 64
MOST_ELEMENTS = 400_000
LONGEST_VALUE = 1024 * 1024
_ENCODINGS = (None, "utf-8", "utf8", "us-ascii", "ascii")


class Node:
    """One element.  ``text`` is the character data directly in it, as written."""

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
    """A document.  ``foreign``: how many elements of other namespaces were left out."""

    __slots__ = ("foreign", "root")

    def __init__(self, root: Node, foreign: int) -> None:
        self.root, self.foreign = root, foreign


def parse_xml(data: bytes, place: str, *, roots: Sequence[str] = ()) -> Xml:
    """The document; ``roots``: local names that its root may have.  Raises :class:`OfdMalformed`."""
    if len(data) > LARGEST:
        raise OfdMalformed(place, f"XML 超过 {LARGEST // 1024**2} MB", "an XML file of that size")
    builder = _Builder(place)
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise OfdMalformed(place, "XML 有语法错误", f"not well-formed XML: {error}") from None
    except (ValueError, LookupError) as error:
        raise OfdMalformed(place, "XML 编码有误", f"not well-formed XML: {error}") from None
    root = builder.root
    if root is None or (roots and root.name not in roots):
        raise OfdMalformed(place, "XML 根元素不符", f"the root element must be {' or '.join(roots)}")
    return Xml(root, builder.foreign)


def is_ofd_namespace(uri: str) -> bool:
    """Ours, the older ones, and none."""
    return not uri or uri.startswith(("http://www.ofdspec.org", "https://www.ofdspec.org"))


class _Builder:
    def __init__(self, place: str) -> None:
        self.place = place
        self.root: Node | None = None
        self.foreign = 0
        self._stack: list[Node] = []
        self._skipped = 0
        self._count = 0
        self._names: dict[str, str | None] = {}
        parser = self.parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding.lower() if encoding else None) not in _ENCODINGS:
            raise OfdMalformed(self.place, "XML 编码不是 UTF-8", "its encoding must be UTF-8")

    def _doctype(self, *_: object) -> None:
        raise OfdMalformed(self.place, "XML 含有 DTD", "a document type declaration is not allowed")

    def _local(self, name: str) -> str | None:
        """The local name; ``None`` for another namespace."""
        uri, _, local = name.rpartition(" ")
        found = self._names[name] = local if is_ofd_namespace(uri) else None
        return found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS:
            raise OfdMalformed(self.place, "XML 元素过多", f"more than {MOST_ELEMENTS} elements")
        if self._skipped:
            self._skipped += 1
            if self._skipped > DEEPEST:
                raise self._deep()
            return
        try:
            local = self._names[name]
        except KeyError:
            local = self._local(name)
        if local is None:
            if self.root is None:
                raise OfdMalformed(self.place, "XML 命名空间不符", "its root is not of an OFD namespace")
            self.foreign += 1
            self._skipped = 1
            return
        if len(attributes) > MOST_ATTRIBUTES:
            raise OfdMalformed(self.place, "XML 属性过多", f"more than {MOST_ATTRIBUTES} attributes")
        node = Node(local, attributes)
        stack = self._stack
        if stack:
            stack[-1].children.append(node)
        else:
            self.root = node
        stack.append(node)
        if len(stack) > DEEPEST:
            raise self._deep()

    def _deep(self) -> OfdMalformed:
        return OfdMalformed(self.place, "XML 嵌套过深", f"deeper than {DEEPEST} elements")

    def _end(self, _name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        else:
            self._stack.pop()

    def _text(self, text: str) -> None:
        if not self._skipped:
            node = self._stack[-1]
            node.text = node.text + text if node.text else text


EMPTY: Final = Node("", {})
"""What stands for an element that is not there."""
