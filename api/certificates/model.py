# SPDX-License-Identifier: Apache-2.0
"""Orders, and what came of them: certificates, bundles, authorities, notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from keys import KeyFamily, KeyKind

SIGN, ENCRYPT, AUTHORITY = "sign", "encrypt", "authority"
"""What a certificate is there for.  Everything but encryption and authorities signs."""


class Hierarchy(StrEnum):
    """National or international algorithms.  ECDSA keys of holders are certified under RSA."""

    SM2 = "sm2"
    RSA = "rsa"

    @property
    def kind(self) -> KeyKind:
        """The keys of the service itself."""
        return KeyKind.SM2 if self is Hierarchy.SM2 else KeyKind.RSA3072


def hierarchy_of(kind: KeyKind) -> Hierarchy:
    """Where a key of this kind is certified."""
    return Hierarchy.SM2 if kind.family is KeyFamily.SM2 else Hierarchy.RSA


def whole_second(moment: datetime) -> datetime:
    """Certificates and CRLs know seconds only; downwards, so that nothing starts in the future."""
    return moment.astimezone(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class AuthorityRow:
    """An authority as its ceremony made it."""

    name: str
    family: str
    purpose: str  # persons, organisations, seals, devices, services; empty for a root
    issuer: str  # its own name, for a root
    partitions: int  # of its CRL; fixed for ever, for certificates point to them
    null_parameters: bool
    ceremony_sha256: str
    created_at: datetime

    @property
    def root(self) -> bool:
        """Signs itself, and is offline."""
        return self.issuer == self.name

    def partition(self, serial: int) -> int:
        """Which partition of the CRL a certificate belongs to, from its issuance on."""
        return serial % self.partitions


@dataclass(frozen=True, slots=True)
class IssueOrder:
    """What is asked for.  The name in the certificate comes from here, the key from the request."""

    profile: str
    request: bytes = field(repr=False)  # PKCS#10, DER or PEM
    holder: str  # credit code, or the key of a person
    holder_name: str = field(repr=False)
    account_id: str | None = None
    valid_until: datetime | None = None
    alternative_names: Sequence[Any] = ()  # ca.AlternativeName
    identifiers: Sequence[Any] = field(default=(), repr=False)  # ca.Identifier


@dataclass(frozen=True, slots=True)
class BundleOrder:
    """A bundle: an SM2 signing key of the holder, an encryption key of the key centre, perhaps an RSA key."""

    profile: str
    sign_request: bytes = field(repr=False)
    holder: str
    holder_name: str = field(repr=False)
    rsa_request: bytes | None = field(default=None, repr=False)
    account_id: str | None = None
    valid_until: datetime | None = None
    identifiers: Sequence[Any] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """One certificate as the service keeps it."""

    certificate_id: str
    issuer: str  # name of the authority
    serial: str  # hexadecimal, lower case
    profile: str
    key_label: str | None  # a key of ours in the vault
    account_id: str | None
    holder: str
    holder_name: str = field(repr=False)
    fingerprint: str
    der: bytes = field(repr=False)
    not_before: datetime
    not_after: datetime
    issued_at: datetime
    revoked_at: datetime | None
    reason: str | None
    bundle_id: str | None = None
    usage: str = SIGN
    partition: int = 0
    held_at: datetime | None = None
    invalidity_date: datetime | None = None
    replaces: str | None = None

    def status(self, at: datetime) -> str:
        """``good``, ``suspended``, ``revoked`` or ``expired``: the gravest that is true."""
        if self.revoked_at is not None:
            return "revoked"
        if at > self.not_after:
            return "expired"
        return "good" if self.held_at is None else "suspended"


@dataclass(frozen=True, slots=True)
class IssuedBundle:
    """Certificates of one holder that live and end together; the signing one first."""

    bundle_id: str
    holder: str
    holder_name: str = field(repr=False)
    account_id: str | None
    profile: str
    state: str  # good, suspended, revoked, expired
    members: tuple[IssuedCertificate, ...]
    escrow_key_id: str | None
    envelope: bytes | None = field(repr=False)  # SM2EnvelopedKey, DER
    csr_response: bytes | None = field(repr=False)  # GM/T 0092
    replaces: str | None = None

    def member(self, usage: str, hierarchy: Hierarchy = Hierarchy.SM2) -> IssuedCertificate | None:
        """One of them, by what it is for; of those that sign, the SM2 one stands first."""
        found = [one for one in self.members if one.usage == usage][hierarchy is Hierarchy.RSA :]
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Notice:
    """What a holder was told: a certificate ends within so many days."""

    certificate_id: str
    profile: str
    days: int
    not_after: datetime
    at: datetime
