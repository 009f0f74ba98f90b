# SPDX-License-Identifier: Apache-2.0
"""How issued documents stand: each change a public entry, all in one signed list that anybody may keep."""

from __future__ import annotations

from ..ledger import Source
from .changing import DocumentStandings, StandingChange
from .errors import DocumentStatusDidNotVerify, StandingError, StandingFinal, StandingUnknown
from .model import StandingPorts
from .publishing import DocumentStatusPublisher
from .store import committed_states, committed_status

STANDING_ROWS: dict[str, Source] = {
    "document_states": committed_states,
    "document_status": committed_status,
}
"""The protected rows of this room."""

__all__ = [
    "STANDING_ROWS",
    "DocumentStandings",
    "DocumentStatusDidNotVerify",
    "DocumentStatusPublisher",
    "StandingChange",
    "StandingError",
    "StandingFinal",
    "StandingPorts",
    "StandingUnknown",
]
