# SPDX-License-Identifier: Apache-2.0
"""Sealed reports of the wired service."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from verify import Trust

from ..documents import Site
from ..ledger import Intents, Ledger
from ..seals import UsableSeal
from ..verdicts import ReportPorts, SealedSheets


class VerdictRooms:
    """Part of the wired service."""

    site: Site
    ledger: Ledger
    intents: Intents
    clock: Callable[[], datetime]

    if TYPE_CHECKING:  # other parts of the service have them

        def trust(self) -> Trust: ...

        def platform_seal(self) -> UsableSeal: ...

    @cached_property
    def sealed_sheets(self) -> SealedSheets:
        """Reports on one page with the platform's seal."""
        return SealedSheets(
            ReportPorts(
                ledger=self.ledger,
                intents=self.intents,
                platform_seal=self.platform_seal,
                site=self.site,
                trust=self.trust,
                clock=self.clock,
                random=secrets.token_bytes,
            )
        )
