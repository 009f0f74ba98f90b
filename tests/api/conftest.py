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
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from api.accounts import AccountBook
from api.approvals import SealMandates, UseRequests, Warrants
from api.certificates import CertificatePorts
from api.database import Database
from api.desk import Desk, DeskPorts, Officer
from api.documents import Issuing, Library, Means, QrSigner, Sheets, Site
from api.ledger import Intents, Ledger, LogSigners
from api.plugins import EnabledModules, RecordStore
from api.seals import (
    GrantBook,
    SealLives,
    SealPorts,
    SealRegistry,
    SealStatusPublisher,
    SealUses,
    UsableSeal,
)
from api.submissions import SubmissionPorts, Submissions
from keys import KeyKind, generate_key
from keys.adapters.file_vault import FileVault
from relying.credit import PLUGIN as CREDIT
from relying.project import PLUGIN as PROJECT
from relying.registry import PLUGIN as REGISTRY
from seal import SealDesign

from ..verify.conforming import every_report_conforms
from .clock import Clock
from .founding import administer, found, found_over, ports_over
from .identities import Identity
from .rooms import A1, A3, NAMES, Enterprise, Rooms, SealVault

__all__ = ["every_report_conforms"]
ORIGIN = "yinxin.example/log"


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


@pytest.fixture(scope="session")
def founded_sqlite(
    tmp_path_factory: pytest.TempPathFactory,
    empty_sqlite: Path,
    vault: FileVault,
    offline_vault: FileVault,
    log_signers: LogSigners,
) -> Path:
    """The same with authorities and the platform's keys: the ceremony is held once."""
    path = tmp_path_factory.mktemp("template") / "founded.db"
    shutil.copyfile(empty_sqlite, path)
    found_over(f"sqlite:///{path}", vault, offline_vault, log_signers)
    return path


@pytest.fixture(scope="session")
def postgresql_templates(
    vault: FileVault, offline_vault: FileVault, log_signers: LogSigners
) -> Iterator[Callable[[str], str]]:
    """Names of template databases, ``empty`` and ``founded``, made when they are first wanted."""
    server, made = os.environ["YINXIN_TEST_DATABASE_URL"], dict[str, str]()

    def template(kind: str) -> str:
        if kind not in made:
            name = f"template_{kind}_{uuid.uuid4().hex[:12]}"
            administer(server, f"CREATE DATABASE {name}")
            address = make_url(server).set(database=name).render_as_string(hide_password=False)
            first = Database(address)
            first.upgrade()
            first.dispose()
            if kind == "founded":
                found_over(address, vault, offline_vault, log_signers)
            made[kind] = name
        return made[kind]

    yield template
    for name in made.values():
        administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a migrated database of this test alone: empty, or founded for tests of identity."""
    server = os.environ.get("YINXIN_TEST_DATABASE_URL", "")
    if not server:
        template = "founded_sqlite" if "identity" in request.fixturenames else "empty_sqlite"
        shutil.copyfile(request.getfixturevalue(template), tmp_path / "yinxin.db")
        yield f"sqlite:///{tmp_path / 'yinxin.db'}"
        return
    kind = "founded" if "identity" in request.fixturenames else "empty"
    name = f"test_{uuid.uuid4().hex}"
    template = request.getfixturevalue("postgresql_templates")(kind)
    administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    administer(server, f"DROP DATABASE {name} WITH (FORCE)")


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
def identity(certificate_ports: CertificatePorts, offline_vault: FileVault) -> Identity:
    """Authorities and the platform's keys: there already, where the database was copied from the template."""
    made = Identity(certificate_ports)
    if not made.certificates.authorities():
        found(made.certificates, offline_vault)
    return made


# Procedure rooms: submissions, documents, seals, desk.


@pytest.fixture
def rooms(
    identity: Any,
    database: Database,
    ledger: Ledger,
    intents: Intents,
    clock: Any,
    random: Callable[[int], bytes],
) -> Rooms:
    certificates = identity.certificates
    records = RecordStore(database, ledger, clock=clock, publicity=lambda *which: modules.publicity(*which))
    modules = EnabledModules((REGISTRY, PROJECT, CREDIT), records=records.reader, now=clock)
    made_by = {"clock": clock, "random": random}
    vault = SealVault()
    seal_ports = SealPorts(
        database=database,
        ledger=ledger,
        intents=intents,
        vault=vault,
        certificates=certificates,
        trust=certificates.trust,
        office=A1,
        publisher="省住房和城乡建设厅(演示)",
        **made_by,
    )
    seal_status = SealStatusPublisher(seal_ports)
    lives = SealLives(seal_ports, seal_status)
    seals = SealRegistry(seal_ports, lives)
    grants = GrantBook(database, ledger, **made_by)
    mandates = SealMandates(
        seal_ports,
        seal=seals.get,
        account=identity.accounts.get,
        evidence=certificates.evidence,
        sides=lambda seal_id, actor: lives.sides(lives.get(seal_id), actor),
        known_types=lambda: ("receipt", "file", *(one.name for one in modules.documents)),
    )
    permits = Warrants(seal_ports, grants, mandates)
    site = Site("https://yinxin.example", A1, "省住房和城乡建设厅(演示)")
    qr = QrSigner(certificates.qr_key_id("SM2"), "SM2", certificates.qr_signer("SM2"))

    def platform_seal() -> UsableSeal:
        return UsableSeal(
            seal_id=None,
            holder=site.authority,
            holder_name=site.authority_name,
            design=SealDesign(name="样例省政务服务平台", line="电子签章"),
            signer=certificates.platform_signer(),
            sealing=certificates.platform_sealing(),
        )

    means = Means(qr=qr, site=site, trust=certificates.trust, random=random)
    issuing = Issuing(database, ledger, intents, means=means)
    ports = SubmissionPorts(
        database=database,
        ledger=ledger,
        modules=modules,
        seals=seals,
        issuing=issuing,
        platform_seal=platform_seal,
        trust=certificates.trust,
        evidence=certificates.evidence,
        certificate_owner=certificates.owner,
        clock=clock,
        random=random,
        minutes_to_sign=30,
    )
    submissions = Submissions(ports)
    desk_ports = DeskPorts(
        ledger=ledger,
        submissions=submissions,
        modules=modules,
        seals=seals,
        warrants=permits,
        issuing=issuing,
        trust=certificates.trust,
        clock=clock,
    )
    made = Rooms(
        identity=identity,
        database=database,
        ledger=ledger,
        intents=intents,
        clock=clock,
        random=random,
        modules=modules,
        records=records,
        vault=vault,
        seals=seals,
        lives=lives,
        seal_status=seal_status,
        seal_uses=SealUses(seal_ports, lives),
        seal_ports=seal_ports,
        grants=grants,
        mandates=mandates,
        warrants=permits,
        requests=UseRequests(seal_ports, seals, permits),
        issuing=issuing,
        submissions=submissions,
        desk=Desk(desk_ports),
        library=Library(database, ledger, modules=modules, trust=certificates.trust, clock=clock),
        sheets=Sheets(modules, issuing, ledger=ledger, platform_seal=platform_seal, clock=clock),
        ports=ports,
        desk_ports=desk_ports,
    )
    for uscc, name in NAMES.items():
        records.enter(
            "registry", "enterprise", uscc, {"uscc": uscc, "name": name, "type": "other"}, by="test"
        )
    made.project()
    made.seal_of(A3)
    return made


@pytest.fixture
def applicant(rooms: Rooms) -> Enterprise:
    return rooms.enterprise()


@pytest.fixture
def officer() -> Officer:
    return Officer("officer-1", A3)
