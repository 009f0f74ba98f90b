# SPDX-License-Identifier: Apache-2.0
"""Status receipts: what they say of each time, that they hold for years, that nothing in them can change."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.certificates import find_by_label
from api.database import Database
from api.ledger import Ledger
from api.status import NothingKnown, ReceiptPorts, StateBook, StatusRequestRefused
from ca import make_timestamp
from keys import Digest
from verify import (
    Accuracy,
    Indication,
    StatusReceiptMalformed,
    Trust,
    canonical_json,
    check_file,
    check_status_receipt,
    parse_certificate,
    parse_status_receipt,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE


@pytest.fixture
def book(identity: Any, database: Database, ledger: Ledger) -> StateBook:
    return StateBook(ReceiptPorts(database, ledger, identity.certificates, identity.clock, stamper(identity)))


def stamper(identity: Any) -> Any:
    """A time stamp of the service's own authority, made here without its room."""
    serials = iter(range(1, 10_000))

    def stamp(digest: Digest) -> bytes:
        with identity.ports.database.read() as connection:
            found = find_by_label(connection, "tsa-sm2")
        assert found is not None
        chain = identity.certificates.chain(found.certificate_id)[:-1]
        return make_timestamp(
            signer=identity.ports.vault.signer("tsa-sm2"),
            tsa=parse_certificate(found.der),
            chain=tuple(parse_certificate(one) for one in chain),
            digest=digest,
            at=identity.clock.at,
            serial=next(serials),
            policy="1.2.156.10260.4.9.1",
            accuracy=Accuracy(1),
        )

    return stamp


def codes(report: Any) -> set[str]:
    return {reason.code for one in report.signatures for reason in one.reasons}


@pytest.fixture
def life(identity: Any) -> Any:
    """Issued, suspended after an hour, resumed after two, revoked after three."""
    held, start = identity.person("H01"), identity.clock.at
    for act, more in (("suspend", ()), ("resume", ()), ("revoke", ("keyCompromise",))):
        identity.clock.advance(HOUR)
        getattr(identity.certificates, act)(held.certificate.certificate_id, *more, by="test")
    identity.clock.advance(HOUR)
    return held, start


@pytest.mark.parametrize(
    ("after", "state", "reason"),
    [
        (timedelta(minutes=30), "good", None),
        (HOUR, "suspended", "certificateHold"),
        (1.5 * HOUR, "suspended", "certificateHold"),
        (2.5 * HOUR, "good", None),
        (3 * HOUR, "revoked", "keyCompromise"),
        (4 * HOUR, "revoked", "keyCompromise"),
    ],
)
def test_each_time_has_its_state(
    identity: Any, book: StateBook, life: Any, after: timedelta, state: str, reason: str | None
) -> None:
    held, start = life
    made = book.receipt(held.certificate.certificate_id, at=start + after)
    report = check_file(made, trust=identity.certificates.trust(), at=identity.clock.at)
    assert report.indication is PASSED, report.to_json()
    assert (report.kind, report.facts["state"], report.facts["reason"]) == ("status-receipt", state, reason)
    assert "样例" not in made.decode("ascii", "ignore")


def test_years_later(identity: Any, book: StateBook, life: Any) -> None:
    """Every certificate in it has ended; a trust list of that day holds roots and log keys."""
    held, start = life
    made = book.receipt(held.certificate.certificate_id, at=start + 2.5 * HOUR)
    now = identity.certificates.trust()
    later = Trust(anchors=now.anchors, log_keys=now.log_keys, next_update=start + 3653 * DAY + DAY)
    at = start + 3653 * DAY
    report = check_status_receipt(made, trust=later, at=at)
    assert report.indication is PASSED, report.to_json()
    assert report.facts["proven_to_exist"] is not None
    stale = replace(later, next_update=at - DAY)
    assert check_status_receipt(made, trust=stale, at=at).indication is UNSURE
    # Without its time stamp nothing proves that it was signed while the key was good.
    bare = replace(parse_status_receipt(made), timestamp=None).encode()
    report = check_status_receipt(bare, trust=later, at=at)
    assert report.indication is UNSURE
    assert "TIMESTAMP_MISSING" in codes(report)
    assert check_status_receipt(bare, trust=now, at=identity.clock.at).indication is PASSED


def test_nobody_else_is_believed(identity: Any, book: StateBook, life: Any) -> None:
    held, start = life
    made = book.receipt(held.certificate.certificate_id, at=start + 2.5 * HOUR)
    trust = identity.certificates.trust()
    report = check_status_receipt(made, trust=Trust(log_keys=trust.log_keys), at=identity.clock.at)
    assert report.indication is UNSURE
    report = check_status_receipt(made, trust=replace(trust, log_keys=()), at=identity.clock.at)
    assert report.indication is UNSURE


def test_a_lie_is_found(identity: Any, book: StateBook, life: Any) -> None:
    """Signed by the authority itself, and contradicted by the lists and the log."""
    held, start = life
    honest = parse_status_receipt(book.receipt(held.certificate.certificate_id, at=start + 4 * HOUR))
    lie = replace(honest.statement, state="good", since=None, reason=None)
    report = check_status_receipt(
        replace(honest, statement=lie).encode(), trust=identity.certificates.trust(), at=identity.clock.at
    )
    assert report.indication is FAILED
    assert "STATUS_CONTRADICTED" in codes(report)
    hidden = replace(honest.statement, entries=honest.statement.entries[:1])
    report = check_status_receipt(
        replace(honest, statement=hidden).encode(), trust=identity.certificates.trust(), at=identity.clock.at
    )
    assert report.indication is FAILED
    no_lists = replace(honest.statement, lists=())
    report = check_status_receipt(
        replace(honest, statement=no_lists).encode(),
        trust=identity.certificates.trust(),
        at=identity.clock.at,
    )
    assert "STATUS_NOT_SHOWN" in codes(report)


def test_bytes_flipped(identity: Any, book: StateBook) -> None:
    """A sample of places all over the file: none raises, and none passes that says anything else.

    What may change unseen is a certificate that the time stamp carries and the receipt carries as well.
    """
    held = identity.person("H01")
    made = book.receipt(held.certificate.certificate_id)
    trust, at = identity.certificates.trust(), identity.clock.at
    whole = check_status_receipt(made, trust=trust, at=at)
    assert whole.indication is PASSED
    until = made.index(b'"timestamp"')
    for place in range(0, len(made), 211):
        changed = bytearray(made)
        changed[place] ^= 0x01
        report = check_status_receipt(bytes(changed), trust=trust, at=at)
        assert report.indication is not PASSED or (place > until and report.facts == whole.facts), place
    for size in range(0, len(made), 997):
        assert check_status_receipt(made[:size], trust=trust, at=at).indication is FAILED


@pytest.mark.parametrize("member", ["at", "issued", "state", "since", "reason", "lists", "chain", "entries"])
@pytest.mark.parametrize("value", [None, 7, "x", [], ["x"], {}])
def test_members_of_the_wrong_kind(identity: Any, book: StateBook, member: str, value: Any) -> None:
    held = identity.person("H01")
    content = json.loads(book.receipt(held.certificate.certificate_id))
    if content["receipt"][member] == value:
        return
    content["receipt"][member] = value
    changed = canonical_json(content)
    report = check_status_receipt(changed, trust=identity.certificates.trust(), at=identity.clock.at)
    assert report.indication is not PASSED
    if value == 7:
        with pytest.raises(StatusReceiptMalformed):
            parse_status_receipt(changed)


def test_what_is_not_answered(identity: Any, book: StateBook) -> None:
    held = identity.person("H01")
    start = identity.clock.at
    with pytest.raises(NothingKnown):
        book.receipt(held.certificate.certificate_id, at=start - DAY)
    with pytest.raises(StatusRequestRefused):
        book.receipt(held.certificate.certificate_id, at=start + DAY)
    with pytest.raises(StatusRequestRefused):
        book.receipt_of(b"nonsense")
    assert parse_status_receipt(book.receipt_of(held.der)).statement.state == "good"


def test_look_up(identity: Any, book: StateBook) -> None:
    """By fingerprint as people copy it, or by number and issuer; no name of a holder."""
    held = identity.person("H01")
    one = held.certificate
    spaced = ":".join(one.fingerprint.upper()[n : n + 2] for n in range(0, 64, 2))
    by_number = book.look_up(serial=f"00{one.serial.upper()}", issuer=one.issuer)
    assert book.look_up(fingerprint=spaced) == by_number
    assert by_number["state"] == "good"
    assert one.holder_name not in json.dumps(by_number, ensure_ascii=False)
    assert held.certificate.holder not in json.dumps(by_number)
    identity.certificates.suspend(one.certificate_id, by="test")
    assert book.look_up(fingerprint=one.fingerprint)["state"] == "suspended"
    identity.certificates.revoke(one.certificate_id, "superseded", by="test")
    assert book.look_up(fingerprint=one.fingerprint)["reason"] == "superseded"
    assert book.look_up(serial="1", issuer=one.issuer) == {"state": "unknown", "at": by_number["at"]}
    for bad in ({}, {"serial": "zz", "issuer": one.issuer}, {"serial": "1"}, {"fingerprint": "12"}):
        with pytest.raises(StatusRequestRefused):
            book.look_up(**bad)
