# SPDX-License-Identifier: Apache-2.0
"""Apply for a seal: the first step, which makes the life that the others change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from verify import canonical_json

from ..database.tables_seals import seal_lives
from . import store
from .codes import free_code
from .designs import design_text
from .making import with_code
from .model import Actor, Change, LifeState, SealApplication, SealLife, Side, Step, StepOrder
from .orders import Taking, application_members, checked_application
from .ports import SealPorts
from .refusals import SealStepRefused
from .rules import Rule, sides_of
from .statements import Signed, signed_by_platform, write_statement
from .writing import keep_step

_APPLIED = Rule(frozenset({Side.HOLDER, Side.OFFICE}), LifeState.APPLIED)


def side_of_applicant(ports: SealPorts, order: SealApplication, actor: Actor) -> Side:
    """The holder applies, or the office for the holder; raises :class:`SealStepRefused`."""
    sides = sides_of(actor, order.holder, ports.office)
    found = next((one for one in (Side.HOLDER, Side.OFFICE) if one in sides), None)
    if found is None:
        raise SealStepRefused("not-yours")
    return found


def apply(
    ports: SealPorts,
    order: SealApplication,
    actor: Actor,
    side: Side,
    *,
    signed: Signed | None = None,
    seal_id: str = "",
) -> SealLife:
    """Check and keep an application.  The same one by the same person again is the same one."""
    at = ports.clock().replace(microsecond=0)
    order = checked_application(order)
    if order.valid_until is not None and order.valid_until <= at:
        raise SealStepRefused("certificate-unfit", "the period is over", field="valid_until")
    for certificate_id in order.certificates:
        if ports.certificates.certificate_of(certificate_id, holder=order.holder) is None:
            raise SealStepRefused("certificate-unfit", certificate_id, field="certificates")
    seal_id = seal_id or ports.random(16).hex()
    if signed is None:
        statement = write_statement(application_members(order, actor, side, seal_id=seal_id, at=at))
        signed = signed_by_platform(ports, statement)
        clicked_twice = side is not Side.OPERATOR
    else:
        clicked_twice = False
    with ports.ledger.transaction() as tx:
        if store.find_step(tx.connection, signed.sha256) is not None:
            return store.read_life(tx.connection, seal_id)
        if store.find_life(tx.connection, seal_id) is not None:
            raise SealStepRefused("statement-expired")
        if clicked_twice and (same := _same(tx.connection, order, actor)) is not None:
            return same
        code = free_code(tx.connection, order.code, order.holder)
        store.add_life(tx, _values(order, actor, seal_id=seal_id, code=code, at=at))
        store.change_life(tx, seal_id, {}, step=Step.APPLY)
        life = store.read_life(tx.connection, seal_id)
        taking = Taking(life, StepOrder(seal_id, Step.APPLY), _APPLIED, actor, side, at)
        keep_step(tx, taking, 1, signed, step_id=ports.random(16).hex())
        return life


def _values(order: SealApplication, actor: Actor, *, seal_id: str, code: str, at: datetime) -> dict[str, Any]:
    return {
        "id": seal_id,
        "code": code,
        "type": order.type.value,
        "holder": order.holder,
        "holder_name": order.holder_name,
        "key_kind": order.kind.value,
        "design": design_text(with_code(order.design, code)),
        "certificates": canonical_json(list(order.certificates)).decode(),
        "valid_until": order.valid_until,
        "state": LifeState.APPLIED.value,
        "change": Change.NONE.value,
        "change_design": None,
        "change_reason": None,
        "suspended_by": "",
        "edition": 0,
        "steps": 1,
        "applied_at": at,
        "applied_by": actor.account_id,
        "change_by": None,
    }


def _same(connection: Connection, order: SealApplication, actor: Actor) -> SealLife | None:
    """A double click: the same words, not decided yet."""
    for one in store.lives(connection, seal_lives.c.holder == order.holder):
        if (
            one.state is LifeState.APPLIED
            and one.applied_by == actor.account_id
            and (one.type, one.kind, one.certificates) == (order.type, order.kind, order.certificates)
            and one.valid_until == order.valid_until
            and one.design == with_code(order.design, one.code)
            and order.code in ("", one.code)
        ):
            return one
    return None
