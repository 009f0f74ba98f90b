# SPDX-License-Identifier: Apache-2.0
"""What this room needs from the rest of the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from keys import Signer
from verify import Certificate, Trust

from ..database import Database
from ..ledger import Intents, Ledger


class ListSigners(Protocol):
    """Who signs what is published."""

    def trust_list_signers(self) -> tuple[tuple[Certificate, Signer], ...]:
        """The custodians that are there."""


@dataclass(frozen=True, slots=True)
class StandingPorts:
    """Filled once by the wiring."""

    database: Database
    ledger: Ledger
    intents: Intents
    certificates: ListSigners
    trust: Callable[[], Trust]
    publisher: str  # name of the authority
    log: str  # origin of the log
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
