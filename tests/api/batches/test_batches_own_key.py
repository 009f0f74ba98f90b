# SPDX-License-Identifier: Apache-2.0
"""Many files under one confirmation: the key never comes here, the list is signed too, all or nothing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.batches import (
    BatchEmpty,
    BatchExpired,
    BatchInAnotherState,
    BatchOrderRefused,
    BatchState,
    ListSignatureRefused,
    NoSuchBatch,
    Orderer,
    SigningList,
    Upload,
)
from api.database.tables_batches import batches as table
from api.submissions import Applicant, SealingCertificateRefused
from keys import KeyKind
from verify import Indication, check_pdf

from .conftest import E02, Desk, tiny_pdf


class Own:
    """An enterprise at its own key."""

    def __init__(self, desk: Desk, kind: KeyKind = KeyKind.SM2) -> None:
        self.desk, self.who = desk, desk.rooms.enterprise(kind=kind)
        self.by = Orderer(self.who.applicant.account_id, self.who.applicant.holder)

    def prepared(self, count: int, **more: Any) -> SigningList:
        batches, applicant = self.desk.batches, self.who.applicant
        batch = batches.order_own(applicant, "年报附件", self.who.certificate, **more)
        uploads = [Upload(f"{number}.pdf", tiny_pdf(number)) for number in range(count)]
        batches.add_own_files(batch.batch_id, uploads, applicant)
        return batches.signing_list(batch.batch_id, applicant)

    def signed(self, wanted: SigningList, **more: Any) -> Any:
        facts = {
            "list_signature": self.who.key.sign(wanted.text),
            "signatures": {one.number: self.who.key.sign(one.to_be_signed) for one in wanted.items},
            **more,
        }
        return self.desk.batches.sign_all(wanted.batch.batch_id, self.who.applicant, **facts)


@pytest.fixture
def own(desk: Desk) -> Own:
    return Own(desk)


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.P256])
def test_one_confirmation_for_all(desk: Desk, kind: KeyKind) -> None:
    """The list names every file; each is completed, verifies, and is in the ledger; twice is once."""
    own = Own(desk, kind)
    wanted = own.prepared(12)
    said = json.loads(wanted.text)
    assert (said["count"], len(said["items"])) == (12, 12)
    for told, one in zip(said["items"], wanted.items, strict=True):
        assert told["digest"] == one.digest
        assert told["to_be_signed_sha256"] == hashlib.sha256(one.to_be_signed).hexdigest()
        assert bytes.fromhex(one.digest) in one.to_be_signed
    own.signed(wanted)
    again = own.signed(wanted)
    assert again.batch_id == wanted.batch.batch_id
    desk.worker().work_off()
    done = desk.batches.get(wanted.batch.batch_id, own.by)
    assert (done.state, done.progress.done) == (BatchState.DONE, 12)
    for number in (1, 12):
        _, content = desk.batches.file(done.batch_id, number, own.by)
        assert content.startswith(tiny_pdf(number - 1))
        report = check_pdf(content, trust=desk.rooms.ports.trust(), at=desk.rooms.clock())
        assert report.indication is Indication.TOTAL_PASSED
    with desk.rooms.database.read() as connection:
        (signature,) = connection.execute(select(table.c.list_signature)).scalars()
    own.who.key.public_key.verify(bytes.fromhex(signature), wanted.text)
    desk.require_once(done, 12)


def test_a_signature_that_does_not_fit_leaves_everything_as_it_was(desk: Desk, own: Own) -> None:
    wanted = own.prepared(3)
    good = {one.number: own.who.key.sign(one.to_be_signed) for one in wanted.items}
    swapped = {1: good[2], 2: good[1], 3: good[3]}
    before = desk.rooms.state()
    for wrong, field in (
        ({"signatures": swapped}, "signatures.1"),
        ({"signatures": {1: good[1]}}, "signatures"),
        ({"signatures": {**good, 4: good[1]}}, "signatures"),
        ({"signatures": {**good, 3: b""}}, "signatures.3"),
        ({"list_signature": good[1]}, "list_signature"),
        ({"list_signature": own.who.key.sign(wanted.text + b" ")}, "list_signature"),
    ):
        with pytest.raises(ListSignatureRefused) as refused:
            own.signed(wanted, **wrong)
        assert refused.value.field == field
    assert desk.rooms.state() == before
    own.signed(wanted)


def test_a_file_that_comes_after_the_list_is_not_slipped_in(desk: Desk, own: Own) -> None:
    wanted = own.prepared(2)
    batch_id = wanted.batch.batch_id
    desk.batches.add_own_files(batch_id, [Upload("late.pdf", tiny_pdf(99))], own.who.applicant)
    with pytest.raises(ListSignatureRefused):
        own.signed(wanted)
    own.signed(desk.batches.signing_list(batch_id, own.who.applicant))
    desk.worker().work_off()
    desk.require_once(desk.batches.get(batch_id, own.by), 3)


def test_prepared_too_long_ago(desk: Desk, own: Own) -> None:
    wanted = own.prepared(2)
    desk.rooms.clock.advance(timedelta(minutes=31))
    with pytest.raises(BatchExpired):
        own.signed(wanted)
    with pytest.raises(BatchExpired):
        desk.batches.signing_list(wanted.batch.batch_id, own.who.applicant)


def test_orders_that_are_refused(desk: Desk, own: Own) -> None:
    other = Applicant("operator-2", E02, "示范市政")
    with pytest.raises(SealingCertificateRefused):
        desk.batches.order_own(other, "x", own.who.certificate)
    with pytest.raises(BatchOrderRefused):
        desk.batches.order_own(own.who.applicant, " ", own.who.certificate)
    batch = desk.batches.order_own(own.who.applicant, "空", own.who.certificate)
    with pytest.raises(BatchEmpty):
        own.signed(desk.batches.signing_list(batch.batch_id, own.who.applicant))
    with pytest.raises(BatchInAnotherState):
        desk.batches.start(batch.batch_id, own.by)


def test_only_the_own_account_sees_it(desk: Desk, own: Own) -> None:
    wanted = own.prepared(1)
    colleague = replace(own.who.applicant, account_id="operator-2")
    with pytest.raises(NoSuchBatch):
        desk.batches.signing_list(wanted.batch.batch_id, colleague)
    with pytest.raises(NoSuchBatch):
        desk.batches.get(wanted.batch.batch_id, Orderer("operator-2", own.by.agency))
    assert [one.batch_id for one in desk.batches.listed(own.by, own=True)] == [wanted.batch.batch_id]
    assert desk.batches.listed(own.by) == ()
