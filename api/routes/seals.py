# SPDX-License-Identifier: Apache-2.0
"""Seals of agencies and who may use them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from keys import KeyKind
from seal import EVERY_CHANNEL, Channel

from ..seals import RegisteredSeal, SealOrder
from .access import Right, ServiceOf, SessionOf, require
from .bodies import Id, Moment, RequestBody, Short, moment

router = APIRouter(tags=["seals"])


class NewSeal(RequestBody):
    """A seal to be made."""

    holder: Short
    holder_name: Short
    name: Short
    line: str = ""
    code: str = ""
    kind: Literal["sm2", "rsa2048", "rsa3072", "p256"] = "sm2"


class NewGrant(RequestBody):
    """Who may use the seal, for what, when, how often (documents in all) and on which ways."""

    officer: Id
    document_types: list[Short]
    valid_from: Moment
    valid_until: Moment
    most_uses: int | None = None
    channels: Annotated[frozenset[Channel], Field(min_length=1)] = EVERY_CHANNEL


@router.post("/api/v1/seals", status_code=201)
def make(body: NewSeal, session: SessionOf, service: ServiceOf) -> dict[str, str]:
    """Draw a seal, make its key, certify it."""
    require(session, Right.MAKE_SEALS)
    order = SealOrder(
        holder=body.holder,
        holder_name=body.holder_name,
        name=body.name,
        line=body.line,
        code=body.code,
        kind=KeyKind(body.kind),
    )
    made = service.seals.make(order, by=session.account_id)
    return {"seal_id": made.seal_id, "certificate_id": made.certificate_id}


@router.get("/api/v1/seals")
def listed(service: ServiceOf) -> dict[str, list[dict[str, object]]]:
    """Every registered seal: whose, since when, with which certificate."""
    return {"seals": [shown(one) for one in service.seals.listed()]}


@router.get("/seals/{seal_id}.svg")
def picture(seal_id: Id, service: ServiceOf) -> Response:
    """The seal as a drawing."""
    return Response(service.seals.get(seal_id).svg, media_type="image/svg+xml")


@router.post("/api/v1/seals/{seal_id}/grants", status_code=201)
def grant(seal_id: Id, body: NewGrant, session: SessionOf, service: ServiceOf) -> dict[str, str]:
    """Allow an officer of the holder to use the seal."""
    require(session, Right.MAKE_SEALS)
    given = service.grant_seal(
        seal_id,
        body.officer,
        document_types=body.document_types,
        period=(body.valid_from, body.valid_until),
        by=session.account_id,
        most_uses=body.most_uses,
        channels=body.channels,
    )
    return {"grant_id": given.id}


@router.delete("/api/v1/grants/{grant_id}")
def revoke(grant_id: Id, session: SessionOf, service: ServiceOf) -> dict[str, str | None]:
    """End a grant now."""
    require(session, Right.MAKE_SEALS)
    ended = service.grants.revoke(grant_id, by=session.account_id)
    return {"grant_id": ended.id, "revoked_at": moment(ended.revoked_at)}


def shown(one: RegisteredSeal) -> dict[str, object]:
    """A seal as everybody may see it."""
    return {
        "seal_id": one.seal_id,
        "holder": one.holder,
        "holder_name": one.holder_name,
        "name": one.design.name,
        "line": one.design.line,
        "code": one.design.code,
        "kind": one.kind.value,
        "certificate_id": one.certificate_id,
        "made_at": moment(one.made_at),
    }
