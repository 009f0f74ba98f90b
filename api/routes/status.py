# SPDX-License-Identifier: Apache-2.0
"""The state of certificates as anybody may ask for it: revocation lists, a look-up, and receipts.

No answer names a holder: whoever asks has the certificate, or its number, already.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime

from .access import ServiceOf

router = APIRouter(tags=["status"])
Name = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}$")]
Number = Annotated[int, Path(ge=0, le=99999)]
Id = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
At = Annotated[AwareDatetime | None, Query()]
Text = Annotated[str, Query(max_length=200)]
_LIST = "application/pkix-crl"
_RECEIPT = "application/json"


@router.get("/crl/{name}-delta.crl")
def delta(name: Name, request: Request, service: ServiceOf) -> Response:
    """What changed since a complete list of one issuer (RFC 5280 section 5.2.4)."""
    return _list(request, service, name, "delta")


@router.get("/crl/{name}/{number}.crl")
def partition(name: Name, number: Number, request: Request, service: ServiceOf) -> Response:
    """The list of one partition: the distribution point of its certificates."""
    return _list(request, service, name, f"part-{number}")


@router.get("/crl/{name}.crl")
def complete(name: Name, request: Request, service: ServiceOf) -> Response:
    """The complete list of one issuer."""
    return _list(request, service, name, "full")


def _list(request: Request, service: ServiceOf, name: str, scope: str) -> Response:
    """Asked for again every time, and sent again only when it is another one."""
    with service.database.read() as connection:
        content = service.status.current(connection, name, scope)
    tag = f'"{_tag(content)}"'
    headers = {"Cache-Control": "public, max-age=1, must-revalidate", "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=_LIST, headers=headers)


def _tag(content: bytes) -> str:
    """The signature stands at the end, and no two lists share one."""
    return content[-16:].hex()
