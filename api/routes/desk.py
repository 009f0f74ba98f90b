# SPDX-License-Identifier: Apache-2.0
"""The officer's desk over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import StringConstraints

from .access import Right, ServiceOf, SessionOf, require
from .bodies import Id, RequestBody
from .documents import links
from .submissions import shown

router = APIRouter(prefix="/api/v1/desk", tags=["desk"])


class Approval(RequestBody):
    """Which seal to use."""

    seal_id: Id


class Return(RequestBody):
    """Why the applicant has to correct something; the applicant reads it."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


@router.get("")
def waiting(session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """What waits for a decision of this officer's agency."""
    require(session, Right.DECIDE)
    return {"waiting": [shown(service, one) for one in service.desk.waiting(session.agency)]}


@router.post("/{submission_id}/approve")
def approve(submission_id: Id, body: Approval, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Approve, seal, publish: one act, once."""
    require(session, Right.DECIDE)
    issued = service.desk.approve(submission_id, body.seal_id, service.officer(session))
    return {"submission_id": submission_id, **(links(service, issued.document_id) or {})}


@router.post("/{submission_id}/return")
def send_back(submission_id: Id, body: Return, session: SessionOf, service: ServiceOf) -> dict[str, str]:
    """Return to the applicant with a reason."""
    require(session, Right.DECIDE)
    service.desk.send_back(submission_id, body.reason, service.officer(session))
    return {"submission_id": submission_id, "state": "returned"}
