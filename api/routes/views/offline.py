# SPDX-License-Identifier: Apache-2.0
"""The offline page under ``/offline/``: static files with a policy of their own, the same for everybody."""

from __future__ import annotations

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from ...pages.offline import INDEX, POLICY, media_type, offline_files

router = APIRouter(include_in_schema=False)


@router.get("/offline")
def without_slash() -> Response:
    """The folder's own address ends with a slash, or its relative addresses would lead beside it."""
    return RedirectResponse("/offline/", 308)


@router.get("/offline/{path:path}")
def offline(path: str) -> Response:
    """One file of the page.  Asked for anew each time: the page's own worker keeps what it needs."""
    content = offline_files().get(path or INDEX)
    if content is None:
        raise HTTPException(404)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
    return Response(content, media_type=media_type(path or INDEX), headers=headers)
