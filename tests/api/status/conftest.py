# SPDX-License-Identifier: Apache-2.0
"""A responder over the authorities of ``tests/api``, and requests as clients write them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from api.database import Database
from api.status import EpochWatch, Responder, ResponderPorts
from keys import HashAlgorithm, der
from verify import Certificate, cert_id, parse_certificate

NONCE = "1.3.6.1.5.5.7.48.1.2"


class Steady:
    """A clock that nobody sets, moved by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Answering:
    """The responder and what it needs to be asked."""

    identity: Any
    responder: Responder
    steady: Steady

    def issuer(self, name: str) -> Certificate:
        return parse_certificate(self.identity.certificates.issuer_file(name))

    def request(
        self,
        *serials: int,
        issuer: str = "persons-sm2",
        algorithm: HashAlgorithm | None = None,
        nonce: bytes | None = None,
    ) -> bytes:
        asked = [der.sequence(cert_id(self.issuer(issuer), serial, algorithm).encode()) for serial in serials]
        listed = b""
        if nonce is not None:
            extension = der.sequence(der.oid(NONCE), der.octets(der.octets(nonce)))
            listed = der.explicit(2, der.sequence(extension))
        return der.sequence(der.sequence(der.sequence(*asked), listed))


def answering_over(database: Database, identity: Any) -> Answering:
    steady = Steady()
    ports = ResponderPorts(
        database=database,
        vault=identity.ports.vault,
        certificates=identity.certificates,
        watch=EpochWatch(database, steady),
        clock=identity.clock,
    )
    return Answering(identity, Responder(ports), steady)


@pytest.fixture
def asking_over() -> Callable[[Database, Any], Answering]:
    """Makes one whose keys are not prepared."""
    return answering_over


@pytest.fixture
def answering(identity: Any, database: Database) -> Answering:
    """The database began with the keys of responders."""
    return answering_over(database, identity)
