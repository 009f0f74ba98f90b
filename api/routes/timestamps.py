# SPDX-License-Identifier: Apache-2.0
"""Time stamps over HTTP (RFC 3161 section 3.4).  Every answer is a TimeStampResp, refusals too."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ca import LARGEST_TIMESTAMP_REQUEST, TimestampFailure, make_timestamp_failure

from .access import ServiceOf

router = APIRouter(tags=["timestamps"])
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


@router.post("/tsa/sm2", response_class=Response)
async def sm2(request: Request, service: ServiceOf) -> Response:
    """A time stamp with SM2 over an SM3 digest (GM/T 0033)."""
    return await _answer(request, service, "tsa-sm2")


@router.post("/tsa/rsa", response_class=Response)
async def rsa(request: Request, service: ServiceOf) -> Response:
    """A time stamp with RSA over a SHA-256, SHA-384 or SHA-512 digest."""
    return await _answer(request, service, "tsa-rsa")


async def _answer(request: Request, service: ServiceOf, label: str) -> Response:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != QUERY:
        return _refusal(415, TimestampFailure.BAD_REQUEST, f"Content-Type: {QUERY}")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_TIMESTAMP_REQUEST:
            return _refusal(
                413, TimestampFailure.BAD_DATA_FORMAT, f"at most {LARGEST_TIMESTAMP_REQUEST} bytes"
            )
    return _reply(200, await run_in_threadpool(service.timestamps.answer, label, bytes(body)))


def _refusal(status: int, failure: TimestampFailure, text: str) -> Response:
    return _reply(status, make_timestamp_failure(failure, text))


def _reply(status: int, content: bytes) -> Response:
    return Response(content, status, media_type=REPLY)
