# SPDX-License-Identifier: Apache-2.0
"""What is asked of the package as a whole before any of its signatures can pass."""

from __future__ import annotations

from collections.abc import Iterable

from ..pdf.findings import Finding, failed, unsure
from ..report import SubIndication
from .package import OfdPackage

_STARTS = (b"<", b"\xef\xbb\xbf<", b"\xfe\xff", b"\xff\xfe", b"\x00<", b"<\x00")


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
        if name[-4:].lower() != ".xml" and not data[:64].lstrip(b" \t\r\n").startswith(_STARTS):
            continue
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data or b"\x00" in data[:256]:
            return name
    return None
