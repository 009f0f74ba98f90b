# SPDX-License-Identifier: Apache-2.0
"""How documents stand: the signed list for everybody, and changes by the agency that issued the document."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import Field

from ..standings import StandingChange
from .access import Right, ServiceOf, SessionOf, require
from .bodies import RequestBody, moment

router = APIRouter(tags=["documents"])


class NewState(RequestBody):
    """A change: the state, a reason code, and the decision behind it."""

    state: str = Field(max_length=20)
    reason: str = Field(max_length=40)
    decision: str = Field(default="", max_length=200)


@router.get("/document-status.json")
def status_list(service: ServiceOf) -> Response:
    """The signed list of how every document stands (yinxin-document-status/1)."""
    return Response(
        service.document_status.current(),
        media_type="application/json",
        headers={"Cache-Control": "public, max-age=60"},
    )


@router.post("/api/v1/documents/{document_id}/state", status_code=201)
def change(document_id: str, body: NewState, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Change how a document stands; the public list says so when this returns."""
    require(session, Right.DECIDE)
    made = service.document_standings.change(
        document_id,
        body.state,
        reason=body.reason,
        decision=body.decision,
        by=session.account_id,
        agency=session.agency,
    )
    return shown(made)


def shown(one: StandingChange) -> dict[str, object]:
    """A change as JSON."""
    return {
        "document_id": one.document_id,
        "state": one.state.value,
        "at": moment(one.at),
        "reason": one.reason,
        "decision": one.decision,
    }
