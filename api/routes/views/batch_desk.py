# SPDX-License-Identifier: Apache-2.0
"""Batches for people: the agency's list, a new one, and one with its bar; no script is needed."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse

from ...batches import (
    FILE,
    MOST_ITEMS,
    Batch,
    BatchKind,
    BatchOrder,
    BatchState,
    ItemState,
    Orderer,
    Place,
    RowFormat,
    RowReader,
    Upload,
)
from ...login import Session
from ...pages import render
from ...pages.words import china
from ...problems import FileMissing, PartMalformed, Problem
from ...wiring import Service
from ..access import Right, ServiceOf, SessionOf, Visitor, form_sender, logged_in, require, require_csrf
from ..batches import MOST_FILES, orderer
from .frame import expected, frame

router = APIRouter(prefix="/batches", include_in_schema=False)
STATES = {
    BatchState.FILLING: ("待开始", "Not begun", "warn-tag"),
    BatchState.RUNNING: ("办理中", "Running", "warn-tag"),
    BatchState.STOPPED: ("已暂停", "Stopped", "fail-tag"),
    BatchState.CANCELLED: ("已取消", "Cancelled", "fail-tag"),
    BatchState.DONE: ("已完成", "Done", "pass-tag"),
}
ITEM_STATES = {
    ItemState.WAITING: ("等待", ""),
    ItemState.BAD: ("不合格", "fail-tag"),
    ItemState.DONE: ("完成", "pass-tag"),
    ItemState.REFUSED: ("被拒", "fail-tag"),
    ItemState.FAILED: ("失败", "fail-tag"),
}
REFRESH_SECONDS = 3
_SHOWN, _PIECE, _ROWS_AT_ONCE = 50, 256 * 1024, 400
_TROUBLE = (ItemState.BAD, ItemState.REFUSED, ItemState.FAILED)


@router.get("")
def listed(request: Request, session: SessionOf, service: ServiceOf) -> Response:
    """The agency's batches, and the form for a new one."""
    require(session, Right.DECIDE)
    return _list(request, session, service)


@router.post("")
async def new(request: Request, session: Visitor, service: ServiceOf) -> Response:
    """Open a batch with what was chosen and sent; nothing begins before its report was looked at."""
    sender = logged_in(session, back="/batches")
    async with request.form(max_files=MOST_FILES, max_fields=20) as sent:
        texts = {name: value.strip() for name, value in sent.items() if isinstance(value, str)}
        require_csrf(sender, texts.get("csrf", ""))
        require(sender, Right.DECIDE)
        try:
            made = await _opened(service, sender, sent, texts)
        except Exception as error:
            return await run_in_threadpool(
                _list, request, sender, service, problem=expected(error), typed=texts
            )
    return RedirectResponse(f"/batches/{made.batch_id}", 303)


@router.get("/{batch_id}")
def one(
    request: Request,
    batch_id: str,
    session: SessionOf,
    service: ServiceOf,
    after: Annotated[int, Query(ge=0, le=MOST_ITEMS)] = 0,
) -> Response:
    """One batch: the bar, the report, what may be done now."""
    require(session, Right.DECIDE)
    return _one(request, session, service, batch_id, after=after)


@router.post("/{batch_id}/{act}")
def act_on(
    request: Request,
    batch_id: str,
    act: str,
    session: Visitor,
    service: ServiceOf,
    csrf: Annotated[str, Form()] = "",
    accept_bad: Annotated[str, Form()] = "",
    quota: Annotated[str, Form()] = "",
) -> Response:
    """Start, resume or cancel."""
    sender = form_sender(session, csrf, Right.DECIDE, back=f"/batches/{batch_id}")
    by = orderer(service, sender)
    try:
        if act == "start":
            service.batches.start(batch_id, by, accept_bad=accept_bad == "yes")
        elif act == "resume":
            service.batches.resume(batch_id, by, quota=_whole(quota))
        elif act == "cancel":
            service.batches.cancel(batch_id, by)
    except Exception as error:
        return _one(request, sender, service, batch_id, problem=expected(error))
    return RedirectResponse(f"/batches/{batch_id}", 303)


async def _opened(service: Service, session: Session, sent: FormData, texts: dict[str, str]) -> Batch:
    by = orderer(service, session)
    uploads = [
        value for name, value in sent.multi_items() if isinstance(value, UploadFile) and value.filename
    ]
    document_type = texts.get("document_type", FILE)
    kind = BatchKind.FILES if document_type == FILE else BatchKind.DOCUMENTS
    if not uploads:
        raise FileMissing
    if kind is BatchKind.DOCUMENTS and len(uploads) != 1:
        raise PartMalformed("files", "按数据签发时只选一个 CSV 或 JSONL 文件 / one CSV or JSONL file of rows")
    wanted = BatchOrder(
        kind=kind,
        seal_id=texts.get("seal_id", ""),
        title=texts.get("title", ""),
        document_type=document_type,
        place=Place((_whole(texts.get("page", "")) or 1) - 1, *_position(texts)),
        quota=_whole(texts.get("quota", "")),
        idempotency_key=texts.get("key") or None,
    )
    made = await run_in_threadpool(service.batches.order, wanted, by)
    if made.state is not BatchState.FILLING:
        return made
    if kind is BatchKind.FILES:
        for value in uploads:
            some = [Upload(value.filename or FILE, await value.read())]
            await run_in_threadpool(service.batches.add_files, made.batch_id, some, by)
        return made
    name = (uploads[0].filename or "").lower()
    reader = RowReader(RowFormat.JSONL if name.endswith((".jsonl", ".ndjson")) else RowFormat.CSV)
    while piece := await uploads[0].read(_PIECE):
        await _deliver(service, made, reader.feed(piece), session)
    await _deliver(service, made, reader.finish(), session)
    return made


async def _deliver(service: Service, batch: Batch, rows: list[Any], session: Session) -> None:
    by = orderer(service, session)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE]
        await run_in_threadpool(service.batches.add_rows, batch.batch_id, some, by)


def _list(
    request: Request,
    session: Session,
    service: Service,
    *,
    problem: Problem | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    found = service.batches.listed(orderer(service, session))
    values = {
        **frame(session, "desk"),
        "agency": service.agency_name(session.agency),
        "problem": problem.as_json() if problem else None,
        "typed": {"title": "", "seal_id": "", "document_type": FILE, "quota": "", **(typed or {})},
        # A double click sends the same key twice, and opens one batch.
        "key": secrets.token_hex(16),
        "seals": service.seals.listed(session.agency),
        "types": service.modules.documents,
        "batches": [batch_line(one) for one in found],
    }
    return render(request, "batches.html", values, status=problem.status if problem else 200)


def _one(
    request: Request,
    session: Session,
    service: Service,
    batch_id: str,
    *,
    after: int = 0,
    problem: Problem | None = None,
) -> Response:
    values = batch_values(service, orderer(service, session), batch_id, after=after)
    shown = problem.as_json() if problem else None
    values = {**frame(session, "desk"), **values, "base": "/batches", "problem": shown}
    return render(request, "batch.html", values, status=problem.status if problem else 200)


def batch_values(service: Service, by: Orderer, batch_id: str, *, after: int = 0) -> dict[str, Any]:
    """What the page of one batch shows, for an officer and for an applicant."""
    batch = service.batches.get(batch_id, by)
    found = service.batches.items(batch_id, by, after=after, most=_SHOWN)
    trouble = [
        one for state in _TROUBLE for one in service.batches.items(batch_id, by, state=state, most=_SHOWN)
    ]
    running, own = batch.state is BatchState.RUNNING, batch.kind is BatchKind.OWN_KEY
    return {
        "batch": {
            **batch_line(batch),
            "why": batch.problem,
            "quota": batch.quota,
            "used": batch.progress.used,
        },
        "progress": batch.progress,
        "good": batch.progress.received - batch.progress.bad,
        "may": {
            "start": batch.state is BatchState.FILLING and not own,
            "resume": batch.state is BatchState.STOPPED,
            "cancel": batch.state in (BatchState.FILLING, BatchState.RUNNING, BatchState.STOPPED),
        },
        "items": [_item(batch_id, one) for one in found],
        "trouble": [_item(batch_id, one) for one in trouble],
        "next": found[-1].number if len(found) == _SHOWN else None,
        "refresh": REFRESH_SECONDS if running and after == 0 else 0,
    }


def batch_line(one: Batch) -> dict[str, Any]:
    zh, en, tag = STATES[one.state]
    ended = one.progress.ended - one.progress.bad
    good = one.progress.received - one.progress.bad
    return {
        "id": one.batch_id,
        "title": one.title,
        "state": zh,
        "state_en": en,
        "tag": tag,
        "time": china(one.created_at),
        "ended": ended,
        "good": good,
        "percent": 100 * ended // good if good else 0,
    }


def _item(batch_id: str, one: Any) -> dict[str, Any]:
    words, tag = ITEM_STATES[one.state]
    return {
        "number": one.number,
        "line": one.line,
        "name": one.name,
        "state": words,
        "tag": tag,
        "problems": one.problems,
        "file_url": f"/api/v1/batches/{batch_id}/items/{one.number}/file" if one.sha256 else "",
        "public_url": f"/r/{one.document_id}" if one.document_id else "",
    }


def _whole(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 7):
        raise PartMalformed("quota", "应为正整数 / must be a whole number")
    return int(text)


def _position(texts: dict[str, str]) -> tuple[float, float]:
    try:
        return float(texts.get("x_mm") or 140), float(texts.get("y_mm") or 230)
    except ValueError:
        raise PartMalformed("x_mm", "应为毫米数 / must be millimetres") from None
