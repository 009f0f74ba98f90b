# SPDX-License-Identifier: Apache-2.0
"""What enrolment needs from the rest of the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..accounts import AccountBook
from ..database import Database
from ..ledger import Ledger
from .model import Enrolment


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was issued: one certificate, or a bundle."""

    certificate_id: str | None = None
    bundle_id: str | None = None


class Issuance(Protocol):
    """The certificate authority.  The same application again brings what was issued before."""

    def bundles(self) -> bool:
        """Is the key centre there, without which no bundle is made?"""

    def issue(self, found: Enrolment, *, by: str) -> Outcome:
        """Issue what was approved.  Durable once it returns; raises what the authority refuses."""

    def withdraw(self, outcome: Outcome, *, by: str) -> None:
        """Revoke what was issued for an application that was refused meanwhile."""


@dataclass(frozen=True, slots=True)
class EnrolmentPorts:
    """Filled once by the wiring."""

    database: Database
    ledger: Ledger
    accounts: AccountBook
    issuance: Issuance
    office: str  # credit code of the authority that runs the platform
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
