# SPDX-License-Identifier: Apache-2.0
"""Enrolment over HTTP: apply with a login or with a code, decide, fetch what was issued."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from ca import PROFILES

from ..accounts import Right, rights_of
from ..enrolment import (
    ENROLLED,
    Channel,
    CodeOrder,
    Enrolment,
    EnrolmentOrder,
    NotIssuedYet,
    Person,
    State,
    approvals_needed,
    has_pair,
    pem,
    pkcs7,
)
from ..login import Session
from ..wiring import Service
from .access import ServiceOf, SessionOf, require
from .bodies import Base64, Id, RequestBody, Short, moment, to_base64

router = APIRouter(prefix="/api/v1/enrolments", tags=["enrolment"])
Names = Annotated[tuple[Short, ...], Field(max_length=20)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Reason = Annotated[str, StringConstraints(max_length=2000)]


class NewEnrolment(RequestBody):
    """An application; ``request`` is PKCS#10.  ``bundle``: with an encryption certificate as well."""

    profile: Short
    request: Base64
    rsa_request: Base64 | None = None
    account_id: Id | None = None
    holder: Short
    holder_name: Short
    names: Names = ()
    bundle: bool | None = None
    agency: str = ""


class NewCode(RequestBody):
    """For whom a code is made."""

    profile: Short
    account_id: Id | None = None
    holder: Short
    holder_name: Short
    agency: str = ""
    hours: int = 168


class WithCode(RequestBody):
    """An application by somebody who holds a code and has no login."""

    code: Code
    request: Base64
    rsa_request: Base64 | None = None
    names: Names = ()
    bundle: bool | None = None


class OnlyCode(RequestBody):
    """A code."""

    code: Code


class Refusal(RequestBody):
    """Why not; the applicant reads it."""

    reason: Reason


class Nothing(RequestBody):
    """An empty object."""


def person_of(session: Session) -> Person:
    """Who applies or decides."""
    return Person(session.account_id, session.subject, session.roles, session.agency, session.acts_for)


@router.post("", status_code=201)
def submit(
    body: NewEnrolment, session: SessionOf, service: ServiceOf, response: Response
) -> dict[str, object]:
    """Apply; the same application again is answered with 200 and is the same one."""
    order = EnrolmentOrder(
        profile=body.profile,
        request=body.request,
        holder=body.holder,
        holder_name=body.holder_name,
        account_id=body.account_id,
        rsa_request=body.rsa_request,
        names=body.names,
        bundle=body.bundle,
        agency=body.agency,
    )
    begun = service.clock()
    made = service.enrolments.submit(order, person_of(session), Channel.REST)
    return _answered(made, response, new=made.submitted_at >= begun)


@router.post("/codes", status_code=201)
def invite(body: NewCode, session: SessionOf, service: ServiceOf) -> dict[str, str | None]:
    """Make a code; it is in this answer and nowhere else."""
    require(session, Right.REGISTER)
    order = CodeOrder(
        profile=body.profile,
        holder=body.holder,
        holder_name=body.holder_name,
        account_id=body.account_id,
        agency=body.agency,
        hours=body.hours,
    )
    code = service.enrolments.make_code(order, person_of(session))
    return {"code": code, "expires_at": moment(service.enrolments.code(code).expires_at)}


@router.post("/by-code", status_code=201)
def submit_with_code(body: WithCode, service: ServiceOf, response: Response) -> dict[str, object]:
    """Apply with a code, which says everything but the key."""
    begun = service.clock()
    made = service.enrolments.submit_with_code(
        body.code,
        body.request,
        channel=Channel.BROWSER,
        rsa_request=body.rsa_request,
        bundle=body.bundle,
        names=body.names,
    )
    return _answered(made, response, new=made.submitted_at >= begun)


@router.post("/collect")
def collect(body: OnlyCode, service: ServiceOf) -> dict[str, object]:
    """What a code is for, what came of it, and the certificates once there are any."""
    code = service.enrolments.code(body.code)
    found = service.enrolments.by_code(body.code)
    told: dict[str, object] = {
        "profile": code.profile,
        "profile_name": PROFILES[code.profile].zh,
        "holder": code.holder,
        "holder_name": code.holder_name,
        "organisation": code.account_id is None,
        "expires_at": moment(code.expires_at),
        "enrolment": None,
    }
    if found is not None:
        told["enrolment"] = shown(found)
        if found.state is State.ISSUED:
            told["certificates"] = [to_base64(one) for one in issued(service, found)]
    return told


@router.get("")
def listed(session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """My applications; for those who decide, what waits for them; and what can be applied for."""
    person = person_of(session)
    waiting = service.enrolments.queue(person) if Right.REGISTER in rights_of(session.roles) else ()
    return {
        "mine": [shown(one) for one in service.enrolments.mine(person)],
        "waiting": [shown(one) for one in waiting],
        "profiles": [
            {
                "name": name,
                "zh": PROFILES[name].zh,
                "en": PROFILES[name].en,
                "approvals": approvals_needed(PROFILES[name]),
                "bundle": has_pair(PROFILES[name]),
            }
            for name in ENROLLED
            if name in PROFILES
        ],
    }


@router.get("/{enrolment_id}")
def show(enrolment_id: Id, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """One application."""
    return shown(service.enrolments.visible(enrolment_id, person_of(session)))


@router.post("/{enrolment_id}/approve")
def approve(
    enrolment_id: Id, session: SessionOf, service: ServiceOf, _body: Nothing | None = None
) -> dict[str, object]:
    """Say yes; with enough persons the certificates are issued when this answers."""
    require(session, Right.REGISTER)
    return shown(service.enrolments.approve(enrolment_id, person_of(session)))


@router.post("/{enrolment_id}/refuse")
def refuse(enrolment_id: Id, body: Refusal, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Say no with a reason."""
    require(session, Right.REGISTER)
    return shown(service.enrolments.refuse(enrolment_id, body.reason, person_of(session)))


@router.post("/{enrolment_id}/withdraw")
def withdraw(
    enrolment_id: Id, session: SessionOf, service: ServiceOf, _body: Nothing | None = None
) -> dict[str, object]:
    """Take an application back."""
    return shown(service.enrolments.withdraw(enrolment_id, person_of(session)))


@router.get("/{enrolment_id}/certificate")
def certificate(
    enrolment_id: Id,
    session: SessionOf,
    service: ServiceOf,
    form: Annotated[Literal["pem", "der", "p7b"], Query(alias="format")] = "pem",
) -> Response:
    """The certificates with their chain: PEM, PKCS#7, or the first one alone in DER."""
    found = service.enrolments.visible(enrolment_id, person_of(session))
    return packed(issued(service, found), form, name=enrolment_id[:8])


def packed(certificates: list[bytes], form: str, *, name: str) -> Response:
    """Certificates as a download."""
    if form == "der":
        content, media, ending = certificates[0], "application/pkix-cert", "cer"
    elif form == "p7b":
        content, media, ending = pkcs7(certificates), "application/x-pkcs7-certificates", "p7b"
    else:
        content, media, ending = pem(certificates).encode(), "application/x-pem-file", "pem"
    headers = {"Content-Disposition": f'attachment; filename="certificate-{name}.{ending}"'}
    return Response(content, media_type=media, headers=headers)


def issued(service: Service, found: Enrolment) -> list[bytes]:
    """What was issued, each certificate once, then their issuers.  Raises :class:`NotIssuedYet`."""
    if found.state is not State.ISSUED or found.certificate_id is None:
        raise NotIssuedYet(found.enrolment_id, found.state.value)
    members = service.holdings.holding(found.certificate_id).members
    if found.bundle_id is None:
        members = (service.certificates.get(found.certificate_id),)
    chains = [encoded for one in members for encoded in service.certificates.chain(one.certificate_id)]
    return list(dict.fromkeys([*(one.der for one in members), *chains]))


def _answered(made: Enrolment, response: Response, *, new: bool) -> dict[str, object]:
    if not new:
        response.status_code = 200
    return shown(made)


def shown(found: Enrolment) -> dict[str, object]:
    """An application as answers carry it."""
    return {
        "enrolment_id": found.enrolment_id,
        "profile": found.profile,
        "shape": found.shape.value,
        "channel": found.channel.value,
        "state": found.state.value,
        "holder": found.holder,
        "holder_name": found.holder_name,
        "account_id": found.account_id,
        "agency": found.agency,
        "names": list(found.names),
        "approvals": {"needed": found.needed, "given": len(found.approvals)},
        "submitted_at": moment(found.submitted_at),
        "decided_at": moment(found.decided_at),
        "reason": found.reason,
        "failure": found.failure,
        "certificate_id": found.certificate_id,
        "bundle_id": found.bundle_id,
    }
