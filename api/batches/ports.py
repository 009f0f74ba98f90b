# SPDX-License-Identifier: Apache-2.0
"""What batches need from the rest of the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from seal import SealingCertificate
from verify import Certificate, Trust

from ..approvals import Warrants
from ..database import Database
from ..documents import Issuing
from ..ledger import Intents, Ledger, Transaction
from ..plugins import EnabledModules
from ..seals import RegisteredSeal, UsableSeal, Use


class Seals(Protocol):
    """The seals of agencies."""

    def get(self, seal_id: str) -> RegisteredSeal:
        """What everybody may know; raises :class:`api.seals.NoSuchSeal`."""

    def open(self, seal_id: str) -> UsableSeal:
        """With its signer, after the use was authorised."""


class Allowance(Protocol):
    """How often a grant or mandate may still be used.  Counted in the transaction that announces the uses."""

    def take(self, tx: Transaction, use: Use, uses: int) -> int:
        """Count up to ``uses``; how many are allowed, 0 when it is spent."""

    def give_back(self, tx: Transaction, use: Use, uses: int) -> None:
        """Uses that were announced and did not happen."""


class Unlimited:
    """Grants without a count."""

    def take(self, _tx: Transaction, _use: Use, uses: int) -> int:
        """All of them."""
        return uses

    def give_back(self, _tx: Transaction, _use: Use, _uses: int) -> None:
        """Nothing was counted."""


@dataclass(frozen=True, slots=True)
class BatchPorts:
    """Filled once by the wiring."""

    database: Database
    ledger: Ledger
    intents: Intents
    modules: EnabledModules
    seals: Seals
    warrants: Warrants
    issuing: Issuing
    trust: Callable[[], Trust]
    evidence: Callable[[Certificate], SealingCertificate]
    certificate_owner: Callable[[Certificate], str | None]
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    monotonic: Callable[[], float]
    """Seconds, for the size of chunks; never for a time that is recorded."""
    worker: str
    """Who works in this process: machine, process and when it began."""
    is_gone: Callable[[str], bool] = lambda _worker: False
    """Is this worker known to be dead?  ``False`` when nobody can say: then its lease decides."""
    wake: Callable[[str], None] = lambda _batch_id: None
    """Tell workers that a batch has work for them; losing the call costs time only."""
    allowance: Allowance = field(default_factory=Unlimited)
    lease: timedelta = timedelta(seconds=60)
    minutes_to_sign: int = 30
