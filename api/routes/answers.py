# SPDX-License-Identifier: Apache-2.0
"""From an error to an answer: a problem document for programs, a page for people, never a traceback."""

from __future__ import annotations

import json
import logging
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from ..login import NotLoggedIn
from ..pages import render
from ..problems import FieldError, Problem, problem_of
from .access import LogInFirst

_log = logging.getLogger("yinxin.http")
_HTTP = {
    404: (
        "not-found",
        "没有这个页面",
        "请核对网址,或从首页进入。 Check the address, or start from the home page.",
    ),
    405: (
        "method-not-allowed",
        "不支持这种请求方式",
        "请按接口说明调用。 This address does not take that method.",
    ),
    400: ("bad-request", "请求格式不符", "请求内容无法读取。 The request cannot be read."),
}


def wants_page(request: Request) -> bool:
    """Does the client prefer a page to JSON?"""
    accept = request.headers.get("accept", "")
    return "text/html" in accept and not request.url.path.startswith("/api/")


def respond(request: Request, problem: Problem) -> Response:
    """The problem as the client can read it."""
    if wants_page(request):
        answer: Response = render(
            request, "problem.html", {"problem": problem.as_json()}, status=problem.status
        )
    else:
        # A name that a client sent may hold half a character, which UTF-8 cannot carry.
        body = json.dumps(problem.as_json(), ensure_ascii=False).encode("utf-8", "replace")
        answer = Response(body, problem.status, media_type="application/problem+json")
    if problem.retry_after is not None:
        answer.headers["Retry-After"] = str(problem.retry_after)
    return answer


async def answer_error(request: Request, error: Exception) -> Response:
    """Any exception of the packages or of ours."""
    if isinstance(error, LogInFirst):
        return RedirectResponse(f"/login?next={error.back}", 303)
    if isinstance(error, NotLoggedIn) and wants_page(request) and request.method == "GET":
        return RedirectResponse(f"/login?next={quote(request.url.path)}", 303)
    problem = problem_of(error)
    if problem.status >= 500:
        _log.error("unexpected error", exc_info=error, extra={"path": request.url.path, "code": problem.code})
    return respond(request, problem)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """What the framework itself refuses."""
    assert isinstance(error, HTTPException)
    code, title, detail = _HTTP.get(error.status_code, ("http-error", "请求未能完成", str(error.detail)))
    return respond(request, Problem(status=error.status_code, code=code, title=title, detail=detail))


async def answer_validation_error(request: Request, error: Exception) -> Response:
    """A body or parameter of the wrong shape: named field by field."""
    assert isinstance(error, RequestValidationError)
    fields = tuple(
        FieldError(
            field=".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0]),
            rule=_RULES.get(one["type"], str(one["msg"])),
            todo="请按接口说明修改后重试 / correct it and send it again",
        )
        for one in error.errors()[:20]
    )
    problem = Problem(
        status=422 if not any(one["type"].startswith("json") for one in error.errors()) else 400,
        code="request-malformed",
        title="请求内容不符合要求",
        detail="有字段缺失、多余或类型不对。 A field is missing, unknown or of the wrong type.",
        errors=fields,
    )
    return respond(request, problem)


_RULES = {
    "missing": "缺少该字段 / missing",
    "extra_forbidden": "未知字段 / unknown field",
    "json_invalid": "不是合法的 JSON / not valid JSON",
    "string_type": "应为文本 / must be text",
}
