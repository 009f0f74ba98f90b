# SPDX-License-Identifier: Apache-2.0
"""The rooms behind the doors that are open to everybody."""

from __future__ import annotations

from functools import cached_property

from ..confined import CheckLimits, ConfinedChecks
from ..settings import Settings
from .verdicts import VerdictRooms


class PublicRooms(VerdictRooms):
    """Part of the wired service."""

    settings: Settings

    @cached_property
    def checks(self) -> ConfinedChecks:
        """Checks of files that strangers hand in, in processes of their own."""
        one = self.settings
        limits = CheckLimits(one.public_check_seconds, one.public_check_memory_mb)
        return ConfinedChecks(limits, at_once=one.public_checks_at_once)
