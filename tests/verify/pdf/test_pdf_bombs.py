# SPDX-License-Identifier: Apache-2.0
"""Small files that would unpack to huge ones: refused, and never handed to the second parser."""

from __future__ import annotations

import struct
import time
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest

from verify import Indication, SubIndication, Trust, Unreadable, check_pdf
from verify.pdf import check, reading, sealed_file

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
CATALOG = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] >> >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Resources << >> >>"


def packed(content: bytes, packings: int) -> bytes:
    """A PDF whose signature value stands in an object stream that was packed so many times."""
    for _ in range(packings):
        content = zlib.compress(content, 9)
    filters = b"/FlateDecode " * packings
    bodies = {
        1: CATALOG,
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: PAGE,
        4: b"<< /Type /ObjStm /N 1 /First 4 /Length %d /Filter [%s] >>\nstream\n%s\nendstream"
        % (len(content), filters, content),
        6: b"<< /FT /Sig /T (a) /V 5 0 R >>",
    }
    out, places = b"%PDF-1.7\n", {}
    for number, body in bodies.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows = {number: (1, place, 0) for number, place in places.items()} | {5: (2, 4, 0), 7: (1, len(out), 0)}
    table = b"".join(struct.pack(">BIH", *rows.get(number, (0, 0, 65535))) for number in range(8))
    head = b"<< /Type /XRef /Size 8 /W [1 4 2] /Root 1 0 R /Length %d >>" % len(table)
    section = b"7 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (head, table)
    return out + section + b"startxref\n%d\n%%%%EOF\n" % len(out)


OBJECT = b"5 0 << /ByteRange [0 1 2 3] >>"


@pytest.mark.parametrize("packings", [1, 2])
def test_a_small_stream_stays_small(monkeypatch: pytest.MonkeyPatch, packings: int) -> None:
    """Beyond the limit there is no verdict; the parser with the higher limit is never asked."""
    monkeypatch.setattr(check, "read_with_pdfium", lambda _data: pytest.fail("was handed on"))
    bomb = packed(OBJECT + b" " * (reading.LARGEST_UNPACKED + 1), packings)
    assert len(bomb) < 400_000
    with pytest.raises(Unreadable, match="too large"):
        check_pdf(bomb, trust=Trust(), at=AT)


def test_packed_once_more_than_anybody_does() -> None:
    """Two packings are in use, such as letters around Flate; more only serve to hide something."""
    with pytest.raises(Unreadable):
        check_pdf(packed(OBJECT, reading.MOST_PACKINGS + 1), trust=Trust(), at=AT)


def test_an_ordinary_object_stream_is_read() -> None:
    """The limit is far above what programs write."""
    fields = reading.read_with_qpdf(packed(OBJECT, 1)).signed
    assert [one.byte_range for one in fields] == [(0, 1, 2, 3)]


def test_one_field_listed_very_often() -> None:
    """The second parser would walk through all of them for each of them."""
    catalog = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%s] >> >>" % (b"4 0 R " * 100_000)
    bodies = (catalog, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", PAGE)
    field = b"<< /FT /Sig /T (a) /V << /Contents <3000> /ByteRange [0 1 2 3] >> >>"
    out, places = b"%PDF-1.7\n", b""
    for number, body in enumerate((*bodies, field), 1):
        places += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n0 5\n0000000000 65535 f \n%strailer\n<< /Size 5 /Root 1 0 R >>\n" % places
    began = time.perf_counter()
    report = check_pdf(out + table + b"startxref\n%d\n%%%%EOF\n" % len(out), trust=Trust(), at=AT)
    assert time.perf_counter() - began < 5
    assert report.indication is not Indication.TOTAL_PASSED
    assert "PARSER_DISAGREEMENT" in [reason.code for reason in report.reasons]


def test_more_than_can_be_compared(world: Any, plain_pdf: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where comparing would take too long there is no pass; the last signature is judged as ever."""
    twice = world.ecdsa.seal(world.rsa.seal(plain_pdf), "Seal2", box=(300, 100, 420, 220))
    monkeypatch.setattr(sealed_file, "MOST_COMPARED", 1)
    first, last = check_pdf(twice, trust=world.trust, at=AT).signatures
    assert (first.indication, first.sub_indication) == (Indication.INDETERMINATE, SubIndication.COVERAGE_GAP)
    assert first.reasons[0].code == "DIFFERENCE_NOT_ANALYSED"
    assert last.indication is Indication.TOTAL_PASSED
