# SPDX-License-Identifier: Apache-2.0
"""Both time-stamping authorities over one fresh database, with clocks that a test moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from api.certificates import find_by_label
from api.database import Database
from api.ledger import Ledger
from api.routes import create_app
from api.timestamps import ClockRules, KernelClock, TimestampPorts, Timestamps, TrustedClock
from api.wiring import Service, open_service
from keys import Digest, HashAlgorithm, der, digest
from verify import Accuracy, Trust

from ..founding import data_directory, serving_address

POLICY = "1.3.6.1.4.1.99999.1"
CONTENT = "市政工程施工许可".encode()
FAMILY = {"tsa-sm2": HashAlgorithm.SM3, "tsa-rsa": HashAlgorithm.SHA256}


@dataclass
class Tsa:
    """What a test of time stamps touches.  ``passed`` is the monotonic clock."""

    clock: Any
    database: Database
    ledger: Ledger
    identity: Any
    random: Callable[[int], bytes]
    rules: ClockRules = field(default_factory=lambda: ClockRules(timedelta(seconds=1)))
    kernel: KernelClock | None = None
    passed: float = 1000.0
    service: Timestamps = field(init=False)

    def start(self, **more: Any) -> Timestamps:
        """As a process does when it begins."""
        parts: dict[str, Any] = {
            "database": self.database,
            "ledger": self.ledger,
            "vault": self.identity.ports.vault,
            "certificate": find_by_label,
            "issuers": lambda one: self.identity.certificates.chain(one)[:-1],
            "policy": POLICY,
            "accuracy": Accuracy(2),
            "random": self.random,
            "clock": TrustedClock(
                self.clock, monotonic=lambda: self.passed, kernel=lambda: self.kernel, rules=self.rules
            ),
            **more,
        }
        self.service = Timestamps(TimestampPorts(**parts))
        return self.service

    def pass_time(self, seconds: float) -> None:
        """Both clocks go on together."""
        self.clock.advance(timedelta(seconds=seconds))
        self.passed += seconds

    def trust(self) -> Trust:
        return self.identity.certificates.trust()  # type: ignore[no-any-return]


def imprint(label: str, content: bytes = CONTENT) -> Digest:
    return digest(FAMILY[label], content)


def query(of: Digest, *rest: bytes) -> bytes:
    """A TimeStampReq."""
    named = der.sequence(of.algorithm.algorithm_identifier(), der.octets(of.value))
    return der.sequence(der.integer(1), named, *rest)


@pytest.fixture
def tsa(identity: Any, database: Database, ledger: Ledger, clock: Any, random: Callable[[int], bytes]) -> Tsa:
    made = Tsa(clock, database, ledger, identity, random)
    made.start()
    return made


@dataclass(frozen=True)
class Served:
    """A running service, and where."""

    url: str
    service: Service
    folder: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A real server over a fresh data directory, with the roots as files for OpenSSL."""
    folder: Path = tmp_path_factory.mktemp("served")
    url = serving_address()
    data_directory(folder / "data", url=url)
    service = open_service(folder / "data")
    port = int(url.rsplit(":", 1)[1])
    config = uvicorn.Config(create_app(service), host="127.0.0.1", port=port, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    for root in service.certificates.anchors():
        pem = x509.load_der_x509_certificate(root.der).public_bytes(Encoding.PEM)
        (folder / f"root-{root.public_key.family.value.lower()}.pem").write_bytes(pem)
    yield Served(url, service, folder)
    server.should_exit = True
    thread.join(15)
    service.close()
