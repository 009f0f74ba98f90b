# SPDX-License-Identifier: Apache-2.0
"""The public door: verify by code, by file, by QR address.

No login; every answer is complete without a script.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from verify import (
    QrError,
    Report,
    Unreadable,
    group_document_id,
    normalize_document_id,
    parse_address,
)

from ...documents import DocumentIdMalformed, NoSuchDocument, PublicAnswer
from ...login import Session
from ...pages import render
from ...pages.preview import preview_of
from ...pages.verdicts import Verdict, verdict_of_file, verdict_on
from ...pages.words import china, result, why
from ...plugins import NoSuchRecord
from ...problems import RequestError
from ...wiring import Service
from ..access import ServiceOf, Visitor
from ..verification import checked, uploaded
from .frame import frame

router = APIRouter(include_in_schema=False)


@router.get("/verify")
def ask(request: Request, session: Visitor, service: ServiceOf) -> Response:
    """The form."""
    return _ask(request, session, service)


@router.post("/verify")
async def by_file(request: Request, session: Visitor, service: ServiceOf) -> Response:
    """The verdict on an uploaded file."""
    try:
        name, content = await uploaded(request)
    except RequestError:
        words = {"title": "没有收到文件", "detail": "请先选择要查验的文件。 Choose a file first."}
        return _ask(request, session, service, problem=words, status=400)
    try:
        report = await run_in_threadpool(checked, service, name, content)
    except Unreadable as error:
        words = {"title": f"无法读取“{name}”", "detail": str(error)}
        return _ask(request, session, service, problem=words, status=422)
    picture = await run_in_threadpool(_preview, report, content)
    return render(
        request, "result.html", {**frame(session, "verify"), **_result(service, name, report, picture)}
    )


@router.get("/verify/code")
def by_code(request: Request, session: Visitor, service: ServiceOf, code: str = "") -> Response:
    """A typed code, or the whole text of a QR code pasted in."""
    code = code.strip()
    try:
        if "/" in code:
            _, _, document_id, signed = parse_address(code)
            if signed:
                report = checked(service, "二维码 QR code", code.encode("ascii", "replace"))
                page = {**frame(session, "verify"), **_result(service, "二维码 QR code", report, "")}
                return render(request, "result.html", page)
        else:
            document_id = normalize_document_id(code)
    except QrError:
        words = {
            "title": "编号不对",
            "detail": "编号是 16 位字母和数字,印在二维码旁边。请核对后重新输入。"
            " The code has 16 letters and digits, printed beside the QR code.",
        }
        return _ask(request, session, service, problem=words, code=code, status=400)
    except Unreadable as error:
        return _ask(
            request, session, service, problem={"title": "无法读取", "detail": str(error)}, status=422
        )
    return RedirectResponse(f"/r/{document_id}", 303)


@router.get("/r/{document_id}")
@router.get("/R/{document_id}")
def live(request: Request, document_id: str, session: Visitor, service: ServiceOf) -> Response:
    """The page that the QR code opens."""
    status = 200
    try:
        document = _live(service, service.library.lookup(document_id))
    except DocumentIdMalformed:
        status, document = 404, _unknown(document_id, "malformed", service.clock())
    except NoSuchDocument:
        status, document = 404, _unknown(normalize_document_id(document_id), "unknown", service.clock())
    return render(request, "document.html", {**frame(session, "verify"), "document": document}, status=status)


@router.get("/relying/{module}/{view}")
def view(request: Request, module: str, view: str, session: Visitor, service: ServiceOf) -> Response:
    """A public view of a relying module."""
    parameters = {name: value[:200] for name, value in request.query_params.items()}
    face = service.modules.read_view(module, view, parameters)
    if face is None:
        raise NoSuchRecord(module, view)
    return render(request, "face.html", {**frame(session, "verify"), "face": face})


def _ask(
    request: Request,
    session: Session | None,
    service: Service,
    *,
    problem: dict[str, str] | None = None,
    code: str = "",
    status: int = 200,
) -> Response:
    values = {
        **frame(session, "verify"),
        "problem": problem,
        "code": code[:200],
        "limit_mb": service.settings.max_upload_mb,
    }
    return render(request, "verify.html", values, status=status)


def _result(service: Service, name: str, report: Report, picture: str) -> dict[str, Any]:
    shown = result(report)
    verdict = verdict_of_file(report)
    if verdict is not None:
        shown |= {"tone": verdict.tone, "words": verdict.headline, "action": verdict.action}
    document_id = report.facts.get("document_id" if report.kind == "qr" else "record_document_id")
    trust = service.certificates.trust()
    return {
        **shown,
        "name": name,
        "code": report.sub_indication or "" if verdict is None else verdict.code,
        "live": "" if verdict is None else document_id,
        "picture": picture,
        "checked_at": china(service.clock()),
        "trust_issued": china(trust.issued) if trust.issued else "本站 this site, now",
        "raw": json.dumps(shown["report"], ensure_ascii=False, indent=2),
    }


def _preview(report: Report, content: bytes) -> str:
    if report.kind not in ("pdf", "ofd"):
        return ""
    picture = preview_of(content)
    return "" if picture is None else "data:image/png;base64," + base64.b64encode(picture).decode("ascii")


def _live(service: Service, found: PublicAnswer) -> dict[str, Any]:
    history = _history(service, found.document_id)
    verdict = verdict_on(found.state.value, history[-1]["decision"] if history else "")
    return {
        **_shown(found.document_id, found.title, verdict, service.clock()),
        "known": True,
        "facts": found.facts,
        "lines": found.lines,
        "changes": found.changes,
        "history": history,
        "face": found.face,
        "ecert_id": found.ecert_id,
        "qr_key": found.qr_key,
        "qr_algorithm": found.qr_algorithm,
        "record_digest": found.record_digest,
        "digests": _digests(found),
        "proof_url": f"/log/proof/{found.ledger_index}",
        "predecessor": found.predecessor or "",
        "predecessor_printed": _printed(found.predecessor or ""),
        "successor": found.successor or "",
        "successor_printed": _printed(found.successor or ""),
    }


def _history(service: Service, document_id: str) -> list[dict[str, str]]:
    """Each change of state since it was issued, with the decision behind it."""
    return [
        {
            "at": china(one.at),
            "state": one.state.zh,
            "reason": one.reason,
            "why": why(one.reason),
            "decision": one.decision,
        }
        for one in service.document_standings.history(document_id)
    ]


def _digests(found: PublicAnswer) -> list[dict[str, str]]:
    """Of each file that was issued: what somebody compares with the file in hand."""
    files = [{"name": "PDF", "sha256": found.sha256, "sm3": found.sm3}]
    if found.ofd_sha256 is not None and found.ofd_sm3 is not None:
        files.append({"name": "OFD", "sha256": found.ofd_sha256, "sm3": found.ofd_sm3})
    return files


def _unknown(document_id: str, state: str, at: datetime) -> dict[str, Any]:
    """No such document, or nothing that could name one: the page keeps its shape, without facts."""
    return {
        **_shown(document_id[:40], "查无此号", verdict_on(state), at),
        "known": False,
        "facts": (),
        "lines": (),
        "changes": None,
        "history": (),
        "face": None,
        "ecert_id": "",
        "qr_key": "",
        "qr_algorithm": "",
        "record_digest": "",
        "digests": (),
        "proof_url": "",
        "predecessor": "",
        "predecessor_printed": "",
        "successor": "",
        "successor_printed": "",
    }


def _shown(document_id: str, title: str, verdict: Verdict, at: datetime) -> dict[str, Any]:
    """What is on the page whatever the answer: the id that was scanned, and the time of this answer."""
    return {
        "id": document_id,
        "printed": _printed(document_id),
        "title": title,
        "tone": verdict.tone,
        "headline": verdict.headline,
        "code": verdict.code,
        "action": verdict.action,
        "now": china(at),
        "now_utc": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }


def _printed(document_id: str) -> str:
    """In groups of four, as on the paper."""
    try:
        return group_document_id(document_id)
    except QrError:
        return document_id
