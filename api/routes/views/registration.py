# SPDX-License-Identifier: Apache-2.0
"""The registration officer's page: what waits, for whom, who approved; approve, refuse, hand out codes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from ca import PROFILES

from ...accounts import NoSuchAccount, NotAllowed
from ...certificates import NoSuchCertificate
from ...enrolment import ENROLLED, FOR_ACCOUNTS, CodeOrder, Enrolment, Person, concerns, may_register
from ...login import Session
from ...pages import render
from ...pages.words import china
from ...problems import Problem
from ...wiring import Service
from ..access import Right, ServiceOf, SessionOf, Visitor, form_sender, require
from ..enrolment import person_of
from ..holding import act_on
from .frame import expected, frame
from .holder import application

router = APIRouter(prefix="/registration", include_in_schema=False)
CHANNELS = {"rest": "接口", "browser": "网页", "est": "设备(EST)", "acme": "ACME", "console": "控制台"}


@router.get("")
def waiting(request: Request, session: SessionOf, service: ServiceOf) -> Response:
    """What waits for this officer."""
    require(session, Right.REGISTER)
    return _queue(request, session, service)


@router.post("/codes")
def invite(
    request: Request,
    session: Visitor,
    service: ServiceOf,
    profile: Annotated[str, Form()] = "",
    subject: Annotated[str, Form()] = "",
    holder_name: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Hand out a code; it is on the page that answers, once."""
    sender = form_sender(session, csrf, Right.REGISTER, back="/registration")
    try:
        order = _code_order(service, profile.strip(), subject.strip(), holder_name.strip())
        code = service.enrolments.make_code(order, person_of(sender))
        made = service.enrolments.code(code)
    except Exception as error:
        return _queue(request, sender, service, problem=expected(error))
    shown = {
        "code": code,
        "holder_name": made.holder_name,
        "title": PROFILES[made.profile].zh,
        "until": china(made.expires_at),
    }
    return _queue(request, sender, service, code=shown)


@router.post("/holdings")
def at_the_counter(
    request: Request,
    session: Visitor,
    service: ServiceOf,
    query: Annotated[str, Form()] = "",
    verb: Annotated[Literal["suspend", "resume"], Form()] = "suspend",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Suspend or resume for a holder who cannot log in any more."""
    sender = form_sender(session, csrf, Right.REGISTER, back="/registration")
    if not may_register(sender.roles):
        raise NotAllowed("suspend for others", roles=sender.roles)
    try:
        found = [one for one in service.holdings.asked(query) if one.key_label is None]
        if len(found) != 1:
            raise NoSuchCertificate(query[:64])
        changed = act_on(service, sender, found[0].certificate_id, verb)
    except Exception as error:
        return _queue(request, sender, service, problem=expected(error))
    state = {"suspended": "已挂失", "good": "已恢复"}.get(changed.status, changed.status)
    return _queue(request, sender, service, notice=f"{state}:{changed.first.holder_name}")


@router.post("/{enrolment_id}/approve")
def approve(
    request: Request,
    enrolment_id: str,
    session: Visitor,
    service: ServiceOf,
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Say yes."""
    sender = form_sender(session, csrf, Right.REGISTER, back="/registration")
    try:
        service.enrolments.approve(enrolment_id, person_of(sender))
    except Exception as error:
        return _queue(request, sender, service, problem=expected(error))
    return RedirectResponse("/registration", 303)


@router.post("/{enrolment_id}/refuse")
def refuse(
    request: Request,
    enrolment_id: str,
    session: Visitor,
    service: ServiceOf,
    reason: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Say no with a reason."""
    sender = form_sender(session, csrf, Right.REGISTER, back="/registration")
    try:
        service.enrolments.refuse(enrolment_id, reason, person_of(sender))
    except Exception as error:
        return _queue(request, sender, service, problem=expected(error))
    return RedirectResponse("/registration", 303)


def _code_order(service: Service, profile: str, subject: str, holder_name: str) -> CodeOrder:
    """A person's account is found by the subject; a unit needs none."""
    if profile not in FOR_ACCOUNTS:
        return CodeOrder(profile, subject, holder_name)
    account = service.accounts.of_subject(subject)
    return CodeOrder(profile, account.subject, account.name, account.account_id)


def _queue(
    request: Request,
    session: Session,
    service: Service,
    *,
    problem: Problem | None = None,
    code: dict[str, str] | None = None,
    notice: str = "",
) -> Response:
    person = person_of(session)
    values = {
        **frame(session, "registration"),
        "agency": service.agency_name(session.agency) if session.agency else "",
        "problem": problem.as_json() if problem else None,
        "code": code,
        "notice": notice,
        "may_invite": may_register(session.roles),
        "profiles": [
            (name, PROFILES[name].zh, name in FOR_ACCOUNTS) for name in ENROLLED if name in PROFILES
        ],
        "waiting": [_case(service, one, person) for one in service.enrolments.queue(person)],
        "decided": [_case(service, one, person) for one in service.enrolments.decided(person)],
    }
    return render(request, "registration.html", values, status=problem.status if problem else 200)


def _case(service: Service, found: Enrolment, person: Person) -> dict[str, Any]:
    given = [one.officer for one in found.approvals]
    return {
        **application(found),
        "channel": CHANNELS[found.channel.value],
        "submitted_by": _name(service, found.submitted_by),
        "office": service.agency_name(found.agency),
        "key": found.key_id,
        "names": [name.partition(":")[2] for name in found.names],
        "approvals": [
            {"name": _name(service, one.officer), "time": china(one.given_at)} for one in found.approvals
        ],
        "own": concerns(found, person),
        "approved_by_me": person.account_id in given,
        "again": found.state.value == "approved",
    }


def _name(service: Service, account_id: str) -> str:
    try:
        return service.accounts.get(account_id).name
    except NoSuchAccount:
        return {"code": "持注册码者"}.get(account_id, account_id)
