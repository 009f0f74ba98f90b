# SPDX-License-Identifier: Apache-2.0
"""Recoveries on the service's side: requested in the public log, approved by agents, told to the holder."""

from __future__ import annotations

from .model import KeyOwner, Notice, Recovery
from .notices import StoredNotices
from .ports import Notices, RecoveryPorts
from .room import Recoveries
from .store import committed_recoveries

__all__ = [
    "KeyOwner",
    "Notice",
    "Notices",
    "Recoveries",
    "Recovery",
    "RecoveryPorts",
    "StoredNotices",
    "committed_recoveries",
]
