# SPDX-License-Identifier: Apache-2.0
"""The certificate authority of this service as its neighbours use it.  Fills ``api.seals``' port as well."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ca import Ceremony, Profile, RevocationReason, profile
from keys import KeyKind, Signer, Vault
from seal import SealingCertificate
from verify import Certificate, Crl, Json, QrKey, Trust, parse_certificate, parse_crl

from . import (
    authorities,
    bundles,
    ceremony,
    expiry,
    lifecycle,
    orders,
    own,
    platform,
    qr_changes,
    qr_keys,
    reissuing,
    renewing,
    store,
)
from .bundles import BundlePlan
from .errors import NoSuchAuthority, NoSuchCertificate, NotInitialised
from .issuing import Plan, With, certify_all
from .model import SIGN, AuthorityRow, BundleOrder, IssuedBundle, IssuedCertificate, IssueOrder, Notice
from .ports import CertificatePorts
from .reissuing import Reissue
from .trusting import OwnTrust


class CertificateService:
    """Issues, revokes, finds, and says what is trusted.  Safe to share between threads."""

    def __init__(self, ports: CertificatePorts) -> None:
        self._ports = ports
        self._trust = OwnTrust(ports)
        # One process takes the same order once; between processes the last transaction decides.
        self._issuing = threading.Lock()

    # Setting up

    def hold_ceremony(self, what: Ceremony, offline: Vault, *, by: str) -> dict[str, Json] | None:
        """Make the authorities that are missing, and lists that are due; the transcript, if anything was.

        ``offline``: the vault of the roots.  Raises :class:`CeremonyContradicted`.
        """
        return ceremony.hold(self._ports, what, offline, by=by)

    def create_platform_keys(self, *, by: str) -> None:
        """The platform's seal, QR keys and trust list signers; makes only what is missing."""
        platform.create_platform_keys(self._ports, by=by)

    def own_certificate(
        self,
        label: str,
        *,
        kind: KeyKind,
        profile: Profile,
        common_name: str,
        by: str,
        issuer: str = "",
        early: timedelta = timedelta(),
    ) -> IssuedCertificate:
        """The certificate in force for a key of the service itself, made with its key if there is none."""
        return own.own_certificate(
            self._ports,
            label,
            kind=kind,
            profile=profile,
            common_name=common_name,
            by=by,
            issuer=issuer,
            early=early,
        )

    # Authorities

    def authorities(self) -> tuple[AuthorityRow, ...]:
        """Every authority, each after its issuer."""
        with self._ports.database.read() as connection:
            return authorities.listed(connection)

    def authority_for(self, profile_name: str, kind: KeyKind) -> str:
        """Which authority certifies such a key; raises :class:`NotInitialised`."""
        with self._ports.database.read() as connection:
            found = authorities.in_force(connection)
        return found.issuing(profile(profile_name), kind, self._ports.clock())

    # Issuing, suspending, revoking

    def issue(self, order: IssueOrder, *, by: str) -> IssuedCertificate:
        """Issue to a holder; the same order again brings the same certificate."""
        return self.issue_batch([order], by=by)[0]

    def issue_batch(self, some: Sequence[IssueOrder], *, by: str) -> tuple[IssuedCertificate, ...]:
        """Issue to many holders, all or none, in few transactions; in the order of the orders."""
        return self._issue(some, allowed=orders.ORDERABLE, by=by)

    def issue_approved(self, order: IssueOrder, *, by: str) -> IssuedCertificate:
        """Issue what the registration office approved, with the approvals that the profile asks for."""
        return self._issue([order], allowed=orders.APPROVED, by=by)[0]

    def certify_seal(self, request: bytes, *, holder: str, holder_name: str, by: str) -> str:
        """Issue a certificate of profile ``seal`` for a PKCS#10 request; returns its id.  Durable."""
        order = IssueOrder(profile=orders.SEAL, request=request, holder=holder, holder_name=holder_name)
        return self._issue([order], allowed={orders.SEAL}, by=by)[0].certificate_id

    def _issue(
        self,
        some: Sequence[IssueOrder],
        *,
        allowed: Collection[str],
        by: str,
        replacing: str | None = None,
    ) -> tuple[IssuedCertificate, ...]:
        ports, at = self._ports, self._ports.clock()
        with ports.database.read() as connection:
            found = authorities.in_force(connection)
        plans = [orders.plan_order(ports.accounts, found, one, allowed=allowed, at=at, by=by) for one in some]
        wanted = {plan.order_digest: plan for plan in plans}
        with self._issuing:
            with ports.database.read() as connection:
                made = store.find_by_orders(connection, wanted, at)
                fresh = [plan for digest, plan in wanted.items() if digest not in made]
                orders.require_free_keys(connection, fresh)
                also: With | None = None
                if replacing is not None and fresh:
                    old = renewing.require_rekey(connection, replacing, some[0], fresh)
                    fresh = [replace(plan, replaces=old[0].id) for plan in fresh]
                    also = renewing.superseding(ports, replacing, by, at)
            issued = certify_all(ports, fresh, also=also)
        made.update((plan.order_digest, one) for plan, one in zip(fresh, issued, strict=True))
        return tuple(made[plan.order_digest] for plan in plans)

    def issue_bundle(self, order: BundleOrder, *, by: str, approved: bool = False) -> IssuedBundle:
        """Issue a bundle, all of it or nothing; the same order again brings the same bundle.

        ``approved``: by whoever had to, for profiles that an operator alone does not order.
        """
        return self._bundle(order, by=by, approved=approved)

    def _bundle(
        self, order: BundleOrder, *, by: str, approved: bool, replacing: str | None = None
    ) -> IssuedBundle:
        ports, at = self._ports, self._ports.clock()
        with ports.database.read() as connection:
            found = authorities.in_force(connection)
        plan = bundles.plan_bundle(
            ports.accounts,
            found,
            order,
            allowed=orders.APPROVED if approved else orders.ORDERABLE,
            at=at,
            by=by,
            bundle_id=ports.random(16).hex(),
        )
        known = self._known(plan.first, at)
        if known is None:
            self._require_bundle(plan, order, replacing)
            # Before the lock: the key centre is another process and takes its time.
            plan = bundles.with_encryption(ports, found, plan, at)
            with self._issuing:
                known = self._known(plan.first, at)
                if known is None:
                    plan = self._require_bundle(plan, order, replacing)
                    more = None if replacing is None else renewing.superseding(ports, replacing, by, at)
                    known = certify_all(ports, plan.members, also=bundles.recording([plan], more))[0]
        return self.bundle(str(known.bundle_id))

    def _known(self, first: Plan, at: datetime) -> IssuedCertificate | None:
        with self._ports.database.read() as connection:
            return store.find_by_orders(connection, [first.order_digest], at).get(first.order_digest)

    def _require_bundle(self, plan: BundlePlan, order: BundleOrder, replacing: str | None) -> BundlePlan:
        """Keys that are free, and an old bundle that the new one may replace."""
        with self._ports.database.read() as connection:
            orders.require_free_keys(connection, plan.members)
            if replacing is None:
                return plan
            old = renewing.require_rekey(connection, replacing, order, plan.members)
        return replace(plan, replaces=old[0].bundle_id)

    def renew(self, which: str, *, by: str) -> IssuedCertificate:
        """A new term for the same keys and words; renewing again brings the same new certificate."""
        ports, at = self._ports, self._ports.clock()
        with self._issuing:
            with ports.database.read() as connection:
                plans, bundle = renewing.plan_renewal(
                    connection,
                    ports.accounts,
                    authorities.in_force(connection),
                    which,
                    at=at,
                    by=by,
                    bundle_id=ports.random(16).hex(),
                )
                before = store.find_by_orders(connection, [one.order_digest for one in plans], at)
            if len(before) == len(plans):
                made = [before[plan.order_digest] for plan in plans]
            else:
                also = bundles.recording([] if bundle is None else [bundle])
                made = list(certify_all(ports, plans, also=also))
        return next((one for one in made if one.replaces == which), made[0])

    def rekey(
        self, which: str, order: IssueOrder | BundleOrder, *, by: str, approved: bool = False
    ) -> IssuedCertificate:
        """New keys for the same holder; what they replace is superseded in the same transaction."""
        if isinstance(order, BundleOrder):
            return self._bundle(order, by=by, approved=approved, replacing=which).members[0]
        allowed = orders.APPROVED if approved else orders.ORDERABLE
        return self._issue([order], allowed=allowed, by=by, replacing=which)[0]

    def reissue(
        self,
        where: str,
        *,
        by: str,
        dry_run: bool,
        progress: Callable[[int, int], None] | None = None,
    ) -> Reissue:
        """Renew everything that a selection names, or say what that would be."""
        with self._issuing:
            return reissuing.reissue(self._ports, where, by=by, dry_run=dry_run, progress=progress)

    def suspend(self, which: str, *, by: str, over: bool = False) -> IssuedCertificate:
        """Put a certificate on hold, or all of its bundle; ``which`` is the id of either.

        ``over``: also where somebody else did already, whose suspension becomes this one.

        Like all verbs of a life: gives the certificate that was named, or the signing one of the bundle.
        """
        return lifecycle.suspend(self._ports, which, by=by, over=over)

    def resume(self, which: str, *, by: str) -> IssuedCertificate:
        """End a suspension."""
        return lifecycle.resume(self._ports, which, by=by)

    def revoke(
        self, which: str, reason: str, *, by: str, invalidity_date: datetime | None = None
    ) -> IssuedCertificate:
        """Revoke for good; when this returns, the new CRL is out and :meth:`trust` knows it."""
        return lifecycle.revoke(self._ports, which, reason, by=by, invalidity_date=invalidity_date)

    def revoke_authority(self, name: str, reason: str, offline: Vault, *, by: str) -> IssuedCertificate:
        """Revoke the certificate of an issuing authority, with the vault of the roots."""
        with self._ports.database.read() as connection:
            authorities.get_authority(connection, name)
            found = _authority(store.find_by_label(connection, name), name)
        return lifecycle.revoke(
            self._ports,
            found.certificate_id,
            reason,
            by=by,
            offline=lambda root: ceremony.root_signer(offline, root),
        )

    def refresh_crls(self) -> tuple[str, ...]:
        """New CRLs where one is missing or half over; for which authorities.  At start and by the clock."""
        return self._ports.status.refresh()

    def stale_crls(self) -> tuple[str, ...]:
        """Authorities whose CRL is missing or due, offline roots too."""
        return self._ports.status.stale()

    def send_notices(self) -> int:
        """Tell holders whose certificates end soon; how many notices that were.  By the clock."""
        return expiry.send_notices(self._ports)

    # Finding

    def bundle(self, bundle_id: str) -> IssuedBundle:
        """One bundle; raises :class:`NoSuchCertificate`."""
        with self._ports.database.read() as connection:
            return bundles.get_bundle(connection, bundle_id, self._ports.clock())

    def bundles_of(self, account_id: str) -> tuple[IssuedBundle, ...]:
        """Every bundle of one account, oldest first."""
        with self._ports.database.read() as connection:
            return tuple(bundles.of_account(connection, account_id, self._ports.clock()))

    def bundles(self, *, state: str | None = None) -> tuple[IssuedBundle, ...]:
        """Every bundle, or those in one state: good, suspended, revoked, expired."""
        with self._ports.database.read() as connection:
            found = tuple(bundles.listed(connection, self._ports.clock()))
        return tuple(one for one in found if state in (None, one.state))

    def expiring(self, days: int) -> tuple[IssuedCertificate, ...]:
        """What ends within so many days and is not revoked, the first to end first."""
        with self._ports.database.read() as connection:
            return expiry.expiring(connection, self._ports.clock(), days)

    def notices_of(self, account_id: str) -> tuple[Notice, ...]:
        """What one account was told about its certificates, the newest first."""
        with self._ports.database.read() as connection:
            return expiry.notices_of(connection, account_id)

    def get(self, certificate_id: str) -> IssuedCertificate:
        """One certificate; raises :class:`NoSuchCertificate`."""
        with self._ports.database.read() as connection:
            return store.get_certificate(connection, certificate_id)

    def by_fingerprint(self, fingerprint: str) -> IssuedCertificate | None:
        """The certificate with this SHA-256 fingerprint, if it was issued here."""
        with self._ports.database.read() as connection:
            return store.find_by_fingerprint(connection, fingerprint)

    def listed(self) -> tuple[IssuedCertificate, ...]:
        """Every certificate, oldest first."""
        with self._ports.database.read() as connection:
            return store.list_certificates(connection)

    def owner(self, certificate: Certificate) -> str | None:
        """The account that a certificate of ours was issued to."""
        found = self.by_fingerprint(certificate.fingerprint)
        return None if found is None else found.account_id

    def chain(self, certificate_id: str) -> tuple[bytes, ...]:
        """The issuers of a certificate, DER, its own first, the root last."""
        with self._ports.database.read() as connection:
            one = store.get_certificate(connection, certificate_id)
            issuers: list[bytes] = []
            while one.issuer != one.key_label:
                one = _authority(store.find_by_label(connection, one.issuer), one.issuer)
                issuers.append(one.der)
        return tuple(issuers)

    # Publishing

    def crl_file(self, name: str) -> bytes:
        """The CRL in force of one authority, DER; raises :class:`NoSuchAuthority`."""
        with self._ports.database.read() as connection:
            return self._ports.status.current(connection, name)

    def issuer_file(self, name: str) -> bytes:
        """The certificate of one authority, DER; raises :class:`NoSuchAuthority`."""
        with self._ports.database.read() as connection:
            authorities.get_authority(connection, name)
            found = store.find_by_label(connection, name)
        if found is None:
            raise NoSuchAuthority(name)
        return found.der

    def trust(self) -> Trust:
        """What this service trusts, as of the newest committed transaction."""
        return self._trust.current()

    def trust_within(self, connection: Connection) -> Trust:
        """The same as a transaction sees it that is not over yet."""
        return self._trust.within(connection)

    def anchors(self) -> tuple[Certificate, ...]:
        """The roots."""
        return self.trust().anchors

    def intermediates(self) -> tuple[Certificate, ...]:
        """The issuing authorities."""
        return self.trust().intermediates

    def crls(self) -> tuple[Crl, ...]:
        """The CRLs in force."""
        return self.trust().crls

    # Sealing

    def sealing(self, certificate_id: str) -> SealingCertificate:
        """The certificate, its issuers below the root, and the current CRLs."""
        return self._sealing(self.get(certificate_id))

    def evidence(self, certificate: Certificate) -> SealingCertificate:
        """The same for a holder's certificate; raises :class:`NoSuchCertificate` if it is not one of ours."""
        found = self.by_fingerprint(certificate.fingerprint)
        if found is None:
            raise NoSuchCertificate(certificate.fingerprint)
        return self._sealing(found)

    def platform_sealing(self) -> SealingCertificate:
        """The platform's seal: certificate and evidence."""
        with self._ports.database.read() as connection:
            found = store.find_by_label(connection, platform.PLATFORM_SEAL)
        return self._sealing(_authority(found, platform.PLATFORM_SEAL))

    # Keys of QR codes

    def qr_signer(self, algorithm: str, *, dual: bool = False) -> tuple[str, Signer]:
        """Id and key that sign QR statements now; ``dual``: together with one of the other algorithm.

        Raises :class:`NotInitialised`, :class:`QrKeyRefused`.
        """
        with self._ports.database.read() as connection:
            found = qr_keys.in_use(connection, algorithm, self._ports.clock(), dual=dual)
        return str(found.kid), self._ports.vault.signer(found.key_label)

    def rotate_qr_key(
        self, algorithm: str, *, publish: qr_changes.Publish, dual: bool = False, by: str
    ) -> QrKey:
        """A new key, in the list that ``publish`` makes; raises :class:`QrKeyRefused`."""
        return self._qr_key(qr_changes.rotate(self._ports, publish, algorithm, dual=dual, by=by))

    def revoke_qr_key(
        self,
        kid: str,
        *,
        publish: qr_changes.Publish,
        reason: str,
        by: str,
        since: datetime | None = None,
    ) -> QrKey:
        """End a key from a time on; raises :class:`QrKeyRefused`."""
        return self._qr_key(qr_changes.revoke(self._ports, publish, kid, since=since, reason=reason, by=by))

    def _qr_key(self, kid: str) -> QrKey:
        return next(one for one in self.trust().qr_keys if one.kid == kid)

    def platform_signer(self) -> Signer:
        """The key of the platform's seal."""
        return self._ports.vault.signer(platform.PLATFORM_SEAL)

    def seal_maker(self) -> tuple[Certificate, Signer]:
        """Certificate and key of the maker of seals; raises :class:`NotInitialised`."""
        with self._ports.database.read() as connection:
            certificate = store.authority_certificate(connection, platform.SEAL_MAKER)
        return certificate, self._ports.vault.signer(platform.SEAL_MAKER)

    def certificate_of(self, certificate_id: str, *, holder: str) -> Certificate | None:
        """A certificate of this holder that signs and is in force now."""
        try:
            found = self.get(certificate_id)
        except NoSuchCertificate:
            return None
        good = found.status(self._ports.clock()) == "good" and found.usage == SIGN
        return parse_certificate(found.der) if good and found.holder == holder else None

    def end_seal(self, certificate_id: str, *, replaced: bool, by: str) -> None:
        """Revoke the certificate of a seal that is no more; again is no error."""
        reason = RevocationReason.SUPERSEDED if replaced else RevocationReason.CESSATION_OF_OPERATION
        self.revoke(certificate_id, reason.value, by=by)

    def trust_list_signers(self) -> tuple[tuple[Certificate, Signer], ...]:
        """Certificate and key of each signer of the trust list that is there; the check of the list says
        whether they are enough.  Raises :class:`NotInitialised` without the first."""
        with self._ports.database.read() as connection:
            first, *others = platform.TRUST_LIST_SIGNERS
            there = [first, *(one for one in others if store.find_by_label(connection, one) is not None)]
            return tuple(
                (store.authority_certificate(connection, label), self._ports.vault.signer(label))
                for label in there
            )

    def _sealing(self, one: IssuedCertificate) -> SealingCertificate:
        issuers: list[Certificate] = []
        lists: list[Crl] = []
        with self._ports.database.read() as connection:
            name = one.issuer
            while True:
                issuer = _authority(store.find_by_label(connection, name), name)
                lists.append(parse_crl(self._ports.status.current(connection, name)))
                if issuer.issuer == issuer.key_label:
                    break
                issuers.append(parse_certificate(issuer.der))
                name = issuer.issuer
        return SealingCertificate(parse_certificate(one.der), chain=tuple(issuers), crls=tuple(lists))


def _authority(found: IssuedCertificate | None, label: str) -> IssuedCertificate:
    if found is None:
        raise NotInitialised(label)
    return found
