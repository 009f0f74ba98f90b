# SPDX-License-Identifier: Apache-2.0
"""Words of a seal's life: types, states, steps, whoever takes them, and what is kept of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from keys import KeyKind
from seal import SealDesign

from ..accounts import Role


class SealType(StrEnum):
    """国办发〔2025〕33号, and the kinds that public-security practice files."""

    LEGAL_NAME = "legal-name"
    DEPARTMENT = "department"
    BRANCH = "branch"
    SPECIAL = "special"
    FINANCE = "finance"
    CONTRACT = "contract"
    LEGAL_REPRESENTATIVE = "legal-representative"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class TypeWords:
    """``number``: the ``type`` INTEGER of GB/T 38540 (standards.md section 1.1: 01 unit, 02 finance, 04
    contract, 05 legal representative, 99 other)."""

    number: int
    zh: str
    en: str


TYPES: Mapping[SealType, TypeWords] = MappingProxyType(
    {
        SealType.LEGAL_NAME: TypeWords(1, "法定名称章", "Seal of the legal name"),
        SealType.DEPARTMENT: TypeWords(1, "内设机构章", "Seal of an internal department"),
        SealType.BRANCH: TypeWords(1, "派出机构章", "Seal of a branch"),
        SealType.SPECIAL: TypeWords(99, "业务专用章", "Special-purpose seal"),
        SealType.FINANCE: TypeWords(2, "财务专用章", "Finance seal"),
        SealType.CONTRACT: TypeWords(4, "合同专用章", "Contract seal"),
        SealType.LEGAL_REPRESENTATIVE: TypeWords(
            5, "法定代表人名章", "Name seal of the legal representative"
        ),
        SealType.PERSONAL: TypeWords(99, "个人签名", "Personal signature"),
    }
)


class LifeState(StrEnum):
    """Where a seal stands in its life."""

    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    MADE = "made"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    DESTROYED = "destroyed"


class Change(StrEnum):
    """A change of image or certificate runs beside the state: the seal is used until the new one is."""

    NONE = "none"
    ASKED = "asked"
    APPROVED = "approved"
    MADE = "made"


class Step(StrEnum):
    """What can be done."""

    APPLY = "apply"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REFUSE = "refuse"
    MAKE = "make"
    ACTIVATE = "activate"
    SUSPEND = "suspend"
    RESUME = "resume"
    CHANGE = "change"
    APPROVE_CHANGE = "approve-change"
    REFUSE_CHANGE = "refuse-change"
    REMAKE = "remake"
    CANCEL = "cancel"
    DESTROY = "destroy"


class Side(StrEnum):
    """On whose behalf somebody acts."""

    HOLDER = "holder"  # an officer of the agency, or whoever acts for the enterprise
    OFFICE = "office"  # registrar of the authority that runs the platform, or operator
    OPERATOR = "operator"  # makes and destroys
    INCIDENT = "incident"  # the holder who said "not me"


class SignedBy(StrEnum):
    """Whose signature stands under a step."""

    ACTOR = "actor"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody logged in."""

    account_id: str
    roles: frozenset[Role]
    agency: str = ""
    acts_for: str | None = None


@dataclass(frozen=True, slots=True)
class SealApplication:
    """What is applied for.  ``code``: 14 digits, or empty to be allotted one."""

    holder: str
    holder_name: str
    type: SealType
    design: SealDesign
    kind: KeyKind
    code: str = ""
    certificates: tuple[str, ...] = ()  # ids of further certificates of the holder that may use it
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepOrder:
    """One step on one seal.  ``reason``: a code of lower-case letters; ``note`` is for people."""

    seal_id: str
    step: Step
    reason: str = ""
    note: str = ""
    design: SealDesign | None = None  # of a change of image


@dataclass(frozen=True, slots=True)
class SealEdition:
    """One made seal."""

    edition: int
    esl: bytes = field(repr=False)
    esl_sha256: str
    esl_sm3: str
    key_label: str
    certificate_id: str
    design: SealDesign
    svg: str = field(repr=False)
    valid_from: datetime
    valid_until: datetime
    made_at: datetime


@dataclass(frozen=True, slots=True)
class SealLife:
    """One seal under one code."""

    seal_id: str
    code: str
    type: SealType
    holder: str
    holder_name: str
    kind: KeyKind
    design: SealDesign
    certificates: tuple[str, ...]
    valid_until: datetime | None
    state: LifeState
    change: Change
    change_design: SealDesign | None
    change_reason: str
    change_by: str
    suspended_by: str
    edition: int  # the one in use, 0 for none yet
    steps: int
    applied_at: datetime
    applied_by: str


@dataclass(frozen=True, slots=True)
class TakenStep:
    """What is kept of a step: the statement and the signature under it."""

    number: int
    step: Step
    actor: str
    side: str
    state: LifeState
    at: datetime
    statement: bytes = field(repr=False)
    signed_by: SignedBy
    certificate: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SealUse:
    """One use, as the holder sees it."""

    use_id: str
    seal_id: str
    at: datetime
    officer: str | None
    document_type: str
    document_id: str | None
    sha256: str | None
    documents: int
    channel: str
    denied_at: datetime | None
