# SPDX-License-Identifier: Apache-2.0
"""Fill a template.  Everything is escaped; what every page shows (host, session) is added here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

LARGE = "yinxin_size"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("api.pages", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals.update(session=None, csrf="", door="", large=False, host="")
    return environment


def render(request: Request, template: str, values: Mapping[str, Any], *, status: int = 200) -> HTMLResponse:
    """One page.  ``?size=large`` is remembered: the larger type is for those who need it every time."""
    asked = request.query_params.get("size", "")
    large = asked == "large" or (asked != "normal" and request.cookies.get(LARGE) == "large")
    page = _environment().get_template(template)
    host = request.app.state.service.site.host if hasattr(request.app.state, "service") else ""
    response = HTMLResponse(page.render({"large": large, "host": host, **values}), status)
    if asked in ("large", "normal"):
        response.set_cookie(LARGE, asked, max_age=31_536_000, httponly=True, samesite="lax")
    return response


def safe_next(path: str, otherwise: str) -> str:
    """A path of this site only: an address elsewhere after login would be a gift to phishers."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if inside and "\\" not in path else otherwise
