# SPDX-License-Identifier: Apache-2.0
"""What nobody gets: a state written into the database, a step in words of one's own, all codes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.ledger import RowAltered
from api.seals import LifeState, SealNotUsable, SealStepRefused, SealType, Side, Step, StepOrder, design_of
from api.seals.model import TYPES
from api.seals.statements import CONTEXT
from seal import SealDesign, SealDesignRefused
from verify import canonical_json

from ..rooms import A2, A3, Enterprise
from .conftest import ACTORS, Life, application
from .test_seal_life import TO_USE, person
from .test_seal_uses import KEEPER, used


def another(rooms: Any) -> Life:
    made = rooms.lives.apply(application(code="51010000009999"), ACTORS["keeper"])
    return Life(rooms, made.seal_id)


# Whoever writes into the database


def test_a_state_that_was_written_in_is_not_published(rooms: Any, life: Life) -> None:
    """The next list, of another seal's step, says of this one what it said before."""
    life.take(*TO_USE, Step.SUSPEND)
    rooms.edit("UPDATE seal_editions SET history = replace(history, 'suspended', 'cancelled')")
    another(rooms).take(Step.APPROVE, Step.MAKE)
    assert life.standing() == ["made", "active", "suspended"]
    with pytest.raises(RowAltered):
        life.take(Step.RESUME)


def test_a_holder_that_was_written_in_is_not_published(rooms: Any, life: Life) -> None:
    life.take(*TO_USE)
    rooms.edit("UPDATE seal_lives SET holder_name = 'another'")
    with pytest.raises(RowAltered):
        life.take(Step.SUSPEND)


def test_a_list_that_was_written_in_is_not_continued(rooms: Any, life: Life) -> None:
    life.take(*TO_USE)
    before = bytes(rooms.state()["seal_status"][0][2])
    life.take(Step.SUSPEND)
    rooms.edit("UPDATE seal_status SET document = ?", before)
    with pytest.raises(RowAltered):
        another(rooms).take(Step.APPROVE, Step.MAKE)


def test_an_end_that_was_written_in_destroys_nothing(rooms: Any, life: Life) -> None:
    """A key is destroyed for good: not because somebody wrote that it is due."""
    life.take(*TO_USE)
    certificate_id = rooms.seals.get(life.seal_id).certificate_id
    rooms.edit("UPDATE seal_editions SET closing = 'due'")
    assert rooms.lives.finish() == 0
    assert rooms.identity.certificates.get(certificate_id).reason is None
    assert rooms.check().findings != ()


def test_an_edited_row_is_not_confirmed_by_a_change(rooms: Any, life: Life) -> None:
    """The row that follows the edition in use is not committed anew with what was written into it."""
    life.take(*TO_USE, Step.CHANGE, reason="certificate")
    life.take(Step.APPROVE_CHANGE, Step.REMAKE)
    rooms.edit("UPDATE seals SET holder_name = 'another'")
    with pytest.raises(RowAltered):
        life.take(Step.ACTIVATE)


# Statements of one's own making


def signed(rooms: Any, held: Any, actor: Any, members: dict[str, Any]) -> Any:
    asked = CONTEXT + canonical_json(members)
    return rooms.lives.complete(asked, held.certificate.der, held.key.sign(asked), actor)


def test_what_is_made_or_destroyed_is_signed_by_the_platform(rooms: Any, life: Life) -> None:
    """A statement without the made seal, or without the destroyed keys, is none, whoever signs it."""
    life.take(Step.APPROVE)
    held = rooms.identity.person("H11", roles="operator")
    actor = replace(ACTORS["operator"], account_id=held.account_id)
    now = life.now()
    members = {
        "format": "yinxin-seal-step/1",
        "step": "make",
        "seal_id": now.seal_id,
        "code": now.code,
        "number": 3,
        "at": f"{rooms.clock():%Y-%m-%dT%H:%M:%SZ}",
        "actor": actor.account_id,
        "side": "operator",
        "from": "approved",
        "to": "made",
        "reason": "make",
        "note": "",
        "design": None,
    }
    with pytest.raises(SealStepRefused) as refused:
        signed(rooms, held, actor, members)
    assert refused.value.code == "not-possible-now"
    assert life.now().state is LifeState.APPROVED


@pytest.mark.parametrize(
    "change",
    [
        {"seal_id": "x" * 5000},
        {"seal_id": "../../keys/platform"},
        {"seal_id": 7},
        {"at": "2026-07-01T08:30:00+00:00"},
        {"at": "2026-07-01"},
        {"at": None},
        {"number": 2},
        {"side": "office"},
        {"valid_until": "2027-01-01"},
        {"more": ""},
        {"design": {"name": "x"}},
        {"design": {"name": ["x"]}},
        {"design": {"name": "样例市住房和城乡建设局", "line": "", "code": "", "specimen": False}},
        {"certificates": [{}]},
    ],
)
def test_an_application_in_other_words(rooms: Any, change: dict[str, Any]) -> None:
    """The id of a seal is drawn here: keys and rows are named by it."""
    held, actor = person(rooms)
    members = json.loads(rooms.lives.prepare_application(application(), actor).removeprefix(CONTEXT))
    before = rooms.state()
    with pytest.raises((SealStepRefused, SealDesignRefused)) as refused:
        signed(rooms, held, actor, {**members, **change})
    assert getattr(refused.value, "code", "statement-malformed") in {"statement-malformed", "not-yours"}
    assert rooms.state() == before


# Codes


def test_a_code_at_the_end_does_not_end_the_allotting(rooms: Any, life: Life) -> None:
    """Anybody may bring a code along: the last one of a division leaves all others to be allotted."""
    assert life.now().code == "51010000000001"
    for number, code in enumerate(("51010099999999", "51010000000003"), 2):
        order = application(code=code, holder_name=f"样例机构{number}")
        assert rooms.lives.apply(order, ACTORS["keeper"]).code == code
    allotted = [
        rooms.lives.apply(application(holder_name=f"样例机构{n}", valid_until=until), ACTORS["keeper"]).code
        for n, until in enumerate([rooms.clock() + timedelta(days=n) for n in (30, 31)])
    ]
    assert allotted == ["51010000000002", "51010000000004"]


# Time and incidents


def test_a_clock_behind_another_keeps_no_suspension_back(rooms: Any, life: Life) -> None:
    """Two machines, the first a little ahead: the second suspends all the same, and not before."""
    life.take(*TO_USE)
    rooms.clock.advance(timedelta(seconds=-7))
    life.take(Step.SUSPEND)
    assert life.standing() == ["made", "active", "suspended"]
    assert rooms.check().findings == ()


def test_the_holders_own_suspension_becomes_an_incident(
    rooms: Any, applicant: Enterprise, officer: Any
) -> None:
    """A thief with the holder's login suspends first and resumes afterwards: not after "not me"."""
    seal_id, use = used(rooms, applicant, officer)
    rooms.lives.take(StepOrder(seal_id, Step.SUSPEND, "lost"), KEEPER)
    found = rooms.seal_uses.deny(seal_id, use.use_id, KEEPER)
    assert (found.state, found.suspended_by) == (LifeState.SUSPENDED, Side.INCIDENT.value)
    with pytest.raises(SealStepRefused):
        rooms.lives.take(StepOrder(seal_id, Step.RESUME), KEEPER)
    assert rooms.seal_uses.of([seal_id])[0].denied_at is not None
    resumed = rooms.lives.take(StepOrder(seal_id, Step.RESUME), ACTORS["registrar"])
    assert resumed.state is LifeState.ACTIVE
    assert rooms.check().findings == ()


def test_a_denial_is_kept_when_another_step_is_quicker(
    rooms: Any, applicant: Enterprise, officer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the transaction the same person suspends: the use is marked all the same."""
    seal_id, use = used(rooms, applicant, officer)
    announce, once = rooms.intents.open, [True]

    def quicker(kind: str, body: Any) -> Any:
        if once.pop() if once else False:
            rooms.lives.take(StepOrder(seal_id, Step.SUSPEND, "lost"), KEEPER)
        return announce(kind, body)

    monkeypatch.setattr(rooms.intents, "open", quicker)
    found = rooms.seal_uses.deny(seal_id, use.use_id, KEEPER)
    assert found.suspended_by == Side.INCIDENT.value
    assert rooms.seal_uses.of([seal_id])[0].denied_at is not None
    assert found.holder != A2


def test_a_seal_that_was_replaced_meanwhile_releases_nothing(
    rooms: Any, applicant: Enterprise, officer: Any
) -> None:
    """Opened before, replaced during: its key is loaded still, and the list says that it is no more."""
    seal = rooms.seal_of(A3)
    rooms.granted(seal, officer)
    filed, make = rooms.filed(applicant), rooms.issuing.make

    def slow(*given: Any, **more: Any) -> Any:
        made = make(*given, **more)
        for step, who in (
            (Step.CHANGE, KEEPER),
            (Step.APPROVE_CHANGE, ACTORS["registrar"]),
            (Step.REMAKE, ACTORS["operator"]),
            (Step.ACTIVATE, KEEPER),
        ):
            rooms.lives.take(StepOrder(seal.seal_id, step, "certificate"), who)
        return made

    rooms.issuing.make = slow
    with pytest.raises(SealNotUsable) as refused:
        rooms.desk.approve(filed.submission_id, seal.seal_id, officer)
    assert refused.value.code == "seal-replaced"
    assert rooms.seal_uses.of([seal.seal_id]) == ()
    assert rooms.check().findings == ()


@pytest.mark.parametrize(
    "member",
    [{"colour": "abc"}, {"colour": [255, 0]}, {"colour": [True, 0, 0]}, {"diameter_mm": "nan"}, {"no": 1}],
)
def test_a_design_that_is_none(member: dict[str, Any]) -> None:
    """Refused with its field, whatever somebody sends."""
    with pytest.raises(SealDesignRefused) as refused:
        design_of({"name": "样例市住房和城乡建设局", **member})
    assert refused.value.field in {*member, "size_mm"}


@pytest.mark.parametrize("kind", [SealType.PERSONAL, SealType.LEGAL_REPRESENTATIVE])
def test_no_personal_name_is_published_for_ever(rooms: Any, kind: SealType) -> None:
    """The list says which kind of seal it is; the name stands in the seal itself."""
    order = application(type=kind, design=SealDesign(name="样例张三", line=""))
    made = Life(rooms, rooms.lives.apply(order, ACTORS["keeper"]).seal_id)
    made.take(Step.APPROVE, Step.MAKE)
    assert "张三" not in rooms.seal_status.current().decode()
    assert rooms.seal_status.known().of_code(made.now().code)[0].name == TYPES[kind].zh
