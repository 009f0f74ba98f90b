# SPDX-License-Identifier: Apache-2.0
"""The life of every seal, as its authority published it: what stood when, so that "valid when used" has an
answer for ever.

国办发〔2025〕33号: filing, change and cancellation of electronic seals, and a verification that asks for the
status at the time of signing.  One entry is one made seal (one ``.esl``): a change of image or certificate
makes another, under the same 14-digit code, and the older is *replaced*.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

from .errors import VerifyError

CODE = re.compile(r"[0-9]{14}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_REASON = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


class SealStatusInvalid(VerifyError):
    """Not a seal status list, or one that must not be believed.  ``field`` is the member, ``rule`` why."""

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"seal status list refused: {field}: {rule}")
        self.field, self.rule = field, rule


class SealStanding(StrEnum):
    """What a made seal is good for."""

    MADE = "made"  # not in use yet
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REPLACED = "replaced"  # by another under the same code; for good
    CANCELLED = "cancelled"  # surrendered or withdrawn; for good


SEAL_STATE_FOLLOWS: Mapping[SealStanding, frozenset[SealStanding]] = MappingProxyType(
    {
        SealStanding.MADE: frozenset({SealStanding.ACTIVE, SealStanding.REPLACED, SealStanding.CANCELLED}),
        SealStanding.ACTIVE: frozenset(
            {SealStanding.SUSPENDED, SealStanding.REPLACED, SealStanding.CANCELLED}
        ),
        SealStanding.SUSPENDED: frozenset(
            {SealStanding.ACTIVE, SealStanding.REPLACED, SealStanding.CANCELLED}
        ),
        SealStanding.REPLACED: frozenset(),
        SealStanding.CANCELLED: frozenset(),
    }
)
"""What may follow what; the last two are ends."""


@dataclass(frozen=True, slots=True)
class SealChange:
    """From ``at`` on the seal was in this state.  ``replaced_by``: SHA-256 of the ``.esl`` that followed."""

    state: SealStanding
    at: datetime
    reason: str
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class SealState:
    """What stood at one moment, and since when."""

    state: SealStanding
    since: datetime
    reason: str
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class SealEntry:
    """One made seal and its life.  Digests are lower-case hexadecimal, over the whole ``.esl``."""

    code: str
    seal_id: str
    edition: int
    esl_sha256: str
    esl_sm3: str
    holder: str  # credit code
    holder_name: str
    name: str
    type: str
    valid_from: datetime
    valid_until: datetime
    history: tuple[SealChange, ...]

    def __post_init__(self) -> None:
        if not CODE.fullmatch(self.code):
            raise SealStatusInvalid(field="code", rule="14 digits: division and number")
        if not (_SHA256.fullmatch(self.esl_sha256) and _SHA256.fullmatch(self.esl_sm3)):
            raise SealStatusInvalid(field="esl_sha256", rule="64 lower-case hexadecimal digits")
        if self.edition < 1 or self.valid_until <= self.valid_from:
            raise SealStatusInvalid(
                field="edition", rule="from 1, and a period that ends after its beginning"
            )
        _require_life(self.history)

    def state_at(self, at: datetime) -> SealState:
        """What stood at that moment; before it was made, that it was not in use yet."""
        found = self.history[0]
        for change in self.history:
            if change.at > at:
                break
            found = change
        return SealState(found.state, found.at, found.reason, found.replaced_by)


@dataclass(frozen=True, slots=True)
class SealStatusList:
    """Everything that one authority published about seals.  Having one means nothing was verified: only
    :func:`~verify.load_trust` and :func:`~verify.check_seal_status` look at signatures.

    What happens after ``issued`` it cannot know; after ``next_update`` it says nothing about that time.
    """

    sequence: int
    issued: datetime
    next_update: datetime
    publisher: str
    seals: tuple[SealEntry, ...]
    _found: Mapping[tuple[str, str], SealEntry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.next_update <= self.issued:
            raise SealStatusInvalid(field="next_update", rule="must be later than issued")
        found = {(one.code, one.esl_sha256): one for one in self.seals}
        if len(found) != len(self.seals):
            raise SealStatusInvalid(field="seals", rule="each made seal once")
        if any(change.at > self.issued for one in self.seals for change in one.history):
            raise SealStatusInvalid(field="history", rule="nothing later than issued")
        object.__setattr__(self, "_found", MappingProxyType(found))

    def entry(self, code: str, esl_sha256: str) -> SealEntry | None:
        """One made seal by its code and the SHA-256 of its ``.esl``, both exactly; ``None``: not listed."""
        return self._found.get((code, esl_sha256))

    def state_at(self, code: str, esl_sha256: str, at: datetime) -> SealState | None:
        """What stood at ``at``.  ``None``: this seal was never published here, or ``at`` is after
        :attr:`next_update`, of which the list can say nothing."""
        found = self.entry(code, esl_sha256)
        return None if found is None or at > self.next_update else found.state_at(at)

    def of_code(self, code: str) -> tuple[SealEntry, ...]:
        """Every seal that was made under one code, oldest first."""
        return tuple(
            sorted(
                (one for one in self.seals if one.code == code), key=lambda one: (one.edition, one.seal_id)
            )
        )


def _require_life(history: tuple[SealChange, ...]) -> None:
    """It begins with being made, goes forward in time, and nothing follows an end."""
    if not history or history[0].state is not SealStanding.MADE:
        raise SealStatusInvalid(field="history", rule="begins with made")
    for change in history:
        if not _REASON.fullmatch(change.reason):
            raise SealStatusInvalid(
                field="reason", rule="a code of 1 to 40 lower-case letters, digits, hyphens"
            )
        replaced = change.state is SealStanding.REPLACED
        if (change.replaced_by is not None) is not replaced or (
            change.replaced_by is not None and not _SHA256.fullmatch(change.replaced_by)
        ):
            raise SealStatusInvalid(
                field="replaced_by", rule="the SHA-256 of the successor, of what is replaced"
            )
    for before, after in pairwise(history):
        if after.at < before.at or after.state not in SEAL_STATE_FOLLOWS[before.state]:
            raise SealStatusInvalid(
                field="history", rule=f"{after.state} does not follow {before.state}, or time runs backwards"
            )
