# SPDX-License-Identifier: Apache-2.0
"""Use of a seal is asked for and approved (用印审批), each step a statement under a signature.

The statements are those of a seal's life (decision 0024) with words of their own: signed by the actor's key,
or by the platform naming the actor.  Row, step and entries are one transaction; nothing is stored between
preparing and completing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

from relying import Json
from verify import canonical_json

from ..accounts import Role
from ..database.tables_warrants import use_requests
from ..seals import (
    CONTEXT,
    Actor,
    RegisteredSeal,
    SealPorts,
    SealStepRefused,
    Signed,
    Use,
    moment_of,
    read_statement,
    signed_by_actor,
    signed_by_platform,
    write_statement,
)
from . import store
from .errors import ApprovalRefused, NoSuchUseRequest
from .model import (
    LONGEST_CASE,
    MOST_COPIES,
    MOST_DAYS,
    RequestState,
    RequestStep,
    TakenRequestStep,
    UseOrder,
    UsePolicy,
    UseRequest,
)

_LONGEST_REASON = 500
_OPEN = frozenset({RequestState.WAITING, RequestState.APPROVED})


class Rights(Protocol):
    """Grants and mandates."""

    def require_right(self, use: Use) -> None:
        """Raise, recorded, unless somebody may use the seal for this at all."""


class Seals(Protocol):
    """The seals that are used."""

    def get(self, seal_id: str) -> RegisteredSeal:
        """One seal; raises :class:`api.seals.NoSuchSeal`."""


class UseRequests:
    """Policies and requests.  Safe to share between threads and processes."""

    def __init__(self, ports: SealPorts, seals: Seals, rights: Rights) -> None:
        self._ports, self._seals, self._rights = ports, seals, rights

    # Policies

    def policy(self, seal_id: str) -> UsePolicy:
        """How uses of this seal are approved."""
        self._seals.get(seal_id)
        with self._ports.database.read() as connection:
            return store.policy_of(connection, seal_id)

    def set_policy(self, policy: UsePolicy, *, by: str) -> UsePolicy:
        """Demand none, one or two approvers.  Raises :class:`ApprovalRefused`."""
        self._seals.get(policy.seal_id)
        if policy.approvers not in (0, 1, 2) or not 1 <= policy.days <= MOST_DAYS or not policy.roles:
            raise ApprovalRefused("policy-malformed")
        if Role.OPERATOR in policy.roles:
            raise ApprovalRefused("policy-malformed", "operators approve no uses", field="roles")
        with self._ports.ledger.transaction() as tx:
            if store.policy_of(tx.connection, policy.seal_id) != policy:
                store.write_policy(tx, policy, at=self._ports.clock(), by=by)
        return policy

    # Steps

    def ask(self, order: UseOrder, actor: Actor) -> UseRequest:
        """Ask; the platform seals the statement.  The same words, not decided yet, are the same request."""
        order, policy = self._checked(order, actor)
        for one in self.of_asker(actor.account_id):
            if one.state is RequestState.WAITING and _order_of(one) == order:
                return one
        members = self._asking(order, policy, actor, self._ports.random(16).hex())
        return self._ask(order, policy, actor, members, self._platform(members))

    def prepare_ask(self, order: UseOrder, actor: Actor) -> bytes:
        """What the asker's key signs."""
        order, policy = self._checked(order, actor)
        return CONTEXT + write_statement(self._asking(order, policy, actor, self._ports.random(16).hex()))

    def take(self, request_id: str, step: RequestStep, reason: str, actor: Actor) -> UseRequest:
        """Approve, refuse or withdraw; the platform seals the statement that names the actor."""
        found = self._believed(request_id)
        members = self._members(found, step, self._reason(reason, step), actor)
        return self._take(found, step, actor, members, self._platform(members))

    def prepare(self, request_id: str, step: RequestStep, reason: str, actor: Actor) -> bytes:
        """What the actor's key signs for this step."""
        found = self._believed(request_id)
        return CONTEXT + write_statement(self._members(found, step, self._reason(reason, step), actor))

    def complete(self, to_be_signed: bytes, certificate: bytes, signature: bytes, actor: Actor) -> UseRequest:
        """Take what was prepared, under the actor's own signature.  Safe to repeat."""
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
        with ports.database.read() as connection:
            if (before := store.find_step(connection, signed.sha256)) is not None:
                return store.believed_request(connection, before)
        try:
            step, request_id = RequestStep(str(members["step"])), str(members["request_id"])
            reason = str(members["reason"])
            if step is RequestStep.ASK:
                order = UseOrder(
                    str(members["seal_id"]),
                    str(members["document_type"]),
                    str(members["case"]),
                    int(str(members["copies"])),
                    reason,
                )
        except (KeyError, ValueError) as error:
            raise SealStepRefused("statement-malformed") from error
        if step is RequestStep.ASK:
            order, policy = self._checked(order, actor)
            self._same(members, self._asking(order, policy, actor, request_id))
            return self._ask(order, policy, actor, members, signed)
        found = self._believed(request_id)
        self._same(members, self._members(found, step, self._reason(reason, step), actor))
        return self._take(found, step, actor, members, signed)

    # Looking

    def get(self, request_id: str, actor: Actor) -> UseRequest:
        """One request, for its asker and those who may approve it; elsewhere it does not exist."""
        found = self._believed(request_id)
        if actor.account_id != found.asker and not self.may_approve(found, actor):
            raise NoSuchUseRequest(request_id)
        return found

    def steps(self, request_id: str) -> tuple[TakenRequestStep, ...]:
        """Every step with its statement and signature."""
        with self._ports.database.read() as connection:
            return store.steps_of(connection, request_id)

    def of_asker(self, account_id: str) -> tuple[UseRequest, ...]:
        """What somebody asked for, oldest first."""
        with self._ports.database.read() as connection:
            return store.find_requests(connection, use_requests.c.asker == account_id)

    def waiting_for(self, actor: Actor) -> tuple[UseRequest, ...]:
        """What this person may approve now, oldest first."""
        with self._ports.database.read() as connection:
            waiting = store.find_requests(connection, use_requests.c.state == RequestState.WAITING.value)
        return tuple(
            one
            for one in waiting
            if actor.account_id != one.asker
            and actor.account_id not in one.approved_by
            and self.may_approve(one, actor)
        )

    def may_approve(self, found: UseRequest, actor: Actor) -> bool:
        """Has this login a role that approves uses of this seal?  Who asked is another question."""
        holder, office = self._seals.get(found.seal_id).holder, self._ports.office
        if actor.acts_for is not None:
            return Role.APPLICANT in found.roles and actor.acts_for == holder
        allowed = found.roles & actor.roles
        return (Role.OFFICER in allowed and actor.agency == holder) or (
            Role.REGISTRAR in allowed and actor.agency in (holder, office)
        )

    # Rules

    def _checked(self, order: UseOrder, actor: Actor) -> tuple[UseOrder, UsePolicy]:
        order = UseOrder(
            order.seal_id,
            order.document_type.strip(),
            order.case.strip(),
            order.copies,
            self._reason(order.reason, RequestStep.REFUSE),
        )
        if not 0 < len(order.case) <= LONGEST_CASE or not order.case.isprintable():
            raise ApprovalRefused("request-malformed", field="case")
        if not 1 <= order.copies <= MOST_COPIES:
            raise ApprovalRefused("request-malformed", field="copies")
        seal = self._seals.get(order.seal_id)
        policy = self.policy(order.seal_id)
        if policy.approvers == 0:
            raise ApprovalRefused("not-needed")
        self._rights.require_right(
            Use(
                officer=actor.account_id,
                agency=actor.agency,
                seal_id=order.seal_id,
                holder=seal.holder,
                document_type=order.document_type,
            )
        )
        return order, policy

    @staticmethod
    def _reason(reason: str, step: RequestStep) -> str:
        text = reason.strip()
        if len(text) > _LONGEST_REASON or not text.replace("\n", "").replace("\r", "").isprintable():
            raise ApprovalRefused("reason-missing", field="reason")
        if not text and step is RequestStep.REFUSE:
            raise ApprovalRefused("reason-missing", field="reason")
        return text

    def _require_step(self, found: UseRequest, step: RequestStep, actor: Actor) -> None:
        if step is RequestStep.WITHDRAW:
            if actor.account_id != found.asker:
                raise ApprovalRefused("not-yours")
            allowed = _OPEN
        else:
            if actor.account_id == found.asker:
                raise ApprovalRefused("own-request")
            if not self.may_approve(found, actor):
                raise ApprovalRefused("not-yours")
            # An approval may be taken back by an approver; agreeing twice is one person.
            allowed = _OPEN if step is RequestStep.REFUSE else frozenset({RequestState.WAITING})
        if step is RequestStep.ASK or found.state not in allowed:
            raise ApprovalRefused("decided")
        if step is RequestStep.APPROVE and actor.account_id in found.approved_by:
            raise ApprovalRefused("approved-already")

    # Statements

    def _asking(self, order: UseOrder, policy: UsePolicy, actor: Actor, request_id: str) -> dict[str, Json]:
        return {
            "step": RequestStep.ASK.value,
            "seal_id": order.seal_id,
            "request_id": request_id,
            "number": 1,
            "at": moment_of(self._ports.clock()),
            "actor": actor.account_id,
            "document_type": order.document_type,
            "case": order.case,
            "copies": order.copies,
            "reason": order.reason,
            "approvers": policy.approvers,
            "from": "",
            "to": RequestState.WAITING.value,
        }

    def _members(self, found: UseRequest, step: RequestStep, reason: str, actor: Actor) -> dict[str, Json]:
        self._require_step(found, step, actor)
        return {
            "step": step.value,
            "seal_id": found.seal_id,
            "request_id": found.request_id,
            "number": found.steps + 1,
            "at": moment_of(self._ports.clock()),
            "actor": actor.account_id,
            "asker": found.asker,
            "document_type": found.document_type,
            "case": found.case,
            "copies": found.copies,
            "reason": reason,
            "from": found.state.value,
            "to": _after(found, step).value,
        }

    def _platform(self, members: dict[str, Json]) -> Signed:
        return signed_by_platform(self._ports, write_statement(members))

    @staticmethod
    def _same(members: dict[str, Json], expected: dict[str, Json]) -> None:
        if {**expected, "at": members.get("at")} != members:
            raise SealStepRefused("statement-expired")

    # Writing

    def _ask(
        self, order: UseOrder, policy: UsePolicy, actor: Actor, members: dict[str, Json], signed: Signed
    ) -> UseRequest:
        request_id, at = str(members["request_id"]), self._ports.clock()
        with self._ports.ledger.transaction() as tx:
            if store.find_step(tx.connection, signed.sha256) is not None:
                return store.believed_request(tx.connection, request_id)
            if store.find_requests(tx.connection, use_requests.c.id == request_id):
                raise SealStepRefused("statement-expired")
            values = {
                "seal_id": order.seal_id,
                "asker": actor.account_id,
                "agency": actor.agency,
                "document_type": order.document_type,
                "case_number": order.case,
                "copies": order.copies,
                "reason": order.reason,
                "approvers": policy.approvers,
                "roles": store.roles_text(policy.roles),
                "days": policy.days,
                "state": RequestState.WAITING.value,
                "approved_by": "[]",
                "steps": 1,
                "asked_at": at,
                "decided_at": None,
                "valid_until": None,
            }
            store.write_request(tx, request_id, values, step=RequestStep.ASK)
            self._keep(tx, request_id, members, signed)
            return store.as_request(store.request_row(tx.connection, request_id))

    def _take(
        self, found: UseRequest, step: RequestStep, actor: Actor, members: dict[str, Json], signed: Signed
    ) -> UseRequest:
        at = self._ports.clock()
        with self._ports.ledger.transaction() as tx:
            if store.find_step(tx.connection, signed.sha256) is not None:
                return store.believed_request(tx.connection, found.request_id)
            if store.believed_request(tx.connection, found.request_id) != found:
                raise SealStepRefused("statement-expired")  # somebody else was quicker
            state = _after(found, step)
            values: dict[str, Any] = {"steps": found.steps + 1, "state": state.value}
            if step is RequestStep.APPROVE:
                agreed = [*found.approved_by, actor.account_id]
                values["approved_by"] = canonical_json(agreed).decode()
            if state is not RequestState.WAITING:
                values["decided_at"] = at
            if state is RequestState.APPROVED:
                values["valid_until"] = at + timedelta(days=found.days)
            store.write_request(tx, found.request_id, values, step=step)
            self._keep(tx, found.request_id, members, signed)
            return store.as_request(store.request_row(tx.connection, found.request_id))

    def _keep(self, tx: Any, request_id: str, members: dict[str, Json], signed: Signed) -> None:
        store.add_step(
            tx,
            {
                "id": self._ports.random(16).hex(),
                "request_id": request_id,
                "number": members["number"],
                "step": members["step"],
                "actor": members["actor"],
                "state": members["to"],
                "at": self._ports.clock(),
                "reason": members["reason"],
                "statement": signed.statement,
                "statement_sha256": signed.sha256,
                "signed_by": signed.signed_by.value,
                "certificate": signed.certificate,
                "signature": signed.signature,
            },
        )

    def _believed(self, request_id: str) -> UseRequest:
        with self._ports.database.read() as connection:
            return store.believed_request(connection, request_id)


def _after(found: UseRequest, step: RequestStep) -> RequestState:
    match step:
        case RequestStep.APPROVE:
            return RequestState.WAITING if found.lacking > 1 else RequestState.APPROVED
        case RequestStep.REFUSE:
            return RequestState.REFUSED
        case _:
            return RequestState.WITHDRAWN


def _order_of(found: UseRequest) -> UseOrder:
    return UseOrder(found.seal_id, found.document_type, found.case, found.copies, found.reason)
