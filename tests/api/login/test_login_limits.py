# SPDX-License-Identifier: Apache-2.0
"""How often one may fail, what of it is recorded, and that nobody else is locked out by it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from api.database import Database
from api.database.tables_identity import challenges
from api.ledger import Ledger
from api.login import LoginRefused
from api.login.attempts import MOST_FAILURES, MOST_FROM_SOURCE, Attempts, keys_of
from api.login.login import RECORDED_OF_ALL, RECORDED_OF_ONE
from ca import SubjectName
from keys import KeyKind, generate_key

from .conftest import (
    answer,
    certified,
    recorded,
    too_often,
)


def test_failures_are_forgotten_after_a_minute(door: Any, clock: Any) -> None:
    held = door.identity.person()
    too_often(door, held, door.login.challenge())
    with pytest.raises(LoginRefused, match="too-many-attempts"):
        door.enter(held)
    clock.advance(timedelta(minutes=1))
    assert door.enter(held).account_id == held.account_id


def test_failures_elsewhere_do_not_lock_the_holder_out(door: Any) -> None:
    """A certificate is public: it stands in every sealed file."""
    held = door.identity.person()
    for _ in range(MOST_FAILURES):
        with pytest.raises(LoginRefused, match="challenge-unknown"):
            door.login.login("0" * 32, held.der, b"", source="203.0.113.7")
    with pytest.raises(LoginRefused, match="too-many-attempts"):
        door.enter(held, source="203.0.113.7")
    assert door.enter(held, source="198.51.100.4").account_id == held.account_id
    # One address for a whole service hall: whoever fails there stops nobody else there.
    other = door.identity.person("H02")
    assert door.enter(other, source="203.0.113.7").account_id == other.account_id


def test_a_flood_from_one_source(clock: Any) -> None:
    """Ever new certificates from one address are stopped in the end."""
    attempts = Attempts(clock)
    for number in range(MOST_FROM_SOURCE):
        attempts.require_room(*keys_of("203.0.113.7", str(number)))
        attempts.failed(*keys_of("203.0.113.7", str(number)))
    with pytest.raises(LoginRefused, match="too-many-attempts"):
        attempts.require_room(*keys_of("203.0.113.7", "another"))
    attempts.require_room(*keys_of("198.51.100.4", "another"))


def test_public_log_does_not_say_who_logged_in(door: Any, ledger: Ledger) -> None:
    """A certificate stands in every sealed file: its fingerprint in an entry would name its holder."""
    held = door.identity.person()
    first, second = door.enter(held), door.enter(held)
    with pytest.raises(LoginRefused):
        door.login.login("0" * 32, held.der, b"")
    entries = recorded(ledger)
    assert [kind for kind, _ in entries] == ["login.succeeded", "login.succeeded", "login.refused"]
    assert held.certificate.fingerprint not in json.dumps(entries)
    assert entries[0][1] != entries[1][1]  # two logins of one holder do not look alike
    assert first.csrf not in json.dumps(entries)
    assert second.csrf not in json.dumps(entries)


def test_strangers_cannot_grow_the_log(door: Any, ledger: Ledger) -> None:
    """Whoever sends certificates that were not issued here leaves no entry, however often."""
    key, before = generate_key(KeyKind.SM2), ledger.size()
    stranger = certified(door, "root", SubjectName("Foreign Root"), key, None, key)
    for count in range(2 * MOST_FAILURES):
        with pytest.raises(LoginRefused):
            door.login.login("0" * 32, stranger.der, b"", source=f"203.0.113.{count}")
    assert ledger.size() == before


def test_refusals_are_recorded_at_a_bounded_rate(door: Any, ledger: Ledger, clock: Any) -> None:
    """Somebody who has certificates of ours, as everybody does who has sealed files, from many places."""
    held = [door.identity.person(f"H{number:02d}") for number in range(1, 8)]
    for one in held:
        for count in range(RECORDED_OF_ONE + 3):
            with pytest.raises(LoginRefused, match="challenge-unknown"):
                door.login.login("0" * 32, one.der, b"", source=f"203.0.113.{count}")
        if one is held[0]:
            assert len(recorded(ledger)) == RECORDED_OF_ONE
    assert len(recorded(ledger)) == RECORDED_OF_ALL
    clock.advance(timedelta(minutes=1))
    with pytest.raises(LoginRefused):
        door.login.login("0" * 32, held[0].der, b"")
    assert len(recorded(ledger)) == RECORDED_OF_ALL + 1
    assert door.enter(held[0]).account_id == held[0].account_id


def test_refused_for_too_many_does_not_spend_the_challenge(door: Any, database: Database) -> None:
    held, challenge = door.identity.person(), door.login.challenge()
    too_often(door, held, challenge)
    with pytest.raises(LoginRefused, match="too-many-attempts"):
        door.login.login(*answer(held, challenge)[:3])
    with database.read() as connection:
        spent = select(func.count()).where(challenges.c.used_at.is_not(None))
        assert connection.execute(spent).scalar_one() == 0
