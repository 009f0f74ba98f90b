# SPDX-License-Identifier: Apache-2.0
"""The holder sees every use, and says "not me": suspended at once, and nothing under way is released."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.ledger import RowAltered
from api.seals import Actor, LifeState, NoSuchUse, SealNotUsable, SealStepRefused, Step, StepOrder

from ..rooms import A3, Enterprise
from .conftest import ACTORS

KEEPER = Actor("keeper-3", ACTORS["keeper"].roles, A3)


def used(rooms: Any, applicant: Enterprise, officer: Any) -> tuple[str, Any]:
    """One permit under the seal of A3; the seal and the use."""
    seal = rooms.seal_of(A3)
    rooms.granted(seal, officer)
    filed = rooms.filed(applicant)
    rooms.desk.approve(filed.submission_id, seal.seal_id, officer)
    return seal.seal_id, rooms.seal_uses.of([seal.seal_id])[0]


def test_every_use_is_seen(rooms: Any, applicant: Enterprise, officer: Any) -> None:
    seal_id, use = used(rooms, applicant, officer)
    assert (use.seal_id, use.officer, use.document_type) == (seal_id, "officer-1", "construction_permit")
    files = rooms.state()["documents"]
    assert any({use.document_id, use.sha256} <= set(map(str, row)) for row in files)
    assert rooms.check().findings == ()


def test_not_me(rooms: Any, applicant: Enterprise, officer: Any) -> None:
    """Marked, suspended by incident, published; only the office resumes; again changes nothing."""
    seal_id, use = used(rooms, applicant, officer)
    rooms.clock.advance(timedelta(minutes=1))
    found = rooms.seal_uses.deny(seal_id, use.use_id, KEEPER)
    assert (found.state, found.suspended_by) == (LifeState.SUSPENDED, "incident")
    entry = next(one for one in rooms.seal_status.known().seals if one.seal_id == seal_id)
    assert (entry.history[-1].state, entry.history[-1].reason) == ("suspended", "not-me")
    assert rooms.seal_uses.of([seal_id])[0].denied_at == rooms.clock()
    before = rooms.state()
    rooms.seal_uses.deny(seal_id, use.use_id, KEEPER)
    assert rooms.state() == before
    with pytest.raises(SealStepRefused) as refused:
        rooms.lives.take(StepOrder(seal_id, Step.RESUME), KEEPER)
    assert refused.value.code == "not-yours"
    assert rooms.lives.take(StepOrder(seal_id, Step.RESUME), ACTORS["registrar"]).state is LifeState.ACTIVE
    assert rooms.check().findings == ()


def test_who_may_not_say_so(rooms: Any, applicant: Enterprise, officer: Any) -> None:
    seal_id, use = used(rooms, applicant, officer)
    for name in ("keeper", "registrar", "operator", "for another"):
        with pytest.raises(SealStepRefused):
            rooms.seal_uses.deny(seal_id, use.use_id, ACTORS[name])
    with pytest.raises(NoSuchUse):
        rooms.seal_uses.deny(seal_id, "nothing", KEEPER)
    rooms.edit("UPDATE seal_uses SET officer = 'somebody'")
    with pytest.raises(RowAltered):
        rooms.seal_uses.deny(seal_id, use.use_id, KEEPER)


def test_suspended_while_a_document_is_made(rooms: Any, applicant: Enterprise, officer: Any) -> None:
    """Opened before, suspended during: nothing is released."""
    seal = rooms.seal_of(A3)
    rooms.granted(seal, officer)
    filed, make = rooms.filed(applicant), rooms.issuing.make

    def slow(*given: Any, **more: Any) -> Any:
        made = make(*given, **more)
        rooms.lives.take(StepOrder(seal.seal_id, Step.SUSPEND, "lost"), KEEPER)
        return made

    rooms.issuing.make = slow
    with pytest.raises(SealNotUsable) as refused:
        rooms.desk.approve(filed.submission_id, seal.seal_id, officer)
    assert refused.value.code == "seal-suspended"
    assert rooms.seal_uses.of([seal.seal_id]) == ()
    assert rooms.check().findings == ()
