# SPDX-License-Identifier: Apache-2.0
"""What a login works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from verify import Trust

from ..database import Database
from ..ledger import Ledger


class Trusting(Protocol):
    """Says what is trusted."""

    def trust(self) -> Trust:
        """Anchors, issuing authorities and CRLs, as of the newest committed transaction."""


@dataclass(frozen=True, slots=True)
class LoginPorts:
    """Database, ledger, trust, the address of this site, and the two arguments of everything."""

    database: Database
    ledger: Ledger
    certificates: Trusting
    public_url: str
    name_of: Callable[[str], str]
    """The name of an enterprise, for showing whom a login acts for."""
    session_key: bytes = field(repr=False)
    """32 bytes that only the vault and this process know: authenticate session rows."""
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
