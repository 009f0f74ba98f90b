# SPDX-License-Identifier: Apache-2.0
"""Write a step: life, made seals, the row that is used for sealing, and the signed statement, in one
transaction; what the public list says changes with them."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import insert, select, update

from verify import SealChange, SealStanding

from ..database.tables_sealing import seals
from ..ledger import Transaction, require_vouched
from . import store
from .designs import design_text
from .model import Change, SealLife, Step
from .orders import OTHER, Taking
from .registered import committed_seal
from .statements import Signed

PUBLISHED: Final = frozenset({Step.MAKE, Step.REMAKE, Step.ACTIVATE, Step.SUSPEND, Step.RESUME, Step.CANCEL})
"""Steps after which the public list says something else."""


def write_step(
    tx: Transaction, taking: Taking, made: dict[str, Any] | None, signed: Signed, *, step_id: str
) -> None:
    """The new state and everything that goes with it.  ``made``: the row of a seal that was made."""
    life, order, rule = taking.life, taking.order, taking.rule
    values: dict[str, Any] = {
        "state": rule.state.value,
        "change": rule.change.value,
        "steps": life.steps + 1,
    }
    if made is not None:
        store.add_edition(tx, made)
        if order.step is Step.MAKE:
            _register(tx, life, made, by=taking.actor.account_id)
    match order.step:
        case Step.SUSPEND:
            values["suspended_by"] = taking.side.value
            if life.state is not rule.state:
                _standing(tx, taking, SealStanding.SUSPENDED)
        case Step.RESUME:
            values["suspended_by"] = ""
            _standing(tx, taking, SealStanding.ACTIVE)
        case Step.CHANGE:
            values |= {
                "change_design": None if order.design is None else design_text(order.design),
                "change_reason": order.reason,
                "change_by": taking.actor.account_id,
            }
        case Step.CANCEL:
            values |= {"change": Change.NONE.value, "suspended_by": ""}
            ended = SealChange(SealStanding.CANCELLED, taking.at, order.reason)
            store.end_standings(tx, life.seal_id, ended)
        case Step.ACTIVATE:
            values |= _activate(tx, taking)
    store.change_life(tx, life.seal_id, values, step=order.step)
    keep_step(tx, taking, life.steps + 1, signed, step_id=step_id)


def keep_step(tx: Transaction, taking: Taking, number: int, signed: Signed, *, step_id: str) -> None:
    """The statement and the signature under it."""
    store.add_step(
        tx,
        {
            "id": step_id,
            "seal_id": taking.life.seal_id,
            "number": number,
            "step": taking.order.step.value,
            "actor": taking.actor.account_id,
            "side": taking.side.value,
            "state": taking.rule.state.value,
            "at": taking.at,
            "statement": signed.statement,
            "statement_sha256": signed.sha256,
            "signed_by": signed.signed_by.value,
            "certificate": signed.certificate,
            "signature": signed.signature,
        },
    )


def _standing(tx: Transaction, taking: Taking, standing: SealStanding) -> None:
    change = SealChange(standing, taking.at, taking.order.reason)
    store.add_standing(tx, taking.life.seal_id, taking.life.edition, change)


def _activate(tx: Transaction, taking: Taking) -> dict[str, Any]:
    """The newest made seal is the one in use; the one before it is replaced, and ``seals`` follows."""
    life, at = taking.life, taking.at
    number = store.newest_edition(tx.connection, life.seal_id)
    made = store.edition(tx.connection, life.seal_id, number)
    if life.edition:
        replaced = SealChange(SealStanding.REPLACED, at, life.change_reason or OTHER, made.esl_sha256)
        store.end_standings(tx, life.seal_id, replaced, but=number)
        _follow(
            tx,
            life.seal_id,
            {
                "key_label": made.key_label,
                "certificate_id": made.certificate_id,
                "design": design_text(made.design),
                "svg": made.svg,
            },
        )
    store.add_standing(tx, life.seal_id, number, SealChange(SealStanding.ACTIVE, at, taking.order.reason))
    return {
        "edition": number,
        "design": design_text(made.design),
        "change_design": None,
        "change_reason": None,
        "change_by": None,
    }


def _follow(tx: Transaction, seal_id: str, values: dict[str, Any]) -> None:
    before = tx.connection.execute(select(seals).where(seals.c.id == seal_id)).one()
    require_vouched(tx.connection, seals.name, seal_id, committed_seal(before._asdict()))
    tx.connection.execute(update(seals).where(seals.c.id == seal_id).values(**values))
    changed = tx.connection.execute(select(seals).where(seals.c.id == seal_id)).one()
    _commit_seal(tx, changed._asdict(), "seal.replaced")


def _register(tx: Transaction, life: SealLife, made: dict[str, Any], *, by: str) -> None:
    """The row of what is used for sealing."""
    values: dict[str, Any] = {
        "id": life.seal_id,
        "holder": life.holder,
        "holder_name": life.holder_name,
        "key_kind": life.kind.value,
        "key_label": made["key_label"],
        "certificate_id": made["certificate_id"],
        "design": made["design"],
        "svg": made["svg"],
        "made_at": made["made_at"],
        "made_by": by,
    }
    tx.connection.execute(insert(seals).values(values))
    _commit_seal(tx, values, "seal.made")


def _commit_seal(tx: Transaction, values: dict[str, Any], kind: str) -> None:
    tx.commit_row(
        "seals",
        values["id"],
        committed_seal(values),
        kind=kind,
        body={
            "seal_id": values["id"],
            "holder": values["holder"],
            "certificate_id": values["certificate_id"],
        },
    )
