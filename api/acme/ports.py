# SPDX-License-Identifier: Apache-2.0
"""What ACME works with: certificates, accounts of the platform, the network, time and randomness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ..accounts import AccountBook
from ..certificates import IssuedCertificate
from ..database import Database
from ..ledger import Ledger
from .model import Limits


class Certificates(Protocol):
    """The certificate service, as far as ACME needs it."""

    def get(self, certificate_id: str) -> IssuedCertificate:
        """One certificate."""

    def by_fingerprint(self, fingerprint: str) -> IssuedCertificate | None:
        """The certificate with this fingerprint, if it was issued here."""

    def chain(self, certificate_id: str) -> tuple[bytes, ...]:
        """The issuers of a certificate, its own first, the root last."""

    def revoke(self, certificate_id: str, reason: str, *, by: str) -> IssuedCertificate:
        """Revoke for good."""


@dataclass(frozen=True, slots=True)
class ServerOrder:
    """A server certificate as it shall be: everything but the key comes from here."""

    request: bytes = field(repr=False)
    names: tuple[str, ...]
    account_id: str | None
    holder: str
    holder_name: str = field(repr=False)
    valid_until: datetime


class Unproven(Exception):
    """A name was not proven.  Caught in this package; ``code`` is an error type, ``again``: it may pass."""

    def __init__(self, code: str, why: str, *, again: bool = False) -> None:
        super().__init__(f"{code}: {why}")
        self.code, self.why, self.again = code, why, again


@dataclass(frozen=True, slots=True)
class Authorization:
    """One CAA record (RFC 8659)."""

    flags: int
    tag: str
    value: str


class Outside(Protocol):
    """The network, as a validation sees it.  All raise :class:`Unproven`."""

    def page(self, name: str, path: str) -> bytes:
        """What http://NAME/PATH answers."""

    def texts(self, name: str) -> tuple[bytes, ...]:
        """The TXT records of a name."""

    def authorizations(self, name: str) -> tuple[Authorization, ...]:
        """The CAA records of a name, or of the closest domain above it that has any."""


@dataclass(frozen=True, slots=True)
class AcmePorts:
    """Everything that the rooms below share."""

    database: Database
    ledger: Ledger
    certificates: Certificates
    issue: Callable[[ServerOrder], IssuedCertificate]
    """Issues under profile tls_server; the same order brings the same certificate."""
    accounts: AccountBook
    outside: Outside
    base: str  # public address of the service, without a final slash
    authority: tuple[str, str]  # credit code and name of who operates: holder of keys made for nobody else
    nonce_secret: bytes = field(repr=False)
    binding_secret: bytes = field(repr=False)
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    pause: Callable[[float], None]
    caa_identity: str = ""  # the name in CAA records that means us; empty: they are not asked
    limits: Limits = field(default_factory=Limits)

    def new_id(self) -> str:
        """An id that nobody guesses."""
        return self.random(16).hex()
