# SPDX-License-Identifier: Apache-2.0
"""Login by signing a challenge: docs/decisions/0002."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..login import Session
from .access import COOKIE, ServiceOf, SessionOf
from .bodies import Base64, Id, RequestBody, moment, to_base64

router = APIRouter(prefix="/api/v1", tags=["login"])


class Nothing(RequestBody):
    """An empty object."""


class Answer(RequestBody):
    """A signed challenge."""

    challenge_id: Id
    certificate: Base64
    signature: Base64
    act_for: str | None = None


@router.post("/login/challenges", status_code=201)
def challenge(service: ServiceOf, _body: Nothing | None = None) -> dict[str, object]:
    """A fresh challenge; the client signs exactly the bytes of ``to_be_signed``."""
    made = service.login.challenge()
    return {
        "challenge_id": made.challenge_id,
        "to_be_signed": to_base64(made.to_be_signed),
        "expires_at": moment(made.expires_at),
    }


@router.post("/login")
def login(body: Answer, request: Request, response: Response, service: ServiceOf) -> dict[str, object]:
    """Log in; the answer carries a bearer token for programs and sets a cookie for browsers."""
    session = service.login.login(
        body.challenge_id,
        body.certificate,
        body.signature,
        act_for=body.act_for or None,
        source=request.client.host if request.client else "",
    )
    response.set_cookie(
        COOKIE,
        session.token,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https" or service.settings.public_url.startswith("https:"),
        path="/",
    )
    return {"token": session.token, "csrf": session.csrf, "account": account(session)}


@router.post("/logout")
def logout(response: Response, session: SessionOf, service: ServiceOf) -> dict[str, str]:
    """End this session."""
    service.login.logout(session.token)
    response.delete_cookie(COOKIE, path="/")
    return {"status": "logged-out"}


@router.get("/me")
def me(session: SessionOf) -> dict[str, object]:
    """Who this login is."""
    return account(session)


def account(session: Session) -> dict[str, object]:
    """What a login may know of itself."""
    return {
        "account_id": session.account_id,
        "name": session.name,
        "roles": sorted(session.roles),
        "agency": session.agency or None,
        "acts_for": session.acts_for,
        "acts_for_name": session.acts_for_name or None,
    }
