# SPDX-License-Identifier: Apache-2.0
"""What issuing needs from the rest of the service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from keys import Signer
from seal import SealingCertificate, Timestamper


@dataclass(frozen=True, slots=True)
class QrSigner:
    """The key that signs QR statements, with its id in the trust list; for ``DUAL`` two of each."""

    kid: str
    algorithm: str
    signers: tuple[Signer, ...]
    """SM2 before ES256."""


class Preserver(Protocol):
    """Time stamps and evidence for documents that are issued one by one."""

    def stamper(self, sealing: SealingCertificate) -> Timestamper | None:
        """Who stamps this seal's signatures; ``None`` when nobody does."""

    def extended(self, pdf: bytes, sealing: SealingCertificate) -> bytes:
        """The sealed file with the evidence that is asked for."""

    def now(self) -> datetime:
        """A time that is not before the time stamps."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the public reaches this service, and who operates it."""

    public_url: str  # without a final slash
    authority: str  # credit code of the operating authority; defines the document types as well
    authority_name: str

    @property
    def host(self) -> str:
        """Host, and port if any, in lower case: the name that QR statements are bound to."""
        return self.public_url.split("://", 1)[1].lower()

    @property
    def qr_scheme(self) -> str:
        """Upper case, so that the code stays in the small alphanumeric alphabet."""
        return self.public_url.split("://", 1)[0].upper()

    def page(self, document_id: str) -> str:
        """The live page of a document."""
        return f"{self.public_url}/r/{document_id}"
