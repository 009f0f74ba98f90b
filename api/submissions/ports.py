# SPDX-License-Identifier: Apache-2.0
"""What preparing and sealing a submission needs from the rest of the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from seal import SealingCertificate
from verify import Certificate, Evidenced, Trust

from ..database import Database
from ..documents import Issuing
from ..ledger import Ledger
from ..plugins import EnabledModules
from ..seals import RegisteredSeal, UsableSeal
from .certificate import Owner


class AgencySeals(Protocol):
    """Which agencies can answer: those that hold a seal."""

    def listed(self, holder: str | None = None) -> tuple[RegisteredSeal, ...]:
        """The seals of one holder."""


@dataclass(frozen=True, slots=True)
class SubmissionPorts:
    """Filled once by the wiring."""

    database: Database
    ledger: Ledger
    modules: EnabledModules
    seals: AgencySeals
    issuing: Issuing
    platform_seal: Callable[[], UsableSeal]  # seals the receipt
    trust: Callable[[], Trust]
    evidence: Callable[[Certificate], SealingCertificate]
    """The applicant's certificate with its issuers and the current CRLs, as they go into a sealed file."""
    certificate_owner: Owner
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    minutes_to_sign: int = 60
    mandate: Callable[[str, str], Evidenced | None] | None = None
    """Of an account for an enterprise: what the signature says of whoever acts."""
