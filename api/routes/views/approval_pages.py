# SPDX-License-Identifier: Apache-2.0
"""Pages of approval before use (用印审批): what waits for this login, what it asked for, and the form to ask.

Everything works by reloading; the platform seals the statement that names whoever sent a form.  Programs and
token holders sign for themselves: :mod:`api.routes.approvals`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from pydantic import StringConstraints
from starlette.responses import RedirectResponse

from ...accounts import NoSuchAccount
from ...approvals import ApprovalRefused, RequestState, RequestStep, UseOrder, UseRequest
from ...login import Session
from ...pages import render
from ...pages.words import china
from ...problems import Problem
from ...wiring import Service
from ..access import ServiceOf, SessionOf, Visitor, form_sender
from ..seal_lives import actor_of
from .frame import expected, frame

router = APIRouter(prefix="/approvals", include_in_schema=False)
RequestId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
STATES = {
    RequestState.WAITING: ("待审批", "Waiting", "warn-tag"),
    RequestState.APPROVED: ("已同意", "Approved", "pass-tag"),
    RequestState.REFUSED: ("未同意", "Refused", "fail-tag"),
    RequestState.WITHDRAWN: ("已收回", "Withdrawn", ""),
}


@router.get("")
def queue(request: Request, session: SessionOf, service: ServiceOf) -> Response:
    """What waits, what was asked."""
    return _page(request, session, service)


@router.post("")
def ask(
    request: Request,
    session: Visitor,
    service: ServiceOf,
    seal_id: Annotated[str, Form()] = "",
    document_type: Annotated[str, Form()] = "",
    case: Annotated[str, Form()] = "",
    copies: Annotated[str, Form()] = "1",
    reason: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Ask for the use of a seal."""
    sender = form_sender(session, csrf, back="/approvals")
    try:
        if not copies.strip().isascii() or not copies.strip().isdigit():
            raise ApprovalRefused("request-malformed", field="copies")
        order = UseOrder(seal_id.strip(), document_type.strip(), case, int(copies.strip()[:9]), reason)
        service.use_requests.ask(order, actor_of(sender))
    except Exception as error:
        return _page(request, sender, service, problem=expected(error))
    return RedirectResponse("/approvals", 303)


@router.post("/{request_id}")
def take(
    request: Request,
    request_id: RequestId,
    session: Visitor,
    service: ServiceOf,
    step: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Approve, refuse, withdraw."""
    sender = form_sender(session, csrf, back="/approvals")
    try:
        actor = actor_of(sender)
        wanted = RequestStep(step) if step in set(RequestStep) else RequestStep.ASK
        service.use_requests.get(request_id, actor)
        service.use_requests.take(request_id, wanted, reason, actor)
    except Exception as error:
        return _page(request, sender, service, problem=expected(error))
    return RedirectResponse("/approvals", 303)


def _page(request: Request, session: Session, service: Service, problem: Problem | None = None) -> Response:
    actor, requests = actor_of(session), service.use_requests
    asked = tuple(reversed(requests.of_asker(actor.account_id)))
    values = {
        **frame(session, "seals"),
        "problem": problem.as_json() if problem else None,
        "waiting": [_line(service, one) for one in requests.waiting_for(actor)],
        "asked": [_line(service, one) for one in asked],
        "seals": [
            {"id": one.seal_id, "name": f"{one.design.name} {one.design.line}".strip()}
            for one in service.seals.listed()
            if requests.policy(one.seal_id).approvers and one.holder in (session.agency, session.acts_for)
        ],
        "types": sorted({*service.document_types(), "file"}),
    }
    return render(request, "approvals.html", values, status=problem.status if problem else 200)


def _line(service: Service, one: UseRequest) -> dict[str, Any]:
    zh, en, tag = STATES[one.state]
    design = service.seals.get(one.seal_id).design
    return {
        "id": one.request_id,
        "seal": f"{design.name} {design.line}".strip(),
        "asker": _name(service, one.asker),
        "type": one.document_type,
        "case": one.case,
        "copies": one.copies,
        "reason": one.reason,
        "approvers": one.approvers,
        "approved_by": "、".join(_name(service, name) for name in one.approved_by),
        "state": zh,
        "state_en": en,
        "tag": tag,
        "at": china(one.asked_at),
        "until": "" if one.valid_until is None else china(one.valid_until),
        "open": one.state in (RequestState.WAITING, RequestState.APPROVED),
    }


def _name(service: Service, account_id: str) -> str:
    try:
        return service.accounts.get(account_id).name
    except NoSuchAccount:
        return account_id
