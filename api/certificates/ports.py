# SPDX-License-Identifier: Apache-2.0
"""What the certificate authority works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from keys import Vault

from ..accounts import AccountBook
from ..database import Database
from ..ledger import Intents, Ledger


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

    def crl_url(self, name: str) -> str:
        """Where the CRL of an authority is published: written into certificates, so it never changes."""
        return f"{self.public_url}/crl/{name}.crl"


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
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
