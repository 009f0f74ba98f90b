# SPDX-License-Identifier: Apache-2.0
"""What recoveries work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from sqlalchemy import Connection

from ...database import Database
from ...ledger import Ledger
from ..remote import RemoteKeyCentre
from .model import KeyOwner

FindOwner: TypeAlias = Callable[[Connection, str], "KeyOwner | None"]
"""The owner of an escrowed key, by the id of the key or of its bundle."""


class Notices(Protocol):
    """Tells holders; called inside the transaction that writes the entry, so no recovery is silent."""

    def tell(
        self, connection: Connection, account_id: str, *, recovery_id: str, happened: str, at: datetime
    ) -> None:
        """``happened``: ``requested`` or ``completed``."""


@dataclass(frozen=True, slots=True)
class RecoveryPorts:
    """Database, ledger, the centre, and the two arguments of everything: time and randomness."""

    database: Database
    ledger: Ledger
    centre: RemoteKeyCentre
    owner_of: FindOwner
    notices: Notices
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
