# SPDX-License-Identifier: Apache-2.0
"""How issued documents stand, as one signed list tells it: four bits for each entry of the log.

The place in the list is the log index that the QR statement of the document carries, so that a code can be
looked up offline without naming the document to anybody.  A document's state says nothing about the
enterprise that it is about, and nothing about whether the statement is genuine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from .errors import VerifyError


class DocumentStatusInvalid(VerifyError):
    """Not a list of document states, or one that must not be believed."""

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"document status list refused: {field}: {rule}")
        self.field, self.rule = field, rule


class DocumentStanding(StrEnum):
    """The states; the vocabulary of certificate states in use, and those of public notice."""

    NORMAL = "normal"
    CORRECTING = "correcting"
    DISPUTED = "disputed"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    WITHHELD = "withheld"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    TRANSFERRED = "transferred"
    FORFEITED = "forfeited"
    OTHER = "other"

    @property
    def zh(self) -> str:
        return _ZH[self]

    @property
    def in_force(self) -> bool:
        """Does the document still say what it said?  A correction or an objection is not decided yet."""
        return self in _IN_FORCE


NOT_A_DOCUMENT: Final = 0
"""Nothing was issued under this log index."""
CODES: Final = {
    DocumentStanding.NORMAL: 1,
    DocumentStanding.CORRECTING: 2,
    DocumentStanding.DISPUTED: 3,
    DocumentStanding.SUSPENDED: 4,
    DocumentStanding.REVOKED: 5,
    DocumentStanding.SUPERSEDED: 6,
    DocumentStanding.WITHHELD: 7,
    DocumentStanding.LAPSED: 8,
    DocumentStanding.CANCELLED: 9,
    DocumentStanding.TRANSFERRED: 10,
    DocumentStanding.FORFEITED: 11,
    DocumentStanding.OTHER: 15,
}
"""The four bits of each state.  12 to 14 are kept; a list that has them is of a later format."""
STANDINGS: Final = {code: standing for standing, code in CODES.items()}
_IN_FORCE = frozenset({DocumentStanding.NORMAL, DocumentStanding.CORRECTING, DocumentStanding.DISPUTED})
_ZH = {
    DocumentStanding.NORMAL: "正常",
    DocumentStanding.CORRECTING: "更正中",
    DocumentStanding.DISPUTED: "异议中",
    DocumentStanding.SUSPENDED: "暂停",
    DocumentStanding.REVOKED: "撤销",
    DocumentStanding.SUPERSEDED: "被替代",
    DocumentStanding.WITHHELD: "停止公示",
    DocumentStanding.LAPSED: "失效",
    DocumentStanding.CANCELLED: "注销",
    DocumentStanding.TRANSFERRED: "办理转出",
    DocumentStanding.FORFEITED: "吊销",
    DocumentStanding.OTHER: "其他",
}


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """Since when and why a document is not in its normal state."""

    at: datetime
    reason: str
    """A short code for programs: lower-case words with hyphens."""
    successor: str | None = None
    """Identifier of the document that took its place."""


@dataclass(frozen=True, slots=True)
class DocumentStatusList:
    """Structure only: nothing is verified by having one.

    ``size``: how many entries the log had; ``states``: two entries in a byte, the first in its upper half.
    ``changes`` has exactly the entries whose state is not normal.
    """

    sequence: int
    issued: datetime
    next_update: datetime
    publisher: str
    log: str  # origin of the log whose indexes count
    size: int
    states: bytes = field(repr=False)
    changes: Mapping[int, DocumentChange] = field(repr=False)

    def state_at(self, index: int) -> DocumentStanding | None:
        """``None``: nothing was issued under this index, or the list is older than the entry."""
        if not 0 <= index < self.size:
            return None
        pair = self.states[index >> 1]
        return STANDINGS.get(pair & 15 if index & 1 else pair >> 4)

    def age(self, at: datetime) -> timedelta:
        """How old it is; never negative."""
        return max(timedelta(), at - self.issued)
