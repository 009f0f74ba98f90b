# SPDX-License-Identifier: Apache-2.0
"""Approval before use: who asks, who agrees, what it is good for, and what nobody can do alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.accounts import Role
from api.approvals import (
    ApprovalRefused,
    NoSuchUseRequest,
    RequestState,
    RequestStep,
    UseOrder,
    UsePolicy,
    approvers_of,
    grounds,
)
from api.ledger import RowAltered
from api.seals import Actor, SealStepRefused, SealUseRefused, Use
from verify import canonical_json

from ..rooms import A1, A2, A3

PERMIT = "construction_permit"
OFFICER = frozenset({Role.OFFICER})
ASKER, WANG, ZHAO = (Actor(name, OFFICER, A3) for name in ("officer-1", "wang", "zhao"))
OTHERS = (
    Actor("elsewhere", OFFICER, A2),
    Actor("registrar", frozenset({Role.REGISTRAR}), A1),
    Actor("operator", frozenset({Role.OPERATOR})),
    Actor("applicant", frozenset({Role.APPLICANT})),
    Actor("clerk", frozenset({Role.APPLICANT}), "", A3),
)


@pytest.fixture
def seal_id(rooms: Any) -> str:
    """A seal whose uses one other officer approves; the asker has a grant for it."""
    found: str = rooms.seal_of().seal_id
    now = rooms.clock()
    rooms.grants.give(
        found, ASKER.account_id, document_types=(PERMIT,), period=(now, now + timedelta(days=90)), by="test"
    )
    rooms.requests.set_policy(UsePolicy(found, 1), by="operator")
    return found


def order(seal_id: str, **more: Any) -> UseOrder:
    return replace(UseOrder(seal_id, PERMIT, "样例-2026-001", 2, "样例用印事由"), **more)


def use(seal_id: str, **more: Any) -> Use:
    return Use(ASKER.account_id, A3, seal_id, A3, PERMIT, case="样例-2026-001", act="one", **more)


def refused(rooms: Any, wanted: Use) -> str:
    with pytest.raises(SealUseRefused) as error:
        rooms.warrants.authorise(wanted)
    return error.value.code


def test_asked_approved_used(rooms: Any, seal_id: str) -> None:
    """Each copy once; then the next is asked for again."""
    assert refused(rooms, use(seal_id)) == "approval-missing"
    asked = rooms.requests.ask(order(seal_id), ASKER)
    assert asked == rooms.requests.ask(order(seal_id), ASKER)
    assert rooms.requests.waiting_for(WANG) == (asked,)
    assert rooms.requests.waiting_for(ASKER) == ()
    assert refused(rooms, use(seal_id)) == "approval-missing"
    approved = rooms.requests.take(asked.request_id, RequestStep.APPROVE, "", WANG)
    assert (approved.state, approved.approved_by) == (RequestState.APPROVED, ("wang",))
    assert approved.valid_until == rooms.clock() + timedelta(days=30)
    warrant = rooms.warrants.authorise(use(seal_id))
    assert warrant.counted == ((asked.request_id, 2),)
    with rooms.ledger.transaction() as tx:
        assert rooms.warrants.take(tx, use(seal_id), 3) == 2
    assert refused(rooms, use(seal_id)) == "approval-used-up"
    assert refused(rooms, replace(use(seal_id), case="样例-2026-002")) == "approval-missing"
    assert rooms.check().findings == ()


def test_two_approvers_are_two_persons(rooms: Any, seal_id: str) -> None:
    rooms.requests.set_policy(UsePolicy(seal_id, 2), by="operator")
    asked = rooms.requests.ask(order(seal_id), ASKER)
    once = rooms.requests.take(asked.request_id, RequestStep.APPROVE, "", WANG)
    assert (once.state, once.lacking) == (RequestState.WAITING, 1)
    with pytest.raises(ApprovalRefused) as error:
        rooms.requests.take(asked.request_id, RequestStep.APPROVE, "", WANG)
    assert error.value.code == "approved-already"
    assert refused(rooms, use(seal_id)) == "approval-missing"
    assert rooms.requests.take(asked.request_id, RequestStep.APPROVE, "", ZHAO).lacking == 0
    warrant = rooms.warrants.authorise(use(seal_id))
    assert b'"approvers":["wang","zhao"]' in warrant.authority


def test_never_the_asker(rooms: Any, seal_id: str) -> None:
    asked = rooms.requests.ask(order(seal_id), ASKER)
    for step in (RequestStep.APPROVE, RequestStep.REFUSE):
        with pytest.raises(ApprovalRefused) as error:
            rooms.requests.take(asked.request_id, step, "原因", ASKER)
        assert error.value.code == "own-request"


@pytest.mark.parametrize("stranger", OTHERS, ids=lambda one: one.account_id)
def test_nobody_else(rooms: Any, seal_id: str, stranger: Actor) -> None:
    """Neither sees it nor decides it; and asks for nothing without a right."""
    asked = rooms.requests.ask(order(seal_id), ASKER)
    with pytest.raises(NoSuchUseRequest):
        rooms.requests.get(asked.request_id, stranger)
    for step in (RequestStep.APPROVE, RequestStep.REFUSE, RequestStep.WITHDRAW):
        with pytest.raises(ApprovalRefused) as error:
            rooms.requests.take(asked.request_id, step, "原因", stranger)
        assert error.value.code == "not-yours"
    assert rooms.requests.waiting_for(stranger) == ()
    size = rooms.ledger.size()
    with pytest.raises(SealUseRefused):
        rooms.requests.ask(order(seal_id), stranger)
    assert rooms.ledger.size() == size + 1


def test_roles_of_the_policy(rooms: Any, seal_id: str) -> None:
    """A registrar of the office, or whoever acts for the holder, where the policy says so."""
    roles = frozenset({Role.REGISTRAR, Role.APPLICANT})
    rooms.requests.set_policy(UsePolicy(seal_id, 1, roles), by="operator")
    asked = rooms.requests.ask(order(seal_id), ASKER)
    allowed = {one.account_id for one in (*OTHERS, WANG) if rooms.requests.may_approve(asked, one)}
    assert allowed == {"registrar", "clerk"}


def test_an_end_ends_it(rooms: Any, seal_id: str) -> None:
    """Refused, withdrawn, taken back, run out."""
    for step, who in ((RequestStep.REFUSE, WANG), (RequestStep.WITHDRAW, ASKER)):
        for approved in (False, True):
            asked = rooms.requests.ask(order(seal_id), ASKER)
            if approved:
                rooms.requests.take(asked.request_id, RequestStep.APPROVE, "", WANG)
            rooms.requests.take(asked.request_id, step, "原因", who)
            assert refused(rooms, use(seal_id)) == "approval-not-valid"
            with pytest.raises(ApprovalRefused) as error:
                rooms.requests.take(asked.request_id, RequestStep.APPROVE, "", ZHAO)
            assert error.value.code == "decided"
    asked = rooms.requests.ask(order(seal_id), ASKER)
    rooms.requests.take(asked.request_id, RequestStep.APPROVE, "", WANG)
    rooms.clock.advance(timedelta(days=30))
    rooms.warrants.authorise(use(seal_id))
    rooms.clock.advance(timedelta(seconds=1))
    assert refused(rooms, use(seal_id)) == "approval-not-valid"


def test_a_stricter_policy_holds_at_once(rooms: Any, seal_id: str) -> None:
    asked = rooms.requests.ask(order(seal_id), ASKER)
    rooms.requests.take(asked.request_id, RequestStep.APPROVE, "", WANG)
    rooms.requests.set_policy(UsePolicy(seal_id, 2), by="operator")
    assert refused(rooms, use(seal_id)) == "approval-missing"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE use_policies SET approvers = 0",
        "DELETE FROM use_policies",
        "UPDATE use_requests SET state = 'approved', approved_by = '[\"wang\"]',"
        " decided_at = '2026-07-01T08:30:00.000000Z', valid_until = '2036-07-01T08:30:00.000000Z'",
    ],
)
def test_an_edit_in_the_database_approves_nothing(rooms: Any, seal_id: str, statement: str) -> None:
    rooms.requests.ask(order(seal_id), ASKER)
    rooms.edit(statement)
    with pytest.raises(RowAltered):
        rooms.warrants.authorise(use(seal_id))
    assert rooms.check().findings != ()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"case": ""}, "case"),
        ({"case": "一" * 101}, "case"),
        ({"case": "a\x00b"}, "case"),
        ({"copies": 0}, "copies"),
        ({"copies": 1_000_001}, "copies"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
def test_malformed(rooms: Any, seal_id: str, more: dict[str, Any], field: str) -> None:
    before = rooms.state()
    with pytest.raises(ApprovalRefused) as error:
        rooms.requests.ask(order(seal_id, **more), ASKER)
    assert error.value.field == field
    assert rooms.state() == before


def test_policies(rooms: Any, seal_id: str) -> None:
    for wrong in (
        UsePolicy(seal_id, 3),
        UsePolicy(seal_id, -1),
        UsePolicy(seal_id, 1, frozenset()),
        UsePolicy(seal_id, 1, frozenset({Role.OPERATOR})),
        UsePolicy(seal_id, 1, OFFICER, 0),
    ):
        with pytest.raises(ApprovalRefused):
            rooms.requests.set_policy(wrong, by="operator")
    rooms.requests.set_policy(UsePolicy(seal_id, 0), by="operator")
    with pytest.raises(ApprovalRefused) as error:
        rooms.requests.ask(order(seal_id), ASKER)
    assert error.value.code == "not-needed"
    assert rooms.warrants.authorise(use(seal_id)).counted == ()


# Signed by one's own key


def test_signed_by_the_approver(rooms: Any, seal_id: str) -> None:
    """The statement says what is approved; another key, another statement, another time do not do."""
    person = rooms.identity.person("H09", roles="officer", agency=A3)
    approver = Actor(person.account_id, OFFICER, A3)
    asked = rooms.requests.ask(order(seal_id), ASKER)
    prepared = rooms.requests.prepare(asked.request_id, RequestStep.APPROVE, "", approver)
    signature = person.key.sign(prepared)
    with pytest.raises(SealStepRefused):
        rooms.requests.complete(prepared, person.der, signature, WANG)
    with pytest.raises(SealStepRefused) as wrong:
        rooms.requests.complete(
            prepared.replace(b'"copies":2', b'"copies":9'), person.der, signature, approver
        )
    assert wrong.value.code == "signature-invalid"
    done = rooms.requests.complete(prepared, person.der, signature, approver)
    assert done.state is RequestState.APPROVED
    assert rooms.requests.complete(prepared, person.der, signature, approver) == done
    assert [one.signed_by.value for one in rooms.requests.steps(asked.request_id)] == ["platform", "actor"]
    assert canonical_json(asked.case) in rooms.requests.steps(asked.request_id)[1].statement
    assert rooms.check().findings == ()


def test_the_holder_sees_who_approved(rooms: Any, seal_id: str, applicant: Any, officer: Any) -> None:
    """The grounds of each use are kept beside it, and counted with it."""
    filed = rooms.filed(applicant)
    asked = rooms.requests.ask(order(seal_id, case=filed.number, copies=1), ASKER)
    rooms.requests.take(asked.request_id, RequestStep.APPROVE, "", WANG)
    rooms.desk.approve(filed.submission_id, seal_id, officer)
    seen = rooms.seal_uses.of([seal_id])[0]
    with rooms.database.read() as connection:
        found = grounds(connection, [seen.use_id])
    assert list(approvers_of(found[seen.use_id])) == ["wang"]
    assert refused(rooms, replace(use(seal_id), case=filed.number)) == "approval-used-up"
    assert rooms.check().findings == ()
