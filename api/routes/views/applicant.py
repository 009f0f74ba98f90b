# SPDX-License-Identifier: Apache-2.0
"""The applicant's door: forms, sheets, my submissions, my documents."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from relying import Body, Field, FieldKind

from ...pages import render
from ...pages.words import china
from ...plugins import FieldsRefused
from ...problems import problem_of
from ...submissions import Submission
from ...wiring import Service
from ..access import Right, ServiceOf, SessionOf, Visitor, logged_in, require, require_csrf
from .frame import STATES, frame

router = APIRouter(prefix="/applicant", include_in_schema=False)


@router.get("")
def mine(request: Request, session: SessionOf, service: ServiceOf) -> Response:
    """Everything of this login on one page."""
    return _mine(request, session, service)


def _mine(
    request: Request, session: SessionOf, service: Service, *, notice: str = "", status: int = 200
) -> Response:
    require(session, Right.FILE_SUBMISSIONS)
    applicant = service.applicant(session)
    values = {
        **frame(session, "applicant"),
        "principal": session.acts_for_name,
        "notice": notice,
        "forms": service.modules.forms,
        "sheets": [one for one in service.modules.documents if one.self_service],
        "submissions": [line(service, one) for one in service.submissions.of(applicant)],
        "documents": [
            {"title": one.title, "number": one.serial, **(links(service, one.document_id) or {})}
            for one in service.library.of_holder(applicant.holder)
        ],
    }
    return render(request, "applicant.html", values, status=status)


@router.get("/forms/{name}")
def form(request: Request, name: str, session: SessionOf, service: ServiceOf) -> Response:
    """One form; the script in it opens the key, signs and sends."""
    require(session, Right.FILE_SUBMISSIONS)
    return render(request, "form.html", {**frame(session, "applicant"), "form": service.modules.form(name)})


@router.get("/submissions/{submission_id}")
def submission(request: Request, submission_id: str, session: SessionOf, service: ServiceOf) -> Response:
    """One submission with its sealed files, receipt and what was issued."""
    found = service.visible_submission(session, submission_id)
    shown = {
        **details(service, found),
        "receipt": links(service, found.receipt_id),
        "document": links(service, found.document_id),
    }
    return render(request, "submission.html", {**frame(session, "applicant"), "submission": shown})


@router.post("/sheets/{document_type}")
async def sheet(request: Request, document_type: str, session: Visitor, service: ServiceOf) -> Response:
    """Print a sheet from the page; without a script."""
    sender = logged_in(session, back="/applicant")
    async with request.form(max_fields=40, max_files=0) as sent:
        values = {name: value for name, value in sent.items() if isinstance(value, str)}
    require_csrf(sender, values.pop("csrf", ""))
    require(sender, Right.PRINT_SHEETS)
    asked: Body = {name: value.strip() for name, value in values.items() if value.strip()}
    try:
        issued = await run_in_threadpool(
            service.sheets.print, document_type, service.applicant(sender).holder, asked
        )
    except FieldsRefused as refused:
        problem = problem_of(refused)
        words = ";".join(f"{one.field}:{one.rule} {one.todo}" for one in problem.errors) or problem.detail
        return _mine(request, sender, service, notice=f"没有打印:{words}", status=problem.status)
    return RedirectResponse(f"/documents/{issued.document_id}/file", 303)


def details(service: Service, found: Submission) -> dict[str, Any]:
    """A submission as both doors show it."""
    declared = service.modules.form(found.form)
    rows = [
        {"zh": field.zh, "value": _readable(service, field, str(found.data[field.name]))}
        for field in declared.fields
        if field.name in found.data
    ]
    return {
        **line(service, found),
        "rows": rows,
        "reason": found.reason,
        "files": [
            {
                "name": one.title,
                "url": f"/api/v1/submissions/{found.submission_id}/items/{one.item_id}/file",
                "digest": one.digest[:16] + "…",
            }
            for one in found.items
        ],
    }


def _readable(service: Service, field: Field, value: str) -> str:
    """A value as a person reads it: the choice in words, the name beside a credit code."""
    if field.kind is not FieldKind.USCC:
        return field.choices.get(value, value)
    name = service.agency_name(value)
    name = service.modules.name_of(value) if name == value else name
    return value if name == value else f"{name}({value})"


def line(service: Service, found: Submission) -> dict[str, Any]:
    """A submission in a list."""
    state, tag = STATES[found.state]
    return {
        "id": found.submission_id,
        "number": found.number or "",
        "title": service.modules.form(found.form).zh,
        "applicant": found.applicant_name,
        "state": state,
        "tag": tag,
        "time": china(found.sealed_at or found.prepared_at),
    }


def links(service: Service, document_id: str | None) -> dict[str, str] | None:
    """Where a document is found on this site; the OFD has an address where there is one."""
    if document_id is None:
        return None
    return {
        "file_url": f"/documents/{document_id}/file",
        "ofd_url": f"/documents/{document_id}/document.ofd" if service.library.has_ofd(document_id) else "",
        "public_url": f"/r/{document_id}",
    }
