# SPDX-License-Identifier: Apache-2.0
"""Seals: their life from application to destruction, who may use them, and who sees that they were used.

A seal is opened by :class:`SealRegistry` for one use; whoever opens one has asked :class:`GrantBook` first,
and notes the use with :func:`record_use` in the transaction of the act.
"""

from __future__ import annotations

from .designs import design_of
from .errors import (
    GrantMalformed,
    NoSuchGrant,
    NoSuchSeal,
    NoSuchUse,
    NotAnOfficer,
    SealNotUsable,
    SealRegistryError,
    SealStatusDidNotVerify,
    SealUseRefused,
)
from .grants import GrantBook, Use, committed_grants, require_known_types
from .lifecycle import SealLives
from .model import (
    TYPES,
    Actor,
    Change,
    LifeState,
    SealApplication,
    SealEdition,
    SealLife,
    SealType,
    SealUse,
    Side,
    SignedBy,
    Step,
    StepOrder,
    TakenStep,
)
from .ports import SealCertificates, SealPorts, UsableSeal
from .refusals import SealStepRefused
from .registered import RegisteredSeal, committed_seals
from .registry import SealOrder, SealRegistry
from .status import SealStatusPublisher, committed_seal_status
from .store import LIFE_ROWS
from .usable import require_usable
from .uses import NewUse, SealUses, record_use

__all__ = [
    "LIFE_ROWS",
    "TYPES",
    "Actor",
    "Change",
    "GrantBook",
    "GrantMalformed",
    "LifeState",
    "NewUse",
    "NoSuchGrant",
    "NoSuchSeal",
    "NoSuchUse",
    "NotAnOfficer",
    "RegisteredSeal",
    "SealApplication",
    "SealCertificates",
    "SealEdition",
    "SealLife",
    "SealLives",
    "SealNotUsable",
    "SealOrder",
    "SealPorts",
    "SealRegistry",
    "SealRegistryError",
    "SealStatusDidNotVerify",
    "SealStatusPublisher",
    "SealStepRefused",
    "SealType",
    "SealUse",
    "SealUseRefused",
    "SealUses",
    "Side",
    "SignedBy",
    "Step",
    "StepOrder",
    "TakenStep",
    "UsableSeal",
    "Use",
    "committed_grants",
    "committed_seal_status",
    "committed_seals",
    "design_of",
    "record_use",
    "require_known_types",
    "require_usable",
]
