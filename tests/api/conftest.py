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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url

from api.accounts import AccountBook
from api.certificates import Authority, CertificatePorts, CertificateService, IssuedCertificate, IssueOrder
from api.database import Database
from api.ledger import Intents, Ledger, LogSigners
from ca import SubjectName, make_request
from keys import KeyKind, SoftwareKey, generate_key
from keys.adapters.file_vault import FileVault

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


# Identity: hierarchies, accounts, and people with keys of their own.


@dataclass(frozen=True)
class Held:
    """A key on its holder's side, the certificate for it, and the account."""

    key: SoftwareKey
    certificate: IssuedCertificate
    account_id: str

    @property
    def der(self) -> bytes:
        return self.certificate.der


class Identity:
    """Accounts and certificates over one fresh database, initialised as ``yinxin init`` does."""

    def __init__(self, ports: CertificatePorts) -> None:
        self.ports, self.accounts, self.clock = ports, ports.accounts, ports.clock
        self.certificates = CertificateService(ports)

    def key(self, subject: str, kind: KeyKind) -> SoftwareKey:
        """The key behind the orders for this subject."""
        return key_of(subject, kind)

    def order(self, subject: str, kind: KeyKind, *, account_id: str, **more: Any) -> IssueOrder:
        request = request_of(subject, kind)
        facts = {"profile": "person", "holder": subject, "holder_name": f"样例{subject}", **more}
        return IssueOrder(request=request, account_id=account_id, **facts)

    def person(
        self, subject: str = "H01", kind: KeyKind = KeyKind.SM2, *, roles: str = "applicant", agency: str = ""
    ) -> Held:
        """Somebody with an account, a key and a certificate."""
        account = self.accounts.add(
            name=f"样例{subject}", subject=subject, roles=frozenset({roles}), agency=agency, by="test"
        )
        order = self.order(subject, kind, account_id=account.account_id)
        issued = self.certificates.issue(order, by="test")
        return Held(key_of(subject, kind), issued, account.account_id)


@cache
def request_of(subject: str, kind: KeyKind) -> bytes:
    """The same bytes each time: SM2 signatures differ."""
    return make_request(key_of(subject, kind), SubjectName(f"样例{subject}"))


@cache
def key_of(name: str, kind: KeyKind) -> SoftwareKey:
    """One key for each name, made for this run."""
    return generate_key(kind)


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> FileVault:
    """The keys of authorities and platform, made once for all tests; the databases are fresh."""
    return FileVault.create(tmp_path_factory.mktemp("vault") / "vault", "INSECURE passphrase", scrypt_n=2**14)


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
    return CertificatePorts(
        database=database,
        ledger=ledger,
        intents=intents,
        vault=vault,
        accounts=accounts,
        authority=Authority("11510000DEM9A0017F", "省住房和城乡建设厅(演示)", "https://yinxin.example"),
        document_types=lambda: ("construction_permit", "credit_sheet", "receipt"),
        clock=clock,
        random=random,
    )


@pytest.fixture
def identity(certificate_ports: CertificatePorts) -> Identity:
    """Both hierarchies and the platform's keys."""
    made = Identity(certificate_ports)
    made.certificates.create_hierarchies(by="test")
    made.certificates.create_platform_keys(by="test")
    return made
