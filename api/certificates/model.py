# SPDX-License-Identifier: Apache-2.0
"""The two hierarchies, an order, and an issued certificate."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from keys import KeyFamily, KeyKind


class Hierarchy(StrEnum):
    """A root and its issuing authority.  ECDSA keys of holders are certified under RSA."""

    SM2 = "sm2"
    RSA = "rsa"

    @property
    def root(self) -> str:
        """Name of the root, and label of its key in the vault."""
        return f"root-{self.value}"

    @property
    def issuing(self) -> str:
        """Name of the issuing authority, and label of its key in the vault."""
        return f"issuing-{self.value}"

    @property
    def kind(self) -> KeyKind:
        """The keys of its authorities."""
        return KeyKind.SM2 if self is Hierarchy.SM2 else KeyKind.RSA3072


AUTHORITIES = tuple(name for one in Hierarchy for name in (one.root, one.issuing))
"""Every authority, each after its issuer."""


def hierarchy_of(kind: KeyKind) -> Hierarchy:
    """Where a key of this kind is certified."""
    return Hierarchy.SM2 if kind.family is KeyFamily.SM2 else Hierarchy.RSA


def whole_second(moment: datetime) -> datetime:
    """Certificates and CRLs know seconds only; downwards, so that nothing starts in the future."""
    return moment.astimezone(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class IssueOrder:
    """What an operator asks for.  The name in the certificate comes from here, the key from the request."""

    profile: str
    request: bytes = field(repr=False)  # PKCS#10, DER or PEM
    holder: str  # credit code, or the key of a person
    holder_name: str = field(repr=False)
    account_id: str | None = None
    valid_until: datetime | None = None


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
