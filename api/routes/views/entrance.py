# SPDX-License-Identifier: Apache-2.0
"""Home with its three doors, login and logout."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from ...pages import render, safe_next
from ..access import COOKIE, ServiceOf, Visitor, require_csrf
from .frame import frame

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request, session: Visitor) -> Response:
    """Three doors."""
    return render(request, "home.html", frame(session))


@router.get("/login")
def login(request: Request, session: Visitor, next: str = "/applicant") -> Response:
    """Open a key in the page and sign a challenge."""
    return render(request, "login.html", {**frame(session), "next": safe_next(next, "/applicant")})


@router.post("/logout")
def logout(session: Visitor, service: ServiceOf, csrf: Annotated[str, Form()] = "") -> Response:
    """End the session of this browser."""
    if session is not None:
        require_csrf(session, csrf)
        service.login.logout(session.token)
    response = RedirectResponse("/", 303)
    response.delete_cookie(COOKIE, path="/")
    return response
