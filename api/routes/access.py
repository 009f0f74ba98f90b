# SPDX-License-Identifier: Apache-2.0
"""Who is asking: the session behind a cookie or a bearer token, and proof that a form is one of ours.

A cookie travels by itself, so whatever changes something must also show the session's CSRF token; a bearer
token is sent on purpose and needs none.
"""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends, Request

from ..accounts import Right, require, rights_of
from ..login import CsrfMissing, NotLoggedIn, Session
from ..wiring import Service

COOKIE = "yinxin_session"
CSRF_HEADER = "x-csrf-token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class LogInFirst(NotLoggedIn):
    """A form was sent after the session ended: log in, and go back to the page that has the form."""

    def __init__(self, back: str) -> None:
        super().__init__()
        self.back = back


def service_of(request: Request) -> Service:
    """The wired service of this application."""
    service: Service = request.app.state.service
    return service


ServiceOf = Annotated[Service, Depends(service_of)]


def bearer(request: Request) -> str:
    """The bearer token of the request, or the empty string."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def session_if_any(request: Request) -> Session | None:
    """The session of this request; an ended one is no session."""
    token = bearer(request) or request.cookies.get(COOKIE, "")
    if not token:
        return None
    try:
        return service_of(request).login.session(token)
    except NotLoggedIn:
        return None


def session_of(request: Request) -> Session:
    """The session of this request; raises :class:`NotLoggedIn` or :class:`CsrfMissing`."""
    session = session_if_any(request)
    if session is None:
        raise NotLoggedIn
    if request.method not in _SAFE and not bearer(request):
        require_csrf(session, request.headers.get(CSRF_HEADER, ""))
    return session


def speaks_for(session: Session) -> tuple[str, tuple[str, ...]]:
    """The account, and the body whose certificates this login keeps: an officer's agency; or the enterprise
    that it acts for, and then nothing else."""
    if session.acts_for is not None:
        return "", (session.acts_for,)
    return session.account_id, (session.agency,) if Right.DECIDE in rights_of(session.roles) else ()


def require_csrf(session: Session, shown: str) -> None:
    """The token that a form or script shows must be the session's."""
    if not hmac.compare_digest(shown.encode(), session.csrf.encode()):
        raise CsrfMissing


def form_sender(session: Session | None, csrf: str, right: Right | None = None, *, back: str) -> Session:
    """Who sent a form of ours, and may.  Raises :class:`LogInFirst`, :class:`CsrfMissing`, ``NotAllowed``."""
    found = logged_in(session, back=back)
    require_csrf(found, csrf)
    if right is not None:
        require(found, right)
    return found


def logged_in(session: Session | None, *, back: str) -> Session:
    """The session of a page; raises :class:`LogInFirst`."""
    if session is None:
        raise LogInFirst(back)
    return session


SessionOf = Annotated[Session, Depends(session_of)]
Visitor = Annotated[Session | None, Depends(session_if_any)]

__all__ = [
    "COOKIE",
    "LogInFirst",
    "Right",
    "ServiceOf",
    "SessionOf",
    "Visitor",
    "form_sender",
    "logged_in",
    "require",
    "require_csrf",
    "session_if_any",
    "speaks_for",
]
