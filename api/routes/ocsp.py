# SPDX-License-Identifier: Apache-2.0
"""OCSP over HTTP (RFC 6960 appendix A, RFC 5019), in front of everything else: an answer that is kept costs a
look into a dictionary, and no part of the application is between it and the network.

Whatever is asked, the answer is a response of OCSP with status 200; a problem page would help no client.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from ca import OcspFailure, make_ocsp_failure

from ..status import OcspAnswer, Responder

PATH: Final = "/ocsp"
LARGEST_REQUEST: Final = 8 * 1024
LONGEST_PATH: Final = 3 * LARGEST_REQUEST
MOST_KEPT_SECONDS: Final = 1
"""How long a cache on the way may answer by itself: a revocation is to be seen within two seconds."""
_TYPE = (b"content-type", b"application/ocsp-response")
_PLAIN = (_TYPE, (b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
Headers = tuple[tuple[bytes, bytes], ...]


class OcspDoor:
    """Answers what is addressed to ``/ocsp`` and lets everything else through."""

    def __init__(self, app: ASGIApp, responder: Responder) -> None:
        self._app, self._responder = app, responder
        self._headers: dict[str, Headers] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not (scope["path"] == PATH or scope["path"].startswith(f"{PATH}/")):
            await self._app(scope, receive, send)
        elif scope["method"] == "POST" and scope["path"] in (PATH, f"{PATH}/"):
            await self._post(receive, send)
        elif scope["method"] in ("GET", "HEAD"):
            await self._get(scope, send)
        else:
            await _send(send, 405, ((b"allow", b"GET, HEAD, POST"), *_PLAIN[1:]), b"")

    async def _post(self, receive: Receive, send: Send) -> None:
        message = await receive()
        body: bytes = message.get("body", b"")
        while message.get("more_body", False) and len(body) <= LARGEST_REQUEST:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
        if len(body) > LARGEST_REQUEST:
            await _send(send, 200, _PLAIN, make_ocsp_failure(OcspFailure.MALFORMED_REQUEST))
            return
        answer = self._responder.kept(body)
        if answer is None:
            answer = await run_in_threadpool(self._responder.answer, body)
        await _send(send, 200, _PLAIN, answer.body)

    async def _get(self, scope: Scope, send: Send) -> None:
        path: bytes = scope.get("raw_path") or scope["path"].encode("utf-8")
        asked = path.partition(b"?")[0][len(PATH) + 1 :]
        if len(asked) > LONGEST_PATH:
            await _send(send, 200, _PLAIN, make_ocsp_failure(OcspFailure.MALFORMED_REQUEST))
            return
        answer = self._responder.kept(asked)
        if answer is None:
            answer = await run_in_threadpool(self._responder.answer_path, asked)
        headers = self._cacheable(answer)
        wanted = next((value for name, value in scope["headers"] if name == b"if-none-match"), b"")
        if answer.etag and answer.etag.encode("ascii") in wanted:
            await _send(send, 304, headers[1:], b"")
        else:
            await _send(send, 200, headers, answer.body, head=scope["method"] == "HEAD")

    def _cacheable(self, answer: OcspAnswer) -> Headers:
        """RFC 5019 section 6.2, as far as a revocation may not be hidden."""
        if not answer.etag or answer.produced is None or answer.until is None:
            return _PLAIN
        found = self._headers.get(answer.etag)
        if found is None:
            if len(self._headers) >= 65536:
                self._headers.clear()
            found = self._headers[answer.etag] = (
                *_PLAIN[:2],
                (
                    b"cache-control",
                    f"max-age={MOST_KEPT_SECONDS}, public, no-transform, must-revalidate".encode(),
                ),
                (b"etag", answer.etag.encode("ascii")),
                (b"last-modified", _http_time(answer.produced)),
                (b"expires", _http_time(answer.until)),
            )
        return found


def _http_time(at: datetime) -> bytes:
    """IMF-fixdate, RFC 9110 section 5.6.7, whatever the locale says."""
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day}, {at.day:02d} {month} {at.year:04d} {at:%H:%M:%S} GMT".encode("ascii")


async def _send(send: Send, status: int, headers: Headers, body: bytes, *, head: bool = False) -> None:
    size = (b"content-length", str(len(body)).encode("ascii"))
    listed = list(headers) if status == 304 else [*headers, size]
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": b"" if head else body})
