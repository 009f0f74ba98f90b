# SPDX-License-Identifier: Apache-2.0
"""Many files under one confirmation, for the applicant: the key is opened in the page and signs there."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from starlette.responses import RedirectResponse

from ...batches import MOST_ITEMS, MOST_SIGNED
from ...login import Session
from ...pages import render
from ...problems import Problem
from ...wiring import Service
from ..access import Right, ServiceOf, SessionOf, Visitor, form_sender, require
from ..batches import own_orderer
from .batch_desk import batch_line, batch_values
from .frame import expected, frame

router = APIRouter(prefix="/applicant/batches", include_in_schema=False)


@router.get("")
def listed(request: Request, session: SessionOf, service: ServiceOf) -> Response:
    """The batches of this login's own key, and the form that makes one."""
    require(session, Right.FILE_SUBMISSIONS)
    found = service.batches.listed(own_orderer(service, session), own=True)
    values = {
        **frame(session, "applicant"),
        "batches": [batch_line(one) for one in found],
        "most": MOST_SIGNED,
    }
    return render(request, "own_batches.html", values)


@router.get("/{batch_id}")
def one(
    request: Request,
    batch_id: str,
    session: SessionOf,
    service: ServiceOf,
    after: Annotated[int, Query(ge=0, le=MOST_ITEMS)] = 0,
) -> Response:
    """One batch: the bar and its files."""
    require(session, Right.FILE_SUBMISSIONS)
    return _one(request, session, service, batch_id, after=after)


@router.post("/{batch_id}/cancel")
def cancel(
    request: Request,
    batch_id: str,
    session: Visitor,
    service: ServiceOf,
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """End it."""
    sender = form_sender(session, csrf, Right.FILE_SUBMISSIONS, back=f"/applicant/batches/{batch_id}")
    try:
        service.batches.cancel(batch_id, own_orderer(service, sender))
    except Exception as error:
        return _one(request, sender, service, batch_id, problem=expected(error))
    return RedirectResponse(f"/applicant/batches/{batch_id}", 303)


def _one(
    request: Request,
    session: Session,
    service: Service,
    batch_id: str,
    *,
    after: int = 0,
    problem: Problem | None = None,
) -> Response:
    values = {
        **frame(session, "applicant"),
        **batch_values(service, own_orderer(service, session), batch_id, after=after),
        "base": "/applicant/batches",
        "problem": problem.as_json() if problem else None,
    }
    return render(request, "batch.html", values, status=problem.status if problem else 200)
