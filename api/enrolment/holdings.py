# SPDX-License-Identifier: Apache-2.0
"""What somebody holds, and what a stranger may ask of a certificate: its status, not its holder."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from verify import VerifyError, parse_certificate

from ..certificates import CertificateService, IssuedCertificate, NoSuchCertificate
from ..database import Database
from ..database.tables_identity import certificates as table
from .errors import StatusQuestionRefused

NOTICE_DAYS = (1, 7, 30)
SEAL = "seal"
"""Certificates of seals are the registry's: their keys are in the vault, nobody carries them about."""
_SERIAL = re.compile(r"[0-9a-f]{1,40}\Z")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Holding:
    """Certificates that live and end together, or one by itself; the signing one first."""

    holding_id: str
    members: tuple[IssuedCertificate, ...]
    status: str  # good, suspended, revoked, expired
    ends_within: int | None  # days, when it is time to renew
    held_by: str | None = None  # who suspended it

    @property
    def first(self) -> IssuedCertificate:
        """The one that signs."""
        return self.members[0]


class Holdings:
    """Finds certificates for their holders and for the public."""

    def __init__(
        self, database: Database, certificates: CertificateService, clock: Callable[[], datetime]
    ) -> None:
        self._database, self._certificates, self._clock = database, certificates, clock

    def of(self, account_id: str, holders: Collection[str] = ()) -> tuple[Holding, ...]:
        """Everything of an account, and of bodies that it speaks for; newest first."""
        conditions = [table.c.account_id == account_id]
        if holders:
            conditions.append(table.c.holder.in_(sorted(holders)) & table.c.account_id.is_(None))
        own = (or_(*conditions), table.c.key_label.is_(None), table.c.profile != SEAL)
        query = select(table.c.id).where(*own)
        with self._database.read() as connection:
            found = connection.execute(query.order_by(table.c.issued_at.desc(), table.c.id)).scalars().all()
        groups: dict[str, list[IssuedCertificate]] = {}
        for one in map(self._certificates.get, found):
            groups.setdefault(one.bundle_id or one.certificate_id, []).append(one)
        return tuple(self._holding(name, members) for name, members in groups.items())

    def holding(self, certificate_id: str) -> Holding:
        """What one certificate lives and ends with; raises :class:`api.certificates.NoSuchCertificate`."""
        one = self._certificates.get(certificate_id)
        if one.bundle_id is None:
            return self._holding(one.certificate_id, [one])
        query = select(table.c.id).where(table.c.bundle_id == one.bundle_id)
        with self._database.read() as connection:
            found = connection.execute(query.order_by(table.c.id)).scalars().all()
        return self._holding(one.bundle_id, [self._certificates.get(each) for each in found])

    def asked(self, question: str) -> tuple[IssuedCertificate, ...]:
        """Certificates with this serial number or SHA-256 fingerprint, in hexadecimal, however it is spaced.

        Serial numbers are one issuer's, so there may be two.  Raises :class:`StatusQuestionRefused`.
        """
        plain = re.sub(r"[\s:]", "", question[:200]).lower().removeprefix("0x")
        if _FINGERPRINT.match(plain):
            one = self._certificates.by_fingerprint(plain)
            return () if one is None else (one,)
        serial = plain.lstrip("0")  # a leading zero byte keeps the number positive
        if not _SERIAL.match(serial):
            raise StatusQuestionRefused
        with self._database.read() as connection:
            issuers = connection.execute(select(table.c.issuer).distinct()).scalars().all()
            query = select(table.c.id).where(table.c.issuer.in_(issuers), table.c.serial == serial)
            found = connection.execute(query.order_by(table.c.id)).scalars().all()
        return tuple(map(self._certificates.get, found))

    def uploaded(self, content: bytes) -> tuple[IssuedCertificate, ...]:
        """The certificate that somebody holds in their hands, if it was issued here."""
        try:
            one = self._certificates.by_fingerprint(parse_certificate(content).fingerprint)
        except VerifyError as error:
            raise StatusQuestionRefused from error
        return () if one is None else (one,)

    def own(self, certificate_id: str, account_id: str, holders: Collection[str] = ()) -> Holding:
        """A holding of an account, or of a body that it speaks for; others do not exist
        (:class:`api.certificates.NoSuchCertificate`)."""
        found = self.holding(certificate_id)
        first = found.first
        theirs = first.account_id == account_id if first.account_id else first.holder in holders
        if not theirs or first.key_label is not None or first.profile == SEAL:
            raise NoSuchCertificate(certificate_id)
        return found

    def is_own(self, certificate_id: str, account_id: str, holders: Collection[str] = ()) -> bool:
        """Is it this login's?  Raises nothing."""
        try:
            self.own(certificate_id, account_id, holders)
        except NoSuchCertificate:
            return False
        return True

    def _holding(self, name: str, members: list[IssuedCertificate]) -> Holding:
        at = self._clock()
        members = sorted(members, key=lambda one: (one.usage != "sign", not one.issuer.endswith("-sm2")))
        left = (min(one.not_after for one in members) - at).days
        states = [one.status(at) for one in members]
        worst = next((one for one in ("revoked", "expired", "suspended") if one in states), "good")
        soon = next((days for days in NOTICE_DAYS if left < days), None) if worst == "good" else None
        held_by = None
        if worst == "suspended":
            query = select(table.c.held_by).where(table.c.id == members[0].certificate_id)
            with self._database.read() as connection:
                held_by = connection.execute(query).scalar_one()
        return Holding(name, tuple(members), worst, soon, held_by)
