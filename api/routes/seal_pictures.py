# SPDX-License-Identifier: Apache-2.0
"""Pictures of seals before there is a seal: a design drawn, a scan cut out, an emblem read.

Nothing is kept.  Every login has its share, because drawing takes the processor.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from time import monotonic
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from seal import DIAMETERS_MM, HolderRank, Ink, SealDesign, SealDesignRefused, drawing_svg

from ..pages.cutting import emblem, scanned
from ..problems import FileMissing, PartMalformed, PicturesTooMany
from ..seals import Brought, brought_text, drawing_of
from .access import SessionOf
from .bodies import RequestBody
from .seal_lives import DesignMembers, given_design

router = APIRouter(prefix="/api/v1/seal-pictures", tags=["seals"])
MOST_A_MINUTE: Final = 90
_MINUTE: Final = 60.0
_MOST_LOGINS: Final = 10_000
SVG: Final = "image/svg+xml"
_SAMPLE: Final = "样章名称"
Part = Annotated[str, Query(max_length=60)]


class Pace:
    """At most so many pictures a minute for each login."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._asked: dict[str, deque[float]] = {}

    def take(self, account_id: str) -> None:
        """Raises :class:`PicturesTooMany`."""
        now = monotonic()
        with self._lock:
            if len(self._asked) > _MOST_LOGINS:
                self._asked.clear()
            asked = self._asked.setdefault(account_id, deque())
            while asked and asked[0] < now - _MINUTE:
                asked.popleft()
            if len(asked) >= self._most:
                raise PicturesTooMany
            asked.append(now)


pace = Pace(MOST_A_MINUTE)


class ToPreview(RequestBody):
    """The members of a design, as an application has them; with ``drawing``, what was brought."""

    design: DesignMembers


@router.post("/preview")
def preview(body: ToPreview, session: SessionOf) -> Response:
    """The drawing of a design as SVG, in true size."""
    pace.take(session.account_id)
    return _svg(given_design(body.design))


@router.get("/preview.svg")
def preview_of_form(
    session: SessionOf,
    name: Part = "",
    line: Part = "",
    shape: Part = "round",
    centre: Part = "star",
    centre_text: Part = "",
    micro: Part = "",
    rank: Part = "",
    width: Part = "",
    code: Part = "",
) -> Response:
    """The same from the fields of the form, for a page without script."""
    pace.take(session.account_id)
    members = design_members(
        {
            "name": name or _SAMPLE,
            "line": line,
            "shape": shape,
            "centre": centre,
            "centre_text": centre_text,
            "micro": micro,
            "rank": rank,
            "width": width,
        }
    )
    if code.strip() and shape != "square":
        members["code"] = code.strip()
    return _svg(given_design(members))


@router.post("/drawings")
async def drawing(request: Request, session: SessionOf) -> dict[str, object]:
    """Cut a scan out, or read an emblem: the ``drawing`` of a design, its picture, and the angle found."""
    pace.take(session.account_id)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise PartMalformed("(body)", "应为 multipart/form-data / must be multipart/form-data")
    async with request.form(max_files=1, max_fields=8) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.size:
            raise FileMissing
        given = {name: value for name, value in form.items() if isinstance(value, str)}
        content = await file.read()
    return await run_in_threadpool(_brought, content, given)


def _brought(content: bytes, given: Mapping[str, str]) -> dict[str, object]:
    text, degrees = brought_from(content, given)
    kind = Brought(text.partition("/")[0])
    members: dict[str, Any] = {"name": given.get("name", "").strip() or _SAMPLE, "drawing": text}
    if kind is Brought.EMBLEM:
        members["centre"] = "emblem"
    made = drawing_of(given_design(members))
    return {
        "drawing": text,
        "degrees": degrees,
        "width_mm": round(made.width_mm, 2),
        "height_mm": round(made.height_mm, 2),
        "svg": drawing_svg(made),
    }


def brought_from(content: bytes, given: Mapping[str, str]) -> tuple[str, float]:
    """What an uploaded file is kept as, and the angle; the fields are those of the form."""
    if given.get("kind", Brought.SCAN) == Brought.EMBLEM:
        return brought_text(Brought.EMBLEM, emblem(content).outlines), 0.0
    ink = given.get("ink", "red")
    if ink not in set(Ink):
        raise refused("ink", "应为 red、blue 或 black / red, blue or black")
    width = number(given.get("width_mm", ""), "width_mm")
    if width is None:
        raise refused("width_mm", "请量出印迹的实际宽度(毫米) / the width of the imprint in millimetres")
    found = scanned(
        content, ink=Ink(ink), width_mm=width, degrees=number(given.get("degrees", ""), "degrees")
    )
    return brought_text(Brought.SCAN, found.outlines), found.degrees


def design_members(given: Mapping[str, str]) -> dict[str, str | bool | int]:
    """Members of a design from the fields of the form; what a shape has no room for is left out."""
    shape = given.get("shape", "round")
    members: dict[str, str | bool | int] = {"name": given.get("name", "").strip()}
    if shape != "round":
        members["shape"] = shape
    if shape != "square":
        for one in ("line", "micro"):
            if value := given.get(one, "").strip():
                members[one] = value
        centre = given.get("centre", "star")
        if centre != "star" and (shape == "round" or centre != "text"):
            members["centre"] = centre
        if shape == "round" and centre == "text":
            members["centre_text"] = given.get("centre_text", "").strip()
    width, rank = given.get("width", "").strip(), given.get("rank", "")
    if shape == "round":
        if rank in set(HolderRank) and DIAMETERS_MM[HolderRank(rank)] != 42.0:
            members["diameter_mm"] = format(DIAMETERS_MM[HolderRank(rank)], "g")
    else:
        number(width, "diameter_mm")
        members["diameter_mm"] = width or ("40" if shape == "oval" else "20")
    return members


def number(text: str, field: str) -> float | None:
    """A number of a form; nothing when the field is empty."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        raise refused(field, "应为数字 / a number") from None


def refused(field: str, rule: str) -> SealDesignRefused:
    """One field of the form."""
    return SealDesignRefused(field=field, rule=rule, todo="请改正该项 / correct it")


def _svg(design: SealDesign) -> Response:
    return Response(
        drawing_svg(drawing_of(design)),
        media_type=SVG,
        headers={"Cache-Control": "private, max-age=60"},
    )
