# SPDX-License-Identifier: Apache-2.0
"""What keeps sealed documents provable: levels at sealing, evidence records over all of them, renewal."""

from __future__ import annotations

from .errors import EvidenceDidNotVerify, FileNotRenewable, NoEvidenceYet, RenewalError
from .files import FileRenewals, Standing
from .preserving import LEVELS, AtLevel, Preserving, PreservingPorts
from .room import Due, RenewalPorts, Renewals
from .store import PROTECTED

__all__ = [
    "LEVELS",
    "PROTECTED",
    "AtLevel",
    "Due",
    "EvidenceDidNotVerify",
    "FileNotRenewable",
    "FileRenewals",
    "NoEvidenceYet",
    "Preserving",
    "PreservingPorts",
    "RenewalError",
    "RenewalPorts",
    "Renewals",
    "Standing",
]
