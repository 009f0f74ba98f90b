# SPDX-License-Identifier: Apache-2.0
"""Sessions: what is stored, how long they last, and everything that ends them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from api.database import Database
from api.database.tables_identity import challenges, sessions
from api.ledger import RowAltered
from api.login import LoginRefused, NotLoggedIn, SessionEnded, SessionExpired

E01 = "91510100DEM001017Y"


def test_token_is_stored_as_a_hash_only(door: Any, database: Database) -> None:
    session = door.enter(door.identity.person())
    assert len(bytes.fromhex(session.token)) == len(bytes.fromhex(session.csrf)) == 32
    assert session.token != session.csrf
    with database.read() as connection:
        stored = str(connection.execute(select(sessions)).all())
    assert session.token not in stored
    assert session.token not in repr(session)
    assert "样例" not in repr(session)


def test_every_login_is_a_session_of_its_own(door: Any) -> None:
    held = door.identity.person()
    first, second = door.enter(held), door.enter(held)
    assert first.token != second.token
    assert first.csrf != second.csrf
    door.login.logout(first.token)
    with pytest.raises(SessionEnded):
        door.login.session(first.token)
    assert door.login.session(second.token) == second


@pytest.mark.parametrize("token", ["", "0" * 64, "x", "\x00", "\ud800", "令牌", "a" * 100_000])
def test_unknown_token_is_nobody(door: Any, token: str) -> None:
    with pytest.raises(NotLoggedIn) as refused:
        door.login.session(token)
    assert refused.value.code == "not-logged-in"
    door.login.logout(token)


def test_hash_is_no_token(door: Any, database: Database) -> None:
    door.enter(door.identity.person())
    with database.read() as connection:
        stored = connection.execute(select(sessions.c.token_sha256)).scalar_one()
    with pytest.raises(NotLoggedIn):
        door.login.session(stored)


def test_idle_for_half_an_hour(door: Any, clock: Any) -> None:
    token = door.enter(door.identity.person()).token
    for _ in range(3):
        clock.advance(timedelta(minutes=29))
        door.login.session(token)
    clock.advance(timedelta(minutes=30))
    with pytest.raises(SessionExpired) as refused:
        door.login.session(token)
    assert refused.value.code == "session-expired"


def test_eight_hours_at_most(door: Any, clock: Any) -> None:
    token = door.enter(door.identity.person()).token
    for _ in range(16 * 3 - 1):
        clock.advance(timedelta(minutes=10))
        door.login.session(token)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(SessionExpired):
        door.login.session(token)


def test_no_longer_than_the_certificate(door: Any, clock: Any) -> None:
    held = door.identity.person()
    until = clock() + timedelta(minutes=5)
    order = door.identity.order(
        "H01", held.key.public_key.kind, account_id=held.account_id, valid_until=until
    )
    short = door.identity.certificates.issue(order, by="test")
    session = door.enter(type(held)(held.key, short, held.account_id))
    assert session.expires_at == until
    clock.advance(timedelta(minutes=5))
    with pytest.raises(SessionExpired):
        door.login.session(session.token)


def log_out(door: Any, session: Any, _held: Any) -> None:
    door.login.logout(session.token)


def revoke(door: Any, _session: Any, held: Any) -> None:
    door.identity.certificates.revoke(held.certificate.certificate_id, "superseded", by="test")


def close(door: Any, _session: Any, held: Any) -> None:
    door.identity.accounts.close(held.account_id, by="test")


def end_mandate(door: Any, _session: Any, held: Any) -> None:
    door.identity.accounts.end_mandate(held.account_id, E01, by="test")


@pytest.mark.parametrize("end", [log_out, revoke, close, end_mandate])
def test_session_ends_with_what_it_rests_on(
    door: Any, clock: Any, end: Callable[[Any, Any, Any], None]
) -> None:
    held, other = door.identity.person(), door.identity.person("H02")
    for one in (held, other):
        door.identity.accounts.allow_to_act(one.account_id, E01, by="test")
    session, elsewhere = door.enter(held, act_for=E01), door.enter(other, act_for=E01)
    end(door, session, held)
    with pytest.raises(SessionEnded) as refused:
        door.login.session(session.token)
    assert refused.value.code == "session-ended"
    assert door.login.session(elsewhere.token) == elsewhere
    clock.advance(timedelta(hours=9))
    with pytest.raises(NotLoggedIn):
        door.login.session(session.token)


def test_ending_a_mandate_leaves_the_person_s_own_session(door: Any) -> None:
    held = door.identity.person()
    door.identity.accounts.allow_to_act(held.account_id, E01, by="test")
    own = door.enter(held)
    end_mandate(door, own, held)
    assert door.login.session(own.token) == own
    door.identity.accounts.allow_to_act(held.account_id, E01, by="test")
    assert door.login.session(own.token).acts_for is None


def test_a_new_mandate_does_not_revive_a_session(door: Any) -> None:
    held = door.identity.person()
    door.identity.accounts.allow_to_act(held.account_id, E01, by="test")
    session = door.enter(held, act_for=E01)
    end_mandate(door, session, held)
    door.identity.accounts.allow_to_act(held.account_id, E01, by="test")
    with pytest.raises(SessionEnded):
        door.login.session(session.token)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(token=st.text(st.characters(exclude_categories=[]), max_size=80))
def test_no_text_is_a_token(door: Any, token: str) -> None:
    with pytest.raises(NotLoggedIn):
        door.login.session(token)


def test_a_row_written_by_somebody_else_is_no_session(door: Any, database: Database, clock: Any) -> None:
    """Who can write into the database but not open the vault gives itself nothing."""
    person = door.identity.person()
    officer = door.identity.person("H10", roles="officer", agency="11510106DEM9A00331")
    mine, theirs = door.enter(person), door.enter(officer)
    token = "ab" * 32
    with database.write() as connection:
        row = connection.execute(select(sessions).where(sessions.c.csrf == theirs.csrf)).one()._asdict()
        inserted = {**row, "token_sha256": hashlib.sha256(token.encode()).hexdigest()}
        connection.execute(insert(sessions).values(inserted))
    with pytest.raises(NotLoggedIn):
        door.login.session(token)
    assert door.login.session(theirs.token) == theirs
    for changed in (
        {"account_id": row["account_id"]},
        {"certificate_id": row["certificate_id"]},
        {"account_id": row["account_id"], "certificate_id": row["certificate_id"], "mac": row["mac"]},
        {"expires_at": clock() + timedelta(days=365)},
        {"csrf": "00" * 32},
        {"mac": ""},
    ):
        with database.write() as connection:
            of_mine = sessions.c.token_sha256 == hashlib.sha256(mine.token.encode()).hexdigest()
            before = connection.execute(select(sessions).where(of_mine)).one()._asdict()
            connection.execute(update(sessions).where(of_mine).values(**changed))
        with pytest.raises(NotLoggedIn):
            door.login.session(mine.token)
        with database.write() as connection:
            connection.execute(update(sessions).where(of_mine).values(**before))
        assert door.login.session(mine.token) == mine


def test_an_edited_challenge_revives_no_old_signature(door: Any, database: Database, clock: Any) -> None:
    """A signature that was seen once stays worthless: the signed bytes name the challenge and its end."""
    held = door.identity.person()
    old = door.login.challenge()
    signature = held.key.sign(old.to_be_signed)
    door.login.login(old.challenge_id, held.der, signature)
    clock.advance(timedelta(minutes=10))
    fresh = {"used_at": None, "expires_at": clock() + timedelta(minutes=2)}
    with database.write() as connection:
        connection.execute(update(challenges).where(challenges.c.id == old.challenge_id).values(**fresh))
    with pytest.raises(LoginRefused) as refused:
        door.login.login(old.challenge_id, held.der, signature)
    assert refused.value.code == "challenge-unknown"
    newer = door.login.challenge()
    with database.write() as connection:
        of_newer = challenges.c.id == newer.challenge_id
        connection.execute(update(challenges).where(of_newer).values(to_be_signed=old.to_be_signed))
    with pytest.raises(LoginRefused):
        door.login.login(newer.challenge_id, held.der, signature)


def test_roles_and_mandates_written_into_the_database_are_not_believed(door: Any, database: Database) -> None:
    """An edited role or an invented mandate stops the login; the log check names it as well."""
    held = door.identity.person()
    door.identity.accounts.allow_to_act(held.account_id, E01, by="operator")
    assert door.enter(held, act_for=E01).acts_for == E01
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE mandates SET given_by = 'somebody'")
    with pytest.raises(RowAltered):
        door.enter(held, act_for=E01)
    assert door.enter(held).account_id == held.account_id
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE accounts SET roles = '[\"operator\"]'")
    with pytest.raises(RowAltered):
        door.enter(held)
