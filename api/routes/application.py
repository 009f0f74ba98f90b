# SPDX-License-Identifier: Apache-2.0
"""The application: routes, limits, headers, and the one way from an error to an answer.

Every answer, also to nonsense, is a page or a problem document (RFC 9457).  The content policy allows no
script from elsewhere and none written into a page.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import RequestResponseEndpoint
from starlette.staticfiles import StaticFiles
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ..problems import Problem
from ..wiring import Service
from . import (
    accounts,
    acme,
    approvals,
    batches,
    certificates,
    desk,
    documents,
    enrolment,
    est,
    holding,
    log,
    login,
    records,
    recoveries,
    reporting,
    seal_lives,
    seal_pictures,
    seals,
    standings,
    status,
    submissions,
    timestamps,
    verification,
)
from .answers import answer_error, answer_http_error, answer_validation_error
from .batch_work import batch_work
from .chores import chores
from .limits import BodyLimit
from .log_work import log_work
from .ocsp import OcspDoor
from .peers import PeerNoted
from .rates import RateLimit, Rates
from .views import (
    applicant,
    approval_pages,
    authority_view,
    batch_desk,
    entrance,
    holder,
    officer,
    offline,
    own_batches,
    public,
    registration,
    seal_pages,
    status_lookup,
)

_log = logging.getLogger("yinxin.requests")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def create_app(service: Service, *, forwarded_by: str = "127.0.0.1", limited: bool = True) -> FastAPI:
    """The ASGI application over one wired service; proxies of these addresses may name the caller.

    ``limited``: callers may ask only so often, as the settings have it.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with chores(service), batch_work(service), log_work(service):
            yield

    limit = service.settings.max_upload_mb * 1024 * 1024
    app = FastAPI(
        title="印信 Yinxin",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # The peer is noted before a proxy may put another address in its place.
        middleware=[
            Middleware(PeerNoted),
            Middleware(ProxyHeadersMiddleware, trusted_hosts=forwarded_by),
            Middleware(RateLimit, rates=_rates(service) if limited else Rates(0, 0), clock=time.monotonic),
            Middleware(BodyLimit, most=limit),
        ],
    )
    app.state.service = service
    for part in (
        login,
        accounts,
        certificates,
        acme,
        status,
        timestamps,
        est,
        records,
        recoveries,
        seals,
        standings,
        seal_lives,
        seal_pictures,
        approvals,
        submissions,
        desk,
        batches,
        documents,
        verification,
        reporting,
        log,
        public,
        offline,
        entrance,
        applicant,
        officer,
        batch_desk,
        own_batches,
        enrolment,
        holding,
        holder,
        registration,
        seal_pages,
        approval_pages,
        status_lookup,
        authority_view,
    ):
        app.include_router(part.router)
    app.mount("/static", StaticFiles(directory=static_folder()), name="static")
    app.add_exception_handler(HTTPException, answer_http_error)
    app.add_exception_handler(RequestValidationError, answer_validation_error)
    app.add_exception_handler(Exception, answer_error)

    @app.middleware("http")
    async def headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
        start = time.perf_counter()
        try:
            response = await call_next(request)
        except Exception as error:
            # Here, not in the server's last resort: the answer keeps its headers and nothing is raised again.
            response = await answer_error(request, error)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if "cache-control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        _log.info("request", extra=_told(request, response.status_code, time.perf_counter() - start))
        return response

    # Outermost: an answer that is kept passes nothing else.
    app.add_middleware(OcspDoor, responder=service.responder)

    @app.get("/healthz", include_in_schema=False)
    def health() -> dict[str, str | int]:
        return {"status": "ok", "log_size": service.ledger.size()}

    return app


def _told(request: Request, status: int, seconds: float) -> dict[str, object]:
    """What a log line says of a request: the route's pattern, never the address with what stands in it."""
    route = request.scope.get("route")
    return {
        "event": "request",
        "method": request.method,
        "path": getattr(route, "path", "(no route)"),
        "status": status,
        "ms": round(seconds * 1000, 1),
    }


def _rates(service: Service) -> Rates:
    return Rates(service.settings.public_checks_per_minute, service.settings.public_requests_per_minute)


def static_folder() -> Path:
    """Scripts and styles as shipped in the package."""
    return Path(str(files("api.pages").joinpath("static")))


__all__ = ["HEADERS", "Problem", "create_app"]
