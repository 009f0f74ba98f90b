# SPDX-License-Identifier: Apache-2.0
"""A seal whose certificate was revoked signs nothing, whichever way it is asked to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from api.console import ConsoleSealing, FileOrder
from api.documents import Sheets
from api.renewals import Preserving, PreservingPorts
from api.seals import SealNotUsable, UsableSeal
from api.submissions import State, Submissions
from seal import Placement

E01 = "91510100DEM001017Y"


def refused(rooms: Any, act: Any) -> dict[str, Any]:
    """The refusal as it is in the ledger; nothing was announced, signed or released."""
    size, documents = rooms.ledger.size(), rooms.state()["documents"]
    with pytest.raises(SealNotUsable) as caught:
        act()
    assert caught.value.code == "seal-certificate-revoked"
    entries = [json.loads(rooms.ledger.entry(index)) for index in range(size, rooms.ledger.size())]
    kinds = [one["kind"] for one in entries]
    assert kinds.count("seal.refused") == 1
    assert not {"intent.opened", "document.issued", "file.sealed"} & set(kinds)
    assert rooms.state()["documents"] == documents
    body: dict[str, Any] = entries[kinds.index("seal.refused")]["body"]
    assert body["code"] == caught.value.code
    return body


def opened_before(rooms: Any) -> Callable[[], UsableSeal]:
    """The platform's seal, opened by a process that does not know yet that its certificate was revoked."""
    usable = rooms.ports.platform_seal()
    certificates = rooms.identity.certificates
    found = certificates.by_fingerprint(usable.sealing.certificate.fingerprint)
    certificates.revoke(found.certificate_id, "keyCompromise", by="test")
    return lambda: usable


def test_sheet(rooms: Any) -> None:
    seal = opened_before(rooms)
    sheets = Sheets(rooms.modules, rooms.issuing, ledger=rooms.ledger, platform_seal=seal, clock=rooms.clock)
    body = refused(rooms, lambda: sheets.print("credit_sheet", E01, {"purpose": "投标"}))
    assert body == {
        "seal_id": None,
        "officer": None,
        "document_type": "credit_sheet",
        "code": "seal-certificate-revoked",
    }


def test_receipt(rooms: Any, applicant: Any) -> None:
    """What cannot be answered with a receipt is not filed, and can be filed later."""
    prepared = rooms.prepared(applicant)
    signatures = applicant.sign(prepared)
    submissions = Submissions(replace(rooms.ports, platform_seal=opened_before(rooms)))
    ask = (prepared.submission_id, signatures, applicant.applicant)
    assert refused(rooms, lambda: submissions.seal(*ask))["document_type"] == "receipt"
    found = rooms.submissions.visible(prepared.submission_id, applicant=applicant.applicant)
    assert found.state is State.PREPARED


def unasked(*_: Any) -> Any:
    raise AssertionError("no time stamp is asked for")


def test_console(rooms: Any, applicant: Any) -> None:
    console = ConsoleSealing(
        seals=rooms.seals,
        grants=rooms.grants,
        warrants=rooms.warrants,
        ledger=rooms.ledger,
        intents=rooms.intents,
        trust=rooms.ports.trust,
        clock=rooms.clock,
        random=rooms.random,
        preserving=Preserving(PreservingPorts(stamp=unasked, authority=unasked, clock=rooms.clock)),
    )
    seal = rooms.seal_of()
    pdf = rooms.filing(applicant).files["land_approval"]
    order = FileOrder(marks=lambda _: (Placement(0, 20, 40, 40, 40),))
    assert console.seal(pdf, seal.seal_id, order).content.startswith(pdf)
    rooms.identity.certificates.revoke(seal.certificate_id, "keyCompromise", by="test")
    body = refused(rooms, lambda: console.seal(pdf, seal.seal_id, order))
    assert (body["seal_id"], body["officer"]) == (seal.seal_id, "console")
