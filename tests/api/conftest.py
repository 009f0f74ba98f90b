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
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, select

from api.accounts import AccountBook
from api.certificates import (
    Authority,
    CertificatePorts,
    CertificateService,
    IssuedCertificate,
    IssueOrder,
)
from api.database import Database
from api.database.tables import metadata
from api.desk import Desk, DeskPorts, Officer, protected_rows
from api.documents import Issuing, Library, Means, QrSigner, Sheets, Site
from api.ledger import FindingKind, Intents, Ledger, LedgerFindings, LogSigners, check_ledger
from api.plugins import EnabledModules, RecordStore
from api.seals import GrantBook, RegisteredSeal, SealOrder, SealRegistry, UsableSeal
from api.status import PublishedLists, StatusPorts
from api.submissions import Applicant, Filing, Submission, SubmissionPorts, Submissions
from ca import DEFAULT_CEREMONY, SubjectName, make_request, parse_ceremony
from keys import KeyKind, PublicKey, Signer, SoftwareKey, generate_key
from keys.adapters.file_vault import FileVault
from relying.credit import PLUGIN as CREDIT
from relying.project import PLUGIN as PROJECT
from relying.registry import PLUGIN as REGISTRY
from seal import SealDesign, SheetContent, lay_out, write_pdf

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


def administer(server: str, statement: str) -> None:
    """Outside of any transaction."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def found_over(address: str, vault: FileVault, offline_vault: FileVault, log_signers: LogSigners) -> None:
    """Authorities and the platform's keys in a database that was migrated."""
    database, clock = Database(address), Clock()
    random = pseudo_random.Random("INSECURE founding").randbytes
    ledger = Ledger(database, signers=log_signers, clock=clock, random=random)
    intents = Intents(database, ledger, clock=clock, random=random)
    accounts = AccountBook(database, ledger, clock=clock, random=random)
    found(
        CertificateService(ports_over(database, ledger, intents, vault, accounts, clock, random)),
        offline_vault,
    )
    with database.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.dispose()


def found(certificates: CertificateService, offline: FileVault) -> None:
    """What ``yinxin init`` does."""
    certificates.hold_ceremony(parse_ceremony(DEFAULT_CEREMONY), offline, by="test")
    certificates.create_platform_keys(by="test")


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


def ports_over(
    database: Database,
    ledger: Ledger,
    intents: Intents,
    vault: FileVault,
    accounts: AccountBook,
    clock: Clock,
    random: Callable[[int], bytes],
) -> CertificatePorts:
    authority = Authority("11510000DEM9A0017F", "省住房和城乡建设厅(演示)", "https://yinxin.example")
    return CertificatePorts(
        database=database,
        ledger=ledger,
        intents=intents,
        vault=vault,
        accounts=accounts,
        authority=authority,
        document_types=lambda: ("construction_permit", "credit_sheet", "receipt"),
        status=PublishedLists(
            StatusPorts(
                database=database,
                ledger=ledger,
                intents=intents,
                vault=vault,
                authority=authority,
                clock=clock,
            )
        ),
        clock=clock,
        random=random,
    )


@pytest.fixture
def identity(certificate_ports: CertificatePorts, offline_vault: FileVault) -> Identity:
    """Authorities and the platform's keys: there already, where the database was copied from the template."""
    made = Identity(certificate_ports)
    if not made.certificates.authorities():
        found(made.certificates, offline_vault)
    return made


# Procedure rooms: submissions, documents, seals, desk.

A1, A2, A3 = "11510000DEM9A0017F", "11510100DEM9A0025F", "11510106DEM9A00331"
E01, E02, E07 = "91510100DEM001017Y", "91510104DEM001025K", "91510106DEM001076Q"
NAMES = {E01: "四川样例建工集团有限公司", E02: "蜀州示范市政工程有限公司", E07: "样例置业发展有限公司"}
PROJECT_NO, PERMIT_NO = "5101061705080101", "510106201705080101"
PARTIES = {
    "survey": "91510105DEM001041P",
    "design": "91510107DEM00105XC",
    "construction": E01,
    "supervision": "91510100DEM0010687",
}
DATA: dict[str, Any] = {
    "agency": A3,
    "project_no": PROJECT_NO,
    "address": "蜀州市锦北区样例路1号",
    "scale": "总建筑面积 86,420.50 平方米",
    "period": "780 日历天",
    "price": "31250.00",
    **PARTIES,
    "survey_lead": "陈样五",
    "design_lead": "周样八",
    "construction_lead": "李样一",
    "supervision_lead": "赵样七",
}


@cache
def attachment(title: str) -> bytes:
    """A PDF as an applicant attaches it."""
    content = SheetContent(title=title, rows=(("说明", "演示附件,内容虚构"),), watermark="样章 SPECIMEN")
    return write_pdf(lay_out(content), title=title, at=datetime(2026, 7, 1, tzinfo=UTC))


FILES = {
    "land_approval": lambda: attachment("土地批准文件"),
    "drawing_review": lambda: attachment("施工图审查合格书"),
}


class SealVault:
    """Keys of seals, in memory: labels repeat from test to test, keys are made once for each kind."""

    def __init__(self) -> None:
        self._keys: dict[str, SoftwareKey] = {}

    def create_key(self, label: str, kind: KeyKind) -> PublicKey:
        self._keys[label] = key_of(f"seal {len(self._keys)}", kind)
        return self._keys[label].public_key

    def signer(self, label: str) -> Signer:
        return self._keys[label]

    def labels(self) -> tuple[str, ...]:
        return tuple(self._keys)


@dataclass
class Enterprise:
    """An applicant with a key that never leaves it."""

    applicant: Applicant
    key: SoftwareKey
    certificate: bytes
    certificate_id: str

    def sign(self, prepared: Submission) -> dict[str, bytes]:
        """One signature for each item, over exactly the bytes that were sent."""
        return {item.item_id: self.key.sign(item.to_be_signed or b"") for item in prepared.items}


@dataclass
class Rooms:
    """Everything that a test of the procedure rooms touches."""

    identity: Any
    database: Database
    ledger: Ledger
    intents: Intents
    clock: Any
    random: Callable[[int], bytes]
    modules: EnabledModules
    records: RecordStore
    vault: SealVault
    seals: SealRegistry
    grants: GrantBook
    issuing: Issuing
    submissions: Submissions
    desk: Desk
    library: Library
    sheets: Sheets
    ports: SubmissionPorts
    desk_ports: DeskPorts
    officers: dict[str, Officer] = field(default_factory=dict)

    def enterprise(
        self, uscc: str = E01, kind: KeyKind = KeyKind.SM2, *, account_id: str = "operator-1"
    ) -> Enterprise:
        """An enterprise with its sealing certificate."""
        key, name = key_of(uscc, kind), NAMES[uscc]
        request = make_request(key, SubjectName(common_name=name, organization=name, uscc=uscc))
        order = IssueOrder(profile="enterprise", request=request, holder=uscc, holder_name=name)
        issued = self.identity.certificates.issue(order, by="test")
        return Enterprise(Applicant(account_id, uscc, name), key, issued.der, issued.certificate_id)

    def filing(self, who: Enterprise, **more: Any) -> Filing:
        """A good filing, but for what is said otherwise."""
        parts: dict[str, Any] = {
            "form": "permit_application",
            "data": DATA,
            "certificate": who.certificate,
            "files": {slot: make() for slot, make in FILES.items()},
            **more,
        }
        return Filing(**parts)

    def prepared(self, who: Enterprise, **more: Any) -> Submission:
        return self.submissions.prepare(self.filing(who, **more), who.applicant)

    def filed(self, who: Enterprise, **more: Any) -> Submission:
        """Prepared, signed outside, sealed."""
        prepared = self.prepared(who, **more)
        return self.submissions.seal(prepared.submission_id, who.sign(prepared), who.applicant)

    def seal_of(self, agency: str = A3, kind: KeyKind = KeyKind.SM2) -> RegisteredSeal:
        """The agency's seal of this kind, made on first use."""
        for one in self.seals.listed(agency):
            if one.kind is kind:
                return one
        number = f"{len(self.seals.listed()) + 1:014d}"
        order = SealOrder(agency, "样例市住房和城乡建设局", "样例市住房和城乡建设局", "专用章", number, kind)
        return self.seals.make(order, by="test")

    def granted(self, seal: RegisteredSeal, officer: Officer, *types: str) -> None:
        now = self.clock()
        self.grants.give(
            seal.seal_id,
            officer.account_id,
            document_types=types or ("construction_permit",),
            period=(now - timedelta(minutes=1), now + timedelta(days=30)),
            by="test",
        )

    def project(self, **more: Any) -> None:
        body = {"project_no": PROJECT_NO, "name": "样例花园一期", "owner": E07, **PARTIES, **more}
        self.records.enter("project", "project", PROJECT_NO, body, by="test")

    def state(self) -> dict[str, list[Any]]:
        """Every row of every table: what a refusal must leave as it was."""
        with self.database.read() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.c))]
                for table in metadata.sorted_tables
            }

    def edit(self, statement: str, *parameters: Any) -> int:
        """What somebody with the database's password can do."""
        with self.database.write() as connection:
            if connection.dialect.name == "postgresql":
                statement = statement.replace("?", "%s")
            return connection.exec_driver_sql(statement, parameters).rowcount

    def check(self) -> LedgerFindings:
        """The ledger against the rows of these rooms; other rooms' tables are not compared here."""
        found = check_ledger(self.database, self.ledger.log_keys(), protected_rows())
        kept = [
            one
            for one in found.findings
            if one.kind is not FindingKind.NOT_COMPARED or one.table in protected_rows()
        ]
        return replace(found, findings=tuple(kept))


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
    records = RecordStore(database, ledger, clock=clock)
    modules = EnabledModules((REGISTRY, PROJECT, CREDIT), records=records.reader, now=clock)
    made_by = {"clock": clock, "random": random}
    vault = SealVault()
    seals = SealRegistry(database, ledger, vault=vault, certificates=certificates, **made_by)
    grants = GrantBook(database, ledger, **made_by)
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
        grants=grants,
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
        grants=grants,
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
