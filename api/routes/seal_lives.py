# SPDX-License-Identifier: Apache-2.0
"""The life of seals over HTTP: apply, take steps (with one's own signature or without), look, say "not me".

Two ways to take a step.  With a key at hand: ``prepare`` answers the exact bytes, the caller signs them, the
second call takes the step.  Without: one call, and the platform seals a statement that names the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from keys import KeyKind
from seal import SealDesign, SealDesignRefused

from ..approvals import approvers_of, grounds
from ..login import Session
from ..seals import (
    Actor,
    NoSuchSeal,
    SealApplication,
    SealLife,
    SealStepRefused,
    SealType,
    SealUse,
    Side,
    Step,
    StepOrder,
    design_of,
)
from ..wiring import Service
from .access import ServiceOf, SessionOf
from .bodies import Base64, Id, Moment, RequestBody, Short, moment, to_base64

router = APIRouter(tags=["seals"])
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
DesignMembers = Annotated[dict[Short, str | bool | int], Field(max_length=30)]


class NewApplication(RequestBody):
    """What is applied for; ``code``: 14 digits, or empty to be allotted one.

    ``design``: members of a seal design, ``name`` at least; see ``GET /api/v1/seals/{seal_id}``.
    """

    holder: Short
    holder_name: Short
    type: SealType
    design: DesignMembers
    kind: KeyKind = KeyKind.SM2
    code: str = ""
    certificates: Annotated[tuple[Id, ...], Field(max_length=20)] = ()
    valid_until: Moment | None = None


class NewStep(RequestBody):
    """One step; ``reason`` is a code of lower-case letters, ``note`` is for people."""

    step: Step
    reason: Reason = ""
    note: Note = ""
    design: DesignMembers | None = None


class ToPrepare(RequestBody):
    """An application, or a step on one seal."""

    application: NewApplication | None = None
    seal_id: Id | None = None
    step: NewStep | None = None


class SignedStep(RequestBody):
    """What ``prepare`` answered, and the signature over exactly these bytes."""

    to_be_signed: Base64
    certificate: Base64
    signature: Base64


def actor_of(session: Session) -> Actor:
    """Who acts."""
    return Actor(session.account_id, session.roles, session.agency, session.acts_for)


def given_design(members: Mapping[str, str | bool | int]) -> SealDesign:
    """A design as somebody sent it: 样章 SPECIMEN is not theirs to leave out."""
    if "specimen" in members:
        raise SealDesignRefused(
            field="specimen",
            rule="印模均带样章字样 / every seal here says specimen",
            todo="请去掉该项 / leave it out",
        )
    return design_of(dict(members))


def application_of(body: NewApplication) -> SealApplication:
    """The application in a body."""
    return SealApplication(
        holder=body.holder,
        holder_name=body.holder_name,
        type=body.type,
        design=given_design(body.design),
        kind=body.kind,
        code=body.code,
        certificates=body.certificates,
        valid_until=body.valid_until,
    )


def order_of(seal_id: str, body: NewStep) -> StepOrder:
    """The step in a body."""
    design = None if body.design is None else given_design(body.design)
    return StepOrder(seal_id, body.step, body.reason, body.note, design)


@router.get("/seal-status.json")
def status_list(service: ServiceOf) -> Response:
    """The signed list of how every seal stood when (yinxin-seal-status/1)."""
    return Response(
        service.seal_status.current(),
        media_type="application/json",
        headers={"Cache-Control": "public, max-age=60"},
    )


@router.get("/api/v1/seals/{seal_id}")
def one(seal_id: Id, service: ServiceOf) -> dict[str, object]:
    """Who holds it, its code and type, how it stands, and what was published of each made seal."""
    return shown_life(service, service.seal_lives.get(seal_id))


@router.get("/api/v1/seals/{seal_id}/seal.esl")
def made_seal(
    seal_id: Id, service: ServiceOf, edition: Annotated[int | None, Query(ge=1, le=10_000)] = None
) -> Response:
    """The made seal in use (SES, GB/T 38540), or an earlier one by its number."""
    life = service.seal_lives.get(seal_id)
    wanted = edition or life.edition
    for found, _ in service.seal_lives.editions(seal_id):
        if found.edition == wanted:
            return Response(
                found.esl,
                media_type="application/octet-stream",
                headers={"Content-Disposition": f'attachment; filename="{life.code}-{wanted}.esl"'},
            )
    raise NoSuchSeal(seal_id)


@router.get("/api/v1/seal-applications")
def waiting(session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """What waits for somebody like this login, and every seal of the body that it speaks for."""
    return {
        "waiting": [shown_life(service, life) for life in waiting_for(service, session)],
        "held": [shown_life(service, life) for life in held_by(service, session)],
    }


@router.post("/api/v1/seal-applications", status_code=201)
def apply(body: NewApplication, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Apply for a seal.  The same application again is the same one."""
    return shown_life(service, service.seal_lives.apply(application_of(body), actor_of(session)))


@router.post("/api/v1/seals/{seal_id}/steps")
def take(seal_id: Id, body: NewStep, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Take a step; the platform seals the statement.  The same step again changes nothing."""
    return shown_life(service, service.seal_lives.take(order_of(seal_id, body), actor_of(session)))


@router.post("/api/v1/seal-steps/prepare")
def prepare(body: ToPrepare, session: SessionOf, service: ServiceOf) -> dict[str, str]:
    """The bytes to sign for an application or a step; good for ten minutes."""
    actor, lives = actor_of(session), service.seal_lives
    if body.application is not None and body.step is None:
        return {"to_be_signed": to_base64(lives.prepare_application(application_of(body.application), actor))}
    if body.step is None or body.seal_id is None or body.application is not None:
        raise SealStepRefused("statement-malformed", "an application, or a seal and a step")
    return {"to_be_signed": to_base64(lives.prepare(order_of(body.seal_id, body.step), actor))}


@router.post("/api/v1/seal-steps")
def complete(body: SignedStep, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Take what was prepared, under the caller's own signature.  Safe to repeat."""
    found = service.seal_lives.complete(
        body.to_be_signed, body.certificate, body.signature, actor_of(session)
    )
    return shown_life(service, found)


@router.get("/api/v1/seal-uses")
def uses(session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """The newest uses of the seals of the body that this login speaks for."""
    held = held_by(service, session)
    found = service.seal_uses.of([life.seal_id for life in held])
    approvers = approvers_by_use(service, found)
    return {"uses": [{**shown_use(one), "approvers": list(approvers.get(one.use_id, ()))} for one in found]}


@router.post("/api/v1/seals/{seal_id}/uses/{use_id}/not-me")
def not_me(seal_id: Id, use_id: Id, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Not me: the use is marked and the seal suspended at once; the office ends that."""
    return shown_life(service, service.seal_uses.deny(seal_id, use_id, actor_of(session)))


def waiting_for(service: Service, session: Session) -> tuple[SealLife, ...]:
    """What waits for the office or the operator, as far as this login may take a step of it."""
    actor, lives = actor_of(session), service.seal_lives
    return tuple(life for life in lives.queue() if lives.possible(life, actor))


def held_by(service: Service, session: Session) -> tuple[SealLife, ...]:
    """Every seal and application of the body that this login speaks for."""
    actor = actor_of(session)
    body = actor.acts_for if actor.acts_for is not None else actor.agency
    if not body:
        return ()
    found = service.seal_lives.of_holder(body)
    return tuple(life for life in found if Side.HOLDER in service.seal_lives.sides(life, actor))


def shown_life(service: Service, life: SealLife) -> dict[str, object]:
    """A seal as everybody may see it; who took which step is in the log under commitments, not here."""
    editions = [
        {
            "edition": made.edition,
            "esl_sha256": made.esl_sha256,
            "esl_sm3": made.esl_sm3,
            "valid_from": moment(made.valid_from),
            "valid_until": moment(made.valid_until),
            "history": [
                {
                    "state": change.state.value,
                    "at": moment(change.at),
                    "reason": change.reason,
                    "replaced_by": change.replaced_by,
                }
                for change in history
            ],
        }
        for made, history in service.seal_lives.editions(life.seal_id)
    ]
    return {
        "seal_id": life.seal_id,
        "code": life.code,
        "type": life.type.value,
        "holder": life.holder,
        "holder_name": life.holder_name,
        "name": life.design.name,
        "line": life.design.line,
        "kind": life.kind.value,
        "state": life.state.value,
        "change": life.change.value,
        "edition": life.edition,
        "editions": editions,
    }


def approvers_by_use(service: Service, uses: Sequence[SealUse]) -> dict[str, Sequence[str]]:
    """Who approved each use, by what went into its signature."""
    with service.database.read() as connection:
        found = grounds(connection, [one.use_id for one in uses])
    return {use_id: approvers_of(one) for use_id, one in found.items()}


def shown_use(use: SealUse) -> dict[str, object]:
    """A use as the holder sees it."""
    return {
        "use_id": use.use_id,
        "seal_id": use.seal_id,
        "at": moment(use.at),
        "officer": use.officer,
        "document_type": use.document_type,
        "document_id": use.document_id,
        "sha256": use.sha256,
        "documents": use.documents,
        "channel": use.channel,
        "denied_at": moment(use.denied_at),
    }
