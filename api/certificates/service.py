# SPDX-License-Identifier: Apache-2.0
"""The certificate authority of this service as its neighbours use it.  Fills ``api.seals``' port as well."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from datetime import datetime

from ca import Profile, profile
from keys import KeyKind, Signer, Vault
from seal import SealingCertificate
from verify import Certificate, Crl, Json, Trust, parse_certificate, parse_crl

from . import authorities, ceremony, lifecycle, orders, own, platform, qr_keys, store
from .errors import NoSuchAuthority, NoSuchCertificate, NotInitialised
from .founding_plan import Ceremony
from .issuing import certify_all
from .model import AuthorityRow, IssuedCertificate, IssueOrder
from .ports import CertificatePorts
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
        self, label: str, *, kind: KeyKind, profile: Profile, common_name: str, by: str, issuer: str = ""
    ) -> IssuedCertificate:
        """The certificate in force for a key of the service itself, made with its key if there is none."""
        return own.own_certificate(
            self._ports, label, kind=kind, profile=profile, common_name=common_name, by=by, issuer=issuer
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
        self, some: Sequence[IssueOrder], *, allowed: Collection[str], by: str
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
            issued = certify_all(ports, fresh)
        made.update((plan.order_digest, one) for plan, one in zip(fresh, issued, strict=True))
        return tuple(made[plan.order_digest] for plan in plans)

    def suspend(self, which: str, *, by: str) -> IssuedCertificate:
        """Put a certificate on hold, or all of its bundle; ``which`` is the id of either.

        Like all verbs of a life: gives the certificate that was named, or the signing one of the bundle.
        """
        return lifecycle.suspend(self._ports, which, by=by)

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

    # Finding

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

    def qr_key_id(self, algorithm: str) -> str:
        """The id in the trust list of the key for this algorithm; raises :class:`NotInitialised`."""
        with self._ports.database.read() as connection:
            return qr_keys.key_id(connection, platform.QR_SIGNERS[algorithm])

    def qr_signer(self, algorithm: str) -> Signer:
        """The key that signs QR statements with this algorithm."""
        return self._ports.vault.signer(platform.QR_SIGNERS[algorithm])

    def platform_signer(self) -> Signer:
        """The key of the platform's seal."""
        return self._ports.vault.signer(platform.PLATFORM_SEAL)

    def trust_list_signers(self) -> tuple[tuple[Certificate, Signer], ...]:
        """Certificate and key of each signer of the trust list; raises :class:`NotInitialised`."""
        with self._ports.database.read() as connection:
            return tuple(
                (store.authority_certificate(connection, label), self._ports.vault.signer(label))
                for label in platform.TRUST_LIST_SIGNERS
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
