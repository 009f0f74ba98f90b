# SPDX-License-Identifier: Apache-2.0
"""The state of certificates as anybody may ask for it: revocation lists, a look-up, and receipts.

No answer names a holder: whoever asks has the certificate, or its number, already.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime
from starlette.concurrency import run_in_threadpool

from .access import ServiceOf
from .verification import uploaded

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


@router.get("/api/v1/status")
def look_up(
    service: ServiceOf, serial: Text = "", issuer: Text = "", fingerprint: Text = ""
) -> dict[str, object]:
    """The state now, by fingerprint (SHA-256), or by serial number and name of the issuing authority."""
    return {**service.state_book.look_up(serial=serial, issuer=issuer, fingerprint=fingerprint)}


@router.get("/status/{certificate_id}")
def receipt(certificate_id: Id, service: ServiceOf, at: At = None) -> Response:
    """A signed receipt of what was true of a certificate at a time; now, unless another one is said."""
    return _receipt(service.state_book.receipt(certificate_id, at=at))


@router.post("/api/v1/status/receipt")
async def receipt_by_upload(request: Request, service: ServiceOf, at: At = None) -> Response:
    """The same for a certificate that is uploaded as the part ``file``, DER or PEM."""
    _, content = await uploaded(request)
    return _receipt(await run_in_threadpool(service.state_book.receipt_of, content, at=at))


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


def _receipt(content: bytes) -> Response:
    return Response(
        content,
        media_type=_RECEIPT,
        headers={"Content-Disposition": 'attachment; filename="status-receipt.json"'},
    )
