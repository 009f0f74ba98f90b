# SPDX-License-Identifier: Apache-2.0
"""A fresh database, a clock that stands still, repeatable randomness, a ledger with real keys — and on top of
them identity, and the procedure rooms with real certificates, seals, modules and files.

With ``YINXIN_TEST_DATABASE_URL`` set to a PostgreSQL address the same tests run there, each in a database of
its own, copied from a template.
"""

from __future__ import annotations

import hashlib
import os
import random as pseudo_random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
import typer.testing

from api.accounts import AccountBook
from api.certificates import CertificatePorts
from api.database import Database
from api.desk import Officer
from api.documents import Issued
from api.ledger import Intents, Ledger, LogSigners
from keys import KeyKind, generate_key
from keys.adapters.file_vault import FileVault

from ..verify.conforming import every_report_conforms
from .clock import Clock
from .founding import ports_over
from .furnishing import rooms_over
from .identities import Identity
from .rooms import A3, Enterprise, Rooms
from .worlds import ASKED_BY, Worlds

__all__ = ["every_report_conforms"]
ORIGIN = "yinxin.example/log"


@pytest.fixture(scope="session", autouse=True)
def commands_made_once() -> Iterator[None]:
    """The tree of commands is always the same: typer would make it anew for every command of a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", cache(typer.main.get_command), raising=False)
        yield


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def random() -> Callable[[int], bytes]:
    """INSECURE: repeatable."""
    return pseudo_random.Random(20260701).randbytes


@pytest.fixture(scope="session")
def empty_sqlite(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy, on PostgreSQL too."""
    folder = tmp_path_factory.mktemp("worlds")
    return replace(worlds, folder=folder, server="", made={}).file("empty")


@pytest.fixture(scope="session")
def worlds(
    tmp_path_factory: pytest.TempPathFactory,
    vault: FileVault,
    offline_vault: FileVault,
    log_signers: LogSigners,
) -> Iterator[Worlds]:
    """Databases to begin with, made when they are first wanted."""
    server = os.environ.get("YINXIN_TEST_DATABASE_URL", "")
    made = Worlds(tmp_path_factory.mktemp("worlds"), server, vault, offline_vault, log_signers)
    yield made
    made.drop()


@pytest.fixture
def world(request: pytest.FixtureRequest) -> str:
    """The kind of world that this test begins in, by what it asks for."""
    asked = request.fixturenames
    return next((kind for name, kind in ASKED_BY.items() if name in asked), "empty")


@pytest.fixture
def database_url(worlds: Worlds, world: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database of this test alone."""
    with worlds.copied(world, tmp_path / "yinxin.db") as address:
        yield address


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    one = Database(database_url)
    yield one
    one.dispose()


@pytest.fixture(scope="session")
def log_signers() -> LogSigners:
    """Real keys, made for this run; the Ed25519 one is INSECURE on purpose: everybody can compute it."""
    return LogSigners(ORIGIN, hashlib.sha256(b"INSECURE test key").digest(), generate_key(KeyKind.SM2))


@pytest.fixture
def ledger(
    database: Database, log_signers: LogSigners, clock: Clock, random: Callable[[int], bytes]
) -> Ledger:
    return Ledger(database, signers=log_signers, clock=clock, random=random)


@pytest.fixture
def intents(database: Database, ledger: Ledger, clock: Clock, random: Callable[[int], bytes]) -> Intents:
    return Intents(database, ledger, clock=clock, random=random)


# Identity: hierarchies, accounts, and people with keys of their own.


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> FileVault:
    """The keys of authorities and platform, made once for all tests; the databases are fresh."""
    return FileVault.create(tmp_path_factory.mktemp("vault") / "vault", "INSECURE passphrase", scrypt_n=2**14)


@pytest.fixture(scope="session")
def offline_vault(tmp_path_factory: pytest.TempPathFactory) -> FileVault:
    """The keys of the roots."""
    return FileVault.create(tmp_path_factory.mktemp("offline") / "vault", "INSECURE offline", scrypt_n=2**14)


@pytest.fixture
def accounts(database: Database, ledger: Ledger, clock: Clock, random: Callable[[int], bytes]) -> AccountBook:
    return AccountBook(database, ledger, clock=clock, random=random)


@pytest.fixture
def certificate_ports(
    database: Database,
    ledger: Ledger,
    intents: Intents,
    vault: FileVault,
    accounts: AccountBook,
    clock: Clock,
    random: Callable[[int], bytes],
) -> CertificatePorts:
    return ports_over(database, ledger, intents, vault, accounts, clock, random)


@pytest.fixture
def identity(certificate_ports: CertificatePorts) -> Identity:
    """Authorities and the platform's keys, which the database began with."""
    return Identity(certificate_ports)


# Procedure rooms: submissions, documents, seals, desk.


@pytest.fixture
def rooms(
    identity: Any,
    database: Database,
    ledger: Ledger,
    intents: Intents,
    clock: Any,
    random: Callable[[int], bytes],
    worlds: Worlds,
    world: str,
) -> Rooms:
    seals = worlds.beginning(world).seals.copy()
    return rooms_over(identity, database, ledger, intents, clock, random, seals)


@pytest.fixture
def applicant(rooms: Rooms, worlds: Worlds, world: str) -> Enterprise:
    """The enterprise that the rooms began with."""
    began = worlds.beginning(world).applicant
    assert began is not None
    return began


@pytest.fixture
def permit(rooms: Rooms, worlds: Worlds, world: str) -> Issued:
    """A permit of the applicant, which the rooms began with."""
    issued: Issued = worlds.beginning(world).permit
    return issued


@pytest.fixture
def officer() -> Officer:
    return Officer("officer-1", A3)
