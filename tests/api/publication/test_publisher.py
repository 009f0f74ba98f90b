# SPDX-License-Identifier: Apache-2.0
"""The trust list: signed by three, checked before release, new when it says something new, never older."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.accounts import committed_accounts
from api.certificates import (
    CertificateService,
    committed_authorities,
    committed_certificates,
    committed_qr_keys,
)
from api.database import Database
from api.database.tables_identity import trust_lists
from api.ledger import Ledger, check_ledger
from api.publication import ListDidNotVerify, PublicationPorts, TrustPublisher, committed_trust_lists
from api.status import committed_crls, committed_status_lists
from keys import KeyFamily, KeyKind
from verify import (
    Indication,
    Purpose,
    SubIndication,
    check_certificate,
    check_trust_list,
    load_trust,
    parse_certificate,
    parse_trust_list,
)


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def ports(identity: Any) -> PublicationPorts:
    given = identity.ports
    return PublicationPorts(
        database=given.database,
        ledger=given.ledger,
        intents=given.intents,
        certificates=identity.certificates,
        publisher=given.authority.name,
        clock=given.clock,
    )


@pytest.fixture
def publisher(ports: PublicationPorts) -> TrustPublisher:
    return TrustPublisher(ports)


def published(ledger: Ledger) -> list[dict[str, Any]]:
    entries = [json.loads(ledger.entry(index)) for index in range(ledger.size())]
    return [one["body"] for one in entries if one["kind"] == "trust_list.published"]


def test_list_is_signed_by_every_custodian_and_passes(
    identity: Any, publisher: TrustPublisher, clock: Any, ledger: Ledger
) -> None:
    data = publisher.current()
    own = identity.certificates.trust()
    for known in (None, own):
        report = check_trust_list(data, trust=known, at=clock())
        assert report.indication is Indication.TOTAL_PASSED, report.reasons
    listed = parse_trust_list(data)
    families = [one.certificate.public_key.family for one in listed.signatures]
    assert families == [KeyFamily.SM2, KeyFamily.RSA, KeyFamily.ECDSA]
    body = listed.body
    assert (body.sequence, body.issued, body.next_update) == (1, clock(), clock() + timedelta(days=7))
    assert body.expires == clock() + timedelta(days=21)
    assert body.document_status is not None
    assert body.document_status.address.endswith("/document-status.json")
    (authorities,) = {one.authorities for one in body.qr_keys}
    assert identity.ports.authority.uscc in (authorities or ())
    assert (body.anchors, body.intermediates) == (own.anchors, own.intermediates)
    assert (body.qr_keys, body.log_keys, body.hosts) == (own.qr_keys, own.log_keys, own.hosts)
    assert published(ledger) == [{"sequence": 1, "sha256": hashlib.sha256(data).hexdigest()}]


def test_the_list_is_enough_to_check_what_was_issued(
    identity: Any, publisher: TrustPublisher, clock: Any
) -> None:
    held = [identity.person("H01"), identity.person("H02", KeyKind.RSA2048)]
    trust = load_trust([("trust-list.json", publisher.current())], clock())
    for one in held:
        report = check_certificate(parse_certificate(one.der), trust, clock(), purpose=Purpose.SEAL)
        assert report.indication is Indication.TOTAL_PASSED, report.reasons


def test_same_list_until_half_of_its_term(publisher: TrustPublisher, clock: Any, ledger: Ledger) -> None:
    first = publisher.current()
    size = ledger.size()
    clock.advance(timedelta(days=3, hours=11, minutes=59))
    assert publisher.current() == first
    assert ledger.size() == size
    clock.advance(timedelta(minutes=1))
    second = publisher.current()
    assert parse_trust_list(second).body.sequence == 2
    assert parse_trust_list(second).body.issued == clock()


def test_revocation_is_in_the_next_list(identity: Any, publisher: TrustPublisher, clock: Any) -> None:
    held = identity.person()
    publisher.current()
    identity.certificates.revoke(held.certificate.certificate_id, "keyCompromise", by="test")
    data = publisher.current()
    assert parse_trust_list(data).body.sequence == 2
    trust = load_trust([("trust-list.json", data)], clock())
    report = check_certificate(parse_certificate(held.der), trust, clock(), purpose=Purpose.SEAL)
    assert (report.indication, report.sub_indication) == (Indication.TOTAL_FAILED, SubIndication.REVOKED)


def test_sequence_outlives_the_process(ports: PublicationPorts, clock: Any) -> None:
    first = TrustPublisher(ports).current()
    assert TrustPublisher(ports).current() == first
    clock.advance(timedelta(days=4))
    assert parse_trust_list(TrustPublisher(ports).current()).body.sequence == 2


def test_list_from_the_future_is_followed_by_one_of_today(
    identity: Any, publisher: TrustPublisher, clock: Any
) -> None:
    """The clock was wrong for a while: the sequence goes on, the times come back."""
    clock.advance(timedelta(hours=1))
    publisher.current()
    clock.advance(-timedelta(minutes=30))
    again = parse_trust_list(publisher.current()).body
    assert (again.sequence, again.issued) == (2, clock())


def test_many_at_once_publish_once(ports: PublicationPorts, database: Database) -> None:
    """Threads of one process share a publisher; processes share the database."""
    one, other = TrustPublisher(ports), TrustPublisher(ports)
    barrier, seen = threading.Barrier(6), []

    def work(publisher: TrustPublisher) -> None:
        barrier.wait()
        seen.append(publisher.current())

    threads = [threading.Thread(target=work, args=(one if n % 2 else other,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 6
    assert len(set(seen)) == 1
    with database.read() as connection:
        assert connection.execute(select(trust_lists.c.sequence)).scalars().all() == [1]


def test_stale_view_of_a_rival_never_follows_a_newer_list(
    identity: Any, ports: PublicationPorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Revoked while a rival is about to publish: its list is made from what is true when it has its turn."""
    held = identity.person()
    publisher = TrustPublisher(ports)
    publisher.current()
    opened = type(ports.intents).open
    service: CertificateService = identity.certificates

    def revoke_first(intents: Any, kind: str, body: Any) -> Any:
        intent = opened(intents, kind, body)
        if kind == "trust_list.publish":
            monkeypatch.undo()
            service.revoke(held.certificate.certificate_id, "superseded", by="test")
        return intent

    identity.clock.advance(timedelta(days=4))
    monkeypatch.setattr(type(ports.intents), "open", revoke_first)
    listed = parse_trust_list(publisher.current()).body
    assert any(int(held.certificate.serial, 16) in crl.entries for crl in listed.crls)


def test_killed_before_release_leaves_an_open_intent_only(
    identity: Any, publisher: TrustPublisher, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_args: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(type(identity.certificates), "trust_list_signers", die)
        with pytest.raises(Killed):
            publisher.current()
    with database.read() as connection:
        assert connection.execute(select(trust_lists)).all() == []
    assert identity.ports.intents.abandon_open() == 1
    assert parse_trust_list(publisher.current()).body.sequence == 1


def test_a_custodian_may_be_missing(
    identity: Any, publisher: TrustPublisher, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of three make a list."""
    service = identity.certificates
    some = service.trust_list_signers()
    monkeypatch.setattr(type(service), "trust_list_signers", lambda _self: some[:2])
    report = check_trust_list(publisher.current(), trust=service.trust(), at=clock())
    assert report.indication is Indication.TOTAL_PASSED, report.reasons
    assert len(report.signatures) == 2


@pytest.mark.parametrize("fault", ["flipped", "one family left out", "key of an authority", "seal"])
def test_list_that_fails_our_own_check_is_not_released(
    identity: Any,
    publisher: TrustPublisher,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    service = identity.certificates
    signers = service.trust_list_signers()

    class Flipping:
        def __init__(self, signer: Any) -> None:
            self._signer = signer

        def sign(self, message: bytes) -> bytes:
            return bytes(self._signer.sign(message[:-1]))

    wrong = {
        "flipped": ((signers[0][0], Flipping(signers[0][1])), signers[1]),
        "one family left out": (signers[0],),
        "key of an authority": ((service.trust().intermediates[0], signers[0][1]), signers[1]),
        "seal": ((service.platform_sealing().certificate, service.platform_signer()), signers[1]),
    }[fault]
    with monkeypatch.context() as patched:
        patched.setattr(type(service), "trust_list_signers", lambda _self: wrong)
        with pytest.raises(ListDidNotVerify) as refused:
            publisher.current()
    assert refused.value.indication != "TOTAL-PASSED"
    with database.read() as connection:
        assert connection.execute(select(trust_lists)).all() == []
    assert identity.ports.intents.abandon_open() == 0


def test_expired_crl_is_never_published_as_good(identity: Any, publisher: TrustPublisher, clock: Any) -> None:
    """Nobody refreshed the lists for longer than their term: no list goes out until somebody does."""
    clock.advance(timedelta(days=8))
    with pytest.raises(ListDidNotVerify) as refused:
        publisher.current()
    assert "REVOCATION_UNKNOWN" in refused.value.reasons
    identity.certificates.refresh_crls()
    assert parse_trust_list(publisher.current()).body.sequence == 1


def test_every_flipped_byte_of_a_list_is_noticed(publisher: TrustPublisher, clock: Any) -> None:
    data = publisher.current()
    for place in range(0, len(data), 997):
        altered = bytearray(data)
        altered[place] ^= 1
        report = check_trust_list(bytes(altered), trust=None, at=clock())
        assert report.indication is not Indication.TOTAL_PASSED, place


def test_new_document_types_are_a_new_list(ports: PublicationPorts, identity: Any) -> None:
    TrustPublisher(ports).current()
    wider = CertificateService(
        replace(identity.ports, document_types=lambda: ("receipt", "certificate_of_something_new"))
    )
    body = parse_trust_list(TrustPublisher(replace(ports, certificates=wider)).current()).body
    assert body.sequence == 2
    assert {key.kinds for key in body.qr_keys} == {("receipt", "certificate_of_something_new")}


def test_edited_list_is_found(
    publisher: TrustPublisher, database: Database, ledger: Ledger, identity: Any
) -> None:
    publisher.current()
    sources = {
        "accounts": committed_accounts,
        "authorities": committed_authorities,
        "certificates": committed_certificates,
        "crls": committed_crls,
        "status_lists": committed_status_lists,
        "qr_keys": committed_qr_keys,
        "trust_lists": committed_trust_lists,
    }
    assert not check_ledger(database, ledger.log_keys(), sources).findings
    with database.write() as connection:
        connection.execute(update(trust_lists).values(document=b"{}"))
    found = check_ledger(database, ledger.log_keys(), sources).findings
    assert [(one.kind.value, one.table, one.key) for one in found] == [("changed", "trust_lists", "1")]
