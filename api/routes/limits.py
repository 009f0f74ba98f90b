# SPDX-License-Identifier: Apache-2.0
"""A limit on what a request may carry, by its announced and by its real size."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..problems import Problem


class TooLarge(Exception):
    """The body went over the limit while it was read."""


class BodyLimit:
    """Refuses a body over ``most`` bytes with 413, before it is stored anywhere."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced) > self.most:
            await self._refuse(scope, receive, send)
            return
        read, started = 0, False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.most:
                raise TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, counted, noted)
        except TooLarge:
            if started:
                raise
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.requests import Request

        from .answers import respond

        problem = Problem(
            status=413,
            code="body-too-large",
            title="上传内容过大",
            detail=(
                f"一次请求最多 {self.most // 1024**2} MB,请压缩或拆分文件后重试。"
                f" At most {self.most // 1024**2} MB per request: make the file smaller and send it again."
            ),
        )
        await respond(Request(scope), problem)(scope, receive, send)
