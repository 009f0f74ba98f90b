# SPDX-License-Identifier: Apache-2.0
"""Preparing: everything is checked before the first row, and one key has one effect."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pikepdf
import pytest

from api.plugins import FieldsRefused, NoSuchDeclaration
from api.submissions import (
    Applicant,
    AttachmentRefused,
    AttachmentsDoubtful,
    IdempotencyConflict,
    IdempotencyKeyMalformed,
    NoSuchSubmission,
    SealingCertificateRefused,
    SlotsWrong,
    State,
    SubmissionExpired,
    UnknownAgency,
)
from api.submissions.certificate import check_sealing_certificate
from ca import SubjectName, make_request
from keys import KeyKind, generate_key

A2, E02 = "11510100DEM9A0025F", "91510104DEM001025K"


def encrypted(pdf: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


def test_prepared_items_are_what_the_key_signs(rooms: Any, applicant: Any) -> None:
    """The form and two PDFs; each to be signed as a DER SET, with the digest that the ledger names."""
    prepared = rooms.prepared(applicant)
    assert prepared.state is State.PREPARED
    assert [(one.kind, one.name) for one in prepared.items] == [
        ("form", "form"),
        ("pdf", "land_approval"),
        ("pdf", "drawing_review"),
    ]
    assert all(item.to_be_signed and item.to_be_signed[0] == 0x31 for item in prepared.items)
    assert prepared.expires_at - prepared.prepared_at == timedelta(minutes=30)
    entry = json.loads(rooms.ledger.entry(rooms.ledger.size() - 1))
    assert entry["kind"] == "submission.prepared"
    assert entry["body"]["digests"] == [item.digest for item in prepared.items]
    assert "样例" not in json.dumps(entry, ensure_ascii=False)
    assert rooms.check().findings == ()


def test_no_private_key_and_no_file_is_shown_before_it_is_sealed(rooms: Any, applicant: Any) -> None:
    """The agency does not see what was never filed."""
    prepared = rooms.prepared(applicant)
    assert rooms.desk.waiting(prepared.agency) == ()
    with pytest.raises(NoSuchSubmission):
        rooms.desk.case(prepared.submission_id, prepared.agency)


Change = Callable[[Any, Any], dict[str, Any]]


def with_data(**more: Any) -> Change:
    return lambda rooms, who: {"data": {**rooms.filing(who).data, **more}}


def with_file(slot: str, make: Callable[[bytes], bytes | None]) -> Change:
    def change(rooms: Any, who: Any) -> dict[str, Any]:
        files = dict(rooms.filing(who).files)
        content = make(files.get(slot, b"%PDF-1.7"))
        if content is None:
            del files[slot]
        else:
            files[slot] = content
        return {"files": files}

    return change


REFUSALS: list[tuple[str, Change, type[Exception], str]] = [
    ("unknown form", lambda r, w: {"form": "nobody"}, NoSuchDeclaration, "nobody"),
    ("unknown field", with_data(surprise="x"), FieldsRefused, "surprise"),
    ("wrong type", with_data(price=31250), FieldsRefused, "price"),
    ("fraction", with_data(price=31250.5), FieldsRefused, "data"),
    ("broken character", with_data(address="\ud800"), FieldsRefused, "data"),
    ("no object", lambda r, w: {"data": []}, FieldsRefused, "data"),
    ("not a party", with_data(construction=E02), FieldsRefused, "construction"),
    ("emoji", with_data(address="样例路🏗号"), FieldsRefused, "address"),
    ("unknown agency", with_data(agency=A2), UnknownAgency, A2),
    ("slot missing", with_file("land_approval", lambda _: None), SlotsWrong, "land_approval"),
    ("slot unknown", with_file("photo", lambda pdf: pdf), SlotsWrong, "photo"),
    ("empty", with_file("land_approval", lambda _: b""), AttachmentRefused, "pdf-empty"),
    ("no PDF", with_file("land_approval", lambda _: b"PK\x03\x04 zip"), AttachmentRefused, "pdf-malformed"),
    ("truncated", with_file("drawing_review", lambda pdf: pdf[:-400]), AttachmentRefused, "pdf-truncated"),
    ("encrypted", with_file("drawing_review", encrypted), AttachmentRefused, "pdf-encrypted"),
    (
        "60 MB",
        with_file("drawing_review", lambda pdf: pdf + b"\n" * 60_000_000),
        AttachmentRefused,
        "pdf-too-large",
    ),
    ("no certificate", lambda r, w: {"certificate": b""}, SealingCertificateRefused, "certificate-malformed"),
    (
        "certificate of another",
        lambda r, w: {"certificate": r.enterprise(E02).certificate},
        SealingCertificateRefused,
        "certificate-of-another",
    ),
    ("key too long", lambda r, w: {"idempotency_key": "k" * 101}, IdempotencyKeyMalformed, ""),
    ("key with NUL", lambda r, w: {"idempotency_key": "a\x00b"}, IdempotencyKeyMalformed, ""),
]


@pytest.mark.parametrize(
    ("change", "error", "named"), [one[1:] for one in REFUSALS], ids=[one[0] for one in REFUSALS]
)
def test_refusal_names_what_is_wrong_and_writes_nothing(
    rooms: Any, applicant: Any, change: Change, error: type[Exception], named: str
) -> None:
    """Each refusal names its part; afterwards the database is as it was (whole-state oracle)."""
    parts = change(rooms, applicant)
    before = rooms.state()
    with pytest.raises(error) as refused:
        rooms.prepared(applicant, **parts)
    told = [*map(str, vars(refused.value).values()), str(refused.value)]
    assert any(named in text for text in told)
    assert rooms.state() == before


def test_attachment_refusal_says_why_in_words(rooms: Any, applicant: Any) -> None:
    """Slot, code, and a sentence in both languages."""
    with pytest.raises(AttachmentRefused) as refused:
        rooms.prepared(applicant, files={**rooms.filing(applicant).files, "land_approval": b""})
    assert (refused.value.slot, refused.value.code) == ("land_approval", "pdf-empty")
    assert "请" in refused.value.why and "the file is empty" in refused.value.why


def with_link(pdf: bytes) -> bytes:
    """A link to another file: no reason to refuse, but to look."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        action = pikepdf.Dictionary(S=pikepdf.Name.GoToR, F="other.pdf", D=[0, pikepdf.Name.Fit])
        link = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[10, 10, 90, 30], A=action
        )
        opened.pages[0].Annots = opened.make_indirect([opened.make_indirect(link)])
        packed = io.BytesIO()
        opened.save(packed)
        return packed.getvalue()


def test_doubtful_attachment_needs_a_decision(rooms: Any, applicant: Any) -> None:
    """Told what and where, with nothing written; whoever goes on says so."""
    files = dict(rooms.filing(applicant).files)
    files["land_approval"] = with_link(files["land_approval"])
    before = rooms.state()
    with pytest.raises(AttachmentsDoubtful) as refused:
        rooms.prepared(applicant, files=files)
    assert rooms.state() == before
    ((slot, what),) = refused.value.findings
    assert slot == "land_approval"
    assert "第 1 页" in what and "page 1" in what
    assert rooms.prepared(applicant, files=files, proceed=True).items


def test_refusal_names_the_place(rooms: Any, applicant: Any) -> None:
    """Going on is no way past what must not be sealed."""
    files = dict(rooms.filing(applicant).files)
    with pikepdf.open(io.BytesIO(files["land_approval"])) as opened:
        opened.pages[0].AA = pikepdf.Dictionary(
            O=pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        )
        packed = io.BytesIO()
        opened.save(packed)
    files["land_approval"] = packed.getvalue()
    with pytest.raises(AttachmentRefused) as refused:
        rooms.prepared(applicant, files=files, proceed=True)
    assert (refused.value.slot, refused.value.code) == ("land_approval", "pdf-dormant-content")
    assert "第 1 页" in refused.value.why


def test_revoked_certificate_is_refused(rooms: Any, applicant: Any) -> None:
    """The status of today decides."""
    rooms.identity.certificates.revoke(applicant.certificate_id, "keyCompromise", by="test")
    with pytest.raises(SealingCertificateRefused) as refused:
        rooms.prepared(applicant)
    assert refused.value.code == "REVOKED"


def test_expired_certificate_is_refused(rooms: Any, applicant: Any) -> None:
    """Four years later the certificate has run out, whatever else is current."""
    rooms.clock.advance(timedelta(days=4 * 366))
    rooms.identity.certificates.refresh_crls()
    with pytest.raises(SealingCertificateRefused) as refused:
        rooms.prepared(applicant)
    assert refused.value.code in ("OUT_OF_BOUNDS_NO_POE", "OUT_OF_BOUNDS_NOT_REVOKED", "EXPIRED")


def test_stranger_cannot_bring_a_certificate(rooms: Any, applicant: Any) -> None:
    """A certificate that nobody here issued."""
    key = generate_key(KeyKind.P256)
    request = make_request(key, SubjectName(common_name="x"))
    with pytest.raises(SealingCertificateRefused) as refused:
        rooms.prepared(applicant, certificate=request)
    assert refused.value.code == "certificate-malformed"


def test_enterprise_seals_with_the_certificate_of_the_enterprise(rooms: Any, applicant: Any) -> None:
    """Not with a certificate of the person who acts for it, even the account's own."""
    person = rooms.identity.person("H01")
    rooms.project(construction=applicant.applicant.holder)
    me = Applicant(person.account_id, applicant.applicant.holder, applicant.applicant.name)
    before = rooms.state()
    with pytest.raises(SealingCertificateRefused) as refused:
        rooms.submissions.prepare(rooms.filing(applicant, certificate=person.der), me)
    assert refused.value.code == "certificate-of-another"
    assert "签章证书" in refused.value.why and "the enterprise's sealing certificate" in refused.value.why
    assert rooms.state() == before
    assert rooms.submissions.prepare(rooms.filing(applicant), me).state is State.PREPARED


def test_person_who_acts_for_nobody_seals_with_a_certificate_of_the_own_account(
    rooms: Any, applicant: Any
) -> None:
    """Neither with another account's, nor with an enterprise's."""
    person, other = rooms.identity.person("H01"), rooms.identity.person("H02")
    certificates, at = rooms.identity.certificates, rooms.clock()
    me = Applicant(person.account_id, "H01", "样例H01")
    asked = {"trust": certificates.trust(), "at": at, "owner": certificates.owner}
    assert check_sealing_certificate(person.der, me, **asked).der == person.der
    for encoded in (other.der, applicant.certificate):
        with pytest.raises(SealingCertificateRefused) as refused:
            check_sealing_certificate(encoded, me, **asked)
        assert refused.value.code == "certificate-of-another"


# Idempotency.


def test_same_key_same_content(rooms: Any, applicant: Any) -> None:
    """The same request again brings back the same submission and changes nothing."""
    first = rooms.prepared(applicant, idempotency_key="once")
    before = rooms.state()
    assert rooms.prepared(applicant, idempotency_key="once") == first
    assert rooms.state() == before


def test_same_key_survives_a_changed_world(rooms: Any, applicant: Any) -> None:
    """A retry is answered from what was stored, even if the same request would be refused now."""
    first = rooms.prepared(applicant, idempotency_key="once")
    rooms.project(construction=E02)
    assert rooms.prepared(applicant, idempotency_key="once") == first
    with pytest.raises(FieldsRefused):
        rooms.prepared(applicant, idempotency_key="twice")


@pytest.mark.parametrize(
    "more",
    [
        {"data": {}},
        {"form": "other"},
        {"files": {}},
        {"certificate": b"x"},
    ],
)
def test_same_key_other_content(rooms: Any, applicant: Any, more: dict[str, Any]) -> None:
    """A key stands for one content; another one under it is a conflict, before any other check."""
    rooms.prepared(applicant, idempotency_key="once")
    before = rooms.state()
    with pytest.raises(IdempotencyConflict):
        rooms.prepared(applicant, idempotency_key="once", **more)
    assert rooms.state() == before


def test_same_key_for_another_principal(rooms: Any, applicant: Any) -> None:
    """One account that acts for two enterprises cannot mix them up."""
    rooms.prepared(applicant, idempotency_key="once")
    other = Applicant(applicant.applicant.account_id, E02, "别家")
    with pytest.raises(IdempotencyConflict):
        rooms.submissions.prepare(rooms.filing(applicant, idempotency_key="once"), other)


def test_key_belongs_to_one_account(rooms: Any, applicant: Any) -> None:
    """Two operators may choose the same key; without a key nothing is shared."""
    first = rooms.prepared(applicant, idempotency_key="once")
    other = rooms.enterprise(account_id="operator-2")
    assert rooms.prepared(other, idempotency_key="once").submission_id != first.submission_id
    assert rooms.prepared(applicant).submission_id != rooms.prepared(applicant).submission_id


def test_after_sealing_nothing_is_left_to_sign(rooms: Any, applicant: Any) -> None:
    """A client that repeats everything finds an answer without items, and the same receipt."""
    sealed = rooms.filed(applicant, idempotency_key="once")
    again = rooms.prepared(applicant, idempotency_key="once")
    assert (again.submission_id, again.state, again.items) == (sealed.submission_id, State.SEALED, ())
    assert rooms.submissions.seal(again.submission_id, {}, applicant.applicant) == sealed


def test_key_of_an_expired_submission(rooms: Any, applicant: Any) -> None:
    """Too late: said plainly, before and after the sweep."""
    rooms.prepared(applicant, idempotency_key="once")
    rooms.clock.advance(timedelta(minutes=30))
    for _ in range(2):
        with pytest.raises(SubmissionExpired):
            rooms.prepared(applicant, idempotency_key="once")
        rooms.submissions.expire()


def test_same_key_at_the_same_moment(rooms: Any, applicant: Any) -> None:
    """Four clicks at once make one submission."""
    found: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(rooms.prepared(applicant, idempotency_key="k").submission_id)
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(set(found)) == 1
    assert len(rooms.submissions.of(applicant.applicant)) == 1


def test_record_names_every_upload(rooms: Any, applicant: Any) -> None:
    """R-098: the form that is sealed binds the attachments by size and digest."""
    filing = rooms.filing(applicant)
    prepared = rooms.submissions.prepare(filing, applicant.applicant)
    sealed = rooms.submissions.seal(prepared.submission_id, applicant.sign(prepared), applicant.applicant)
    (form, *_), contents = sealed.items, {}
    for item in sealed.items:
        contents[item.name] = rooms.submissions.file(sealed, item.item_id)[1]
    record = json.loads(contents[form.name])["record"]
    assert {one["slot"]: one["sha256"] for one in record["attachments"]} == {
        slot: hashlib.sha256(content).hexdigest() for slot, content in filing.files.items()
    }
    assert all(contents[slot].startswith(content) for slot, content in filing.files.items())
