# SPDX-License-Identifier: Apache-2.0
"""What deciding needs from the rest of the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from verify import Trust

from ..approvals import Warrants
from ..documents import Issuing
from ..ledger import Ledger
from ..plugins import EnabledModules
from ..seals import RegisteredSeal, UsableSeal
from ..submissions import Submissions


class Seals(Protocol):
    """The seals of agencies."""

    def get(self, seal_id: str) -> RegisteredSeal:
        """What everybody may know; raises :class:`api.seals.NoSuchSeal`."""

    def open(self, seal_id: str) -> UsableSeal:
        """With its signer, after the use was authorised."""


@dataclass(frozen=True, slots=True)
class DeskPorts:
    """Filled once by the wiring."""

    ledger: Ledger
    submissions: Submissions
    modules: EnabledModules
    seals: Seals
    warrants: Warrants
    issuing: Issuing
    trust: Callable[[], Trust]
    clock: Callable[[], datetime]
