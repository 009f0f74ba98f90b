# SPDX-License-Identifier: Apache-2.0
"""An officer approves: once, under a grant, over files that still verify."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from api.desk import AlreadyDecided, Officer, SealedFilesRefused
from api.documents import IssuedMeanwhile
from api.seals import NoSuchSeal, SealUseRefused
from api.submissions import NoSuchSubmission, State
from keys import KeyKind
from verify import Indication, check_pdf, read_attachment


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.RSA2048])
def test_approve_issues_the_document(rooms: Any, applicant: Any, officer: Officer, kind: KeyKind) -> None:
    """Approved, sealed with the chosen seal, on record, and in agreement with the ledger."""
    filed = rooms.filed(applicant)
    seal = rooms.seal_of(kind=kind)
    rooms.granted(seal, officer)
    assert [one.submission_id for one in rooms.desk.waiting(officer.agency)] == [filed.submission_id]
    issued = rooms.desk.approve(filed.submission_id, seal.seal_id, officer)
    case = rooms.desk.case(filed.submission_id, officer.agency)
    assert (case.state, case.document_id) == (State.APPROVED, issued.document_id)
    assert rooms.desk.waiting(officer.agency) == ()
    assert [one.submission_id for one in rooms.desk.decided(officer.agency)] == [filed.submission_id]
    pdf = rooms.library.file(issued.document_id)
    report = check_pdf(pdf, trust=rooms.ports.trust(), at=rooms.clock())
    assert report.indication is Indication.TOTAL_PASSED, report.to_json()
    assert b"510106201705080101" in (read_attachment(pdf, "record.json") or b"")
    assert rooms.check().findings == ()
