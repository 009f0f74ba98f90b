# SPDX-License-Identifier: Apache-2.0
"""Recoveries of escrowed keys: asked for by operator or holder, approved by agents, told to the holder.

An approval is a signature; who sends it proves nothing.  An envelope opens for its recipient alone.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from keys import parse_public_key

from ..accounts import rights_of
from ..keycentre import to_be_signed
from ..keycentre.recoveries import Recovery
from ..login import Session
from ..wiring import Service
from .access import Right, ServiceOf, SessionOf, require, session_of, speaks_for
from .bodies import Base64, Id, RequestBody, Short, moment, to_base64

router = APIRouter(tags=["recoveries"])


class NewRecovery(RequestBody):
    """``key``: id of the escrowed key or of its bundle; ``recipient``: SubjectPublicKeyInfo of an SM2 key."""

    key: Id
    recipient: Base64
    reason: str


class NewApproval(RequestBody):
    """``signature`` of the agent's own key over ``to_be_signed``."""

    agent: Short
    signature: Base64


@router.post("/api/v1/recoveries", status_code=201)
def request(body: NewRecovery, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Ask for a key; the request is in the public log and the holder has a notice when this answers."""
    if service.recoveries.owner_of(body.key).account_id != session.account_id:
        require(session, Right.ISSUE_CERTIFICATES)
    recipient = parse_public_key(body.recipient)
    made = service.recoveries.request(body.key, recipient, reason=body.reason, by=session.account_id)
    return shown(service, made)


@router.get("/api/v1/recoveries")
def listed(session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """All recoveries, for operators and recovery agents."""
    _require_insider(session, service)
    return {"recoveries": [shown(service, one) for one in service.recoveries.listed()]}


@router.get("/api/v1/recoveries/mine")
def mine(session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """What this holder was told, and the recoveries of keys of the holder and of the body acted for."""
    room, whose = service.recoveries, speaks_for(session)
    return {
        "notices": [
            {
                "recovery_id": one.recovery_id,
                "happened": one.happened,
                "purpose": one.purpose.value,
                "at": moment(one.at),
            }
            for one in room.notices(*whose)
        ],
        "recoveries": [shown(service, one) for one in room.listed(*whose)],
    }


@router.get("/api/v1/recoveries/history", dependencies=[Depends(session_of)])
def history(service: ServiceOf) -> Response:
    """Every recovery that there was, signed by the key centre: proof that there was no other."""
    return Response(service.recoveries.history(), media_type="application/json")


@router.post("/api/v1/recoveries/{recovery_id}/approvals", status_code=201)
def approve(recovery_id: Id, body: NewApproval, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Add an agent's approval; the same agent's again changes nothing."""
    _require_insider(session, service)
    return shown(service, service.recoveries.approve(recovery_id, body.agent, body.signature))


@router.post("/api/v1/recoveries/{recovery_id}/complete")
def complete(recovery_id: Id, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Bring an approved request to the key centre; again brings the same envelope."""
    _require_insider(session, service)
    done = service.recoveries.complete(recovery_id, by=session.account_id)
    return {**shown(service, done), "envelope": to_base64(done.envelope or b"")}


def shown(service: Service, one: Recovery) -> dict[str, object]:
    """A recovery as answers carry it."""
    return {
        "recovery_id": one.recovery_id,
        "key_id": one.owner.key_id,
        "bundle_id": one.owner.bundle_id,
        "purpose": one.purpose.value,
        "reason": one.reason,
        "requested_by": one.requested_by,
        "requested_at": moment(one.requested_at),
        "expires_at": moment(one.expires_at),
        "state": one.state(service.clock()),
        "request_sha256": one.request_sha256,
        "to_be_signed": to_base64(to_be_signed(one.request)),
        "ledger_index": one.entry_index,
        "approved_by": list(one.approved_by),
        "completed_at": moment(one.completed_at),
    }


def _require_insider(session: Session, service: Service) -> None:
    """An operator, or whoever holds a certificate for the key of a recovery agent."""
    operates = Right.ISSUE_CERTIFICATES in rights_of(session.roles)
    if not operates and not service.recoveries.is_agent(session.account_id):
        require(session, Right.ISSUE_CERTIFICATES)
