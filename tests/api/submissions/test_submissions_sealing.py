# SPDX-License-Identifier: Apache-2.0
"""Sealing: every signature checked, every output reopened, then everything at once or nothing."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import api.documents.issuing as issuing_room
import api.submissions.checking as checking_room
import api.submissions.sealing as sealing_room
from api.submissions import (
    NoSuchItem,
    NoSuchSubmission,
    SealingCertificateRefused,
    SignatureRefused,
    SignaturesIncomplete,
    State,
    Submission,
    SubmissionExpired,
)
from keys import KeyKind, generate_key
from verify import Indication, Report, SubIndication, check_form, check_log_proof, check_pdf


class Killed(BaseException):
    """The process ends here: no handler runs."""


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256])
def test_sealed_files_verify_and_the_receipt_answers(rooms: Any, kind: KeyKind) -> None:
    """Every key family walks the same path: three sealed files, a number, a receipt, a clean ledger."""
    who = rooms.enterprise(kind=kind)
    sealed = rooms.filed(who)
    trust, at = rooms.ports.trust(), rooms.clock()
    assert sealed.state is State.SEALED and sealed.receipt_id is not None
    assert re.fullmatch(r"SB20260701\d{6}", sealed.number or "")
    for item in sealed.items:
        name, content = rooms.submissions.file(sealed, item.item_id)
        check = check_form if item.kind == "form" else check_pdf
        assert check(content, trust=trust, at=at).indication is Indication.TOTAL_PASSED
        assert name.startswith(str(sealed.number))
        assert item.to_be_signed is None
    receipt = rooms.library.file(sealed.receipt_id)
    assert check_pdf(receipt, trust=trust, at=at).indication is Indication.TOTAL_PASSED
    proof = rooms.ledger.prove(sealed.ledger_index)
    assert check_log_proof(proof.encode(), trust=trust, at=at).indication is Indication.TOTAL_PASSED
    assert json.loads(proof.entry)["body"]["number"] == sealed.number
    assert rooms.check().findings == ()


def test_numbers_run_by_day(rooms: Any, applicant: Any) -> None:
    """The day is the day in China, the number starts at one."""
    numbers = [rooms.filed(applicant).number, rooms.filed(applicant).number]
    rooms.clock.advance(timedelta(hours=8))
    numbers.append(rooms.filed(applicant).number)
    assert numbers == ["SB20260701000001", "SB20260701000002", "SB20260702000001"]


def test_once_sealed_always_the_same(rooms: Any, applicant: Any) -> None:
    """A retry returns what was filed: the same number, the same receipt, nothing new in the database."""
    prepared = rooms.prepared(applicant)
    signatures = applicant.sign(prepared)
    first = rooms.submissions.seal(prepared.submission_id, signatures, applicant.applicant)
    before = rooms.state()
    for again in (signatures, applicant.sign(prepared) if prepared.items else {}, {}, {"x": b""}):
        assert rooms.submissions.seal(prepared.submission_id, again, applicant.applicant) == first
    rooms.clock.advance(timedelta(days=2))
    assert rooms.submissions.seal(prepared.submission_id, {}, applicant.applicant) == first
    assert rooms.state() == before


def drop_last(signed: dict[str, bytes]) -> dict[str, bytes]:
    return dict(list(signed.items())[:-1])


def test_one_signature_for_every_item(rooms: Any, applicant: Any) -> None:
    """Missing and unknown ones are named; nothing is stored."""
    prepared = rooms.prepared(applicant)
    signed, before = applicant.sign(prepared), rooms.state()
    last = prepared.items[-1].item_id
    for given, missing, unknown in (
        (drop_last(signed), (last,), ()),
        ({}, tuple(item.item_id for item in prepared.items), ()),
        ({**signed, "f" * 32: b"x"}, (), ("f" * 32,)),
    ):
        with pytest.raises(SignaturesIncomplete) as refused:
            rooms.submissions.seal(prepared.submission_id, given, applicant.applicant)
        assert (refused.value.missing, refused.value.unknown) == (missing, unknown)
    assert rooms.state() == before


Spoil = Callable[[Submission, dict[str, bytes]], bytes]
SPOILED: list[tuple[str, Spoil]] = [
    ("empty", lambda prepared, signed: b""),
    ("noise", lambda prepared, signed: b"\x30\x03\x02\x01\x01"),
    ("of another item", lambda prepared, signed: signed[prepared.items[0].item_id]),
    (
        "of another key",
        lambda prepared, signed: generate_key(KeyKind.SM2).sign(prepared.items[1].to_be_signed or b""),
    ),
    (
        "one bit",
        lambda prepared, signed: (
            signed[prepared.items[1].item_id][:-1] + bytes([signed[prepared.items[1].item_id][-1] ^ 1])
        ),
    ),
    ("64 kB", lambda prepared, signed: b"\x30" * 65536),
]


@pytest.mark.parametrize("spoil", [one[1] for one in SPOILED], ids=[one[0] for one in SPOILED])
def test_wrong_signature_names_its_item(rooms: Any, applicant: Any, spoil: Spoil) -> None:
    """One bad signature among good ones: named, nothing embedded, and the good ones still work."""
    prepared = rooms.prepared(applicant)
    signed, before = applicant.sign(prepared), rooms.state()
    guilty = prepared.items[1].item_id
    with pytest.raises(SignatureRefused) as refused:
        rooms.submissions.seal(
            prepared.submission_id, {**signed, guilty: spoil(prepared, signed)}, applicant.applicant
        )
    assert refused.value.item_id == guilty and refused.value.why
    assert rooms.state() == before
    sealed = rooms.submissions.seal(prepared.submission_id, signed, applicant.applicant)
    assert sealed.state is State.SEALED


def test_output_that_does_not_verify_is_not_stored(
    rooms: Any, applicant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader decides, not the writer."""
    prepared = rooms.prepared(applicant)
    signed, before = applicant.sign(prepared), rooms.state()
    undecided = Report(
        kind="pdf", indication=Indication.INDETERMINATE, sub_indication=SubIndication.TRY_LATER
    )
    monkeypatch.setattr(checking_room, "check_pdf", lambda *_, **__: undecided)
    with pytest.raises(SignatureRefused) as refused:
        rooms.submissions.seal(prepared.submission_id, signed, applicant.applicant)
    assert refused.value.item_id in [item.item_id for item in prepared.items if item.kind == "pdf"]
    assert rooms.state() == before


@pytest.mark.parametrize("column", ["content", "prepared"])
def test_prepared_file_changed_in_the_database(rooms: Any, applicant: Any, column: str) -> None:
    """What was signed is not what is stored now: refused, and the ledger check names the row."""
    prepared = rooms.prepared(applicant)
    signed = applicant.sign(prepared)
    item = prepared.items[1]
    if column == "content":
        with rooms.database.read() as connection:
            (content,) = connection.exec_driver_sql(
                f"SELECT content FROM files WHERE id = '{item.file_id}'"
            ).one()
        rooms.edit("UPDATE files SET content = ? WHERE id = ?", bytes(content)[:-9] + b"x" * 9, item.file_id)
    else:
        rooms.edit("UPDATE submission_items SET prepared = ? WHERE id = ?", '{"attributes":""}', item.item_id)
    assert [(one.table, one.kind.value) for one in rooms.check().findings] == [("submissions", "changed")]
    with pytest.raises(SignatureRefused):
        rooms.submissions.seal(prepared.submission_id, signed, applicant.applicant)


def test_another_persons_submission_is_invisible(rooms: Any, applicant: Any) -> None:
    """Another enterprise gets the same answer as for an id that never was."""
    prepared = rooms.prepared(applicant)
    other = rooms.enterprise("91510104DEM001025K")
    before = rooms.state()
    for submission_id in (prepared.submission_id, "0" * 32):
        with pytest.raises(NoSuchSubmission):
            rooms.submissions.seal(submission_id, applicant.sign(prepared), other.applicant)
        with pytest.raises(NoSuchSubmission):
            rooms.submissions.visible(submission_id, applicant=other.applicant)
        with pytest.raises(NoSuchSubmission):
            rooms.submissions.visible(submission_id)
    assert rooms.submissions.of(other.applicant) == ()
    assert rooms.state() == before


def test_file_of_an_item(rooms: Any, applicant: Any) -> None:
    """Sealed files only, and only of this submission."""
    prepared = rooms.prepared(applicant)
    with pytest.raises(NoSuchItem):
        rooms.submissions.file(prepared, prepared.items[0].item_id)
    first, second = rooms.filed(applicant), rooms.filed(applicant)
    with pytest.raises(NoSuchItem):
        rooms.submissions.file(first, second.items[0].item_id)


def test_certificate_revoked_while_signing(rooms: Any, applicant: Any) -> None:
    """The certificate is checked again when the signatures come."""
    prepared = rooms.prepared(applicant)
    signed = applicant.sign(prepared)
    rooms.identity.certificates.revoke(applicant.certificate_id, "keyCompromise", by="test")
    before = rooms.state()
    with pytest.raises(SealingCertificateRefused):
        rooms.submissions.seal(prepared.submission_id, signed, applicant.applicant)
    assert rooms.state() == before


# Expiry.


def test_too_late_to_seal(rooms: Any, applicant: Any) -> None:
    """After its minutes a prepared submission loses its files, and the ledger agrees."""
    prepared = rooms.prepared(applicant)
    signed = applicant.sign(prepared)
    rooms.clock.advance(timedelta(minutes=30))
    for _ in range(2):
        with pytest.raises(SubmissionExpired):
            rooms.submissions.seal(prepared.submission_id, signed, applicant.applicant)
    found = rooms.submissions.visible(prepared.submission_id, applicant=applicant.applicant)
    assert found.state is State.EXPIRED
    assert [(one.file_id, one.to_be_signed) for one in found.items] == [(None, None)] * 3
    assert rooms.state()["files"] == []
    assert rooms.submissions.of(applicant.applicant) == ()
    assert rooms.check().findings == ()


def test_sweep(rooms: Any, applicant: Any) -> None:
    """The chore expires what is due and nothing else."""
    old, filed = rooms.prepared(applicant), rooms.filed(applicant)
    rooms.clock.advance(timedelta(minutes=20))
    young = rooms.prepared(applicant)
    assert rooms.submissions.expire() == 0
    rooms.clock.advance(timedelta(minutes=10))
    assert rooms.submissions.expire() == 1
    assert rooms.submissions.expire() == 0
    states = {
        one.submission_id: rooms.submissions.visible(one.submission_id, applicant=applicant.applicant).state
        for one in (old, filed, young)
    }
    assert list(states.values()) == [State.EXPIRED, State.SEALED, State.PREPARED]
    assert rooms.check().findings == ()


# One effect, whatever happens.


def test_sealing_twice_at_once(rooms: Any, applicant: Any) -> None:
    """Three clicks at the same moment: one number, one receipt, three equal answers."""
    prepared = rooms.prepared(applicant)
    signed = applicant.sign(prepared)
    found: list[Submission] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(
                rooms.submissions.seal(prepared.submission_id, signed, applicant.applicant)
            )
        )
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3 and found[0] == found[1] == found[2]
    assert len(rooms.library.of_holder(applicant.applicant.holder)) == 1
    assert rooms.check().findings == ()


def kill(place: object, name: str, after: int = 0) -> Callable[[pytest.MonkeyPatch], None]:
    """The process dies at the n-th call of a step."""

    def arrange(patch: pytest.MonkeyPatch) -> None:
        left = [after]
        step = getattr(place, name)

        def dying(*args: Any, **kwargs: Any) -> Any:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return step(*args, **kwargs)

        patch.setattr(place, name, dying)

    return arrange


DEATHS = {
    "before the number": kill(sealing_room, "_filed"),
    "before the intent": kill(issuing_room.Issuing, "draft"),
    "before the receipt is sealed": kill(issuing_room, "make"),
    "at the first file": kill(sealing_room, "replace_file"),
    "at the second file": kill(sealing_room, "replace_file", 1),
    "before the row": kill(sealing_room, "change"),
    "before the document": kill(issuing_room, "_record"),
    "at the document's file": kill(issuing_room, "put_file"),
}


@pytest.mark.parametrize("death", list(DEATHS.values()), ids=list(DEATHS))
def test_killed_between_steps(
    rooms: Any, applicant: Any, death: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """Killed anywhere: nothing half-written, the intent tells, and the same call goes on."""
    prepared = rooms.prepared(applicant)
    signed = applicant.sign(prepared)
    before = rooms.state()
    with pytest.MonkeyPatch.context() as patch:
        death(patch)
        with pytest.raises(Killed):
            rooms.submissions.seal(prepared.submission_id, signed, applicant.applicant)
    after = rooms.state()
    for table in ("submissions", "submission_items", "files", "documents"):
        assert after[table] == before[table]
    assert rooms.intents.abandon_open() in (0, 1)
    sealed = rooms.submissions.seal(prepared.submission_id, signed, applicant.applicant)
    assert sealed.state is State.SEALED
    assert len(rooms.library.of_holder(applicant.applicant.holder)) == 1
    assert rooms.intents.abandon_open() == 0
    assert rooms.check().findings == ()


def test_receipt_that_fails_leaves_the_submission_prepared(
    rooms: Any, applicant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error (not a kill) closes the intent as failed; the applicant may try again."""
    prepared = rooms.prepared(applicant)
    signed = applicant.sign(prepared)

    def failing(*_: Any, **__: Any) -> None:
        raise RuntimeError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(issuing_room, "put_file", failing)
        with pytest.raises(RuntimeError):
            rooms.submissions.seal(prepared.submission_id, signed, applicant.applicant)
    assert rooms.intents.abandon_open() == 0
    assert rooms.submissions.seal(prepared.submission_id, signed, applicant.applicant).receipt_id


def test_list_shows_the_newest_first(rooms: Any, applicant: Any) -> None:
    """Without items: a list needs none."""
    first = rooms.filed(applicant)
    rooms.clock.advance(timedelta(minutes=1))
    second = rooms.prepared(applicant)
    assert [one.submission_id for one in rooms.submissions.of(applicant.applicant)] == [
        second.submission_id,
        first.submission_id,
    ]


EDITS = [
    "UPDATE submissions SET ledger_index = ledger_index - 1 WHERE id = ?",
    "UPDATE submissions SET ledger_index = NULL WHERE id = ?",
    "UPDATE submissions SET number = 'SB20260701999999' WHERE id = ?",
    "UPDATE submission_items SET digest_algorithm = 'sha1' WHERE submission_id = ?",
    "UPDATE submission_items SET digest = '00' WHERE submission_id = ?",
    "UPDATE submission_items SET file_id = NULL WHERE submission_id = ?",
    *(
        f"UPDATE files SET {change} WHERE id IN"
        " (SELECT file_id FROM submission_items WHERE submission_id = ?)"
        for change in ("sha256 = '00'", "size = size + 1")
    ),
]


@pytest.mark.parametrize("state", ["prepared", "sealed"])
@pytest.mark.parametrize("edit", EDITS)
def test_each_edit_of_the_stored_rows_is_found(rooms: Any, applicant: Any, edit: str, state: str) -> None:
    """The row, its items, and what is recorded of their files."""
    made = rooms.filed(applicant) if state == "sealed" else rooms.prepared(applicant)
    if state == "prepared" and "ledger_index" in edit:
        edit = "UPDATE submissions SET ledger_index = 1 WHERE id = ?"
    assert rooms.check().findings == ()
    rooms.edit(edit, made.submission_id)
    assert [(one.table, one.key) for one in rooms.check().findings] == [("submissions", made.submission_id)]


def test_numbers_set_back_are_harmless(rooms: Any, applicant: Any) -> None:
    """A running number set back, or lost, never gives two submissions one number, and refuses nobody."""
    numbers = [rooms.filed(applicant).number, rooms.filed(applicant).number]
    for statement in ("UPDATE sequences SET last = 0", "DELETE FROM sequences"):
        rooms.edit(statement)
        numbers.append(rooms.filed(applicant).number)
    assert numbers == [f"SB20260701{count:06d}" for count in (1, 2, 3, 4)]
    assert rooms.check().findings == ()
