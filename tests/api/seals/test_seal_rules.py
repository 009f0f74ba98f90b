# SPDX-License-Identifier: Apache-2.0
"""Every state, every step, everybody: what is allowed is written here once more, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from api.seals import Actor, Change, LifeState, SealLife, SealType, Step
from api.seals.rules import RULES, possible, sides_of
from keys import KeyKind
from seal import SealDesign

from ..rooms import A1, A2
from .conftest import ACTORS

STATES = [
    *((state, Change.NONE) for state in LifeState),
    *((state, change) for state in (LifeState.ACTIVE, LifeState.SUSPENDED) for change in Change),
]
HOLDERS = {"keeper", "other keeper", "for the holder"}
OFFICE = {"registrar", "operator"}
OPERATOR = {"operator"}
BOTH = HOLDERS | OFFICE


def allowed() -> dict[tuple[LifeState, Change, Step], set[str]]:
    """In words: who may take which step of a seal that "keeper" applied for, suspended by its holder."""
    found: dict[tuple[LifeState, Change, Step], set[str]] = {
        (LifeState.APPLIED, Change.NONE, Step.WITHDRAW): HOLDERS,
        (LifeState.APPLIED, Change.NONE, Step.APPROVE): OFFICE,
        (LifeState.APPLIED, Change.NONE, Step.REFUSE): OFFICE,
        (LifeState.APPROVED, Change.NONE, Step.REFUSE): OFFICE,
        (LifeState.APPROVED, Change.NONE, Step.MAKE): OPERATOR,
        (LifeState.MADE, Change.NONE, Step.ACTIVATE): HOLDERS,
        (LifeState.MADE, Change.NONE, Step.CANCEL): BOTH,
        (LifeState.ACTIVE, Change.MADE, Step.ACTIVATE): HOLDERS,
        (LifeState.CANCELLED, Change.NONE, Step.DESTROY): OPERATOR,
    }
    for change in Change:
        found[LifeState.ACTIVE, change, Step.SUSPEND] = BOTH
        found[LifeState.ACTIVE, change, Step.CANCEL] = BOTH
        found[LifeState.SUSPENDED, change, Step.CANCEL] = BOTH
        found[LifeState.SUSPENDED, change, Step.RESUME] = HOLDERS
    for state in (LifeState.ACTIVE, LifeState.SUSPENDED):
        found[state, Change.NONE, Step.CHANGE] = HOLDERS
        found[state, Change.ASKED, Step.APPROVE_CHANGE] = OFFICE
        found[state, Change.ASKED, Step.REFUSE_CHANGE] = OFFICE
        found[state, Change.APPROVED, Step.REFUSE_CHANGE] = OFFICE
        found[state, Change.APPROVED, Step.REMAKE] = OPERATOR
    return found


def life_in(state: LifeState, change: Change) -> SealLife:
    return SealLife(
        seal_id="s",
        code="51010000000001",
        type=SealType.SPECIAL,
        holder=A2,
        holder_name="样例",
        kind=KeyKind.SM2,
        design=SealDesign(name="蜀州市住房和城乡建设局"),
        certificates=(),
        valid_until=None,
        state=state,
        change=change,
        change_design=None,
        change_reason="",
        change_by="keeper",
        suspended_by="holder" if state is LifeState.SUSPENDED else "",
        edition=1,
        steps=1,
        applied_at=datetime(2026, 7, 1, tzinfo=UTC),
        applied_by="keeper",
    )


def may(life: SealLife, actor: Actor) -> set[Step]:
    return set(possible(life, sides_of(actor, life.holder, A1), actor.account_id))


@pytest.mark.parametrize(("state", "change"), STATES)
@pytest.mark.parametrize("who", ACTORS)
def test_who_may(state: LifeState, change: Change, who: str) -> None:
    table = allowed()
    expected = {step for step in Step if who in table.get((state, change, step), set())}
    assert may(life_in(state, change), ACTORS[who]) == expected


def test_nothing_more_is_in_the_table() -> None:
    assert {(state, change, step) for step, state, change in RULES} == set(allowed())


@pytest.mark.parametrize("step", [Step.APPROVE, Step.APPROVE_CHANGE])
def test_nobody_approves_what_they_asked_for(step: Step) -> None:
    """An operator who applied on the holder's behalf is one of two persons as well."""
    state, change = (
        (LifeState.APPLIED, Change.NONE) if step is Step.APPROVE else (LifeState.ACTIVE, Change.ASKED)
    )
    life = replace(life_in(state, change), applied_by="operator", change_by="operator")
    assert step not in may(life, ACTORS["operator"])
    assert step in may(life, ACTORS["registrar"])


@pytest.mark.parametrize(("by", "who"), [("office", OFFICE), ("incident", OFFICE), ("holder", HOLDERS)])
def test_who_ends_a_suspension(by: str, who: set[str]) -> None:
    """The side that made it; after "not me" the office."""
    life = replace(life_in(LifeState.SUSPENDED, Change.NONE), suspended_by=by)
    assert {name for name, actor in ACTORS.items() if Step.RESUME in may(life, actor)} == who
