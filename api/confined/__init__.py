# SPDX-License-Identifier: Apache-2.0
"""Files of strangers are checked in processes of their own, which have no network and are stopped in time."""

from __future__ import annotations

from .adapters.environment import bare_environment
from .errors import ChecksBusy, ConfinedError
from .limits import CheckLimits, confine
from .room import ConfinedChecks

__all__ = [
    "CheckLimits",
    "ChecksBusy",
    "ConfinedChecks",
    "ConfinedError",
    "bare_environment",
    "confine",
]
