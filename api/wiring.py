# SPDX-License-Identifier: Apache-2.0
"""Puts the service together: the only place that knows an adapter, the clock and the random source."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url

from ca import SubjectName, make_request
from keys import KeyKind, KeysError, Vault, generate_key, write_key_file
from keys.adapters.file_vault import FileVault
from seal import Grant, SealDesign
from verify import Trust

from .accounts import AccountBook, Role, committed_accounts, committed_mandates
from .certificates import (
    Authority,
    CertificateError,
    CertificatePorts,
    CertificateService,
    IssueOrder,
    committed_certificates,
    committed_crls,
    committed_qr_keys,
)
from .console import CONSOLE, ConsoleSealing
from .database import Database, DatabaseError
from .desk import Desk, DeskPorts, Officer, protected_rows
from .documents import RECEIPT, Issuing, Library, Means, QrSigner, Sheets, Site, StoredDocument
from .ledger import Intents, Ledger, LedgerError, LedgerFindings, LogSigners, Source, check_ledger
from .login import Login, LoginPorts, Session
from .plugins import EnabledModules, PluginError, found_plugins, load_plugins
from .plugins.records import RecordStore
from .publication import PublicationPorts, TrustPublisher, committed_trust_lists
from .seals import (
    GrantBook,
    NotAnOfficer,
    RegisteredSeal,
    SealRegistry,
    UsableSeal,
    Use,
    require_known_types,
)
from .settings import Settings, SettingsError, load_settings, write_settings
from .submissions import Applicant, Submission, SubmissionPorts, Submissions

SETTINGS_FILE = "yinxin.toml"
LOG_SM2, LOG_ED25519 = "log-sm2", "log-ed25519"
SESSION_KEY = "session-key"
QR_ALGORITHM = "SM2"
RESTORE = "restore the newest backup; yinxin init makes another service, with other keys"
FOUNDATIONS = (KeysError, DatabaseError, LedgerError, PluginError, CertificateError)
PLATFORM_SEAL_NAME = "建筑市场监管与诚信平台"


class WiringError(Exception):
    """The service cannot be put together; ``todo`` says what to do."""

    def __init__(self, why: str, todo: str = "") -> None:
        super().__init__(why)
        self.todo = todo or "yinxin doctor --data DIR names what is missing"


def now() -> datetime:
    """The service's clock."""
    return datetime.now(UTC)


class Service:
    """Everything that routes, pages and commands use, wired once.  Safe to share between threads."""

    def __init__(
        self, settings: Settings, *, database: Database, vault: Vault, inspecting: bool = False
    ) -> None:
        self.settings, self.database, self.vault, self.clock = settings, database, vault, now
        random = secrets.token_bytes
        self.site = Site(settings.public_url, settings.authority_uscc, settings.authority_name)
        origin = f"{self.site.host}/log"
        signers = LogSigners(origin, vault.secret(LOG_ED25519), vault.signer(LOG_SM2))
        self.ledger = Ledger(database, signers=signers, clock=now, random=random, inspecting=inspecting)
        self.intents = Intents(database, self.ledger, clock=now, random=random)
        self.accounts = AccountBook(database, self.ledger, clock=now, random=random)
        self.records = RecordStore(database, self.ledger, clock=now)
        self.modules = EnabledModules(
            load_plugins(settings.relying_enabled, found_plugins()), records=self.records.reader, now=now
        )
        self.certificates = CertificateService(
            CertificatePorts(
                database=database,
                ledger=self.ledger,
                intents=self.intents,
                vault=vault,
                accounts=self.accounts,
                authority=Authority(settings.authority_uscc, settings.authority_name, settings.public_url),
                document_types=self.document_types,
                clock=now,
                random=random,
            )
        )
        self.login = Login(
            LoginPorts(
                database=database,
                ledger=self.ledger,
                certificates=self.certificates,
                public_url=settings.public_url,
                name_of=self.modules.name_of,
                session_key=vault.secret(SESSION_KEY),
                clock=now,
                random=random,
            )
        )
        self.publisher = TrustPublisher(
            PublicationPorts(
                database=database,
                ledger=self.ledger,
                intents=self.intents,
                certificates=self.certificates,
                publisher=settings.authority_name,
                clock=now,
            )
        )
        self.seals = SealRegistry(
            database, self.ledger, vault=vault, certificates=self.certificates, clock=now, random=random
        )
        self.grants = GrantBook(database, self.ledger, clock=now, random=random)

    @cached_property
    def issuing(self) -> Issuing:
        """The one way to a released document."""
        means = Means(qr=self.qr_signer(), site=self.site, trust=self.trust, random=secrets.token_bytes)
        return Issuing(self.database, self.ledger, self.intents, means=means)

    @cached_property
    def library(self) -> Library:
        """Issued documents."""
        return Library(self.database, self.ledger, modules=self.modules, trust=self.trust, clock=now)

    @cached_property
    def sheets(self) -> Sheets:
        """Self-service documents."""
        return Sheets(
            self.modules, self.issuing, ledger=self.ledger, platform_seal=self.platform_seal, clock=now
        )

    @cached_property
    def submissions(self) -> Submissions:
        """What applicants file."""
        return Submissions(
            SubmissionPorts(
                database=self.database,
                ledger=self.ledger,
                modules=self.modules,
                seals=self.seals,
                issuing=self.issuing,
                platform_seal=self.platform_seal,
                trust=self.trust,
                evidence=self.certificates.evidence,
                certificate_owner=self.certificates.owner,
                clock=now,
                random=secrets.token_bytes,
            )
        )

    @cached_property
    def desk(self) -> Desk:
        """What officers do."""
        return Desk(
            DeskPorts(
                ledger=self.ledger,
                submissions=self.submissions,
                modules=self.modules,
                seals=self.seals,
                grants=self.grants,
                issuing=self.issuing,
                trust=self.trust,
                clock=now,
            )
        )

    @cached_property
    def console(self) -> ConsoleSealing:
        """Sealing at the console."""
        return ConsoleSealing(
            seals=self.seals,
            grants=self.grants,
            ledger=self.ledger,
            intents=self.intents,
            trust=self.trust,
            clock=now,
        )

    def trust(self) -> Trust:
        """What this service trusts now."""
        return self.certificates.trust()

    def document_types(self) -> tuple[str, ...]:
        """Every type that is issued here, the core's receipt included."""
        return (RECEIPT, *(one.name for one in self.modules.documents))

    def module_names(self) -> str:
        """The enabled modules, for people."""
        return ", ".join(one.name for one in self.modules.modules)

    def qr_signer(self) -> QrSigner:
        """The key that signs QR statements."""
        certificates = self.certificates
        return QrSigner(
            kid=certificates.qr_key_id(QR_ALGORITHM),
            algorithm=QR_ALGORITHM,
            signer=certificates.qr_signer(QR_ALGORITHM),
        )

    def platform_seal(self) -> UsableSeal:
        """The platform's own seal: receipts and self-service documents."""
        return UsableSeal(
            seal_id=None,
            holder=self.settings.authority_uscc,
            holder_name=self.settings.authority_name,
            design=SealDesign(name=PLATFORM_SEAL_NAME, line="平台专用章"),
            signer=self.certificates.platform_signer(),
            sealing=self.certificates.platform_sealing(),
        )

    # Who is asking

    def applicant(self, session: Session) -> Applicant:
        """The applicant that a login stands for: the enterprise acted for, or the person."""
        account = self.accounts.get(session.account_id)
        if session.acts_for is not None:
            return Applicant(session.account_id, session.acts_for, session.acts_for_name)
        return Applicant(session.account_id, account.subject, account.name)

    def officer(self, session: Session) -> Officer:
        """The officer that a login stands for."""
        return Officer(session.account_id, session.agency)

    def visible_submission(self, session: Session, submission_id: str) -> Submission:
        """A submission that this login may see."""
        applicant = self.applicant(session) if Role.APPLICANT in session.roles else None
        return self.submissions.visible(submission_id, applicant=applicant, agency=session.agency)

    def visible_document(self, session: Session, document_id: str) -> StoredDocument:
        """A document whose file this login may have."""
        holder = self.applicant(session).holder if Role.APPLICANT in session.roles else ""
        return self.library.visible(document_id, holder=holder, agency=session.agency)

    def agency_name(self, agency: str) -> str:
        """The name of an agency that holds a seal here, or its code."""
        return next((one.holder_name for one in self.seals.listed(agency)), agency)

    def may_use(self, session: Session, one: RegisteredSeal, form: str) -> bool:
        """Would this officer's grants allow this seal for what the form issues, now?"""
        return self.grants.allows(
            Use(
                officer=session.account_id,
                agency=session.agency,
                seal_id=one.seal_id,
                holder=one.holder,
                document_type=self.modules.form(form).issues,
            )
        )

    def grant_seal(
        self,
        seal_id: str,
        officer: str,
        *,
        document_types: Sequence[str],
        period: tuple[datetime, datetime],
        by: str,
    ) -> Grant:
        """Give a grant, to an officer of the agency that holds the seal and to nobody else."""
        account = self.accounts.get(officer)
        if Role.OFFICER not in account.roles or account.agency != self.seals.get(seal_id).holder:
            raise NotAnOfficer(officer)
        require_known_types(document_types, self.document_types())
        return self.grants.give(seal_id, officer, document_types=document_types, period=period, by=by)

    # Housekeeping

    def do_chores(self) -> None:
        """What has to be done from time to time: fresh CRLs, expired submissions swept away."""
        self.certificates.refresh_crls()
        self.submissions.expire()

    def check_ledger(self, *, published: Sequence[str] = ()) -> LedgerFindings:
        """The log recomputed, and every protected row compared with it.

        ``published``: checkpoints that were kept elsewhere.
        """
        sources: dict[str, Source] = {
            **protected_rows(),
            "accounts": committed_accounts,
            "mandates": committed_mandates,
            "certificates": committed_certificates,
            "crls": committed_crls,
            "qr_keys": committed_qr_keys,
            "trust_lists": committed_trust_lists,
        }
        return check_ledger(self.database, self.ledger.log_keys(), sources, published=published)

    def close(self) -> None:
        """Give the database connections back."""
        self.database.dispose()


def open_service(data: Path, *, start: bool = False, inspecting: bool = False) -> Service:
    """The service over a data directory.  ``start``: this process serves, so it closes what a crash left.
    ``inspecting``: over a damaged log too, to say what is wrong with it.

    Raises :class:`WiringError`; ``api.settings`` raises its own for a bad settings file.
    """
    settings = settings_of(data)
    database: Database | None = None
    try:
        vault = FileVault.open(settings.vault_folder, _passphrase(settings.passphrase_file))
        _require_file(settings.database_url)
        database = Database(settings.database_url)
        database.upgrade()
        service = Service(settings, database=database, vault=vault, inspecting=inspecting)
        if service.ledger.size() == 0:
            # Whatever was initialised has entries; a fresh start here would hide that everything is gone.
            raise WiringError("the database is empty, without any log", RESTORE)
        if start:
            service.intents.abandon_open()
            service.do_chores()
    except FOUNDATIONS as error:
        _dispose(database)
        raise WiringError(str(error), getattr(error, "todo", "")) from error
    except Exception:
        _dispose(database)
        raise
    return service


def settings_of(data: Path) -> Settings:
    """The settings of a data directory.  Raises as :func:`open_service` does."""
    path = data / SETTINGS_FILE
    if not path.is_file():
        raise WiringError(f"没有数据目录 no data directory at {data}", f"yinxin init --data {data}")
    return load_settings(path)


def _require_file(database_url: str) -> None:
    """SQLite would make a missing file, and with it an empty history."""
    url = make_url(database_url)
    if url.drivername == "sqlite" and not Path(str(url.database)).is_file():
        raise WiringError(f"the database {url.database} is missing", RESTORE)


def _dispose(database: Database | None) -> None:
    if database is not None:
        database.dispose()


@dataclass(frozen=True, slots=True)
class Initialised:
    """What ``yinxin init`` made: give the operator the key file and its passphrase, apart from each other."""

    settings: Path
    operator_key: Path
    operator_passphrase: Path


def initialise(data: Path, *, url: str, uscc: str, name: str, database_url: str = "") -> Initialised:
    """Make a data directory.  Raises :class:`WiringError` when there is one already."""
    _make_folder(data)
    settings_path = data / SETTINGS_FILE
    try:
        settings = write_settings(
            settings_path,
            public_url=url,
            authority_uscc=uscc,
            authority_name=name,
            port=_own_port(url),
            database_url=database_url,
        )
    except SettingsError:
        data.rmdir()
        raise
    _write_private(settings.passphrase_file, secrets.token_urlsafe(24))
    try:
        _make_file(settings.database_url)
        vault = FileVault.create(settings.vault_folder, _passphrase(settings.passphrase_file))
        vault.create_secret(LOG_ED25519, 32)
        vault.create_secret(SESSION_KEY, 32)
        vault.create_key(LOG_SM2, KeyKind.SM2)
        database = Database(settings.database_url)
        database.upgrade()
        service = Service(settings, database=database, vault=vault)
        try:
            service.certificates.create_hierarchies(by=CONSOLE)
            service.certificates.create_platform_keys(by=CONSOLE)
            made = _first_operator(service, data)
        finally:
            service.close()
    except FOUNDATIONS as error:
        raise WiringError(str(error), f"remove {data} and run yinxin init again") from error
    return Initialised(settings_path, *made)


def _make_folder(data: Path) -> None:
    """An empty folder that only its owner may enter."""
    try:
        if data.exists() and (not data.is_dir() or any(data.iterdir())):
            raise WiringError(
                f"{data}: 已存在且不是空文件夹 it exists and is no empty folder",
                "choose another folder, or remove it yourself",
            )
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        data.chmod(0o700)
    except OSError as error:
        raise WiringError(f"cannot make {data}: {error.strerror}", "choose another folder") from error


def _make_file(database_url: str) -> None:
    """An SQLite database, its journals too, takes the rights of the file that it finds."""
    url = make_url(database_url)
    if url.drivername != "sqlite":
        return
    try:
        Path(str(url.database)).touch(mode=0o600)
    except OSError as error:
        raise WiringError(f"cannot make {url.database}: {error.strerror}", "choose another path") from error


def _own_port(url: str) -> int | None:
    """Without TLS in front, the service itself answers at the public address."""
    try:
        return urlsplit(url).port if url.startswith("http:") else None
    except ValueError:
        return None  # the settings say what is wrong with the address


def _first_operator(service: Service, data: Path) -> tuple[Path, Path]:
    """An account, a key and a certificate for whoever runs the service."""
    account = service.accounts.add(
        name="平台运营员(演示)", subject="OPERATOR1", roles=[Role.OPERATOR], by=CONSOLE
    )
    key = generate_key(KeyKind.SM2)
    request = make_request(key, SubjectName(common_name=account.name))
    issued = service.certificates.issue(
        IssueOrder(
            profile="person",
            request=request,
            holder=account.subject,
            holder_name=account.name,
            account_id=account.account_id,
        ),
        by=CONSOLE,
    )
    passphrase = secrets.token_urlsafe(12)
    key_file, passphrase_file = data / "operator.pem", data / "operator.passphrase"
    certificates = [issued.der, *service.certificates.chain(issued.certificate_id)]
    _write_private(key_file, write_key_file(key, certificates, passphrase).decode("ascii"))
    _write_private(passphrase_file, passphrase)
    return key_file, passphrase_file


def _passphrase(path: Path) -> str:
    try:
        passphrase = path.read_text("utf-8").strip()
    except OSError as error:
        raise WiringError(
            f"cannot read the vault's passphrase {path}: {error.strerror}",
            "put the file back, or correct [vault] passphrase_file",
        ) from error
    if not passphrase:
        raise WiringError(f"the vault's passphrase {path} is empty", "put the passphrase back")
    return passphrase


def _write_private(path: Path, text: str) -> None:
    """A file that only its owner may read, from its first moment."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
