# SPDX-License-Identifier: Apache-2.0
"""Enrolment over Secure Transport (RFC 7030), and the registration of devices by the operator.

TLS ends in a proxy.  To renew, a device shows its certificate there, and the proxy hands it on in the header
``Client-Cert`` (RFC 9440); it is believed from the proxies of ``[est] client_certificate_from`` alone, and is
then looked up like any other claim: issued here, of a registered device, in force.
"""

from __future__ import annotations

import base64
import binascii
import re

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ..est import (
    LARGEST_BODY,
    RETRY_SECONDS,
    Device,
    DeviceOrder,
    EstError,
    EstRefused,
    NotAuthenticated,
    Secret,
    ServerKeysNotMade,
    TooManyTries,
    written,
)
from ..problems import problem_of
from ..wiring import Service
from .access import Right, ServiceOf, SessionOf, require
from .answers import respond
from .bodies import Id, RequestBody, Short, moment
from .peers import came_from

router = APIRouter(tags=["est"])
EST, LABELLED = "/.well-known/est", "/.well-known/est/{label}"
_CERTIFICATE = re.compile(r":([A-Za-z0-9+/=]{1,24000}):")
_REALM = 'Basic realm="yinxin est", charset="UTF-8"'


class NewDevice(RequestBody):
    """A device and whom it belongs to; ``names`` are ``dns:HOST`` or ``ip:ADDRESS``."""

    label: Short
    holder: Short
    holder_name: Short
    names: tuple[Short, ...] = ()
    approval: bool = False
    hours: int = 72


class NewSecret(RequestBody):
    """How long the secret lives."""

    hours: int = 72


# The operator registers


@router.post("/api/v1/devices", status_code=201)
def register(body: NewDevice, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Register a device; its first secret is shown once."""
    require(session, Right.ISSUE_CERTIFICATES)
    order = DeviceOrder(body.label, body.holder, body.holder_name, body.names, body.approval, body.hours)
    return _secret(service.est.devices.register(order, by=session.account_id))


@router.get("/api/v1/devices")
def devices(session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Every registered device."""
    require(session, Right.ISSUE_CERTIFICATES)
    return {"devices": [_device(one) for one in service.est.devices.listed()]}


@router.post("/api/v1/devices/{device_id}/secrets", status_code=201)
def another_secret(
    device_id: Id, body: NewSecret, session: SessionOf, service: ServiceOf
) -> dict[str, object]:
    """Another one-time secret for a device."""
    require(session, Right.ISSUE_CERTIFICATES)
    return _secret(service.est.devices.another_secret(device_id, hours=body.hours, by=session.account_id))


@router.delete("/api/v1/devices/{device_id}")
def end(device_id: Id, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Take a device out of service; its certificates are revoked apart."""
    require(session, Right.ISSUE_CERTIFICATES)
    return _device(service.est.devices.end(device_id, by=session.account_id))


# Devices ask


@router.get(f"{EST}/cacerts")
@router.get(f"{LABELLED}/cacerts")
async def authorities(request: Request, service: ServiceOf) -> Response:
    """Root and issuing authorities (RFC 7030 section 4.1)."""
    try:
        found = await run_in_threadpool(service.est.authorities, _label(request))
    except EstError as error:
        return _refusal(request, error)
    return _pkcs7(found)


@router.get(f"{EST}/csrattrs")
@router.get(f"{LABELLED}/csrattrs")
def wishes(request: Request, service: ServiceOf) -> Response:
    """What a request should have (RFC 7030 section 4.5)."""
    try:
        found = service.est.wishes(_label(request))
    except EstError as error:
        return _refusal(request, error)
    return _encoded(found, "application/csrattrs")


@router.post(f"{EST}/simpleenroll")
@router.post(f"{LABELLED}/simpleenroll")
async def enrol(request: Request, service: ServiceOf) -> Response:
    """A first certificate, for the one-time secret of a registered device (section 4.2.1)."""
    try:
        body = await _body(request)
        source = request.client.host if request.client else ""
        found = await run_in_threadpool(
            lambda: service.est.enrol(_label(request), _credentials(request), body, source=source)
        )
    except Exception as error:
        return _refusal(request, error)
    if found is None:
        # Section 4.2.3: the same request again, later.
        return Response(status_code=202, headers={"Retry-After": str(RETRY_SECONDS)})
    return _pkcs7(found)


@router.post(f"{EST}/simplereenroll")
@router.post(f"{LABELLED}/simplereenroll")
async def renew(request: Request, service: ServiceOf) -> Response:
    """Another certificate for a device that shows its present one (section 4.2.2)."""
    try:
        body = await _body(request)
        certificate = _client_certificate(request, service)
        return _pkcs7(await run_in_threadpool(service.est.renew, _label(request), certificate, body))
    except Exception as error:
        return _refusal(request, error)


@router.post(f"{EST}/serverkeygen")
@router.post(f"{LABELLED}/serverkeygen")
async def server_keys(request: Request) -> Response:
    """Refused: a signing key that was made elsewhere was known elsewhere (section 4.4 is optional)."""
    return _refusal(request, ServerKeysNotMade())


def _device(one: Device) -> dict[str, object]:
    return {
        "device_id": one.device_id,
        "label": one.label,
        "holder": one.holder,
        "holder_name": one.holder_name,
        "names": list(one.names),
        "approval": one.approval,
        "registered_at": moment(one.registered_at),
        "ended_at": moment(one.ended_at),
    }


def _secret(one: Secret) -> dict[str, object]:
    return {"device_id": one.device_id, "secret": one.secret, "expires_at": moment(one.expires_at)}


def _label(request: Request) -> str | None:
    found: str | None = request.path_params.get("label")
    return found


async def _body(request: Request) -> bytes:
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > LARGEST_BODY:
            raise EstRefused("body-not-base64")
    return bytes(found)


def _credentials(request: Request) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, found, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return None
    return (name, secret) if found else None


def _client_certificate(request: Request, service: Service) -> bytes:
    """The certificate that a trusted proxy saw in the handshake.  Raises :class:`NotAuthenticated`."""
    headers = request.headers.getlist("client-cert")
    if not headers:
        raise NotAuthenticated("client-certificate-missing")
    if not came_from(request, service.settings.est_client_certificate_from):
        raise NotAuthenticated("proxy-not-trusted")
    found = _CERTIFICATE.fullmatch(headers[0].strip()) if len(headers) == 1 else None
    if found is None:
        # Two of them: the proxy left one in that came from outside.
        raise NotAuthenticated("client-certificate-malformed")
    try:
        return base64.b64decode(found[1], validate=True)
    except binascii.Error:
        raise NotAuthenticated("client-certificate-malformed") from None


def _refusal(request: Request, error: Exception) -> Response:
    """Whatever the problem table says, with what HTTP wants beside it."""
    problem = problem_of(error)
    if problem.status >= 500 and not isinstance(error, EstError):
        raise error
    response = respond(request, problem)
    if isinstance(error, NotAuthenticated) and problem.status == 401:
        response.headers["WWW-Authenticate"] = _REALM
    if isinstance(error, TooManyTries):
        response.headers["Retry-After"] = "60"
    return response


def _pkcs7(content: bytes) -> Response:
    return _encoded(content, "application/pkcs7-mime; smime-type=certs-only")


def _encoded(content: bytes, kind: str) -> Response:
    # Section 4.1.3 asks for the header; RFC 8951 section 3 lets it be ignored.
    headers = {"Content-Transfer-Encoding": "base64", "Content-Type": kind}
    return Response(written(content), headers=headers)
