# SPDX-License-Identifier: Apache-2.0
"""From the verdict, reasons and facts of one check to its aspects.

Two sources.  Facts are evidence that a question was asked and answered well; reasons say what spoke against
it.  What neither speaks of is open, never passed, unless the whole passed: then its check asked everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..canonical import Json
from .details import details_of
from .evidence import Kind, evidence_of, kind_of
from .model import INFORMING, NAMES, Aspect, AspectName, AspectStatus, concluded
from .rows import Effect
from .table import known_row

_FAILED, _OPEN = AspectStatus.FAILED, AspectStatus.INDETERMINATE
_GRAVER = {
    AspectStatus.NOT_APPLICABLE: 0,
    AspectStatus.PASSED: 1,
    AspectStatus.INDETERMINATE: 2,
    AspectStatus.FAILED: 3,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """One verdict in plain values.  ``verdict`` is never ``NOT_APPLICABLE``."""

    format: str
    verdict: AspectStatus
    codes: tuple[str, ...] = ()
    facts: Mapping[str, Json] = field(default_factory=dict)


def aspects_of(subject: Subject) -> tuple[Aspect, ...]:
    """All aspects in their order; :func:`concluded` of them is the verdict, whatever came in."""
    kind = kind_of(subject.format, subject.facts)
    status = evidence_of(kind, subject.facts, passed=subject.verdict is AspectStatus.PASSED)
    spoken: dict[AspectName, list[str]] = {name: [] for name in NAMES}
    for code in dict.fromkeys(subject.codes):
        _apply(code, subject, kind, status, spoken)
    _agree(subject, kind, status, spoken)
    details = details_of(kind, subject.facts)
    return tuple(Aspect(name, status[name], tuple(spoken[name]), details.get(name, {})) for name in NAMES)


def _apply(
    code: str,
    subject: Subject,
    kind: Kind,
    status: dict[AspectName, AspectStatus],
    spoken: dict[AspectName, list[str]],
) -> None:
    row = known_row(code, stamp=kind is Kind.STAMP)
    passed = subject.verdict is AspectStatus.PASSED
    for name in row.aspects:
        spoken[name].append(code)
        if row.effect is Effect.NOTE or (row.effect is Effect.EITHER and passed):
            continue
        if row.effect is Effect.OPEN and name not in INFORMING:
            continue
        # Nothing is proven wrong in a verdict that stays open: another moment may turn it.
        grave = _FAILED if row.effect is Effect.FAILED and subject.verdict is _FAILED else _OPEN
        status[name] = max(status[name], grave, key=_GRAVER.__getitem__)


def _agree(
    subject: Subject,
    kind: Kind,
    status: dict[AspectName, AspectStatus],
    spoken: dict[AspectName, list[str]],
) -> None:
    """A verdict that is no pass has an aspect that says why, and the other way round."""
    if subject.verdict is AspectStatus.PASSED:
        return
    known = [Aspect(name, status[name]) for name in NAMES]
    if concluded(known) is subject.verdict:
        return
    decisive = subject.codes[0] if subject.codes else None
    rows = known_row(decisive, stamp=kind is Kind.STAMP).aspects if decisive is not None else ()
    name = next((one for one in rows if one not in INFORMING), AspectName.CONSTRAINTS)
    status[name] = subject.verdict
    if decisive is not None and decisive not in spoken[name]:
        spoken[name].append(decisive)


def deviations_of(codes: Sequence[str], facts: Mapping[str, Json]) -> tuple[str, ...]:
    """Where the file differs from the standards and was read all the same: codes, each once."""
    seal = facts.get("seal")
    found = [*_texts(facts.get("deviations"))]
    if isinstance(seal, dict):
        found += _texts(seal.get("deviations"))
    found += [code for code in codes if known_row(code).deviation]
    return tuple(dict.fromkeys(found))


def _texts(value: Json) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
