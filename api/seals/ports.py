# SPDX-License-Identifier: Apache-2.0
"""What the rooms of seals need from the rest of the service, and the seal that they hand out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from keys import Signer, Vault
from seal import Drawing, SealDesign, SealingCertificate
from verify import Certificate, Trust

from ..database import Database
from ..ledger import Intents, Ledger
from .drawings import drawing_of


class SealCertificates(Protocol):
    """Certifies the keys of seals, brings evidence for sealed files, and the platform's own signers."""

    def certify_seal(self, request: bytes, *, holder: str, holder_name: str, by: str) -> str:
        """Issue a certificate of profile ``seal`` for a PKCS#10 request; returns its id.  Durable."""

    def sealing(self, certificate_id: str) -> SealingCertificate:
        """The certificate, its issuers below the root, and the current CRLs."""

    def owner(self, certificate: Certificate) -> str | None:
        """The account that a certificate of ours was issued to."""

    def certificate_of(self, certificate_id: str, *, holder: str) -> Certificate | None:
        """A certificate of this holder that signs and is in force now."""

    def end_seal(self, certificate_id: str, *, replaced: bool, by: str) -> None:
        """Revoke the certificate of a seal that is no more; again is no error."""

    def seal_maker(self) -> tuple[Certificate, Signer]:
        """Certificate of profile ``seal_maker`` and its key: whoever makes seals (制章人)."""

    def trust_list_signers(self) -> tuple[tuple[Certificate, Signer], ...]:
        """Who signs what is published, one of each key family."""

    def platform_signer(self) -> Signer:
        """The key of the platform's seal."""

    def platform_sealing(self) -> SealingCertificate:
        """The platform's seal: certificate and evidence."""


@dataclass(frozen=True, slots=True)
class SealPorts:
    """Filled once by the wiring."""

    database: Database
    ledger: Ledger
    intents: Intents
    vault: Vault
    certificates: SealCertificates
    trust: Callable[[], Trust]
    office: str  # credit code of the authority that runs the platform
    publisher: str  # its name
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class UsableSeal:
    """A seal ready for one use.  Only the registry hands one out, and never to a module."""

    seal_id: str | None  # None: the platform's own seal
    holder: str
    holder_name: str
    design: SealDesign
    signer: Signer
    sealing: SealingCertificate
    esl: bytes | None = field(default=None, repr=False)
    """The made seal (SES V4, GB/T 38540); the platform's own seal has none."""
    code: str = ""
    edition: int = 0
    """Which made seal of this code; 0: the platform's own."""

    @property
    def drawing(self) -> Drawing:
        """Its picture, in true size; drawn once for each design."""
        return drawing_of(self.design)
