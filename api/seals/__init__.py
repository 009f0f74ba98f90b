# SPDX-License-Identifier: Apache-2.0
"""Seals: their life from application to destruction, who may use them, and who sees that they were used.

A seal is opened by :class:`SealRegistry` for one use; whoever opens one has asked :class:`GrantBook` first,
and notes the use with :func:`record_use` in the transaction of the act.
"""

from __future__ import annotations

from .counting import (
    committed_use_counts,
    give_back,
    require_never_committed,
    rights_of_act,
    take,
    used_up_to_now,
    used_within,
)
from .designs import design_of
from .drawings import Brought, DrawnDesign, brought_text, drawing_of, placed
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
from .grants import (
    GrantBook,
    Use,
    channels_text,
    committed_grants,
    note_refusal,
    require_known_types,
    vouched_grant,
)
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
from .statements import (
    CONTEXT,
    Signed,
    moment_of,
    read_statement,
    signed_by_actor,
    signed_by_platform,
    write_statement,
)
from .status import SealStatusPublisher, committed_seal_status
from .store import LIFE_ROWS
from .usable import require_usable
from .uses import NewUse, SealUses, record_use

__all__ = [
    "CONTEXT",
    "LIFE_ROWS",
    "TYPES",
    "Actor",
    "Brought",
    "Change",
    "DrawnDesign",
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
    "Signed",
    "SignedBy",
    "Step",
    "StepOrder",
    "TakenStep",
    "UsableSeal",
    "Use",
    "brought_text",
    "channels_text",
    "committed_grants",
    "committed_seal_status",
    "committed_seals",
    "committed_use_counts",
    "design_of",
    "drawing_of",
    "give_back",
    "moment_of",
    "note_refusal",
    "placed",
    "read_statement",
    "record_use",
    "require_known_types",
    "require_never_committed",
    "require_usable",
    "rights_of_act",
    "signed_by_actor",
    "signed_by_platform",
    "take",
    "used_up_to_now",
    "used_within",
    "vouched_grant",
    "write_statement",
]
