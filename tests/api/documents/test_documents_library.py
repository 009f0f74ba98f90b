# SPDX-License-Identifier: Apache-2.0
"""Files go to those whom they belong to; sheets are printed by their holder."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest

from api.desk import Officer
from api.documents import FileAltered, NoSuchDocument, NotSelfService, NotYourDocument
from api.plugins import FieldsRefused, NoSuchDeclaration
from verify import Indication, check_pdf, check_qr, picture_of_pdf, read_attachment, read_codes

A1, A3 = "11510000DEM9A0017F", "11510106DEM9A00331"
E01, E02, E07 = "91510100DEM001017Y", "91510104DEM001025K", "91510106DEM001076Q"


def test_printed_sheet(rooms: Any) -> None:
    """Sealed by the platform, with its record inside and its statement in the code."""
    issued = rooms.sheets.print("credit_sheet", E01, {"purpose": "投标"})
    pdf, trust, at = rooms.library.file(issued.document_id), rooms.ports.trust(), rooms.clock()
    assert check_pdf(pdf, trust=trust, at=at).indication is Indication.TOTAL_PASSED
    record = json.loads(read_attachment(pdf, "record.json") or b"")
    assert (record["document_id"], record["record"]["purpose"]) == (issued.document_id, "投标")
    (text,) = read_codes(picture_of_pdf(pdf, dpi=150))
    report = check_qr(text, trust=trust, at=at, host="yinxin.example")
    assert report.indication is Indication.TOTAL_PASSED
    assert report.facts["document_id"] == issued.document_id
    stored = rooms.library.get(issued.document_id)
    assert (stored.serial, stored.version, stored.holder) == ("JL2026070100000001", 1, E01)
    assert rooms.library.ecert_id(issued.document_id) == issued.ecert_id
    assert rooms.check().findings == ()


def test_each_sheet_has_its_own_number(rooms: Any) -> None:
    """Four at once: four serials, four documents."""
    threads = [
        threading.Thread(target=rooms.sheets.print, args=("credit_sheet", E01, {"purpose": str(one)}))
        for one in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    serials = sorted(one.serial for one in rooms.library.of_holder(E01))
    assert serials == [f"JL20260701{number:08d}" for number in range(1, 5)]


@pytest.mark.parametrize(
    ("document_type", "request_", "error"),
    [
        ("construction_permit", {}, NotSelfService),
        ("nothing", {}, NoSuchDeclaration),
        ("credit_sheet", {}, FieldsRefused),
        ("credit_sheet", {"purpose": "x", "more": 1}, FieldsRefused),
        ("credit_sheet", {"purpose": "🏗"}, FieldsRefused),
        ("credit_sheet", [], FieldsRefused),
    ],
)
def test_refused_sheet_spends_nothing(
    rooms: Any, document_type: str, request_: Any, error: type[Exception]
) -> None:
    """No number, no intent, no row."""
    before = rooms.state()
    with pytest.raises(error):
        rooms.sheets.print(document_type, E01, request_)
    assert rooms.state() == before


def test_files_belong_to_somebody(rooms: Any, applicant: Any, officer: Officer) -> None:
    """Holder, applicant and the agency have the file; a stranger has not, though anybody may ask about it."""
    filed, seal = rooms.filed(applicant), rooms.seal_of()
    rooms.granted(seal, officer)
    permit = rooms.desk.approve(filed.submission_id, seal.seal_id, officer).document_id
    for allowed in ({"holder": E07}, {"holder": E01}, {"agency": A3}):
        assert rooms.library.visible(permit, **allowed).document_id == permit
    for allowed in ({"holder": E01}, {"agency": A3}, {"agency": A1}):  # A1 operates the platform
        assert rooms.library.visible(filed.receipt_id, **allowed)
    for stranger in ({}, {"holder": ""}, {"agency": ""}, {"holder": E02}, {"agency": "11510100DEM9A0025F"}):
        with pytest.raises(NotYourDocument):
            rooms.library.visible(permit, **stranger)
    with pytest.raises(NoSuchDocument):
        rooms.library.visible("0" * 16, holder=E01)


def test_documents_of_a_holder(rooms: Any, applicant: Any) -> None:
    """Newest first, and nobody else's."""
    first = rooms.filed(applicant)
    rooms.clock.advance(timedelta(seconds=1))
    second = rooms.sheets.print("credit_sheet", E01, {"purpose": "投标"})
    assert [one.document_id for one in rooms.library.of_holder(E01)] == [
        second.document_id,
        first.receipt_id,
    ]
    assert rooms.library.of_holder(E02) == ()


def test_altered_file_is_not_handed_out(rooms: Any) -> None:
    """Neither another file nor none, nor one whose digest was edited with it."""
    issued = rooms.sheets.print("credit_sheet", E01, {"purpose": "投标"})
    rooms.edit("UPDATE files SET content = ?", b"%PDF-1.7 other")
    with pytest.raises(FileAltered):
        rooms.library.file(issued.document_id)
    assert [(one.table, one.kind.value) for one in rooms.check().findings] == [("documents", "changed")]


def test_deleted_and_inserted_documents_are_found(rooms: Any) -> None:
    """The ledger names what is gone and what came from nowhere."""
    issued = rooms.sheets.print("credit_sheet", E01, {"purpose": "投标"})
    columns = "type, title, issuer, issuer_name, serial, holder, holder_name, face, record, qr_text, file_id"
    columns += ", sha256, sm3, issued_at, ledger_index"
    rooms.edit(
        f"INSERT INTO documents (id, ecert_id, version, {columns}) "
        f"SELECT ?, 'forged', 9, {columns} FROM documents",
        "Z" * 16,
    )
    rooms.edit("DELETE FROM documents WHERE id = ?", issued.document_id)
    found = {(one.kind.value, one.key) for one in rooms.check().findings}
    assert found == {("inserted", "Z" * 16), ("deleted", issued.document_id)}


def test_public_log_tells_nothing_about_the_holder(rooms: Any) -> None:
    """Entries carry digests and commitments; the record's digest is salted, so no guess can be tested."""
    rooms.sheets.print("credit_sheet", E01, {"purpose": "投标"})
    entries = [rooms.ledger.entry(index).decode() for index in range(rooms.ledger.size())]
    assert not any("投标" in one or "样例建工" in one for one in entries)
    twice = rooms.sheets.print("credit_sheet", E01, {"purpose": "投标"})
    record = json.loads(read_attachment(rooms.library.file(twice.document_id), "record.json") or b"")
    assert len(record["salt"]) == 32
