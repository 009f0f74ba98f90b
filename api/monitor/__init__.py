# SPDX-License-Identifier: Apache-2.0
"""A monitor of somebody's public log: reads every entry, alarms, tells whoever is concerned, keeps a copy.

It believes nothing but the keys that it was started with; it needs no service, no database and no login.
"""

from __future__ import annotations

from .errors import LogUnreachable, MonitorError, StateDamaged
from .following import Monitor
from .model import Alarm, AlarmCode, Fetched, Keeper, MonitorKeys, MonitorPlan, MonitorState, Round
from .rules import EntryRules, rules_of

__all__ = [
    "Alarm",
    "AlarmCode",
    "EntryRules",
    "Fetched",
    "Keeper",
    "LogUnreachable",
    "Monitor",
    "MonitorError",
    "MonitorKeys",
    "MonitorPlan",
    "MonitorState",
    "Round",
    "StateDamaged",
    "rules_of",
]
