# SPDX-License-Identifier: Apache-2.0
"""An officer approves: once, under a grant, over files that still verify."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

import api.desk.room as desk_room
import api.documents.issuing as issuing_room
import api.documents.making as making_room
from api.database.tables_sealing import files
from api.desk import AlreadyDecided, Desk, NothingToIssue, NotServing, Officer, SealedFilesRefused
from api.documents import IssuedMeanwhile, SealDidNotVerify
from api.ledger import RowAltered
from api.plugins import EnabledModules
from api.problems import problem_of
from api.seals import NoSuchSeal, SealNotUsable, SealUseRefused
from api.submissions import NoSuchSubmission, State
from keys import KeyKind
from seal import SheetContent, lay_out, write_pdf
from verify import Indication, Report, SubIndication, check_pdf, read_attachment

A1, A3 = "11510000DEM9A0017F", "11510106DEM9A00331"


class Killed(BaseException):
    """The process ends here: no handler runs."""


def die(*_: Any, **__: Any) -> None:
    raise Killed


def another_pdf() -> bytes:
    content = SheetContent(title="另一份土地批准文件", watermark="样章 SPECIMEN")
    return write_pdf(lay_out(content), title="x", at=datetime(2026, 7, 1, tzinfo=UTC))


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


def approvable(rooms: Any, applicant: Any, officer: Officer) -> tuple[str, str]:
    """A filed case, and a seal that the officer may use for it."""
    filed, seal = rooms.filed(applicant), rooms.seal_of()
    rooms.granted(seal, officer)
    return filed.submission_id, seal.seal_id


def test_approving_twice(rooms: Any, applicant: Any, officer: Officer) -> None:
    """The second click is told of the document; there is no second one."""
    submission_id, seal_id = approvable(rooms, applicant, officer)
    issued = rooms.desk.approve(submission_id, seal_id, officer)
    before = rooms.state()
    with pytest.raises(AlreadyDecided) as refused:
        rooms.desk.approve(submission_id, seal_id, officer)
    assert (refused.value.document_id, refused.value.state) == (issued.document_id, "approved")
    with pytest.raises(AlreadyDecided):
        rooms.desk.send_back(submission_id, "不符合", officer)
    assert rooms.state() == before


def test_double_click(rooms: Any, applicant: Any, officer: Officer) -> None:
    """Three approvals at the same moment: one document, two clear refusals that name it."""
    submission_id, seal_id = approvable(rooms, applicant, officer)
    outcomes: list[Any] = []

    def click() -> None:
        try:
            outcomes.append(rooms.desk.approve(submission_id, seal_id, officer).document_id)
        except AlreadyDecided as refused:
            outcomes.append(refused)

    threads = [threading.Thread(target=click) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (document_id,) = [one for one in outcomes if isinstance(one, str)]
    assert [one.document_id for one in outcomes if isinstance(one, AlreadyDecided)] == [document_id] * 2
    assert len(rooms.library.of_holder("91510106DEM001076Q")) == 1
    assert rooms.intents.abandon_open() == 0
    assert rooms.check().findings == ()


def test_decided_inside_the_transaction(
    rooms: Any, applicant: Any, officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent back while the document was being sealed: nothing is released."""
    submission_id, seal_id = approvable(rooms, applicant, officer)
    make = issuing_room.make

    def slow(*args: Any, **kwargs: Any) -> Any:
        made = make(*args, **kwargs)
        rooms.desk.send_back(submission_id, "请补正", officer)
        return made

    monkeypatch.setattr(issuing_room, "make", slow)
    with pytest.raises(AlreadyDecided) as refused:
        rooms.desk.approve(submission_id, seal_id, officer)
    assert (refused.value.state, refused.value.document_id) == ("returned", None)
    assert rooms.library.of_holder("91510106DEM001076Q") == ()
    assert rooms.check().findings == ()


def test_only_the_agency_addressed(rooms: Any, applicant: Any, officer: Officer) -> None:
    """For an officer of another agency the case does not exist; without an agency nobody is an officer."""
    submission_id, seal_id = approvable(rooms, applicant, officer)
    outsider, before = Officer("officer-2", A1), rooms.state()
    for act in (
        lambda: rooms.desk.approve(submission_id, seal_id, outsider),
        lambda: rooms.desk.send_back(submission_id, "x", outsider),
        lambda: rooms.desk.case(submission_id, A1),
        lambda: rooms.desk.approve("0" * 32, seal_id, officer),
    ):
        with pytest.raises(NoSuchSubmission):
            act()
    with pytest.raises(NotServing):
        Officer("officer-3", "")
    assert rooms.desk.waiting(A1) == rooms.desk.decided(A1) == ()
    assert rooms.state() == before


def use_refused(rooms: Any, submission_id: str, seal_id: str, officer: Officer) -> str:
    """The code of the refusal; it is one new entry in the ledger, and nothing else changed."""
    before, size = rooms.state(), rooms.ledger.size()
    with pytest.raises(SealUseRefused) as refused:
        rooms.desk.approve(submission_id, seal_id, officer)
    entry = json.loads(rooms.ledger.entry(size))
    assert (entry["kind"], entry["body"]["code"]) == ("seal.refused", refused.value.code)
    assert rooms.ledger.size() == size + 1
    after = rooms.state()
    assert {name for name in before if before[name] != after[name]} == {
        "ledger_entries",
        "ledger_hashes",
        "ledger_checkpoints",
    }
    return refused.value.code


def test_without_a_grant(rooms: Any, applicant: Any, officer: Officer) -> None:
    """No grant, another type, not yet, over, revoked: each its own code, each leaves its trace."""
    filed, seal = rooms.filed(applicant), rooms.seal_of()
    ask = (rooms, filed.submission_id, seal.seal_id, officer)
    assert use_refused(*ask) == "no-grant"
    rooms.granted(seal, officer, "credit_sheet")
    assert use_refused(*ask) == "wrong-document-type"
    now = rooms.clock()
    types, by = ("construction_permit",), "test"
    future = (now + timedelta(days=1), now + timedelta(days=2))
    rooms.grants.give(seal.seal_id, officer.account_id, document_types=types, period=future, by=by)
    assert use_refused(*ask) == "not-yet-valid"
    rooms.clock.advance(timedelta(days=3))
    assert use_refused(*ask) == "expired"
    now = rooms.clock()
    given = rooms.grants.give(
        seal.seal_id, officer.account_id, document_types=types, period=(now, now + timedelta(days=9)), by=by
    )
    rooms.grants.revoke(given.id, by=by)
    rooms.clock.advance(timedelta(seconds=1))
    assert use_refused(*ask) == "revoked"


def test_seal_of_another_agency(rooms: Any, applicant: Any, officer: Officer) -> None:
    """Even a grant does not let an officer use the seal of an agency that the officer does not serve."""
    filed, seal = rooms.filed(applicant), rooms.seal_of("11510100DEM9A0025F")
    rooms.granted(seal, officer)
    assert use_refused(rooms, filed.submission_id, seal.seal_id, officer) == "no-grant"
    before = rooms.state()
    with pytest.raises(NoSuchSeal):
        rooms.desk.approve(filed.submission_id, "0" * 32, officer)
    assert rooms.state() == before


@pytest.mark.parametrize("end", ["revoked", "expired", "unusable"])
def test_seal_whose_certificate_is_no_good(rooms: Any, applicant: Any, officer: Officer, end: str) -> None:
    """Refused before the intent and the signature, in words and in the ledger; the case stays open."""
    submission_id, seal_id = approvable(rooms, applicant, officer)
    desk = rooms.desk
    if end == "revoked":
        seal = rooms.seals.get(seal_id)
        rooms.identity.certificates.revoke(seal.certificate_id, "keyCompromise", by="test")
    else:
        # The applicant's files are judged as of today, the seal as of the day that is asked for.
        days = 8 if end == "unusable" else 366 * 5
        desk = Desk(replace(rooms.desk_ports, issuing=Later(rooms.issuing, days)))
    size, signed = rooms.ledger.size(), rooms.state()["documents"]
    with pytest.raises(SealNotUsable) as refused:
        desk.approve(submission_id, seal_id, officer)
    assert refused.value.code == f"seal-certificate-{end}"
    assert all((refused.value.zh, refused.value.en, refused.value.todo))
    entries = [json.loads(rooms.ledger.entry(one)) for one in range(size, rooms.ledger.size())]
    assert [(one["kind"], one["body"]) for one in entries] == [
        (
            "seal.refused",
            {
                "seal_id": seal_id,
                "officer": officer.account_id,
                "document_type": "construction_permit",
                "code": refused.value.code,
            },
        )
    ]
    assert rooms.state()["documents"] == signed
    assert rooms.intents.abandon_open() == 0
    assert rooms.desk.case(submission_id, A3).state is State.SEALED
    problem = problem_of(refused.value)
    assert (problem.status, problem.code) == (409, refused.value.code)


class Later:
    """Issues as of a later day."""

    def __init__(self, issuing: Any, days: int) -> None:
        self._issuing, self._days = issuing, days

    def issue(self, order: Any, *, within: Any) -> Any:
        return self._issuing.issue(replace(order, at=order.at + timedelta(days=self._days)), within=within)


# The stored files once more.


def stored(rooms: Any, file_id: str | None) -> bytes:
    with rooms.database.read() as connection:
        query = select(files.c.content).where(files.c.id == file_id)
        return bytes(connection.execute(query).scalar_one())


def refused_items(rooms: Any, submission_id: str, seal_id: str, officer: Officer) -> dict[str, str]:
    before = rooms.state()
    with pytest.raises(SealedFilesRefused) as refused:
        rooms.desk.approve(submission_id, seal_id, officer)
    assert rooms.state() == before
    return refused.value.why


@pytest.mark.parametrize("position", [0, 1])
def test_tampered_file_blocks_approval(rooms: Any, applicant: Any, officer: Officer, position: int) -> None:
    """One byte of a stored file, form or PDF: named, nothing issued, and the ledger check finds the row."""
    submission_id, seal_id = approvable(rooms, applicant, officer)
    item = rooms.desk.case(submission_id, A3).items[position]
    content = bytearray(stored(rooms, item.file_id))
    at = content.index(b'"period":"') + 12 if item.kind == "form" else content.index(b"stream\n") + 20
    content[at] ^= 1
    rooms.edit("UPDATE files SET content = ? WHERE id = ?", bytes(content), item.file_id)
    assert item.title in refused_items(rooms, submission_id, seal_id, officer)
    verdicts = rooms.desk.verdicts(rooms.desk.case(submission_id, A3))
    assert verdicts[item.item_id].indication is Indication.TOTAL_FAILED
    assert [(one.table, one.key) for one in rooms.check().findings] == [("submissions", submission_id)]


def test_removed_file_blocks_approval(rooms: Any, applicant: Any, officer: Officer) -> None:
    """A file that is gone is a verdict, not a crash."""
    submission_id, seal_id = approvable(rooms, applicant, officer)
    item = rooms.desk.case(submission_id, A3).items[2]
    rooms.edit("UPDATE submission_items SET file_id = NULL WHERE id = ?", item.item_id)
    why = refused_items(rooms, submission_id, seal_id, officer)
    assert list(why) == [item.title] and "the file is gone" in why[item.title]


def test_genuine_file_of_another_submission_blocks_approval(
    rooms: Any, applicant: Any, officer: Officer
) -> None:
    """A swapped form or attachment verifies by itself, but does not belong here."""
    submission_id, seal_id = approvable(rooms, applicant, officer)
    other = rooms.filed(applicant, files={**rooms.filing(applicant).files, "land_approval": another_pdf()})
    mine, theirs = rooms.desk.case(submission_id, A3).items, other.items
    for position, words in ((0, "RECORD_DIFFERS"), (1, "ATTACHMENT_DIFFERS")):
        kept = stored(rooms, mine[position].file_id)
        rooms.edit(
            "UPDATE files SET content = ? WHERE id = ?",
            stored(rooms, theirs[position].file_id),
            mine[position].file_id,
        )
        verdicts = rooms.desk.verdicts(rooms.desk.case(submission_id, A3))
        assert words in [reason.code for reason in verdicts[mine[position].item_id].reasons]
        refused_items(rooms, submission_id, seal_id, officer)
        rooms.edit("UPDATE files SET content = ? WHERE id = ?", kept, mine[position].file_id)
    assert rooms.desk.approve(submission_id, seal_id, officer).document_id


def test_data_changed_in_the_database_blocks_approval(rooms: Any, applicant: Any, officer: Officer) -> None:
    """The row must state what the applicant sealed: a raised price in the database is found."""
    submission_id, seal_id = approvable(rooms, applicant, officer)
    rooms.edit(
        "UPDATE submissions SET data = replace(data, '31250.00', '91250.00') WHERE id = ?", submission_id
    )
    why = refused_items(rooms, submission_id, seal_id, officer)
    assert "建筑工程施工许可申请表" in why
    assert [(one.table, one.key) for one in rooms.check().findings] == [("submissions", submission_id)]


def test_sealed_by_another_key_blocks_approval(rooms: Any, applicant: Any, officer: Officer) -> None:
    """Valid seals of somebody else do not stand in for the applicant's."""
    submission_id, seal_id = approvable(rooms, applicant, officer)
    other = rooms.enterprise("91510104DEM001025K")
    rooms.edit("UPDATE submissions SET certificate = ? WHERE id = ?", other.certificate, submission_id)
    why = refused_items(rooms, submission_id, seal_id, officer)
    assert len(why) == 3 and all("another certificate" in words for words in why.values())


def test_certificate_revoked_after_filing_blocks_approval(
    rooms: Any, applicant: Any, officer: Officer
) -> None:
    """Without a proof of time, a seal whose key was compromised proves nothing any more."""
    submission_id, seal_id = approvable(rooms, applicant, officer)
    rooms.identity.certificates.revoke(applicant.certificate_id, "keyCompromise", by="test")
    assert len(refused_items(rooms, submission_id, seal_id, officer)) == 3


# Killed in between.


def test_killed_before_the_transaction(
    rooms: Any, applicant: Any, officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case is still open, the intent tells of the attempt, the next approval succeeds."""
    submission_id, seal_id = approvable(rooms, applicant, officer)
    for place, name in ((issuing_room, "make"), (issuing_room, "_record"), (desk_room, "change")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, die)
            with pytest.raises(Killed):
                rooms.desk.approve(submission_id, seal_id, officer)
        assert rooms.desk.case(submission_id, A3).state is State.SEALED
        assert rooms.library.of_holder("91510106DEM001076Q") == ()
        assert rooms.intents.abandon_open() == 1
    issued = rooms.desk.approve(submission_id, seal_id, officer)
    assert rooms.library.get(issued.document_id).version == 1
    assert rooms.check().findings == ()


def test_own_output_that_does_not_verify_is_not_released(
    rooms: Any, applicant: Any, officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealed, reopened, refused by the verifier: no document, the case stays open."""
    submission_id, seal_id = approvable(rooms, applicant, officer)
    undecided = Report(
        kind="pdf", indication=Indication.INDETERMINATE, sub_indication=SubIndication.TRY_LATER
    )
    with monkeypatch.context() as patch:
        patch.setattr(making_room, "check_pdf", lambda *_, **__: undecided)
        with pytest.raises(SealDidNotVerify):
            rooms.desk.approve(submission_id, seal_id, officer)
    assert rooms.desk.case(submission_id, A3).state is State.SEALED
    assert rooms.intents.abandon_open() == 0


def test_module_switched_off(rooms: Any, applicant: Any, officer: Officer) -> None:
    """A case whose module is gone cannot be approved, and says so; it can be sent back."""
    submission_id, seal_id = approvable(rooms, applicant, officer)
    none = EnabledModules((), records=rooms.records.reader, now=rooms.clock)
    desk = Desk(replace(rooms.desk_ports, modules=none))
    before = rooms.state()
    with pytest.raises(NothingToIssue):
        desk.approve(submission_id, seal_id, officer)
    assert rooms.state() == before
    assert desk.send_back(submission_id, "模块停用", officer).state is State.RETURNED


def test_second_permit_supersedes_the_first(rooms: Any, applicant: Any, officer: Officer) -> None:
    """Same serial, next version; the older one points to the newer."""
    (first_id, seal_id), second_id = (
        approvable(rooms, applicant, officer),
        rooms.filed(applicant).submission_id,
    )
    first = rooms.desk.approve(first_id, seal_id, officer)
    rooms.clock.advance(timedelta(minutes=1))
    second = rooms.desk.approve(second_id, seal_id, officer)
    assert rooms.library.get(first.document_id).superseded_by == second.document_id
    assert rooms.library.get(second.document_id).version == 2
    assert rooms.check().findings == ()


def test_two_cases_of_one_project_at_once(rooms: Any, applicant: Any, officer: Officer) -> None:
    """Two officers approve two cases for one project: each version is issued once, nothing is lost."""
    first_id, seal_id = approvable(rooms, applicant, officer)
    second_id = rooms.filed(applicant).submission_id
    told: list[Any] = []

    def approve(submission_id: str) -> None:
        try:
            told.append(rooms.desk.approve(submission_id, seal_id, officer))
        except IssuedMeanwhile as refused:
            told.append(refused)

    threads = [threading.Thread(target=approve, args=(one,)) for one in (first_id, second_id)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 2
    for submission_id in (first_id, second_id):
        if rooms.desk.case(submission_id, A3).state is State.SEALED:
            rooms.desk.approve(submission_id, seal_id, officer)
    versions = sorted(one.version for one in rooms.library.of_holder("91510106DEM001076Q"))
    assert versions == [1, 2]
    assert rooms.check().findings == ()


@pytest.mark.parametrize("column", ["applicant_name", "number", "prepared_at"])
def test_an_edited_case_is_not_decided(rooms: Any, applicant: Any, officer: Officer, column: str) -> None:
    """Edited in the database: neither approved nor sent back, for a decision would commit to the edit."""
    seal = rooms.seal_of()
    rooms.granted(seal, officer, "construction_permit")
    submission_id = rooms.filed(applicant).submission_id
    value = "2026-06-30T00:00:00.000000Z" if column == "prepared_at" else "SB-edited"
    assert rooms.edit(f"UPDATE submissions SET {column} = ? WHERE id = ?", value, submission_id) == 1
    before = rooms.state()
    with pytest.raises(RowAltered):
        rooms.desk.send_back(submission_id, "请补正", officer)
    assert rooms.state() == before
    with pytest.raises((RowAltered, SealedFilesRefused)):
        rooms.desk.approve(submission_id, seal.seal_id, officer)
    assert [one.kind.value for one in rooms.check().findings] == ["changed"]
