# SPDX-License-Identifier: Apache-2.0
"""The public's question: is this certificate good now?  No login, no script, and no word about its holder."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from ca import PROFILES
from verify import parse_crl

from ...certificates import CertificateError, IssuedCertificate
from ...login import Session
from ...pages import render
from ...pages.words import Said, china
from ...problems import Problem
from ...wiring import Service
from ..access import ServiceOf, Visitor
from .frame import expected, frame

router = APIRouter(prefix="/status", include_in_schema=False)
_LARGEST = 64 * 1024
ANSWERS = {
    "good": ("pass", Said("有效", "Good")),
    "suspended": ("warn", Said("已挂失,暂停使用", "Suspended")),
    "revoked": ("fail", Said("已吊销", "Revoked")),
    "expired": ("fail", Said("已过期", "Expired")),
    "unknown": ("unsure", Said("未知:本站没有签发过这张证书", "Unknown: not issued here")),
}
REASONS = {
    "keyCompromise": "密钥泄露",
    "affiliationChanged": "隶属关系变更",
    "superseded": "已被新证书取代",
    "cessationOfOperation": "不再使用",
    "privilegeWithdrawn": "资格撤销",
    "unspecified": "未说明",
}


@router.get("")
def ask(request: Request, session: Visitor, service: ServiceOf, query: str = "") -> Response:
    """By serial number or fingerprint."""
    if not query.strip():
        return _page(request, session, service)
    try:
        found = service.holdings.asked(query)
    except Exception as error:
        return _page(request, session, service, query=query, problem=expected(error))
    return _page(request, session, service, query=query, found=found)


@router.post("")
async def by_file(request: Request, session: Visitor, service: ServiceOf) -> Response:
    """By the certificate itself, which is not kept."""
    async with request.form(max_files=1, max_fields=4) as sent:
        upload = sent.get("file")
        content = await upload.read(_LARGEST) if isinstance(upload, UploadFile) else b""
    try:
        found = await run_in_threadpool(service.holdings.uploaded, content)
        return await run_in_threadpool(_page, request, session, service, found=found)
    except Exception as error:
        return _page(request, session, service, problem=expected(error))


def _page(
    request: Request,
    session: Session | None,
    service: Service,
    *,
    query: str = "",
    found: tuple[IssuedCertificate, ...] | None = None,
    problem: Problem | None = None,
) -> Response:
    status = problem.status if problem else 200
    answers = None
    if found is not None:
        answers = [_answer(service, one) for one in found] or [_unknown()]
        status = 200 if found else 404
    values = {
        **frame(session, "verify"),
        "query": query[:200],
        "problem": problem.as_json() if problem else None,
        "answers": answers,
        "asked_at": china(service.clock()),
    }
    return render(request, "status.html", values, status=status)


def _answer(service: Service, one: IssuedCertificate) -> dict[str, Any]:
    state = one.status(service.clock())
    tone, words = ANSWERS[state]
    rows = [
        ("证书类型", PROFILES[one.profile].zh if one.profile in PROFILES else one.profile),
        ("序列号 Serial", one.serial),
        ("签发机构 Issuer", one.issuer),
        ("有效期 Validity", f"{china(one.not_before)} 至 {china(one.not_after)}"),
    ]
    if one.revoked_at is not None:
        reason = one.reason or "unspecified"
        rows.append(("吊销时间 Revoked at", china(one.revoked_at)))
        rows.append(("吊销原因 Reason", f"{REASONS.get(reason, '')} {reason}".strip()))
    elif one.held_at is not None:
        rows.append(("挂失时间 Suspended at", china(one.held_at)))
    return {
        "state": state,
        "tone": tone,
        "words": words,
        "rows": rows,
        "list": _list(service, one.issuer),
        "id": one.certificate_id,
    }


def _list(service: Service, issuer: str) -> dict[str, str] | None:
    """The signed list that says the same to whoever does not believe this page."""
    try:
        crl = parse_crl(service.certificates.crl_file(issuer))
    except CertificateError:
        return None
    until = china(crl.next_update) if crl.next_update else "—"
    return {"url": f"/crl/{issuer}.crl", "from": china(crl.this_update), "until": until}


def _unknown() -> dict[str, Any]:
    tone, words = ANSWERS["unknown"]
    return {"state": "unknown", "tone": tone, "words": words, "rows": [], "list": None}
