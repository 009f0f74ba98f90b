# SPDX-License-Identifier: Apache-2.0
"""A fresh database, a clock that stands still, repeatable randomness, and a ledger with real keys.

With ``YINXIN_TEST_DATABASE_URL`` set to a PostgreSQL address the same tests run there, each in a schema of
its own.
"""

from __future__ import annotations

import hashlib
import os
import random as pseudo_random
import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

from api.database import Database
from api.ledger import Intents, Ledger, LogSigners
from keys import KeyKind, generate_key

ORIGIN = "yinxin.example/log"
STARTED = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)


class Clock:
    """Says the same time until somebody moves it."""

    def __init__(self, at: datetime = STARTED) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def random() -> Callable[[int], bytes]:
    """INSECURE: repeatable."""
    return pseudo_random.Random(20260701).randbytes


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, copied for each test: migrations run once."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    with database.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.dispose()
    return path


@pytest.fixture
def database_url(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a migrated, empty database of this test alone."""
    server = os.environ.get("YINXIN_TEST_DATABASE_URL", "")
    if not server:
        shutil.copyfile(request.getfixturevalue("empty_sqlite"), tmp_path / "yinxin.db")
        yield f"sqlite:///{tmp_path / 'yinxin.db'}"
        return
    schema = f"test_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    url = make_url(server).update_query_dict({"options": f"-csearch_path={schema}"})
    address = url.render_as_string(hide_password=False)
    first = Database(address)
    first.upgrade()
    first.dispose()
    yield address
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()


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
