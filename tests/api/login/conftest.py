# SPDX-License-Identifier: Apache-2.0
"""A login over both hierarchies, ways to answer its challenges, and what they leave in log and database."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from api.database import Database
from api.database.tables_identity import sessions
from api.ledger import Ledger
from api.login import Challenge, Login, LoginPorts, LoginRefused, Session
from api.login.attempts import MOST_FAILURES
from ca import SubjectName, draft, issue, lint, new_serial, profile
from keys import KeyKind, SoftwareKey
from verify import Certificate, parse_certificate

KINDS = [KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256]
E01, E01_NAME = "91510100DEM001017Y", "四川样例建工集团有限公司"
NAMES = {E01: E01_NAME}

# Each case answers a fresh challenge and must get exactly its code.
Answer = tuple[str, bytes, bytes, dict[str, Any]]
Case = Callable[[Any, Any, Challenge], Answer]


class Door:
    """The login, and somebody who answers challenges as a token would."""

    def __init__(self, identity: Any) -> None:
        ports = identity.ports
        self.identity = identity
        self.login = Login(
            LoginPorts(
                database=ports.database,
                ledger=ports.ledger,
                certificates=identity.certificates,
                public_url="https://yinxin.example",
                session_key=b"INSECURE key of these tests only",
                name_of=lambda uscc: NAMES.get(uscc, uscc),
                clock=ports.clock,
                random=ports.random,
            )
        )

    def enter(self, held: Any, **more: Any) -> Session:
        challenge = self.login.challenge()
        signature = held.key.sign(challenge.to_be_signed)
        return self.login.login(challenge.challenge_id, held.der, signature, **more)


class Holder:
    """A key and the certificate that it comes with."""

    def __init__(self, key: SoftwareKey, der: bytes) -> None:
        self.key, self.der = key, der


def recorded(ledger: Ledger) -> list[tuple[str, dict[str, Any]]]:
    entries = [json.loads(ledger.entry(index)) for index in range(ledger.size())]
    return [(one["kind"], one["body"]) for one in entries if one["kind"].startswith("login.")]


def open_sessions(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(sessions)).scalar_one())


def answer(held: Any, challenge: Challenge, **more: Any) -> Answer:
    return challenge.challenge_id, held.der, held.key.sign(challenge.to_be_signed), more


def certified(
    door: Any, name: str, subject: SubjectName, key: SoftwareKey, issuer: Certificate | None, by: SoftwareKey
) -> Certificate:
    at = door.identity.clock()
    made = draft(
        profile(name),
        subject=subject,
        public_key=key.public_key,
        issuer=issuer,
        scheme=by.scheme,
        serial=new_serial(secrets.token_bytes(16)),
        not_before=at - timedelta(minutes=5),
        not_after=at + timedelta(days=30),
        crl_url="" if issuer is None else "http://ca.example/foreign.crl",
    )
    return parse_certificate(issue(lint(made), by))


def too_often(door: Any, held: Any, challenge: Challenge) -> Answer:
    for _ in range(MOST_FAILURES):
        with pytest.raises(LoginRefused, match="challenge-unknown"):
            door.login.login("0" * 32, held.der, b"")
    return answer(held, challenge)


@pytest.fixture
def door(identity: Any) -> Door:
    return Door(identity)
