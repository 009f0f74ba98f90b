# SPDX-License-Identifier: Apache-2.0
"""The officer's door: what waits, one case with its checked files, approve and seal, return."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from verify import Indication

from ...login import Session
from ...pages import render
from ...pages.words import HEADLINES
from ...problems import Problem
from ...wiring import Service
from ..access import Right, ServiceOf, SessionOf, Visitor, form_sender, require
from .applicant import details, line, links
from .frame import expected, frame

router = APIRouter(prefix="/desk", include_in_schema=False)
TAGS = {
    Indication.TOTAL_PASSED: "pass-tag",
    Indication.TOTAL_FAILED: "fail-tag",
    Indication.INDETERMINATE: "warn-tag",
}
FAMILIES = {"SM2": "国密 SM2", "RSA": "RSA", "ECDSA": "ECDSA"}


@router.get("")
def waiting(request: Request, session: SessionOf, service: ServiceOf) -> Response:
    """What waits for this officer's agency, and what was decided lately."""
    require(session, Right.DECIDE)
    values = {
        **frame(session, "desk"),
        "agency": service.agency_name(session.agency),
        "notice": "",
        "waiting": [line(service, one) for one in service.desk.waiting(session.agency)],
        "decided": [line(service, one) for one in service.desk.decided(session.agency)],
    }
    return render(request, "desk.html", values)


@router.get("/{submission_id}")
def case(request: Request, submission_id: str, session: SessionOf, service: ServiceOf) -> Response:
    """One case; its sealed files are checked again each time it is opened."""
    require(session, Right.DECIDE)
    return _case(request, session, service, submission_id)


@router.post("/{submission_id}/approve")
def approve(
    request: Request,
    submission_id: str,
    session: Visitor,
    service: ServiceOf,
    seal_id: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Approve and seal."""
    sender = form_sender(session, csrf, Right.DECIDE, back=f"/desk/{submission_id}")
    try:
        service.desk.approve(submission_id, seal_id, service.officer(sender))
    except Exception as error:
        return _case(request, sender, service, submission_id, problem=expected(error))
    return RedirectResponse(f"/desk/{submission_id}", 303)


@router.post("/{submission_id}/return")
def send_back(
    request: Request,
    submission_id: str,
    session: Visitor,
    service: ServiceOf,
    reason: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Return with a reason."""
    sender = form_sender(session, csrf, Right.DECIDE, back=f"/desk/{submission_id}")
    try:
        service.desk.send_back(submission_id, reason.strip(), service.officer(sender))
    except Exception as error:
        return _case(request, sender, service, submission_id, problem=expected(error))
    return RedirectResponse("/desk", 303)


def _case(
    request: Request, session: Session, service: Service, submission_id: str, problem: Problem | None = None
) -> Response:
    found = service.desk.case(submission_id, session.agency)
    verdicts = service.desk.verdicts(found)
    shown: dict[str, Any] = details(service, found)
    for item, one in zip(shown["files"], found.items, strict=True):
        verdict = verdicts[one.item_id]
        item.update(verdict=HEADLINES[verdict.indication].zh, tag=TAGS[verdict.indication])
    shown |= {"document": links(service, found.document_id), "open": found.state.value == "sealed"}
    values = {
        **frame(session, "desk"),
        "submission": shown,
        "problem": problem.as_json() if problem else None,
        "seals": [
            {
                "id": one.seal_id,
                "name": f"{one.design.name} {one.design.line}".strip(),
                "svg_url": f"/seals/{one.seal_id}.svg",
                "family": FAMILIES[one.kind.family.value],
                "allowed": "您已获授权" if service.may_use(session, one, found.form) else "您未获授权",
            }
            for one in service.seals.listed(session.agency)
        ],
    }
    return render(request, "case.html", values, status=problem.status if problem else 200)
