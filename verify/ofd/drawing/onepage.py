# SPDX-License-Identifier: Apache-2.0
"""A PDF of one page, written by hand (ISO 32000-1 section 7.5): the way to PDFium and its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

FIRST: Final = 5
"""The number of the first object that a caller brings."""


def pdf_page(size: tuple[float, float], content: bytes, resources: str, more: Sequence[bytes]) -> bytes:
    """``content`` draws the page of ``size`` points; ``more``: objects from number :data:`FIRST` on."""
    box = f"[0 0 {size[0]:.3f} {size[1]:.3f}]"
    page = f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents 4 0 R /Resources << {resources} >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page.encode("ascii"),
        pdf_stream("", content),
        *more,
    ]
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, one in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def pdf_stream(entries: str, data: bytes) -> bytes:
    """A stream object; ``entries``: its dictionary without the length."""
    head = f"<< {entries} /Length {len(data)} >>\nstream\n".encode("ascii")
    return head + data + b"\nendstream"
