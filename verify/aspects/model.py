# SPDX-License-Identifier: Apache-2.0
"""The aspects of a verdict, and the one rule that makes a verdict of them: it fails closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ..canonical import Json


class AspectName(StrEnum):
    """What is asked, in the order in which it is told."""

    INTEGRITY = "integrity"
    COVERAGE = "coverage"
    SIGNER = "signer"
    CHAIN = "chain"
    REVOCATION = "revocation"
    TIME = "time"
    TIMESTAMP = "timestamp"
    SEAL = "seal"
    AUTHORITY = "authority"
    CONSTRAINTS = "constraints"


class AspectStatus(StrEnum):
    """Three values, and one for what the question does not concern."""

    PASSED = "passed"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"
    NOT_APPLICABLE = "not-applicable"


NAMES: Final = tuple(AspectName)
INFORMING: Final = frozenset({AspectName.TIME, AspectName.TIMESTAMP, AspectName.AUTHORITY})
"""What may stay open in a pass: a time that is only claimed, a time stamp that cannot be relied on (the
signature is then judged as of today), a statement of authority that cannot be read.  None of them helped."""
_DEMANDED: Final = frozenset({AspectName.INTEGRITY, AspectName.CONSTRAINTS})
"""What concerns everything that is checked."""


@dataclass(frozen=True, slots=True)
class Aspect:
    """``reasons``: codes of the reasons that speak of it.  ``detail``: a few facts, for people."""

    name: AspectName
    status: AspectStatus
    reasons: tuple[str, ...] = ()
    detail: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        return {
            "name": self.name.value,
            "status": self.status.value,
            "reasons": list[Json](self.reasons),
            "detail": dict[str, Json](self.detail),
        }


def concluded(aspects: Iterable[Aspect]) -> AspectStatus:
    """The verdict that the aspects allow, never ``NOT_APPLICABLE``.

    Any failed one fails.  A pass needs integrity and constraints passed, and nothing open but what informs;
    a list without them is no pass either.
    """
    known = {one.name: one.status for one in aspects}
    if AspectStatus.FAILED in known.values():
        return AspectStatus.FAILED
    open_ = {name for name, status in known.items() if status is AspectStatus.INDETERMINATE}
    if open_ - INFORMING:
        return AspectStatus.INDETERMINATE
    if any(known.get(name) is not AspectStatus.PASSED for name in _DEMANDED):
        return AspectStatus.INDETERMINATE
    return AspectStatus.PASSED
