# SPDX-License-Identifier: Apache-2.0
"""Small files that would unpack to huge ones: refused, and never handed to the second parser."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
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


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A limit that a test can exceed in no time, set in the same way as the real one."""
    reading._prepare_parser()
    monkeypatch.setattr(reading, "LARGEST_UNPACKED", 1024 * 1024)
    reading._prepare_parser.__wrapped__()
    yield reading.LARGEST_UNPACKED
    monkeypatch.undo()
    reading._prepare_parser.__wrapped__()


@pytest.mark.parametrize("packings", [1, 2])
def test_a_small_stream_stays_small(monkeypatch: pytest.MonkeyPatch, small_limit: int, packings: int) -> None:
    """Beyond the limit there is no verdict; the parser with the higher limit is never asked."""
    monkeypatch.setattr(check, "read_with_pdfium", lambda _data: pytest.fail("was handed on"))
    bomb = packed(OBJECT + b" " * (small_limit + 1), packings)
    assert len(bomb) < 4_000
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


def listing(catalog: bytes, field: bytes) -> bytes:
    """A PDF with one page and object 4, a signature field."""
    bodies = (catalog, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", PAGE, field)
    out, places = b"%PDF-1.7\n", b""
    for number, body in enumerate(bodies, 1):
        places += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n0 5\n0000000000 65535 f \n%strailer\n<< /Size 5 /Root 1 0 R >>\n" % places
    return out + table + b"startxref\n%d\n%%%%EOF\n" % len(out)


SIGNED_FIELD = b"<< /FT /Sig /T (a) /V << /Contents <3000> /ByteRange [0 1 2 3] >> %s >>"
LISTED_OFTEN = {
    "by the form": (b"4 0 R " * 100_000, b""),
    "by the field itself": (b"4 0 R", b"/Kids [%s]" % (b"4 0 R " * 100_000)),
}


@pytest.mark.parametrize("where", LISTED_OFTEN)
def test_one_field_listed_very_often(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """Counted, not walked: a list that is too long is refused before an entry of it is looked at."""
    fields, entries = LISTED_OFTEN[where]
    looked_at: list[object] = []
    field_of = reading._field
    monkeypatch.setattr(check, "read_with_pdfium", lambda _data: pytest.fail("was handed on"))
    monkeypatch.setattr(reading, "_field", lambda *a, **b: looked_at.append(1) or field_of(*a, **b))
    data = listing(CATALOG.replace(b"6 0 R", fields), SIGNED_FIELD % entries)
    with pytest.raises(Unreadable, match="more than 5000 form fields"):
        check_pdf(data, trust=Trust(), at=AT)
    assert len(looked_at) <= 1


def test_one_field_listed_as_often_as_may_be() -> None:
    """Within the limit it is one field for the first parser, and many for the second: they disagree."""
    fields = b"4 0 R " * reading.MOST_FIELDS
    report = check_pdf(listing(CATALOG.replace(b"6 0 R", fields), SIGNED_FIELD % b""), trust=Trust(), at=AT)
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
