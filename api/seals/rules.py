# SPDX-License-Identifier: Apache-2.0
"""The life of a seal as a table: which step leads where, and who may take it.

Nothing is possible that no row allows.  Two persons stand behind every seal and every change of one: whoever
applied does not approve.  A suspension is ended by the side that made it; one after "not me" only by the
office, for whoever stole a login would end it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from ..accounts import Right, Role, rights_of
from .model import Actor, Change, LifeState, SealLife, Side, Step

HOLDER, OFFICE, OPERATOR = Side.HOLDER, Side.OFFICE, Side.OPERATOR
_NONE = Change.NONE
_IN_USE = (LifeState.ACTIVE, LifeState.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Rule:
    """``other``: not by whoever asked for it.  ``reason``: one must be given."""

    sides: frozenset[Side]
    state: LifeState
    change: Change = _NONE
    other: bool = False
    reason: bool = False


def _rules() -> dict[tuple[Step, LifeState, Change], Rule]:
    def by(*sides: Side) -> frozenset[Side]:
        return frozenset(sides)

    made: dict[tuple[Step, LifeState, Change], Rule] = {
        (Step.WITHDRAW, LifeState.APPLIED, _NONE): Rule(by(HOLDER), LifeState.WITHDRAWN),
        (Step.APPROVE, LifeState.APPLIED, _NONE): Rule(by(OFFICE), LifeState.APPROVED, other=True),
        (Step.REFUSE, LifeState.APPLIED, _NONE): Rule(by(OFFICE), LifeState.REFUSED, reason=True),
        (Step.REFUSE, LifeState.APPROVED, _NONE): Rule(by(OFFICE), LifeState.REFUSED, reason=True),
        (Step.MAKE, LifeState.APPROVED, _NONE): Rule(by(OPERATOR), LifeState.MADE),
        (Step.ACTIVATE, LifeState.MADE, _NONE): Rule(by(HOLDER), LifeState.ACTIVE),
        (Step.ACTIVATE, LifeState.ACTIVE, Change.MADE): Rule(by(HOLDER), LifeState.ACTIVE),
        (Step.CANCEL, LifeState.MADE, _NONE): Rule(by(HOLDER, OFFICE), LifeState.CANCELLED, reason=True),
        (Step.DESTROY, LifeState.CANCELLED, _NONE): Rule(by(OPERATOR), LifeState.DESTROYED),
    }
    for change in Change:
        made[Step.SUSPEND, LifeState.ACTIVE, change] = Rule(
            by(HOLDER, OFFICE), LifeState.SUSPENDED, change, reason=True
        )
        made[Step.RESUME, LifeState.SUSPENDED, change] = Rule(by(HOLDER, OFFICE), LifeState.ACTIVE, change)
        for state in _IN_USE:
            made[Step.CANCEL, state, change] = Rule(by(HOLDER, OFFICE), LifeState.CANCELLED, reason=True)
    for state in _IN_USE:
        made[Step.CHANGE, state, _NONE] = Rule(by(HOLDER), state, Change.ASKED, reason=True)
        made[Step.APPROVE_CHANGE, state, Change.ASKED] = Rule(by(OFFICE), state, Change.APPROVED, other=True)
        made[Step.REMAKE, state, Change.APPROVED] = Rule(by(OPERATOR), state, Change.MADE)
        for change in (Change.ASKED, Change.APPROVED):
            made[Step.REFUSE_CHANGE, state, change] = Rule(by(OFFICE), state, _NONE, reason=True)
    return made


RULES: Mapping[tuple[Step, LifeState, Change], Rule] = MappingProxyType(_rules())
"""What is not here is refused.  Applying is not here: it has no seal yet."""


INCIDENT: Final = Rule(frozenset({HOLDER}), LifeState.SUSPENDED, reason=True)
"""After "not me" on a seal that the holder suspended: nothing changes but who ends it."""


def ends_by_incident(life: SealLife) -> bool:
    """Does "not me" change how this seal stands?"""
    own = life.state is LifeState.SUSPENDED and life.suspended_by == HOLDER.value
    return life.state is LifeState.ACTIVE or own


def rule_for(life: SealLife, step: Step, *, incident: bool = False) -> Rule | None:
    """What allows the step now, if anything does."""
    if incident and life.state is LifeState.SUSPENDED and ends_by_incident(life):
        return replace(INCIDENT, change=life.change)
    return RULES.get((step, life.state, life.change))


def sides_of(actor: Actor, holder: str, office: str) -> frozenset[Side]:
    """On whose behalf this person may act for a seal of ``holder``; ``office`` runs the platform."""
    found = set()
    if actor.acts_for is not None:
        # A login for an enterprise is that and nothing else.
        return frozenset({HOLDER}) if actor.acts_for == holder else frozenset()
    if Role.OFFICER in actor.roles and actor.agency == holder:
        found.add(HOLDER)
    if Role.OPERATOR in actor.roles or (Role.REGISTRAR in actor.roles and actor.agency == office):
        found.add(OFFICE)
    if Right.MAKE_SEALS in rights_of(actor.roles):
        found.add(OPERATOR)
    return frozenset(found)


def resumers(life: SealLife) -> frozenset[Side]:
    """Who ends the suspension: the side that made it."""
    return frozenset({HOLDER}) if life.suspended_by == HOLDER.value else frozenset({OFFICE})


def side_for(rule: Rule, life: SealLife, step: Step, sides: frozenset[Side]) -> Side | None:
    """The one on whose behalf the step is taken; ``None``: not allowed."""
    allowed = rule.sides & sides
    if step is Step.RESUME:
        allowed &= resumers(life)
    return next((one for one in (HOLDER, OFFICE, OPERATOR) if one in allowed), None)


def possible(life: SealLife, sides: frozenset[Side], account_id: str) -> tuple[Step, ...]:
    """The steps that this person may take now, for the page."""
    found = []
    for step in Step:
        rule = RULES.get((step, life.state, life.change))
        if rule is None or side_for(rule, life, step, sides) is None:
            continue
        if rule.other and account_id == asked_by(life, step):
            continue
        found.append(step)
    return tuple(found)


def asked_by(life: SealLife, step: Step) -> str:
    """Who may not approve."""
    return life.change_by if step is Step.APPROVE_CHANGE else life.applied_by
