# SPDX-License-Identifier: Apache-2.0
"""What the seal registry needs from the certificate authority of this service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from keys import Signer
from seal import SealDesign, SealingCertificate


class SealCertificates(Protocol):
    """Certifies the keys of seals and brings the evidence that goes into a sealed file."""

    def certify_seal(self, request: bytes, *, holder: str, holder_name: str, by: str) -> str:
        """Issue a certificate of profile ``seal`` for a PKCS#10 request; returns its id.  Durable."""

    def sealing(self, certificate_id: str) -> SealingCertificate:
        """The certificate, its issuers below the root, and the current CRLs."""


@dataclass(frozen=True, slots=True)
class UsableSeal:
    """A seal ready for one use.  Only the registry hands one out, and never to a module."""

    seal_id: str | None  # None: the platform's own seal
    holder: str
    holder_name: str
    design: SealDesign
    signer: Signer
    sealing: SealingCertificate
