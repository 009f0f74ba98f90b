# SPDX-License-Identifier: Apache-2.0
"""Do the parsers see the same document?

qpdf repairs, PDFium is what people look at, and our own reader follows the file to the letter.  The first two
must agree on pages and signatures, the first and our own on the catalog, the pages and what is drawn on each.
"""

from __future__ import annotations

from ..report import SubIndication
from .findings import Finding, unsure
from .pdfium import SecondReading
from .reading import PdfReading
from .structure import Document, Malformed, drawn_pages


def disagreement(first: PdfReading, second: SecondReading) -> str:
    """What the two parsers see differently, in English; empty when they agree."""
    if not second.readable:
        return "the second parser cannot open the file"
    if first.pages != second.pages:
        return f"{first.pages} pages or {second.pages}"
    if any(not field.top_level for field in first.signed):
        return "a signature that is no field of its own in the form"
    ours = [
        (one.byte_range or (), one.contents or b"", one.sub_filter) for one in first.fields if one.top_level
    ]
    theirs = [(one.byte_range, one.contents, one.sub_filter) for one in second.fields]
    if ours != theirs:
        return f"{len(ours)} signature fields or {len(theirs)}, or their values differ"
    return ""


def structure_differs(first: PdfReading, document: Document | Malformed) -> str:
    """What our own reader sees differently from the first parser, in English; empty when they agree."""
    try:
        if isinstance(document, Malformed):
            raise document
        view = document.at_section(len(document.sections) - 1)
        if view.root.number != first.root:
            return "another catalog"
        drawn = drawn_pages(view)
    except Malformed as error:
        return f"the structure cannot be followed: {error}"
    if len(drawn) != len(first.drawn):
        return f"{len(first.drawn)} pages or {len(drawn)}"
    for number, (ours, theirs) in enumerate(zip(drawn, first.drawn, strict=True), 1):
        if ours != theirs:
            return f"something else is drawn on page {number}"
    return ""


def document_findings(
    first: PdfReading, second: SecondReading, document: Document | Malformed
) -> tuple[Finding, ...]:
    """What keeps every signature in this file from passing."""
    found = []
    if first.warnings:
        found.append(
            unsure(
                SubIndication.FORMAT_FAILURE,
                "DAMAGED",
                "文件结构有损坏,解析时须修复,无法判断",
                f"the structure is damaged and had to be repaired: {first.warnings[0][:200]}",
            )
        )
    if difference := disagreement(first, second) or structure_differs(first, document):
        found.append(
            unsure(
                SubIndication.PARSER_DISAGREEMENT,
                "PARSER_DISAGREEMENT",
                "两个解析器对文件的理解不一致",
                f"two parsers disagree: {difference}",
            )
        )
    return tuple(found)
