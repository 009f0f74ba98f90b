# SPDX-License-Identifier: Apache-2.0
"""A batch: one order, its states, its items, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from relying import Json

FILE = "file"
"""The document type of a file that no module composed, in grants and in the ledger."""

MOST_ITEMS = 1_000_000
"""Items of one order."""


class BatchKind(StrEnum):
    """What is made of the items."""

    DOCUMENTS = "documents"  # rows: a document of one type is issued for each
    FILES = "files"  # ready PDF files: each is sealed
    OWN_KEY = "own-key"  # ready PDF files, sealed with a key that only the applicant commands


class BatchState(StrEnum):
    """Where an order stands.  ``done`` and ``cancelled`` are for ever."""

    FILLING = "filling"  # takes items
    RUNNING = "running"
    STOPPED = "stopped"  # its seal, grant or quota does not carry it now; may be resumed
    CANCELLED = "cancelled"
    DONE = "done"


NEXT: Mapping[BatchState, frozenset[BatchState]] = MappingProxyType(
    {
        BatchState.FILLING: frozenset({BatchState.RUNNING, BatchState.CANCELLED}),
        BatchState.RUNNING: frozenset({BatchState.STOPPED, BatchState.CANCELLED, BatchState.DONE}),
        BatchState.STOPPED: frozenset({BatchState.RUNNING, BatchState.CANCELLED}),
        BatchState.CANCELLED: frozenset(),
        BatchState.DONE: frozenset(),
    }
)
"""Which state may follow which."""


class ItemState(StrEnum):
    """What became of one item.  Only ``waiting`` changes."""

    WAITING = "waiting"
    BAD = "bad"  # breaks a rule; found before the start
    DONE = "done"
    REFUSED = "refused"  # a rule, a module or the seal refuses it; found while it was worked on
    FAILED = "failed"  # an error of ours, or it ended the process that worked on it


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an item is not done: field, rule and what to do, for people."""

    field: str
    rule: str
    todo: str

    def as_json(self) -> dict[str, Json]:
        """As stored and answered."""
        return {"field": self.field, "rule": self.rule, "todo": self.todo}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the seal stands on a page: pages from 0, millimetres from the upper left corner."""

    page: int = 0
    x_mm: float = 140.0
    y_mm: float = 230.0

    def as_json(self) -> dict[str, Json]:
        """With decimal texts: canonical JSON has no fractions."""
        return {"page": self.page, "x_mm": f"{self.x_mm:.3f}", "y_mm": f"{self.y_mm:.3f}"}

    @staticmethod
    def parse(stored: Mapping[str, str]) -> Place:
        """The reverse of :meth:`as_json`."""
        return Place(int(stored["page"]), float(stored["x_mm"]), float(stored["y_mm"]))


@dataclass(frozen=True, slots=True)
class Orderer:
    """Who orders, and for which agency."""

    account_id: str
    agency: str


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """An order for agency seals, without its items."""

    kind: BatchKind
    seal_id: str
    title: str
    document_type: str = FILE
    place: Place = field(default_factory=Place)
    quota: int | None = None  # most seals that this order may use
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is."""

    received: int
    bad: int
    done: int
    refused: int
    failed: int
    used: int  # seals used or being used

    @property
    def ended(self) -> int:
        """Items that nothing more happens to."""
        return self.bad + self.done + self.refused + self.failed


@dataclass(frozen=True, slots=True)
class Batch:
    """One order as its orderer sees it."""

    batch_id: str
    kind: BatchKind
    title: str
    account_id: str
    agency: str
    document_type: str
    seal_id: str | None
    place: Place
    quota: int | None
    state: BatchState
    problem: Problem | None
    created_at: datetime
    expires_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    progress: Progress


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One item and what came of it."""

    number: int
    line: int
    key: str
    name: str
    state: ItemState
    problems: tuple[Problem, ...]
    document_id: str | None
    sha256: str | None
    sm3: str | None
    ledger_index: int | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class RawRow:
    """One line of input before any rule was asked: the values, or why there are none."""

    line: int
    values: Mapping[str, Json]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """One ready file."""

    name: str
    content: bytes = field(repr=False)
    key: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """What came of a delivery of items."""

    accepted: int
    known: int  # came before, with the same content
    bad: int
