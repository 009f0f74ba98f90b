# SPDX-License-Identifier: Apache-2.0
"""ACME over HTTP (RFC 8555 section 6), and the operator's keys for external account binding.

Refusals are problem documents with the error types of the RFC; every answer to a POST carries a fresh nonce.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from ..acme import PREFIX, Acme, AcmeRefused, Answer, BindingKey
from ..wiring import Service
from .access import Right, ServiceOf, SessionOf, require
from .bodies import Id, RequestBody, Short, moment

router = APIRouter(tags=["acme"])
LARGEST = 64 * 1024
_JOSE = "application/jose+json"
_PROBLEM = "application/problem+json"
_log = logging.getLogger("yinxin.acme")


class NewKey(RequestBody):
    """For whom a key is, and for which names: an account, or an organisation, or the authority itself."""

    domains: Annotated[list[Short], Field(min_length=1, max_length=100)]
    account_id: Id | None = None
    holder: str = ""
    holder_name: str = ""


@router.post("/api/v1/acme/keys", status_code=201)
def make_key(body: NewKey, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Make a key for external account binding; ``mac_key`` is shown here and never again."""
    require(session, Right.ISSUE_CERTIFICATES)
    made = service.acme.make_key(
        domains=body.domains,
        account_id=body.account_id,
        holder=body.holder,
        holder_name=body.holder_name,
        by=session.account_id,
    )
    return {**shown(made.key), "mac_key": made.secret, "directory": service.acme.addresses.directory}


@router.get("/api/v1/acme/keys")
def keys(session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Every key, without its secret."""
    require(session, Right.ISSUE_CERTIFICATES)
    return {"keys": [shown(one) for one in service.acme.list_keys()]}


@router.delete("/api/v1/acme/keys/{key_id}")
def end_key(key_id: Id, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """End a key: its accounts order nothing any more."""
    require(session, Right.ISSUE_CERTIFICATES)
    return shown(service.acme.end_key(key_id, by=session.account_id))


def shown(one: BindingKey) -> dict[str, object]:
    """A key as answers carry it."""
    return {
        "key_id": one.key_id,
        "account_id": one.account_id,
        "holder": one.holder,
        "domains": list(one.domains),
        "made_at": moment(one.made_at),
        "ended_at": moment(one.ended_at),
    }


# RFC 8555


@router.get(f"{PREFIX}/directory")
def directory(service: ServiceOf) -> Response:
    """Where clients begin."""
    return _response(service.acme, Answer(service.acme.directory()), index=False)


@router.head(f"{PREFIX}/new-nonce")
def new_nonce(service: ServiceOf) -> Response:
    """A fresh nonce in the header."""
    return _response(service.acme, Answer(), nonce=True)


@router.get(f"{PREFIX}/new-nonce")
def new_nonce_by_get(service: ServiceOf) -> Response:
    """The same for clients that cannot say HEAD."""
    return _response(service.acme, Answer(status=204), nonce=True)


@router.get(f"{PREFIX}/renewal-info/{{asked}}")
def renewal_info(asked: str, service: ServiceOf) -> Response:
    """When to renew a certificate (RFC 9773)."""
    try:
        return _response(service.acme, service.acme.renewal_info(asked))
    except AcmeRefused as error:
        return _response(service.acme, _refusal(error))


@router.post(f"{PREFIX}/new-account")
async def new_account(request: Request, service: ServiceOf) -> Response:
    """Open or find an account."""
    return await _acted(request, service, lambda acme, body, url: acme.new_account(body, url))


@router.post(f"{PREFIX}/account/{{account_id}}")
async def account(account_id: str, request: Request, service: ServiceOf) -> Response:
    """Show, change or deactivate an account."""
    return await _acted(request, service, lambda acme, body, url: acme.account(account_id, body, url))


@router.post(f"{PREFIX}/account/{{account_id}}/orders")
async def account_orders(
    account_id: str,
    request: Request,
    service: ServiceOf,
    cursor: Annotated[int, Query(ge=0, le=10**6)] = 0,
) -> Response:
    """The orders of an account."""
    return await _acted(
        request, service, lambda acme, body, url: acme.account_orders(account_id, body, url, cursor=cursor)
    )


@router.post(f"{PREFIX}/key-change")
async def key_change(request: Request, service: ServiceOf) -> Response:
    """Give an account another key."""
    return await _acted(request, service, lambda acme, body, url: acme.key_change(body, url))


@router.post(f"{PREFIX}/new-order")
async def new_order(request: Request, service: ServiceOf) -> Response:
    """Ask for a certificate."""
    return await _acted(request, service, lambda acme, body, url: acme.new_order(body, url))


@router.post(f"{PREFIX}/order/{{order_id}}")
async def order(order_id: str, request: Request, service: ServiceOf) -> Response:
    """Look at an order."""
    return await _acted(request, service, lambda acme, body, url: acme.order(order_id, body, url))


@router.post(f"{PREFIX}/order/{{order_id}}/finalize")
async def finalize(order_id: str, request: Request, service: ServiceOf) -> Response:
    """Send the request of a ready order."""
    return await _acted(request, service, lambda acme, body, url: acme.finalize(order_id, body, url))


@router.post(f"{PREFIX}/authorization/{{proof_id}}")
async def authorization(proof_id: str, request: Request, service: ServiceOf) -> Response:
    """Look at an authorization, or give it up."""
    return await _acted(request, service, lambda acme, body, url: acme.authorization(proof_id, body, url))


@router.post(f"{PREFIX}/challenge/{{challenge_id}}")
async def challenge(challenge_id: str, request: Request, service: ServiceOf) -> Response:
    """Look at a challenge, or say that its proof is ready."""
    return await _acted(request, service, lambda acme, body, url: acme.challenge(challenge_id, body, url))


@router.post(f"{PREFIX}/certificate/{{certificate_id}}")
async def certificate(certificate_id: str, request: Request, service: ServiceOf) -> Response:
    """Certificate and issuers as PEM."""
    return await _acted(request, service, lambda acme, body, url: acme.certificate(certificate_id, body, url))


@router.post(f"{PREFIX}/revoke-cert")
async def revoke_cert(request: Request, service: ServiceOf) -> Response:
    """Revoke a certificate."""
    return await _acted(request, service, lambda acme, body, url: acme.revoke_cert(body, url))


async def _acted(request: Request, service: Service, act: Callable[[Acme, bytes, str], Answer]) -> Response:
    acme = service.acme
    query = f"?{request.url.query}" if request.url.query else ""
    url = acme.addresses.path(f"{request.url.path}{query}")
    try:
        body = await _read(request)
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != _JOSE:
            raise AcmeRefused("malformed", f"the content type is {_JOSE}", status=415)
        answer = await run_in_threadpool(act, acme, body, url)
    except AcmeRefused as error:
        if error.status >= 500:
            _log.error("an ACME request failed", exc_info=error)
        answer = _refusal(error)
    except ClientDisconnect:
        raise
    except Exception as error:
        _log.error("an ACME request failed", exc_info=error)
        answer = _refusal(AcmeRefused("serverInternal", "it was recorded; try again later"))
    return _response(acme, answer, nonce=True)


async def _read(request: Request) -> bytes:
    """The body; no more of it is taken in than an ACME client ever sends."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise AcmeRefused("malformed", f"at most {LARGEST} bytes", status=413)
    return bytes(body)


def _refusal(error: AcmeRefused) -> Answer:
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    if error.location:
        headers["Location"] = error.location
    return Answer(error.as_json(), error.status, headers, _PROBLEM)


def _response(acme: Acme, answer: Answer, *, nonce: bool = False, index: bool = True) -> Response:
    body = answer.body
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode("ascii")
    response = Response(content, answer.status, headers=dict(answer.headers))
    if content:
        response.headers["Content-Type"] = answer.media_type
    if nonce:
        response.headers["Replay-Nonce"] = acme.nonce()
    if index:
        response.headers.append("Link", f'<{acme.addresses.directory}>;rel="index"')
    return response
