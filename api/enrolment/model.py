# SPDX-License-Identifier: Apache-2.0
"""An application for certificates, who acts on it, and what it has come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from ..accounts import Role


class State(StrEnum):
    """Where an application stands."""

    WAITING = "waiting"
    APPROVED = "approved"  # by enough persons; its certificates are being issued
    ISSUED = "issued"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


OVER = frozenset({State.REFUSED, State.WITHDRAWN})
"""Nothing came of it: the same application may be made anew."""


class Channel(StrEnum):
    """How an application came in."""

    REST = "rest"
    BROWSER = "browser"
    EST = "est"
    ACME = "acme"
    CONSOLE = "console"


class Shape(StrEnum):
    """One certificate, or one identity with certificates for signing and for encryption."""

    SINGLE = "single"
    BUNDLE = "bundle"


@dataclass(frozen=True, slots=True)
class EnrolmentOrder:
    """What is applied for.  Names come from here and are approved; a request brings a key and its proof."""

    profile: str
    request: bytes = field(repr=False)  # PKCS#10, DER or PEM
    holder: str  # credit code, or the key of a person
    holder_name: str = field(repr=False)
    account_id: str | None = None
    rsa_request: bytes | None = field(default=None, repr=False)
    names: tuple[str, ...] = ()  # dns:HOST, ip:ADDRESS, email:MAILBOX
    bundle: bool | None = None  # None: whatever the profile and the key allow
    agency: str = ""  # whose office takes it; the platform's own when empty


@dataclass(frozen=True, slots=True)
class Person:
    """One login that applies or decides."""

    account_id: str
    subject: str
    roles: frozenset[Role]
    agency: str = ""
    acts_for: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """One person said yes."""

    officer: str  # account id
    given_at: datetime


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One application as it is kept."""

    enrolment_id: str
    profile: str
    shape: Shape
    channel: Channel
    state: State
    needed: int
    approvals: tuple[Approval, ...]
    account_id: str | None
    holder: str
    holder_name: str = field(repr=False)
    agency: str
    names: tuple[str, ...]
    request: bytes = field(repr=False)
    rsa_request: bytes | None = field(repr=False)
    key_id: str
    submitted_at: datetime
    submitted_by: str
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None
    failure: str | None
    certificate_id: str | None
    bundle_id: str | None

    @property
    def open(self) -> bool:
        """May it still be decided?"""
        return self.state is State.WAITING or (self.state is State.APPROVED and self.failure is not None)


@dataclass(frozen=True, slots=True)
class CodeOrder:
    """For whom a code is made: the facts that the office has checked."""

    profile: str
    holder: str
    holder_name: str = field(repr=False)
    account_id: str | None = None
    agency: str = ""
    hours: int = 168


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """One code; the code itself is shown once, when it is made."""

    code_id: str
    profile: str
    account_id: str | None
    holder: str
    holder_name: str = field(repr=False)
    agency: str
    expires_at: datetime
    enrolment_id: str | None


STATES: Mapping[State, tuple[str, str]] = MappingProxyType(
    {
        State.WAITING: ("待审批", "Waiting"),
        State.APPROVED: ("已批准,签发中", "Approved, being issued"),
        State.ISSUED: ("已签发", "Issued"),
        State.REFUSED: ("未通过", "Refused"),
        State.WITHDRAWN: ("已撤回", "Withdrawn"),
    }
)
"""Each state in words."""
