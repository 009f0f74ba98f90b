# SPDX-License-Identifier: Apache-2.0
"""What the certificate authority works with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from ca import SecondLint
from keys import PublicKey, Signer, Vault

from ..accounts import AccountBook
from ..database import Database
from ..ledger import Intents, Ledger, Transaction
from .model import AuthorityRow


@dataclass(frozen=True, slots=True)
class Authority:
    """Who operates the service, and where the public reaches it."""

    uscc: str
    name: str
    public_url: str  # without a final slash

    @property
    def host(self) -> str:
        """Host, and port if any, in lower case."""
        return self.public_url.split("://", 1)[1].lower()

    def crl_url(self, issuer: AuthorityRow, serial: int) -> str:
        """Where the CRL for a certificate is published: written into it, so it never changes."""
        if issuer.root or issuer.partitions < 2:
            return f"{self.public_url}/crl/{issuer.name}.crl"
        return f"{self.public_url}/crl/{issuer.name}/{issuer.partition(serial)}.crl"

    def delta_url(self, name: str) -> str:
        """Where the delta lists of an authority are published."""
        return f"{self.public_url}/crl/{name}-delta.crl"

    def ocsp_url(self, issuer: AuthorityRow) -> str:
        """Where the status is answered; nowhere for what an offline root signed."""
        return "" if issuer.root else f"{self.public_url}/ocsp"

    def issuer_url(self, issuer: AuthorityRow) -> str:
        """Where the certificate of an issuer is published; a root comes with the trust list."""
        return "" if issuer.root else f"{self.public_url}/certificates/{issuer.name}.cer"

    @property
    def prefix(self) -> bytes:
        """What the serial numbers of this instance begin with: two instances never meet."""
        return hashlib.sha256(self.public_url.encode()).digest()[:3]


class StatusLists(Protocol):
    """What is published about certificates.  Numbers of lists strictly rise; no list forgets an entry."""

    def publish(self, tx: Transaction, changed: Mapping[str, AbstractSet[int]]) -> None:
        """New lists for authorities and partitions, in the transaction that changed their rows: after it
        nobody is told the old state.  The caller announced it with an intent."""

    def publish_offline(self, tx: Transaction, authority: str, signer: Signer) -> None:
        """The list of an authority whose key this service does not have: of a root, by its ceremony."""

    def current(self, connection: Connection, authority: str, scope: str = "full") -> bytes:
        """The list in force, DER; raises :class:`NoSuchAuthority`."""

    def refresh(self) -> tuple[str, ...]:
        """New lists where one is missing or half over, of authorities whose keys are here; which ones."""

    def stale(self) -> tuple[str, ...]:
        """Authorities whose list is missing or due for renewal, offline ones too."""


@dataclass(frozen=True, slots=True)
class EscrowedKey:
    """An encryption key that the key centre made and keeps."""

    key_id: str
    spki: bytes


class KeyCentre(Protocol):
    """The key-management centre: a trust domain of its own.  When it raises, nothing is issued."""

    def make_key(self, reference: str, to: PublicKey) -> EscrowedKey:
        """A new SM2 encryption key; ``reference`` is the bundle that it is for, ``to`` the holder's signing
        key: the only one that it will be delivered to without a recovery."""

    def deliver(self, key_id: str, to: PublicKey) -> bytes:
        """The key under the holder's signing key: SM2EnvelopedKey, DER."""


@dataclass(frozen=True, slots=True)
class CertificatePorts:
    """Database, ledger, vault, accounts, and the two arguments of everything: time and randomness."""

    database: Database
    ledger: Ledger
    intents: Intents
    vault: Vault
    accounts: AccountBook
    authority: Authority
    document_types: Callable[[], tuple[str, ...]]
    """Every type of document that is issued here: what the QR keys may sign."""
    status: StatusLists
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    key_centre: KeyCentre | None = None
    """Without one, bundles with an encryption key are refused."""
    second_lint: SecondLint | None = None
    """Another judge of drafts, beside our own rules."""
