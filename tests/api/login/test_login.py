# SPDX-License-Identifier: Apache-2.0
"""Logging in: with every kind of key, for oneself and for others, once and in time."""

from __future__ import annotations

import hashlib
import hmac
import threading
from datetime import timedelta
from typing import Any

import pytest

from api.accounts import Role
from api.certificates import IssueOrder
from api.database import Database
from api.ledger import Ledger
from api.login import LoginRefused
from ca import SubjectName, make_request
from keys import KeyKind, generate_key

from .conftest import (
    E01,
    E01_NAME,
    KINDS,
    Holder,
    open_sessions,
    recorded,
)

AGENCY = "11510106DEM9A00331"


@pytest.mark.parametrize("kind", KINDS)
def test_login_with_every_kind_of_key(door: Any, ledger: Ledger, clock: Any, kind: KeyKind) -> None:
    held = door.identity.person("H01", kind)
    session = door.enter(held)
    assert (session.account_id, session.name, session.subject) == (held.account_id, "样例H01", "H01")
    assert (session.roles, session.agency) == ({Role.APPLICANT}, "")
    assert (session.acts_for, session.acts_for_name) == (None, "")
    assert session.expires_at == clock() + timedelta(hours=8)
    assert door.login.session(session.token) == session
    ((logged_as, body),) = recorded(ledger)
    salt = bytes.fromhex(session.csrf)
    commitment = hmac.new(salt, held.certificate.fingerprint.encode(), hashlib.sha256).hexdigest()
    assert (logged_as, body) == ("login.succeeded", {"commitment": commitment})


def test_officer_has_an_agency(door: Any) -> None:
    session = door.enter(door.identity.person("H10", roles="officer", agency=AGENCY))
    assert (session.roles, session.agency) == ({Role.OFFICER}, AGENCY)


def test_acting_for_an_enterprise(door: Any) -> None:
    held = door.identity.person()
    door.identity.accounts.allow_to_act(held.account_id, E01, by="test")
    session = door.enter(held, act_for=E01.lower())
    assert (session.acts_for, session.acts_for_name, session.name) == (E01, E01_NAME, "样例H01")
    assert door.login.session(session.token) == session
    assert door.enter(held).acts_for is None


def test_who_acts_for_an_enterprise_is_no_officer_meanwhile(door: Any) -> None:
    accounts = door.identity.accounts
    account = accounts.add(
        name="样例H01", subject="H01", roles={"applicant", "officer"}, agency=AGENCY, by="test"
    )
    order = door.identity.order("H01", KeyKind.SM2, account_id=account.account_id)
    issued = door.identity.certificates.issue(order, by="test")
    accounts.allow_to_act(account.account_id, E01, by="test")
    held = Holder(door.identity.key("H01", KeyKind.SM2), issued.der)
    session = door.enter(held, act_for=E01)
    assert (session.roles, session.agency) == ({Role.APPLICANT}, "")
    assert door.enter(held).roles == {Role.APPLICANT, Role.OFFICER}


def test_enterprise_with_an_account_of_its_own(door: Any) -> None:
    account = door.identity.accounts.add(name=E01_NAME, subject=E01, roles={"applicant"}, by="test")
    key = generate_key(KeyKind.SM2)
    request = make_request(key, SubjectName(E01_NAME, E01_NAME, E01))
    order = IssueOrder("enterprise", request, E01, E01_NAME, account_id=account.account_id)
    held = Holder(key, door.identity.certificates.issue(order, by="test").der)
    assert door.enter(held, act_for=E01).acts_for is None
    assert door.enter(held).subject == E01


def test_of_many_replays_at_once_one_gets_in(door: Any, database: Database) -> None:
    held, challenge = door.identity.person(), door.login.challenge()
    signature = held.key.sign(challenge.to_be_signed)
    barrier, outcomes = threading.Barrier(8), []

    def work() -> None:
        barrier.wait()
        try:
            door.login.login(challenge.challenge_id, held.der, signature)
            outcomes.append("in")
        except LoginRefused as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["challenge-used"] * 7 + ["in"]
    assert open_sessions(database) == 1


def test_answer_in_the_last_second(door: Any, clock: Any) -> None:
    held, challenge = door.identity.person(), door.login.challenge()
    clock.advance(timedelta(seconds=119, milliseconds=999))
    door.login.login(challenge.challenge_id, held.der, held.key.sign(challenge.to_be_signed))


def test_revoked_between_check_and_session(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state of the certificate is read once more in the transaction that starts the session."""
    held = door.identity.person()
    stale = door.identity.certificates.trust()
    door.identity.certificates.revoke(held.certificate.certificate_id, "superseded", by="test")
    monkeypatch.setattr(type(door.identity.certificates), "trust", lambda _self: stale)
    with pytest.raises(LoginRefused, match="certificate-revoked"):
        door.enter(held)
