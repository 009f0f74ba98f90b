# SPDX-License-Identifier: Apache-2.0
"""An OFD package: OFD.xml with its documents (GB/T 33190-2016 section 7), read no further than asked.

``read_ofd(data)`` gives an :class:`OfdPackage`:

* ``package.entries`` – name to :class:`OfdEntry`, in the order of the file; ``package.read(name)`` – unpacked
  octets; ``package.packed(name)`` – octets as they stand, to be copied; ``package.locate(path, folder)``.
* ``package.bodies`` – one :class:`OfdBody` for each DocBody: ``info``, ``root`` (Document.xml),
  ``signatures_path``, ``document`` – :class:`OfdDocument` with ``pages``, ``templates``, ``resources`` ….

Entry names have no leading slash.  Pages count from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from .container import OfdContainer, open_container
from .directory import LONGEST_PREFIX, OfdEntry
from .document import OfdDocument, read_document
from .errors import OfdMalformed
from .locations import Location, folder_of, locate
from .markup import EMPTY, Node, Xml, parse_xml

OFD_XML = "OFD.xml"
MOST_BODIES = 64
MOST_PARSED = 64 * 1024 * 1024
"""Octets of XML that are parsed of one package."""
MOST_KEPT = 600_000
"""Elements that stay in memory; what is beyond is parsed again when it is asked for."""


@dataclass(frozen=True, slots=True)
class DocInfo:
    """What a document says about itself.  ``custom``: CustomData by name, in order."""

    doc_id: str
    title: str
    author: str
    creator: str
    created: str
    modified: str
    custom: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OfdVersion:
    """One earlier or current form of a document (section 19)."""

    id: str
    current: bool
    location: Location


class OfdBody:
    """One DocBody.  ``number`` counts from 0."""

    def __init__(self, package: OfdPackage, node: Node, number: int) -> None:
        self.package, self.node, self.number = package, node, number
        self.root: Location = package.locate(node.value("DocRoot"))
        """Document.xml."""
        written = node.value("Signatures")
        self.signatures: Location | None = package.locate(written) if written else None
        """Signatures.xml, when OFD.xml names one."""

    @cached_property
    def info(self) -> DocInfo:
        node = self.node.first("DocInfo") or EMPTY
        custom = node.first("CustomDatas") or EMPTY
        return DocInfo(
            doc_id=node.value("DocID"),
            title=node.value("Title"),
            author=node.value("Author"),
            creator=node.value("Creator"),
            created=node.value("CreationDate"),
            modified=node.value("ModDate"),
            custom=tuple((one.get("Name"), one.text.strip()) for one in custom.each("CustomData")),
        )

    @cached_property
    def versions(self) -> tuple[OfdVersion, ...]:
        listed = self.node.first("Versions") or EMPTY
        return tuple(
            OfdVersion(
                one.get("ID"),
                one.get("Current").strip().lower() in ("true", "1"),
                self.package.locate(one.get("BaseLoc")),
            )
            for one in listed.each("Version")
        )

    @cached_property
    def document(self) -> OfdDocument:
        """Raises :class:`OfdMalformed` when there is none."""
        if self.root.entry is None:
            raise OfdMalformed(self.root.wanted or OFD_XML, "文档根文件缺失", "the document root is missing")
        return read_document(self.package, self.root.entry)


class OfdPackage:
    """See the module."""

    def __init__(self, container: OfdContainer) -> None:
        self.container = container
        self._parsed: dict[str, Xml] = {}
        self._octets = self._elements = 0
        self._digests: dict[tuple[str, str], bytes] = {}

    @property
    def data(self) -> bytes:
        return self.container.data

    @property
    def entries(self) -> Mapping[str, OfdEntry]:
        return self.container.entries

    @property
    def prefix(self) -> int:
        """Octets before the first entry."""
        return self.container.prefix

    def read(self, name: str) -> bytes:
        """Raises :class:`OfdMalformed`."""
        return self.container.read(name)

    def packed(self, name: str) -> bytes:
        """The octets of an entry as they stand in the file, still packed."""
        return self.container.packed(name)

    def digest(self, name: str, algorithm: str, compute: Callable[[bytes], bytes]) -> bytes:
        """The digest of an entry; computed once for all signatures that name it."""
        key = (name, algorithm)
        found = self._digests.get(key)
        if found is None:
            found = self._digests[key] = compute(self.read(name))
        return found

    def locate(self, written: str, *folders: str) -> Location:
        """Where a path leads that is written in a file of the first folder."""
        return locate(self.container, written, *folders)

    def locate_from(self, written: str, name: str) -> Location:
        """Where a path leads that is written in the entry ``name``."""
        return locate(self.container, written, folder_of(name))

    def xml(self, name: str, *roots: str) -> Xml:
        """An entry as XML.  Raises :class:`OfdMalformed`."""
        found = self._parsed.get(name)
        if found is None:
            data = self.read(name)
            self._octets += len(data)
            if self._octets > MOST_PARSED:
                limit = MOST_PARSED // 1024**2
                raise OfdMalformed(name, f"XML 共超过 {limit} MB", f"more than {limit} MB of XML")
            found = parse_xml(data, name, shared="Signature" not in roots)
            self._elements += found.elements
            if self._elements <= MOST_KEPT:
                self._parsed[name] = found
        if roots and found.root.name not in roots:
            raise OfdMalformed(name, "XML 根元素不符", f"the root element must be {' or '.join(roots)}")
        return found

    @cached_property
    def ofd_xml(self) -> str:
        """The entry OFD.xml, whatever its case."""
        name = self.container.find(OFD_XML)
        if name is None:
            raise OfdMalformed(OFD_XML, "不是 OFD 文件:没有 OFD.xml", "not an OFD: there is no OFD.xml")
        return name

    @cached_property
    def bodies(self) -> tuple[OfdBody, ...]:
        """Raises :class:`OfdMalformed`."""
        listed = list(self.xml(self.ofd_xml, "OFD").root.each("DocBody"))
        if not 0 < len(listed) <= MOST_BODIES:
            raise OfdMalformed(OFD_XML, "文档数不对", f"one to {MOST_BODIES} documents, not {len(listed)}")
        return tuple(OfdBody(self, node, number) for number, node in enumerate(listed))


def read_ofd(data: bytes) -> OfdPackage:
    """The package; OFD.xml has been read.  Raises :class:`OfdMalformed` (an ``Unreadable``)."""
    package = OfdPackage(open_container(data))
    _ = package.bodies
    return package


def is_ofd(data: bytes) -> bool:
    """Is this meant as OFD: a ZIP file, a vendor's prefix before it or not, that names an OFD.xml?"""
    return data.find(b"PK\x03\x04", 0, LONGEST_PREFIX + 4) >= 0 and b"ofd.xml" in data[-1024 * 1024 :].lower()
