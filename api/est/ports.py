# SPDX-License-Identifier: Apache-2.0
"""What EST works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..accounts import AccountBook
from ..certificates import CertificateService
from ..database import Database
from ..enrolment import Enrolments
from ..ledger import Ledger


@dataclass(frozen=True, slots=True)
class EstPorts:
    """Filled once by the wiring."""

    database: Database
    ledger: Ledger
    accounts: AccountBook
    certificates: CertificateService
    enrolments: Enrolments
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
