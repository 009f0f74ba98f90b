# SPDX-License-Identifier: Apache-2.0
"""A login over both hierarchies, and a way to answer its challenges."""

from __future__ import annotations

from typing import Any

import pytest

from api.login import Login, LoginPorts, Session

NAMES = {"91510100DEM001017Y": "四川样例建工集团有限公司"}


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


@pytest.fixture
def door(identity: Any) -> Door:
    return Door(identity)
