# SPDX-License-Identifier: Apache-2.0
"""What is asked of the package as a whole before any of its signatures can pass."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from ..pdf.findings import Finding, failed, unsure
from ..report import SubIndication
from .package import OfdBody, OfdPackage

_XML = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*<|\xfe\xff|\xff\xfe|\x00<")


def package_findings(package: OfdPackage, unsigned: int) -> tuple[Finding, ...]:
    """``unsigned``: how many of its documents carry no signature, where at least one does."""
    found = []
    if unsigned:
        found.append(
            failed(
                SubIndication.COVERAGE_GAP,
                "DOCUMENT_NOT_SIGNED",
                f"文件包内另有 {unsigned} 份文档没有签章",
                f"the package holds {unsigned} more documents without any signature",
            )
        )
    if (name := _with_types(package)) is not None:
        found.append(
            failed(
                SubIndication.FORMAT_FAILURE,
                "XML_DTD",
                f"XML 含有 DTD 或非 UTF-8 编码:/{name}",
                f"an XML file with a document type, or not in UTF-8: /{name}",
            )
        )
    return tuple(found)


_ONCE = {
    "DocBody": ("DocInfo", "DocRoot", "Versions", "Signatures"),
    "DocInfo": ("DocID", "Title", "CustomDatas"),
    "Document": ("CommonData", "Pages", "Annotations", "CustomTags", "Attachments", "Extensions"),
    "CommonData": ("PageArea",),
}


def twice_finding(body: OfdBody) -> tuple[Finding, ...]:
    """Elements that may stand once: of two, one reader shows the first and another the last."""
    document = body.document.node
    nodes = [body.node, *body.node.each("DocInfo"), document, *document.each("CommonData")]
    for node in nodes:
        names = [child.name for child in node.children]
        for name in _ONCE.get(node.name, ()):
            if names.count(name) > 1:
                return (
                    unsure(
                        SubIndication.PARSER_DISAGREEMENT,
                        "ELEMENT_TWICE",
                        f"{node.name} 中 {name} 重复,不同阅读器理解可能不同",
                        f"{name} stands twice in {node.name}: readers may understand it differently",
                    ),
                )
    return ()


def shared_finding(entries: Iterable[str]) -> tuple[Finding, ...]:
    """``entries``: the files of all signatures.  One file makes one signature, not two."""
    found = [name for name, count in Counter(entries).items() if count > 1]
    if not found:
        return ()
    return (
        failed(
            SubIndication.FORMAT_FAILURE,
            "SIGNATURE_SHARED",
            f"多个签名共用同一文件:/{found[0]}",
            f"two signatures are made of one file: /{found[0]}",
        ),
    )


def foreign_finding(places: Iterable[str]) -> tuple[Finding, ...]:
    """Elements of a foreign namespace where paths and signatures are told: readers may take them for ours."""
    shown = ", ".join(f"/{name}" for name in places)
    if not shown:
        return ()
    return (
        unsure(
            SubIndication.PARSER_DISAGREEMENT,
            "FOREIGN_NAMESPACE",
            f"结构文件中有其他命名空间的元素,不同阅读器理解可能不同:{shown}",
            f"elements of another namespace that readers may understand differently: {shown}",
        ),
    )


def _with_types(package: OfdPackage) -> str | None:
    """The first XML file with a document type declaration.  Every entry is unpacked and its CRC compared."""
    for name in package.entries:
        data = package.read(name)
        if name[-4:].lower() != ".xml" and _XML.match(data) is None:
            continue
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data or b"\x00" in data[:256]:
            return name
    return None
