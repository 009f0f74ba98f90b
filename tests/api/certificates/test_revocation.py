# SPDX-License-Identifier: Apache-2.0
"""Revocation: seen at once, everywhere, with a list that says so, and never undone."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from api.accounts import committed_accounts
from api.certificates import (
    CertificateService,
    NoSuchCertificate,
    RevocationRefused,
    committed_authorities,
    committed_certificates,
    committed_qr_keys,
)
from api.database import Database
from api.database.tables_identity import certificates as certificates_table
from api.database.tables_identity import crls as crls_table
from api.ledger import Ledger, check_ledger
from api.status import committed_crls, committed_status_lists
from ca import IssueFailed
from keys import KeyKind
from verify import Indication, Purpose, SubIndication, check_certificate, parse_certificate, parse_crl

REASONS = [
    "unspecified",
    "keyCompromise",
    "cACompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "privilegeWithdrawn",
]


class Killed(BaseException):
    """The process ends here."""


def verdict(identity: Any, der: bytes, trust: Any = None) -> tuple[Indication, SubIndication | None]:
    report = check_certificate(
        parse_certificate(der),
        trust or identity.certificates.trust(),
        identity.clock(),
        purpose=Purpose.SEAL,
    )
    return report.indication, report.sub_indication


def numbers(database: Database, issuer: str) -> list[int]:
    query = select(crls_table.c.number).where(crls_table.c.issuer == issuer).order_by(crls_table.c.number)
    with database.read() as connection:
        return list(connection.execute(query).scalars())


@pytest.mark.parametrize("reason", REASONS)
def test_revocation_is_seen_at_once(identity: Any, clock: Any, ledger: Ledger, reason: str) -> None:
    held, other = identity.person(), identity.person("H03")
    service = identity.certificates
    elsewhere = CertificateService(identity.ports)  # another process, with a trust of its own in memory
    assert verdict(identity, held.der, elsewhere.trust()) == (Indication.TOTAL_PASSED, None)
    clock.advance(timedelta(milliseconds=400))
    ended = service.revoke(held.certificate.certificate_id, reason, by="test")
    assert (ended.reason, ended.revoked_at) == (reason, clock().replace(microsecond=0))
    for trust in (service.trust(), elsewhere.trust()):
        assert verdict(identity, held.der, trust) == (Indication.TOTAL_FAILED, SubIndication.REVOKED)
        assert verdict(identity, other.der, trust) == (Indication.TOTAL_PASSED, None)
    file = service.crl_file("persons-sm2")
    crl = parse_crl(file)
    assert {serial: one.reason for serial, one in crl.entries.items()} == {int(ended.serial, 16): reason}
    entries = [json.loads(ledger.entry(index)) for index in range(ledger.size())]
    assert [one["body"] for one in entries if one["kind"] == "certificate.revoked"] == [
        {
            "certificate_id": ended.certificate_id,
            "issuer": "persons-sm2",
            "serial": ended.serial,
            "fingerprint": ended.fingerprint,
            "reason": reason,
        }
    ]
    assert [one["body"] for one in entries if one["kind"] == "crl.issued"][-1] == {
        "issuer": "persons-sm2",
        "number": 2,
        "sha256": hashlib.sha256(file).hexdigest(),
    }
    sealing = service.sealing(ended.certificate_id)
    assert file in [one.der for one in sealing.crls]


def test_revoking_again_changes_nothing(
    identity: Any, clock: Any, ledger: Ledger, database: Database
) -> None:
    held = identity.person()
    ended = identity.certificates.revoke(held.certificate.certificate_id, "superseded", by="test")
    size = ledger.size()
    clock.advance(timedelta(hours=1))
    again = identity.certificates.revoke(held.certificate.certificate_id, "privilegeWithdrawn", by="other")
    assert again == ended
    assert (ledger.size(), numbers(database, "persons-sm2")) == (size, [1, 2])


@pytest.mark.parametrize("reason", ["", "removeFromCRL", "certificateHold", "KEYCOMPROMISE", "because"])
def test_unknown_reason_is_refused(identity: Any, ledger: Ledger, reason: str) -> None:
    held = identity.person()
    size = ledger.size()
    with pytest.raises(RevocationRefused) as refused:
        identity.certificates.revoke(held.certificate.certificate_id, reason, by="test")
    assert refused.value.code == "reason-unknown"
    assert ledger.size() == size


def test_nothing_to_revoke(identity: Any) -> None:
    with pytest.raises(NoSuchCertificate):
        identity.certificates.revoke("0" * 32, "superseded", by="test")
    root = next(one for one in identity.certificates.listed() if one.key_label == "root-rsa")
    with pytest.raises(RevocationRefused) as refused:
        identity.certificates.revoke(root.certificate_id, "superseded", by="test")
    assert refused.value.code == "root-not-revocable"


def test_revoked_authority_takes_all_that_it_issued_with_it(identity: Any, offline_vault: Any) -> None:
    held, rsa = identity.person(), identity.person("H02", KeyKind.RSA2048)
    before = identity.certificates.trust()
    issuing = next(one for one in identity.certificates.listed() if one.key_label == "persons-sm2")
    with pytest.raises(RevocationRefused) as refused:
        identity.certificates.revoke(issuing.certificate_id, "cACompromise", by="test")
    assert refused.value.code == "authority-offline"
    identity.certificates.revoke_authority("persons-sm2", "cACompromise", offline_vault, by="test")
    after = identity.certificates.trust()
    assert verdict(identity, held.der, before)[0] is Indication.TOTAL_PASSED
    assert verdict(identity, held.der, after)[0] is not Indication.TOTAL_PASSED
    assert verdict(identity, rsa.der, after)[0] is Indication.TOTAL_PASSED
    root = parse_crl(identity.certificates.crl_file("root-sm2"))
    assert list(root.entries) == [int(issuing.serial, 16)]


def test_many_at_once_have_one_list_each(identity: Any, database: Database) -> None:
    held = [identity.person(f"H{number:02d}") for number in range(6)]
    barrier = threading.Barrier(len(held))

    def work(certificate_id: str) -> None:
        barrier.wait()
        identity.certificates.revoke(certificate_id, "superseded", by="test")

    threads = [
        threading.Thread(target=work, args=(one.certificate.certificate_id,))
        for one in [*held[:3], *held[:3]]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers(database, "persons-sm2") == [1, 2, 3, 4]
    crl = parse_crl(identity.certificates.crl_file("persons-sm2"))
    assert set(crl.entries) == {int(one.certificate.serial, 16) for one in held[:3]}


@pytest.mark.parametrize("where", ["signer", "close"])
def test_killed_while_revoking_leaves_all_as_it_was(
    identity: Any, database: Database, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    held = identity.person()

    def die(*_args: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patched:
        room = identity.ports.vault if where == "signer" else identity.ports.intents
        patched.setattr(type(room), where, die)
        with pytest.raises(Killed):
            identity.certificates.revoke(held.certificate.certificate_id, "superseded", by="test")
    assert numbers(database, "persons-sm2") == [1]
    assert identity.certificates.get(held.certificate.certificate_id).revoked_at is None
    assert identity.ports.intents.abandon_open() == 1
    identity.certificates.revoke(held.certificate.certificate_id, "superseded", by="test")
    assert numbers(database, "persons-sm2") == [1, 2]


def test_list_that_cannot_be_signed_revokes_nothing(
    identity: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = identity.person()
    vault = type(identity.ports.vault)
    right = vault.signer

    with monkeypatch.context() as patched:
        patched.setattr(vault, "signer", lambda self, _label: right(self, "organisations-sm2"))
        with pytest.raises(IssueFailed):
            identity.certificates.revoke(held.certificate.certificate_id, "superseded", by="test")
    with database.read() as connection:
        revoked = select(func.count()).where(certificates_table.c.revoked_at.is_not(None))
        assert connection.execute(revoked).scalar_one() == 0
    assert identity.ports.intents.abandon_open() == 0


def test_list_taken_out_of_the_database_is_found(identity: Any, database: Database, ledger: Ledger) -> None:
    """Without its newest list a revocation would be forgotten: the ledger is not."""
    held = identity.person()
    identity.certificates.revoke(held.certificate.certificate_id, "keyCompromise", by="test")
    with database.write() as connection:
        connection.execute(delete(crls_table).where(crls_table.c.number == 2))
    sources = {
        "accounts": committed_accounts,
        "authorities": committed_authorities,
        "certificates": committed_certificates,
        "crls": committed_crls,
        "status_lists": committed_status_lists,
        "qr_keys": committed_qr_keys,
    }
    found = check_ledger(database, ledger.log_keys(), sources).findings
    assert [(one.kind.value, one.table) for one in found] == [("deleted", "crls")]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["issue", "revoke", "refresh", "back"]), min_size=1, max_size=8))
def test_state_and_lists_agree_after_every_step(
    identity: Any, clock: Any, database: Database, steps: Any
) -> None:
    """Whatever happens in whatever order: the list names exactly what is revoked, and its number rises."""
    service = identity.certificates
    clock.advance(timedelta(hours=9))  # so that no step back goes behind the authority's own beginning
    for step in steps:
        before = parse_crl(service.crl_file("persons-sm2"))
        live = [one for one in service.listed() if one.profile == "person" and one.revoked_at is None]
        if step == "issue" or not live:
            identity.person(f"P{len(service.listed())}")
        elif step == "revoke":
            service.revoke(live[0].certificate_id, "superseded", by="test")
        else:
            clock.advance(timedelta(days=4) if step == "refresh" else -timedelta(hours=1))
            service.refresh_crls()
        crl = parse_crl(service.crl_file("persons-sm2"))
        revoked = {
            int(one.serial, 16)
            for one in service.listed()
            if one.issuer == "persons-sm2" and one.revoked_at is not None
        }
        assert set(crl.entries) == revoked
        assert (crl.number, crl.this_update) >= (before.number, before.this_update)
        assert (crl.number == before.number) == (crl.der == before.der)
        assert numbers(database, "persons-sm2") == list(range(1, (crl.number or 0) + 1))
