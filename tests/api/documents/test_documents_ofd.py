# SPDX-License-Identifier: Apache-2.0
"""The OFD edition of an issued document: the same record, code and seal, its digests in the same entry."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from xml.etree import ElementTree

import pytest

from api.desk import Officer
from api.documents import FileAltered, NoSuchEdition
from keys import HashAlgorithm, KeyKind, digest
from verify import Indication, check_file, check_ofd, ofd_text, read_attachment

E01 = "91510100DEM001017Y"


def issued(rooms: Any, applicant: Any, officer: Officer, kind: KeyKind = KeyKind.SM2) -> str:
    filed, seal = rooms.filed(applicant), rooms.seal_of(kind=kind)
    rooms.granted(seal, officer)
    return str(rooms.desk.approve(filed.submission_id, seal.seal_id, officer).document_id)


def files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_edition(rooms: Any, applicant: Any, officer: Officer) -> None:
    """Passes for whoever trusts the root; says what the PDF says; nothing can be added to it."""
    document_id = issued(rooms, applicant, officer)
    assert rooms.library.has_ofd(document_id)
    ofd, pdf = rooms.library.ofd(document_id), rooms.library.file(document_id)
    trust, at = rooms.ports.trust(), rooms.clock()
    report = check_ofd(ofd, trust=trust, at=at)
    assert report.indication is Indication.TOTAL_PASSED, report
    assert check_file(ofd, trust=trust, at=at).kind == "ofd"
    found = files(ofd)
    assert found["Doc_0/Attachs/attachment_1.json"] == read_attachment(pdf, "record.json")
    custom = {
        one.attrib["Name"]: one.text
        for one in ElementTree.fromstring(found["OFD.xml"]).iter("{http://www.ofdspec.org/2016}CustomData")
    }
    assert custom["document-id"] == document_id
    assert custom["证照标识"] == rooms.library.ecert_id(document_id)
    assert b'FileRef="/Doc_0/Signs/Signatures.xml"' in found["Doc_0/Signs/Sign_0/Signature.xml"]
    text = "".join(run.text for run in ofd_text(ofd, 0))
    stored = rooms.library.get(document_id)
    assert stored.title in text and stored.holder_name in text
    assert rooms.check().findings == ()


def test_digests_in_the_public_log(rooms: Any, applicant: Any, officer: Officer) -> None:
    """One entry names both files; the public answer repeats them."""
    document_id = issued(rooms, applicant, officer)
    ofd = rooms.library.ofd(document_id)
    answer = rooms.library.lookup(document_id)
    entry = json.loads(rooms.ledger.entry(answer.ledger_index))["body"]
    assert entry["ofd_sm3"] == digest(HashAlgorithm.SM3, ofd).hex == answer.ofd_sm3
    assert entry["ofd_sha256"] == digest(HashAlgorithm.SHA256, ofd).hex == answer.ofd_sha256
    assert {line.name: line.state.value for line in answer.lines}["unaltered"] == "yes"


@pytest.mark.parametrize("what", ["content", "both", "gone"])
def test_altered_edition(rooms: Any, applicant: Any, officer: Officer, what: str) -> None:
    """Not handed out; found by the check of the ledger; the public page says no."""
    document_id = issued(rooms, applicant, officer)
    forged = b"PK other"
    where = "WHERE id = (SELECT file_id FROM document_editions)"
    if what == "gone":
        rooms.edit("DELETE FROM document_editions WHERE document_id = ?", document_id)
        with pytest.raises(NoSuchEdition):
            rooms.library.ofd(document_id)
    else:
        rooms.edit(f"UPDATE files SET content = ? {where}", forged)
        if what == "both":
            sha256 = digest(HashAlgorithm.SHA256, forged).hex
            rooms.edit(f"UPDATE files SET sha256 = ? {where}", sha256)
            rooms.edit("UPDATE document_editions SET sha256 = ?", sha256)
            assert rooms.library.ofd(document_id) == forged
        else:
            with pytest.raises(FileAltered):
                rooms.library.ofd(document_id)
    found = [(one.table, one.kind.value) for one in rooms.check().findings]
    assert found == [("document_editions", "deleted" if what == "gone" else "changed")]
    lines = {line.name: line.state.value for line in rooms.library.lookup(document_id).lines}
    assert lines["unaltered"] == "no"


def test_seals_that_make_no_ofd(rooms: Any, applicant: Any, officer: Officer) -> None:
    """RSA seals and the platform's own: PDF alone, and nothing else is claimed."""
    sheet = rooms.sheets.print("credit_sheet", E01, {"purpose": "投标"}).document_id
    permit = issued(rooms, applicant, officer, KeyKind.RSA2048)
    for document_id in (sheet, permit):
        assert not rooms.library.has_ofd(document_id)
        with pytest.raises(NoSuchEdition):
            rooms.library.ofd(document_id)
        assert rooms.library.lookup(document_id).ofd_sha256 is None
        entry = json.loads(rooms.ledger.entry(rooms.library.lookup(document_id).ledger_index))["body"]
        assert "ofd_sha256" not in entry
    assert rooms.check().findings == ()
