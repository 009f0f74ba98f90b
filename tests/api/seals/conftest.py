# SPDX-License-Identifier: Apache-2.0
"""People around a seal: its keeper, a registrar, an operator, and others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from api.accounts import Role
from api.seals import Actor, SealApplication, SealLife, SealType, Step, StepOrder
from keys import KeyKind
from seal import SealDesign

from ..rooms import A1, A2, A3, E01

ACTORS: Mapping[str, Actor] = {
    "keeper": Actor("keeper", frozenset({Role.OFFICER}), A2),
    "other keeper": Actor("keeper-2", frozenset({Role.OFFICER}), A2),
    "officer elsewhere": Actor("officer-3", frozenset({Role.OFFICER}), A3),
    "registrar": Actor("registrar", frozenset({Role.REGISTRAR}), A1),
    "registrar elsewhere": Actor("registrar-2", frozenset({Role.REGISTRAR}), A3),
    "registrar of the holder": Actor("registrar-3", frozenset({Role.REGISTRAR}), A2),
    "operator": Actor("operator", frozenset({Role.OPERATOR})),
    "applicant": Actor("applicant", frozenset({Role.APPLICANT})),
    "for another": Actor("clerk", frozenset({Role.APPLICANT}), "", E01),
    "for the holder": Actor("clerk-2", frozenset({Role.APPLICANT}), "", A2),
}
WHO = {
    Step.WITHDRAW: "keeper",
    Step.APPROVE: "registrar",
    Step.REFUSE: "registrar",
    Step.MAKE: "operator",
    Step.ACTIVATE: "keeper",
    Step.SUSPEND: "keeper",
    Step.RESUME: "keeper",
    Step.CHANGE: "keeper",
    Step.APPROVE_CHANGE: "registrar",
    Step.REFUSE_CHANGE: "registrar",
    Step.REMAKE: "operator",
    Step.CANCEL: "keeper",
    Step.DESTROY: "operator",
}


def application(**more: Any) -> SealApplication:
    parts: dict[str, Any] = {
        "holder": A2,
        "holder_name": "蜀州市住房和城乡建设局(演示)",
        "type": SealType.SPECIAL,
        "design": SealDesign(name="蜀州市住房和城乡建设局", line="业务专用章"),
        "kind": KeyKind.SM2,
        **more,
    }
    return SealApplication(**parts)


@dataclass
class Life:
    """One seal and whoever takes its steps."""

    rooms: Any
    seal_id: str

    def take(self, *steps: Step, **more: Any) -> SealLife:
        """Each by whoever usually does it."""
        life = self.now()
        for step in steps:
            order = StepOrder(self.seal_id, step, **{"reason": "for-a-test", **more})
            life = self.rooms.lives.take(order, ACTORS[WHO[step]])
        return life

    def now(self) -> SealLife:
        found: SealLife = self.rooms.lives.get(self.seal_id)
        return found

    def standing(self) -> list[str]:
        """What the public list says of the newest made seal."""
        listed = self.rooms.seal_status.known()
        entries = [one for one in listed.seals if one.seal_id == self.seal_id]
        return [change.state.value for change in entries[-1].history]


@pytest.fixture
def life(rooms: Any) -> Life:
    return Life(rooms, rooms.lives.apply(application(), ACTORS["keeper"]).seal_id)
