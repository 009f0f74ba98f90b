# SPDX-License-Identifier: Apache-2.0
"""Seals of agencies and who may use them.

A seal is opened by :class:`SealRegistry` for one use; whoever opens one has asked :class:`GrantBook` first.
"""

from __future__ import annotations

from .errors import (
    GrantMalformed,
    NoSuchGrant,
    NoSuchSeal,
    NotAnOfficer,
    SealNotUsable,
    SealRegistryError,
    SealUseRefused,
)
from .grants import GrantBook, Use, committed_grants, require_known_types
from .ports import SealCertificates, UsableSeal
from .registry import RegisteredSeal, SealOrder, SealRegistry, committed_seals
from .usable import require_usable

__all__ = [
    "GrantBook",
    "GrantMalformed",
    "NoSuchGrant",
    "NoSuchSeal",
    "NotAnOfficer",
    "RegisteredSeal",
    "SealCertificates",
    "SealNotUsable",
    "SealOrder",
    "SealRegistry",
    "SealRegistryError",
    "SealUseRefused",
    "UsableSeal",
    "Use",
    "committed_grants",
    "committed_seals",
    "require_known_types",
    "require_usable",
]
