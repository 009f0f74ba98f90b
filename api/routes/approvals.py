# SPDX-License-Identifier: Apache-2.0
"""Use of seals over HTTP: ask, approve, refuse, withdraw; the policy of a seal; mandates of its holder.

Two ways to take a step, as with the steps of a seal's life: ``prepare`` answers the exact bytes, the caller
signs them, the second call takes the step; or one call, and the platform seals a statement naming the caller.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from seal import EVERY_CHANNEL, Channel

from ..accounts import Role
from ..approvals import (
    MandateTerms,
    RequestStep,
    SealMandate,
    UseOrder,
    UsePolicy,
    UseRequest,
)
from ..seals import SealStepRefused
from .access import Right, ServiceOf, SessionOf, require
from .bodies import Base64, Id, Moment, RequestBody, Short, moment, to_base64
from .seal_lives import actor_of

router = APIRouter(tags=["seals"])
Words = Annotated[str, StringConstraints(max_length=500)]
Types = Annotated[frozenset[Short], Field(min_length=1, max_length=50)]
Channels = Annotated[frozenset[Channel], Field(min_length=1)]


class Policy(RequestBody):
    """``approvers``: 0, 1 or 2; ``roles``: who may approve; ``days``: how long an approval holds."""

    approvers: int
    roles: frozenset[Role] = frozenset({Role.OFFICER})
    days: int = 30


class NewRequest(RequestBody):
    """What the seal is to be used for, how often, and why."""

    seal_id: Id
    document_type: Short
    case: Short
    copies: int = 1
    reason: Words


class RequestStepTaken(RequestBody):
    """``approve-use``, ``refuse-use`` (with a reason) or ``withdraw-use``."""

    step: RequestStep
    reason: Words = ""


class ToPrepareUse(RequestBody):
    """A new request, or a step on one."""

    request: NewRequest | None = None
    request_id: Id | None = None
    step: RequestStepTaken | None = None


class SignedUseStep(RequestBody):
    """What ``prepare`` answered, and the signature over exactly these bytes."""

    to_be_signed: Base64
    certificate: Base64
    signature: Base64


class NewMandate(RequestBody):
    """Whom the holder lets use the seal, and the certificate that will seal the mandate."""

    seal_id: Id
    agent: Id
    document_types: Types
    valid_from: Moment
    valid_until: Moment
    channels: Channels = EVERY_CHANNEL
    most_uses: int | None = None
    certificate: Base64


class MandateSignature(RequestBody):
    """The signature over ``to_be_signed``."""

    signature: Base64


@router.get("/api/v1/seals/{seal_id}/use-policy")
def policy(seal_id: Id, _session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """How uses of this seal are approved."""
    return shown_policy(service.use_requests.policy(seal_id))


@router.put("/api/v1/seals/{seal_id}/use-policy")
def set_policy(seal_id: Id, body: Policy, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Demand none, one or two approvers for each use."""
    require(session, Right.MAKE_SEALS)
    wanted = UsePolicy(seal_id, body.approvers, body.roles, body.days)
    return shown_policy(service.use_requests.set_policy(wanted, by=session.account_id))


@router.get("/api/v1/seal-use-requests")
def listed(session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """What this login asked for, and what waits for it."""
    actor = actor_of(session)
    return {
        "asked": [shown_request(one) for one in service.use_requests.of_asker(actor.account_id)],
        "waiting": [shown_request(one) for one in service.use_requests.waiting_for(actor)],
    }


@router.post("/api/v1/seal-use-requests", status_code=201)
def ask(body: NewRequest, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Ask for the use of a seal.  The same words, not decided yet, are the same request."""
    return shown_request(service.use_requests.ask(order_of(body), actor_of(session)))


@router.get("/api/v1/seal-use-requests/{request_id}")
def one(request_id: Id, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """One request with its steps, for its asker and its approvers."""
    found = service.use_requests.get(request_id, actor_of(session))
    steps = [
        {
            "number": step.number,
            "step": step.step.value,
            "actor": step.actor,
            "at": moment(step.at),
            "reason": step.reason,
            "statement": to_base64(step.statement),
            "signed_by": step.signed_by.value,
            "certificate": to_base64(step.certificate),
            "signature": to_base64(step.signature),
        }
        for step in service.use_requests.steps(request_id)
    ]
    return {**shown_request(found), "history": steps}


@router.post("/api/v1/seal-use-requests/{request_id}/steps")
def take(request_id: Id, body: RequestStepTaken, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Approve, refuse or withdraw; the platform seals the statement."""
    actor = actor_of(session)
    service.use_requests.get(request_id, actor)
    return shown_request(service.use_requests.take(request_id, body.step, body.reason, actor))


@router.post("/api/v1/seal-use-steps/prepare")
def prepare(body: ToPrepareUse, session: SessionOf, service: ServiceOf) -> dict[str, str]:
    """The bytes to sign for a request or a step; good for ten minutes."""
    actor, requests = actor_of(session), service.use_requests
    if body.request is not None and body.step is None and body.request_id is None:
        return {"to_be_signed": to_base64(requests.prepare_ask(order_of(body.request), actor))}
    if body.step is None or body.request_id is None or body.request is not None:
        raise SealStepRefused("statement-malformed", "a request, or the id of one and a step")
    requests.get(body.request_id, actor)
    prepared = requests.prepare(body.request_id, body.step.step, body.step.reason, actor)
    return {"to_be_signed": to_base64(prepared)}


@router.post("/api/v1/seal-use-steps")
def complete(body: SignedUseStep, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Take what was prepared, under the caller's own signature.  Safe to repeat."""
    return shown_request(
        service.use_requests.complete(body.to_be_signed, body.certificate, body.signature, actor_of(session))
    )


@router.get("/api/v1/seal-mandates")
def mandates(session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """What this login was mandated, and what the body that it speaks for gave."""
    given = service.seal_mandates.of_agent(session.account_id)
    body = session.acts_for if session.acts_for is not None else session.agency
    return {
        "received": [shown_mandate(one) for one in given],
        "given": [shown_mandate(one) for one in (service.seal_mandates.of_holder(body) if body else ())],
    }


@router.post("/api/v1/seal-mandates", status_code=201)
def prepare_mandate(body: NewMandate, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Prepare a mandate; ``to_be_signed`` goes to the holder's key."""
    terms = MandateTerms(
        seal_id=body.seal_id,
        agent=body.agent,
        document_types=body.document_types,
        valid_from=body.valid_from,
        valid_until=body.valid_until,
        channels=body.channels,
        most_uses=body.most_uses,
    )
    return shown_mandate(service.seal_mandates.prepare(terms, body.certificate, actor_of(session)))


@router.get("/api/v1/seal-mandates/{mandate_id}")
def mandate(mandate_id: Id, session: SessionOf, service: ServiceOf) -> Response:
    """The sealed file, for ``yinxin verify``; of one that is not sealed yet, the record."""
    found = service.seal_mandates.visible(mandate_id, actor_of(session))
    return Response(found.sealed or found.record, media_type="application/json")


@router.post("/api/v1/seal-mandates/{mandate_id}/signature")
def seal_mandate(
    mandate_id: Id, body: MandateSignature, session: SessionOf, service: ServiceOf
) -> dict[str, object]:
    """Seal it: in force from now on.  Safe to repeat."""
    return shown_mandate(service.seal_mandates.complete(mandate_id, body.signature, actor_of(session)))


@router.delete("/api/v1/seal-mandates/{mandate_id}")
def revoke_mandate(mandate_id: Id, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """End it now."""
    return shown_mandate(service.seal_mandates.revoke(mandate_id, actor_of(session)))


def order_of(body: NewRequest) -> UseOrder:
    """The order in a body."""
    return UseOrder(body.seal_id, body.document_type, body.case, body.copies, body.reason)


def shown_policy(found: UsePolicy) -> dict[str, object]:
    """A policy as answers carry it."""
    return {
        "seal_id": found.seal_id,
        "approvers": found.approvers,
        "roles": sorted(one.value for one in found.roles),
        "days": found.days,
    }


def shown_request(found: UseRequest) -> dict[str, object]:
    """A request as its asker and its approvers see it."""
    return {
        "request_id": found.request_id,
        "seal_id": found.seal_id,
        "asker": found.asker,
        "document_type": found.document_type,
        "case": found.case,
        "copies": found.copies,
        "reason": found.reason,
        "approvers": found.approvers,
        "approved_by": list(found.approved_by),
        "state": found.state.value,
        "asked_at": moment(found.asked_at),
        "decided_at": moment(found.decided_at),
        "valid_until": moment(found.valid_until),
    }


def shown_mandate(found: SealMandate) -> dict[str, object]:
    """A mandate as its sides see it."""
    return {
        "mandate_id": found.mandate_id,
        "seal_id": found.terms.seal_id,
        "holder": found.holder,
        "agent": found.terms.agent,
        "document_types": sorted(found.terms.document_types),
        "channels": sorted(one.value for one in found.terms.channels),
        "valid_from": moment(found.terms.valid_from),
        "valid_until": moment(found.terms.valid_until),
        "most_uses": found.terms.most_uses,
        "state": found.state,
        "to_be_signed": None if found.to_be_signed is None else to_base64(found.to_be_signed),
        "sealed_at": moment(found.sealed_at),
        "revoked_at": moment(found.revoked_at),
    }
