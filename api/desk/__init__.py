# SPDX-License-Identifier: Apache-2.0
"""The officer's desk: what was filed is checked again, then approved and sealed, or sent back."""

from __future__ import annotations

from .errors import (
    AlreadyDecided,
    DeskError,
    NothingToIssue,
    NotServing,
    ReasonMalformed,
    SealedFilesRefused,
)
from .model import Officer
from .ports import DeskPorts
from .protected import protected_rows
from .room import Desk

__all__ = [
    "AlreadyDecided",
    "Desk",
    "DeskError",
    "DeskPorts",
    "NotServing",
    "NothingToIssue",
    "Officer",
    "ReasonMalformed",
    "SealedFilesRefused",
    "protected_rows",
]
