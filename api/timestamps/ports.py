# SPDX-License-Identifier: Apache-2.0
"""What the time-stamping authorities work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from keys import Vault
from verify import Accuracy

from ..certificates import IssuedCertificate
from ..database import Database
from ..ledger import Ledger
from .clock import TrustedClock


@dataclass(frozen=True, slots=True)
class TimestampPorts:
    """``certificate``: the one in force for a key of ours.

    ``issuers``: those above a certificate, named by its id: DER, its own issuer first, the root left out.
    """

    database: Database
    ledger: Ledger
    vault: Vault
    clock: TrustedClock
    certificate: Callable[[Connection, str], IssuedCertificate | None]
    issuers: Callable[[str], tuple[bytes, ...]]
    policy: str
    accuracy: Accuracy
    random: Callable[[int], bytes]
