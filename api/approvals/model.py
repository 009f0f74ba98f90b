# SPDX-License-Identifier: Apache-2.0
"""Approval before use (用印审批): policy, request, steps; the mandate (授权书); what they come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from seal import Channel
from verify import Evidenced

from ..accounts import Role
from ..seals import SignedBy, Use

MOST_DAYS: Final = 366
MOST_COPIES: Final = 1_000_000
LONGEST_CASE: Final = 100


@dataclass(frozen=True, slots=True)
class UsePolicy:
    """How uses of one seal are approved.

    ``roles``: who may approve — ``officer`` serves the holder, ``registrar`` serves the holder or the office,
    ``applicant`` acts for the enterprise that holds it.  ``days``: how long an approval holds.
    """

    seal_id: str
    approvers: int = 0
    roles: frozenset[Role] = frozenset({Role.OFFICER})
    days: int = 30


class RequestState(StrEnum):
    """Where a request stands."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class RequestStep(StrEnum):
    """What can be done about the use of a seal; the words are those of the signed statement."""

    ASK = "ask-use"
    APPROVE = "approve-use"
    REFUSE = "refuse-use"
    WITHDRAW = "withdraw-use"


@dataclass(frozen=True, slots=True)
class UseOrder:
    """What an officer asks for."""

    seal_id: str
    document_type: str
    case: str
    copies: int
    reason: str


@dataclass(frozen=True, slots=True)
class UseRequest:
    """One request; what it needs was fixed when it was asked."""

    request_id: str
    seal_id: str
    asker: str
    agency: str
    document_type: str
    case: str
    copies: int
    reason: str
    approvers: int
    roles: frozenset[Role]
    days: int
    state: RequestState
    approved_by: tuple[str, ...]
    steps: int
    asked_at: datetime
    decided_at: datetime | None
    valid_until: datetime | None

    @property
    def lacking(self) -> int:
        """How many more persons have to agree."""
        return max(0, self.approvers - len(self.approved_by))


@dataclass(frozen=True, slots=True)
class TakenRequestStep:
    """What is kept of a step: the statement and the signature under it."""

    number: int
    step: RequestStep
    actor: str
    state: RequestState
    at: datetime
    reason: str
    statement: bytes = field(repr=False)
    signed_by: SignedBy
    certificate: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MandateTerms:
    """What a holder lets somebody do.  ``agent``: the id of an account."""

    seal_id: str
    agent: str
    document_types: frozenset[str]
    valid_from: datetime
    valid_until: datetime
    channels: frozenset[Channel]
    most_uses: int | None = None


@dataclass(frozen=True, slots=True)
class SealMandate:
    """A mandate: prepared, sealed, revoked."""

    mandate_id: str
    holder: str
    terms: MandateTerms
    state: str
    to_be_signed: bytes | None = field(repr=False)  # while prepared
    record: bytes = field(repr=False)
    sealed: bytes | None = field(repr=False)
    sealed_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Warrant:
    """One use of a seal that may happen now, and everything that it rests on.

    ``authority`` goes into the signature; ``counted``: rights whose uses are counted, with their limit.
    The rows behind the rest are compared once more in the transaction of the act.
    """

    use: Use
    authority: bytes = field(repr=False)
    counted: tuple[tuple[str, int], ...]
    grant: Evidenced | None
    request: Evidenced | None
    mandate: Evidenced | None
