# SPDX-License-Identifier: Apache-2.0
"""The life of seals: applied for, approved, made, used, suspended, changed, surrendered, destroyed.

Each step is a statement under a signature — of its actor, or of the platform naming the actor — announced,
then written in one transaction with the new state, the new public list and its entries in the ledger.  Killed
before that transaction, nothing happened and the intent tells; killed after it, everything is there, and the
same call finds it done.  What follows outside the database (a certificate to revoke, a key to destroy) is
noted as due in the same transaction, and done by :meth:`SealLives.finish`, at once or by the clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, or_

from relying import Json
from verify import SealChange, SealStanding

from ..database.tables_seals import seal_lives
from ..ledger import Transaction
from . import store
from .applying import apply, side_of_applicant
from .making import make_edition
from .model import (
    Actor,
    Change,
    LifeState,
    SealApplication,
    SealEdition,
    SealLife,
    Side,
    Step,
    StepOrder,
    TakenStep,
)
from .orders import Taking, application_members, application_of, members_of, order_of, worded
from .ports import SealPorts
from .refusals import SealStepRefused
from .rules import RULES, asked_by, possible, rule_for, side_for, sides_of
from .statements import (
    CONTEXT,
    Signed,
    read_statement,
    signed_by_actor,
    signed_by_platform,
    write_statement,
)
from .status import SealStatusPublisher
from .writing import PUBLISHED, write_step

_log = logging.getLogger("yinxin.seals")
SHORTCUT: Final = "operator-shortcut"
"""The reason of steps that an operator takes alone: everybody can see in the log that one person did it."""

Also: TypeAlias = Callable[[Transaction], None]
"""What else belongs into the transaction of a step."""


class _Meanwhile(Exception):
    """Another request took a step of this seal first."""


class SealLives:
    """Takes steps.  Safe to share between threads and processes."""

    def __init__(self, ports: SealPorts, status: SealStatusPublisher) -> None:
        self._ports, self._status = ports, status

    # Applying

    def prepare_application(self, order: SealApplication, actor: Actor) -> bytes:
        """What the applicant's key signs: ``CONTEXT`` and the statement; see :meth:`complete`."""
        ports, side = self._ports, side_of_applicant(self._ports, order, actor)
        members = application_members(order, actor, side, seal_id=ports.random(16).hex(), at=ports.clock())
        return CONTEXT + write_statement(members)

    def apply(self, order: SealApplication, actor: Actor) -> SealLife:
        """Apply; the statement is sealed by the platform.  The same application again is the same one."""
        return apply(self._ports, order, actor, side_of_applicant(self._ports, order, actor))

    # Steps

    def prepare(self, order: StepOrder, actor: Actor) -> bytes:
        """What the actor's key signs for this step."""
        _require_signable(order)
        with self._ports.database.read() as connection:
            life = store.believed_life(connection, order.seal_id)
        return CONTEXT + write_statement(members_of(self._taking(life, order, actor)))

    def complete(self, to_be_signed: bytes, certificate: bytes, signature: bytes, actor: Actor) -> SealLife:
        """Take the step that was prepared, under the actor's own signature.  Safe to repeat."""
        ports, at = self._ports, self._ports.clock()
        if not to_be_signed.startswith(CONTEXT):
            raise SealStepRefused("statement-malformed")
        statement = to_be_signed[len(CONTEXT) :]
        members = read_statement(statement, at=at)
        if members.get("actor") != actor.account_id:
            raise SealStepRefused("statement-malformed", "prepared for somebody else")
        signed = signed_by_actor(
            statement,
            certificate,
            signature,
            actor,
            trust=ports.trust(),
            at=at,
            owner=ports.certificates.owner,
        )
        seal_id = str(members.get("seal_id"))
        with ports.database.read() as connection:
            if store.find_step(connection, signed.sha256) is not None:
                return store.read_life(connection, seal_id)
        if members.get("step") != Step.APPLY.value:
            taken = order_of(members)
            _require_signable(taken)
            return self._take(taken, actor, signed)
        order = application_of(members)
        side = side_of_applicant(ports, order, actor)
        expected = application_members(order, actor, side, seal_id=seal_id, at=at)
        if {**expected, "at": members["at"]} != members:
            raise SealStepRefused("statement-malformed")
        return apply(ports, order, actor, side, signed=signed, seal_id=seal_id)

    def take(self, order: StepOrder, actor: Actor) -> SealLife:
        """Take a step; the statement, which names the actor, is sealed by the platform."""
        return self._take(order, actor)

    def shortcut(self, order: SealApplication, *, by: str) -> SealLife:
        """All steps from application to use, by an operator alone; each says so."""
        actor = Actor(by, frozenset())
        life = apply(self._ports, order, actor, Side.OPERATOR)
        for step in (Step.APPROVE, Step.MAKE, Step.ACTIVATE):
            life = self._take(StepOrder(life.seal_id, step, SHORTCUT), actor, alone=True)
        return life

    def suspend_at_once(self, seal_id: str, actor: Actor, *, note: str, also: Also) -> SealLife:
        """After "not me": suspended by incident, and only the office ends it."""
        order = StepOrder(seal_id, Step.SUSPEND, "not-me", note)
        return self._take(order, actor, also=also, incident=True)

    def finish(self) -> int:
        """Revoke and destroy what is due; how many made seals that were.  After a step, and by the clock."""
        ports, done = self._ports, 0
        with ports.database.read() as connection:
            due = store.closing_due(connection)
        for seal_id, number in due:
            try:
                with ports.database.read() as connection:
                    made, standing = store.believed_ending(connection, seal_id, number)
                replaced = standing is SealStanding.REPLACED
                ports.certificates.end_seal(made.certificate_id, replaced=replaced, by="service")
                if replaced:
                    ports.vault.destroy_key(made.key_label)
                with ports.ledger.transaction() as tx:
                    store.close_edition(tx, seal_id, made.edition)
                done += 1
            except Exception as error:
                # The state is published already; what is left is tried again by the clock.
                _log.warning("a seal that ended is not closed", extra={"code": type(error).__name__})
        return done

    # Finding

    def get(self, seal_id: str) -> SealLife:
        """One life; raises :class:`NoSuchSeal`."""
        with self._ports.database.read() as connection:
            return store.read_life(connection, seal_id)

    def steps(self, seal_id: str) -> tuple[TakenStep, ...]:
        """Every step with its statement and signature."""
        with self._ports.database.read() as connection:
            return store.steps(connection, seal_id)

    def editions(self, seal_id: str) -> tuple[tuple[SealEdition, tuple[SealChange, ...]], ...]:
        """Every made seal of one life, with what was published of it."""
        with self._ports.database.read() as connection:
            return store.editions(connection, seal_id)

    def sides(self, life: SealLife, actor: Actor) -> frozenset[Side]:
        """On whose behalf this person may act."""
        return sides_of(actor, life.holder, self._ports.office)

    def possible(self, life: SealLife, actor: Actor) -> tuple[Step, ...]:
        """The steps that this person may take now."""
        return possible(life, self.sides(life, actor), actor.account_id)

    def all(self) -> tuple[SealLife, ...]:
        """Every seal and application, oldest first."""
        with self._ports.database.read() as connection:
            return store.lives(connection)

    def of_holder(self, holder: str) -> tuple[SealLife, ...]:
        """Every seal and application of one body, oldest first."""
        with self._ports.database.read() as connection:
            return store.lives(connection, seal_lives.c.holder == holder)

    def queue(self) -> tuple[SealLife, ...]:
        """What waits for the office or the operator, oldest first."""
        waiting = or_(
            seal_lives.c.state.in_(
                [LifeState.APPLIED.value, LifeState.APPROVED.value, LifeState.CANCELLED.value]
            ),
            seal_lives.c.change.in_([Change.ASKED.value, Change.APPROVED.value]),
        )
        with self._ports.database.read() as connection:
            return store.lives(connection, waiting)

    def due_for_remake(self, until: datetime) -> tuple[tuple[SealLife, SealEdition], ...]:
        """Seals in use whose period ends by then: a seal names its certificates, so it must be made anew."""
        with self._ports.database.read() as connection:
            return store.ending(connection, until)

    # Steps, within

    def _taking(
        self,
        life: SealLife,
        order: StepOrder,
        actor: Actor,
        *,
        alone: bool = False,
        incident: bool = False,
    ) -> Taking:
        """May this person take this step now?  Raises :class:`SealStepRefused`."""
        rule = rule_for(life, order.step, incident=incident)
        sides = self.sides(life, actor)
        side = Side.OPERATOR if alone else None
        if rule is not None and side is None:
            side = side_for(rule, life, order.step, sides)
        if rule is None:
            code = "not-possible-now" if sides else "not-yours"
            raise SealStepRefused(code, f"{order.step} when {life.state}, change {life.change}")
        if side is None:
            raise SealStepRefused("not-yours")
        if rule.other and not alone and actor.account_id == asked_by(life, order.step):
            raise SealStepRefused("another-person")
        if incident:
            side = Side.INCIDENT
        return Taking(
            life, worded(order, rule, life), rule, actor, side, self._ports.clock().replace(microsecond=0)
        )

    def _take(
        self,
        order: StepOrder,
        actor: Actor,
        signed: Signed | None = None,
        *,
        also: Also | None = None,
        alone: bool = False,
        incident: bool = False,
    ) -> SealLife:
        ports = self._ports
        with ports.database.read() as connection:
            life = store.believed_life(connection, order.seal_id)
            if signed is None and also is None and self._repeated(connection, life, order, actor):
                return life
        taking = self._taking(life, order, actor, alone=alone, incident=incident)
        if signed is not None:
            prepared = read_statement(signed.statement, at=ports.clock())
            if {**members_of(taking), "at": prepared["at"]} != prepared:
                raise SealStepRefused("statement-expired")
        intent = ports.intents.open(
            "seal.step",
            {"seal_id": life.seal_id, "step": order.step.value, "number": life.steps + 1},
        )
        try:
            facts, made = self._outside(taking)
            if signed is None:
                signed = signed_by_platform(ports, write_statement({**members_of(taking), **facts}))
            with ports.ledger.transaction() as tx:
                now = store.believed_life(tx.connection, life.seal_id)
                if now.steps != life.steps:
                    raise _Meanwhile
                if also is not None:
                    also(tx)
                write_step(tx, taking, made, signed, step_id=ports.random(16).hex())
                if order.step in PUBLISHED:
                    self._status.publish(tx, life.seal_id)
                ports.intents.close(tx, intent, "taken")
        except _Meanwhile:
            ports.intents.fail(intent, "done-meanwhile")
            if also is not None:  # what belongs to the step was not done
                raise SealStepRefused("statement-expired") from None
            return self._after_all(order, actor, signed)
        except Exception as error:
            ports.intents.fail(intent, type(error).__name__)
            raise
        if taking.rule.state is LifeState.CANCELLED or order.step is Step.ACTIVATE:
            self.finish()
        return self.get(life.seal_id)

    def _after_all(self, order: StepOrder, actor: Actor, signed: Signed | None) -> SealLife:
        """Somebody was quicker: fine if it was this very step."""
        with self._ports.database.read() as connection:
            life = store.read_life(connection, order.seal_id)
            found = signed is not None and store.find_step(connection, signed.sha256) is not None
            if found or self._repeated(connection, life, order, actor):
                return life
        raise SealStepRefused("statement-expired")

    def _repeated(self, connection: Connection, life: SealLife, order: StepOrder, actor: Actor) -> bool:
        """Was this the last step of this seal, by this person?  Then a second click changes nothing."""
        last = store.steps(connection, life.seal_id)[-1]
        same = (last.step, last.actor) == (order.step, actor.account_id)
        return same and (order.step, life.state, life.change) not in RULES

    def _outside(self, taking: Taking) -> tuple[dict[str, Json], dict[str, Any] | None]:
        """What has to be done before the transaction: make, or destroy.  Both can be done again."""
        ports, life, step = self._ports, taking.life, taking.order.step
        if step in (Step.MAKE, Step.REMAKE):
            with ports.database.read() as connection:
                number = store.newest_edition(connection, life.seal_id) + 1
            design = life.change_design if step is Step.REMAKE and life.change_design else life.design
            made = make_edition(ports, life, design, number=number, at=taking.at, by=taking.actor.account_id)
            facts: dict[str, Json] = {
                "edition": number,
                "esl_sha256": made["esl_sha256"],
                "esl_sm3": made["esl_sm3"],
                "certificate_id": made["certificate_id"],
            }
            return facts, made
        if step is Step.DESTROY:
            with ports.database.read() as connection:
                found = [one for one, _ in store.editions(connection, life.seal_id)]
            keys: list[Json] = []
            for one in found:
                certificate = ports.certificates.sealing(one.certificate_id).certificate
                ports.vault.destroy_key(one.key_label)
                if one.key_label in ports.vault.labels():
                    raise SealStepRefused("not-possible-now", "the key is still in the vault")
                keys.append({"edition": one.edition, "key_id": certificate.public_key.key_id.hex()})
            return {"keys_destroyed": keys}, None
        return {}, None


def _require_signable(order: StepOrder) -> None:
    """What was made, and which keys are destroyed, is known only afterwards: the platform signs it."""
    if order.step in (Step.MAKE, Step.REMAKE, Step.DESTROY):
        raise SealStepRefused("not-possible-now", "the platform signs what it makes or destroys")
