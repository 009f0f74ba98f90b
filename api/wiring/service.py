# SPDX-License-Identifier: Apache-2.0
"""The wired service: rooms, the ports between them, and the few questions that need more than one room."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from ca.adapters.pkilint_gate import second_lint
from keys import Vault
from seal import EVERY_CHANNEL, Channel, Grant, SealDesign
from verify import Accuracy

from ..accounts import AccountBook, Role, committed_accounts, committed_mandates
from ..acme import (
    Acme,
    AcmeSwitchedOff,
    committed_acme_accounts,
    committed_acme_authorizations,
    committed_acme_keys,
)
from ..approvals import APPROVAL_ROWS, SealMandates, UseRequests, Warrants
from ..batches import PROTECTED as BATCH_ROWS
from ..batches import Batches, BatchPorts
from ..certificates import (
    Authority,
    CertificatePorts,
    CertificateService,
    committed_authorities,
    committed_bundles,
    committed_certificates,
    committed_qr_keys,
    find_by_label,
)
from ..console import ConsoleSealing
from ..database import Database
from ..desk import Desk, DeskPorts, Officer, protected_rows
from ..documents import RECEIPT, Issuing, Library, Means, Sheets, Site, StoredDocument, with_claims
from ..enrolment import PROTECTED as ENROLMENT_ROWS
from ..enrolment import EnrolmentPorts, Enrolments, Holdings, OwnAuthority
from ..est import PROTECTED as EST_ROWS
from ..est import Est, EstPorts
from ..keycentre import KeyCentreUnavailable
from ..keycentre.recoveries import Recoveries, committed_recoveries
from ..ledger import Intents, LedgerFindings, LogSigners, Source, check_ledger
from ..login import Login, LoginPorts, Session
from ..packs import EvidencePacks
from ..plugins import EnabledModules, found_plugins, load_plugins
from ..plugins.records import RecordStore
from ..publication import PublicationPorts, TrustPublisher, committed_trust_lists
from ..renewals import PROTECTED as EVIDENCE_ROWS
from ..renewals import AtLevel, FileRenewals, Preserving, Renewals
from ..seals import (
    LIFE_ROWS,
    GrantBook,
    NotAnOfficer,
    RegisteredSeal,
    SealLives,
    SealPorts,
    SealRegistry,
    SealStatusPublisher,
    SealUses,
    UsableSeal,
    Use,
    committed_seal_status,
    require_known_types,
)
from ..settings import Settings
from ..standings import STANDING_ROWS
from ..status import (
    EpochWatch,
    PublishedLists,
    ReceiptPorts,
    Responder,
    ResponderPorts,
    StateBook,
    StatusPorts,
    committed_crls,
    committed_status_lists,
)
from ..submissions import Applicant, Submission, SubmissionPorts, Submissions
from ..timestamps import (
    ClockRules,
    TimestampPorts,
    Timestamps,
    TrustedClock,
    committed_timestamps,
)
from .acme import make_acme
from .batch_queue import BatchCall
from .batches import is_gone, worker_name
from .clock import kernel_clock, monotonic, now
from .keycentre import key_centre_of, recoveries_of
from .log_rooms import LogRooms, open_ledger
from .packs import packs_of
from .public_rooms import PublicRooms
from .qr_keys import QrRooms
from .renewals import file_renewals_of, preserving_of, renewals_of
from .standings import StandingRooms

CHORES = "service"
LOG_SM2, LOG_ED25519 = "log-sm2", "log-ed25519"
SESSION_KEY = "session-key"
PLATFORM_SEAL_NAME = "建筑市场监管与诚信平台"


class Service(PublicRooms, StandingRooms, QrRooms, LogRooms):
    """Everything that routes, pages and commands use, wired once.  Safe to share between threads."""

    def __init__(
        self, settings: Settings, *, database: Database, vault: Vault, inspecting: bool = False
    ) -> None:
        self.settings, self.database, self.vault, self.clock = settings, database, vault, now
        random = secrets.token_bytes
        self.site = Site(settings.public_url, settings.authority_uscc, settings.authority_name)
        origin = f"{self.site.host}/log"
        signers = LogSigners(origin, vault.secret(LOG_ED25519), vault.signer(LOG_SM2))
        self.ledger = open_ledger(settings, database, signers, inspecting=inspecting)
        self.intents = Intents(database, self.ledger, clock=now, random=random)
        self.accounts = AccountBook(database, self.ledger, clock=now, random=random)
        self.records = RecordStore(
            database, self.ledger, clock=now, publicity=lambda *which: self.modules.publicity(*which)
        )
        self.modules = EnabledModules(
            load_plugins(settings.relying_enabled, found_plugins()), records=self.records.reader, now=now
        )
        authority = Authority(settings.authority_uscc, settings.authority_name, settings.public_url)
        self.status = PublishedLists(
            StatusPorts(
                database=database,
                ledger=self.ledger,
                intents=self.intents,
                vault=vault,
                authority=authority,
                clock=now,
            )
        )
        self.key_centre = key_centre_of(settings, vault)
        self.second_lint = second_lint()
        self.certificates = CertificateService(
            CertificatePorts(
                database=database,
                ledger=self.ledger,
                intents=self.intents,
                vault=vault,
                accounts=self.accounts,
                authority=authority,
                document_types=self.document_types,
                status=self.status,
                clock=now,
                random=random,
                key_centre=None if self.key_centre is None else self.key_centre.remote,
                second_lint=self.second_lint,
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
        seal_ports = SealPorts(
            database=database,
            ledger=self.ledger,
            intents=self.intents,
            vault=vault,
            certificates=self.certificates,
            trust=self.certificates.trust,
            office=settings.authority_uscc,
            publisher=settings.authority_name,
            clock=now,
            random=random,
        )
        self.seal_status = SealStatusPublisher(seal_ports)
        self.seal_lives = SealLives(seal_ports, self.seal_status)
        self.seal_uses = SealUses(seal_ports, self.seal_lives)
        self.seals = SealRegistry(seal_ports, self.seal_lives)
        self.grants = GrantBook(database, self.ledger, clock=now, random=random)
        self.seal_mandates = SealMandates(
            seal_ports,
            seal=self.seals.get,
            account=self.accounts.get,
            evidence=self.certificates.evidence,
            sides=lambda seal_id, actor: self.seal_lives.sides(self.seal_lives.get(seal_id), actor),
            known_types=self.document_types,
        )
        self.warrants = Warrants(seal_ports, self.grants, self.seal_mandates)
        self.use_requests = UseRequests(seal_ports, self.seals, self.warrants)
        self.timestamps = Timestamps(
            TimestampPorts(
                database=database,
                ledger=self.ledger,
                vault=vault,
                clock=TrustedClock(
                    now, monotonic=monotonic, kernel=kernel_clock, rules=_clock_rules(settings)
                ),
                certificate=find_by_label,
                issuers=lambda certificate_id: self.certificates.chain(certificate_id)[:-1],
                policy=settings.time_policy,
                accuracy=Accuracy(*divmod(settings.time_accuracy_ms, 1000)),
                random=random,
            )
        )

    @cached_property
    def responder(self) -> Responder:
        """Answers of OCSP."""
        return Responder(
            ResponderPorts(
                database=self.database,
                vault=self.vault,
                certificates=self.certificates,
                watch=EpochWatch(self.database, monotonic),
                clock=now,
            )
        )

    @cached_property
    def est(self) -> Est:
        """Enrolment of devices."""
        return Est(
            EstPorts(
                database=self.database,
                ledger=self.ledger,
                accounts=self.accounts,
                certificates=self.certificates,
                enrolments=self.enrolments,
                clock=now,
                random=secrets.token_bytes,
            )
        )

    @cached_property
    def recoveries(self) -> Recoveries:
        """Recoveries of escrowed keys; raises :class:`KeyCentreUnavailable` without a key centre."""
        if self.key_centre is None:
            raise KeyCentreUnavailable("this data directory has no key centre")
        return recoveries_of(self.key_centre, self.database, self.ledger)

    @cached_property
    def state_book(self) -> StateBook:
        """Look-ups and status receipts."""
        return StateBook(
            ReceiptPorts(
                database=self.database,
                ledger=self.ledger,
                certificates=self.certificates,
                clock=now,
                stamp=lambda digest: self.timestamps.stamp("tsa-sm2", digest),
            )
        )

    @cached_property
    def acme(self) -> Acme:
        """Server certificates for ACME clients; raises :class:`AcmeSwitchedOff`."""
        if not self.settings.acme_enabled:
            raise AcmeSwitchedOff
        return make_acme(
            self.settings,
            database=self.database,
            ledger=self.ledger,
            vault=self.vault,
            accounts=self.accounts,
            certificates=self.certificates,
            clock=now,
            random=secrets.token_bytes,
        )

    @cached_property
    def issuing(self) -> Issuing:
        """The one way to a released document."""
        level = self.settings.documents_level
        means = Means(
            qr=self.qr_keys.signer,
            site=self.site,
            trust=self.trust,
            random=secrets.token_bytes,
            preserver=None if level == "B-B" else AtLevel(self.preserving, level),
        )
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
                mandate=self.accounts.mandate_evidence,
            )
        )

    @cached_property
    def holdings(self) -> Holdings:
        """What holders have, and the status of any certificate."""
        return Holdings(self.database, self.certificates, now)

    @cached_property
    def enrolments(self) -> Enrolments:
        """The registration authority."""
        return Enrolments(
            EnrolmentPorts(
                database=self.database,
                ledger=self.ledger,
                accounts=self.accounts,
                issuance=OwnAuthority(self.certificates, key_centre=lambda: self.key_centre is not None),
                office=self.settings.authority_uscc,
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
                warrants=self.warrants,
                issuing=self.issuing,
                trust=self.trust,
                clock=now,
            )
        )

    @cached_property
    def batch_call(self) -> BatchCall:
        """Calls whoever works on batches."""
        return BatchCall(self.settings.database_url)

    @cached_property
    def batches(self) -> Batches:
        """Orders for many documents."""
        return Batches(
            BatchPorts(
                database=self.database,
                ledger=self.ledger,
                intents=self.intents,
                modules=self.modules,
                seals=self.seals,
                warrants=self.warrants,
                issuing=self.issuing,
                trust=self.trust,
                evidence=self.certificates.evidence,
                certificate_owner=self.certificates.owner,
                clock=now,
                random=secrets.token_bytes,
                monotonic=monotonic,
                worker=worker_name(),
                is_gone=is_gone,
                wake=self.batch_call.wake,
                allowance=self.warrants,
            )
        )

    @cached_property
    def console(self) -> ConsoleSealing:
        """Sealing at the console."""
        return ConsoleSealing(
            seals=self.seals,
            grants=self.grants,
            warrants=self.warrants,
            ledger=self.ledger,
            intents=self.intents,
            trust=self.trust,
            clock=now,
            random=secrets.token_bytes,
            preserving=self.preserving,
        )

    @cached_property
    def packs(self) -> EvidencePacks:
        """Evidence packs."""
        return packs_of(self)

    @cached_property
    def preserving(self) -> Preserving:
        """Time stamps and evidence for what is sealed here."""
        return preserving_of(self.database, self.certificates, self.timestamps)

    @cached_property
    def renewals(self) -> Renewals:
        """Evidence records over stored documents."""
        return renewals_of(self.database, self.ledger, self.certificates, self.timestamps, self.trust)

    @cached_property
    def file_renewals(self) -> FileRenewals:
        """Sealed files that others keep: looked at, and renewed with the authorities of this service."""
        return file_renewals_of(self.database, self.certificates, self.timestamps, self.trust)

    def document_types(self) -> tuple[str, ...]:
        """Every type that is issued here, the core's receipt included."""
        return (RECEIPT, *(one.name for one in self.modules.documents))

    def module_names(self) -> str:
        """The enabled modules, for people."""
        return ", ".join(one.name for one in self.modules.modules)

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
        return self.submissions.visible(submission_id, applicant=applicant, agency=_deciding(session))

    def visible_document(self, session: Session, document_id: str) -> StoredDocument:
        """A document whose file this login may have."""
        holder = self.applicant(session).holder if Role.APPLICANT in session.roles else ""
        return self.library.visible(document_id, holder=holder, agency=_deciding(session))

    def agency_name(self, agency: str) -> str:
        """The name of an agency that holds a seal here, or its code."""
        return next((one.holder_name for one in self.seals.listed(agency)), agency)

    def may_use(self, session: Session, one: RegisteredSeal, form: str) -> bool:
        """Would this officer's grants allow this seal for what the form issues, now?"""
        return self.warrants.allows(
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
        most_uses: int | None = None,
        channels: Collection[Channel] = EVERY_CHANNEL,
    ) -> Grant:
        """Give a grant, to an officer of the agency that holds the seal and to nobody else."""
        account = self.accounts.get(officer)
        if Role.OFFICER not in account.roles or account.agency != self.seals.get(seal_id).holder:
            raise NotAnOfficer(officer)
        require_known_types(document_types, self.document_types())
        return self.grants.give(
            seal_id,
            officer,
            document_types=document_types,
            period=period,
            by=by,
            most_uses=most_uses,
            channels=channels,
        )

    # Housekeeping

    def do_chores(self) -> None:
        """What has to be done from time to time: fresh CRLs, expired submissions swept away."""
        self.responder.prepare(by=CHORES)
        self.certificates.refresh_crls()
        self.certificates.send_notices()
        self.responder.sign_ahead()
        self.submissions.expire()
        self.enrolments.resume()
        self.seal_lives.finish()
        self.seal_status.refresh()
        self.document_status.refresh()
        if self.settings.acme_enabled:
            self.acme.do_chores()
        if self.key_centre is not None:
            self.recoveries.show_log()
        self.renewals.do_chores()

    def check_ledger(self, *, published: Sequence[str] = ()) -> LedgerFindings:
        """The log recomputed, and every protected row compared with it.

        ``published``: checkpoints that were kept elsewhere.
        """
        sources: dict[str, Source] = {
            **protected_rows(),
            **LIFE_ROWS,
            **APPROVAL_ROWS,
            "seal_status": committed_seal_status,
            **STANDING_ROWS,
            **ENROLMENT_ROWS,
            **BATCH_ROWS,
            **EST_ROWS,
            "accounts": committed_accounts,
            "acme_keys": committed_acme_keys,
            "acme_accounts": committed_acme_accounts,
            "acme_authorizations": committed_acme_authorizations,
            "mandates": committed_mandates,
            "authorities": committed_authorities,
            "bundles": committed_bundles,
            "certificates": committed_certificates,
            "crls": committed_crls,
            "status_lists": committed_status_lists,
            "qr_keys": committed_qr_keys,
            "trust_lists": committed_trust_lists,
            "recoveries": committed_recoveries,
            "timestamps": committed_timestamps,
            **EVIDENCE_ROWS,
        }
        found = check_ledger(self.database, self.ledger.log_keys(), sources, published=published)
        return with_claims(self.database, found)

    def close(self) -> None:
        """End the embedded key centre, and give the database connections back."""
        if self.key_centre is not None:
            self.key_centre.close()
        for room in {"acme", "checks"} & self.__dict__.keys():
            getattr(self, room).close()
        self.database.dispose()


def _deciding(session: Session) -> str:
    """The agency whose cases this login sees: an officer's.  A registrar of it registers, and sees none."""
    return session.agency if Role.OFFICER in session.roles else ""


def _clock_rules(settings: Settings) -> ClockRules:
    """The stated accuracy covers cutting to whole seconds; what is left is how wrong the clock may be."""
    limit = settings.time_max_error_ms
    return ClockRules(
        tolerance=timedelta(milliseconds=settings.time_accuracy_ms - 1000),
        require_synchronised=settings.time_require_synchronised,
        most_error=timedelta(milliseconds=limit) if limit else None,
    )
