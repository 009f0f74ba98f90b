# SPDX-License-Identifier: Apache-2.0
"""The signatures of a PDF as the second, unrelated parser (PDFium) sees them.

A verdict needs two parsers to agree: many attacks on signed PDFs work because the checker and the viewer read
different documents from the same bytes.  PDFium is the parser of a browser that most people view files with.
PDFium is not safe to use from two threads, so every use in this package holds :data:`PDFIUM`.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .reading import MOST_SIGNATURES

PDFIUM = threading.Lock()
"""Held around every call into PDFium."""


@dataclass(frozen=True, slots=True)
class SecondField:
    """A top-level signature field; empty values when it is not signed."""

    byte_range: tuple[int, ...]
    contents: bytes
    sub_filter: str


@dataclass(frozen=True, slots=True)
class SecondReading:
    """``readable`` is false when PDFium cannot open the file at all."""

    readable: bool
    pages: int = 0
    fields: tuple[SecondField, ...] = ()


def read_with_pdfium(data: bytes) -> SecondReading:
    """Never raises: what PDFium cannot open is not readable."""
    import pypdfium2.raw as raw

    with opened(data, len(data)) as document:
        if not document:
            return SecondReading(readable=False)
        count = max(raw.FPDF_GetSignatureCount(document), 0)
        if count > MOST_SIGNATURES:
            # Asking for each walks through all: one field listed a hundred thousand times would take
            # hours, and nobody else gets in.  The first parser has no more, so the two disagree.
            count = 0
        fields = tuple(_field(raw, raw.FPDF_GetSignatureObject(document, n)) for n in range(count))
        return SecondReading(True, raw.FPDF_GetPageCount(document), fields)


def read_revision(data: bytes, end: int, place: int) -> tuple[int, int, SecondField | None]:
    """Pages, signature fields, and one of these fields, as the first ``end`` bytes have them."""
    import pypdfium2.raw as raw

    with opened(data, end) as document:
        if not document:
            return 0, 0, None
        count = raw.FPDF_GetSignatureCount(document)
        inside = 0 <= place < count <= MOST_SIGNATURES
        field = _field(raw, raw.FPDF_GetSignatureObject(document, place)) if inside else None
        return raw.FPDF_GetPageCount(document), count, field


@contextmanager
def opened(data: bytes, end: int) -> Iterator[Any]:
    """The first ``end`` bytes as a document, or nothing that is true; PDFium is held meanwhile."""
    import pypdfium2.raw as raw

    with PDFIUM:
        document = raw.FPDF_LoadMemDocument64(data, end, None)
        try:
            yield document
        finally:
            if document:
                raw.FPDF_CloseDocument(document)


def _field(raw: Any, handle: Any) -> SecondField:
    size = max(raw.FPDFSignatureObj_GetByteRange(handle, None, 0), 0)
    numbers = (ctypes.c_int * size)()
    raw.FPDFSignatureObj_GetByteRange(handle, numbers, size)
    name = _buffer(handle, raw.FPDFSignatureObj_GetSubFilter)
    return SecondField(
        byte_range=tuple(numbers),
        contents=_buffer(handle, raw.FPDFSignatureObj_GetContents),
        sub_filter=name.rstrip(b"\x00").decode("latin-1"),
    )


def _buffer(handle: Any, read: Callable[..., int]) -> bytes:
    size = max(read(handle, None, 0), 0)
    buffer = ctypes.create_string_buffer(size) if size else None
    if buffer is None:
        return b""
    read(handle, buffer, size)
    return buffer.raw
