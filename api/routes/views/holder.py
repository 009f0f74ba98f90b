# SPDX-License-Identifier: Apache-2.0
"""The holder's pages: apply with a key made in the page, and what one holds — download, renew, suspend."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse

from ca import PROFILES

from ...accounts import Right, rights_of
from ...enrolment import STATES, Channel, Enrolment, EnrolmentOrder, Holding, State, has_pair
from ...keycentre import Purpose
from ...login import Session
from ...pages import render
from ...pages.words import china
from ...problems import Problem
from ...wiring import Service
from ..access import ServiceOf, SessionOf, Visitor, form_sender, require_csrf, speaks_for
from ..enrolment import packed, person_of
from ..holding import act_on, may_resume, renewable
from .frame import expected, frame

router = APIRouter(include_in_schema=False)
STATUS = {
    "good": ("有效", "Good", "pass-tag"),
    "suspended": ("已挂失", "Suspended", "warn-tag"),
    "revoked": ("已吊销", "Revoked", "fail-tag"),
    "expired": ("已过期", "Expired", "fail-tag"),
}
TAGS = {
    State.WAITING: "warn-tag",
    State.APPROVED: "warn-tag",
    State.ISSUED: "pass-tag",
    State.REFUSED: "fail-tag",
    State.WITHDRAWN: "fail-tag",
}
USAGES = {"sign": ("签名", "signing"), "encrypt": ("加密", "encryption")}
RECOVERIES = {
    (Purpose.RECOVERY, "requested"): (
        "有人申请恢复您的加密密钥",
        "Somebody asks to recover your encryption key",
    ),
    (Purpose.RECOVERY, "completed"): ("您的加密密钥已被恢复", "Your encryption key was recovered"),
    (Purpose.DRILL, "requested"): (
        "恢复演练:申请以您的加密密钥检验恢复程序",
        "Recovery drill: the recovery procedure is to be tested with your encryption key",
    ),
    (Purpose.DRILL, "completed"): (
        "恢复演练已完成:以您的加密密钥检验了恢复程序",
        "Recovery drill done: the recovery procedure was tested with your encryption key",
    ),
}
_LARGEST = 64 * 1024
_MOST_NOTICES = 20


@router.get("/enrol")
def enrol(request: Request, session: Visitor, service: ServiceOf) -> Response:
    """Apply: with a code, or for oneself after login."""
    return _enrol(request, session, service)


@router.post("/enrol")
async def enrol_with_file(request: Request, session: Visitor, service: ServiceOf) -> Response:
    """Apply with a request that was made elsewhere (a token's software, OpenSSL); without a script."""
    async with request.form(max_files=1, max_fields=8) as sent:
        upload = sent.get("request")
        content = await upload.read(_LARGEST) if isinstance(upload, UploadFile) else b""
        texts = {name: value for name, value in sent.items() if isinstance(value, str)}
    try:
        made = await run_in_threadpool(_applied, session, service, texts, content)
    except Exception as error:
        return _enrol(request, session, service, problem=expected(error))
    return _enrol(request, session, service, made=made)


def _applied(
    session: Session | None, service: Service, texts: dict[str, str], content: bytes
) -> Enrolment | None:
    if session is None:
        code = texts.get("code", "")
        if not content:
            return service.enrolments.by_code(code)
        return service.enrolments.submit_with_code(code, content, channel=Channel.BROWSER, bundle=False)
    require_csrf(session, texts.get("csrf", ""))
    wanted = texts.get("target", "")
    target = next((one for one in targets(session, service) if one["value"] == wanted), None)
    if target is None:
        return None
    order = EnrolmentOrder(
        profile=target["profile"],
        request=content,
        holder=target["holder"],
        holder_name=target["holder_name"],
        account_id=target["account_id"],
        bundle=False,
    )
    return service.enrolments.submit(order, person_of(session), Channel.BROWSER)


def _enrol(
    request: Request,
    session: Session | None,
    service: Service,
    *,
    problem: Problem | None = None,
    made: Enrolment | None = None,
) -> Response:
    values = {
        **frame(session, "holder"),
        "targets": targets(session, service) if session else [],
        "bundles": service.enrolments.bundles(),
        "problem": problem.as_json() if problem else None,
        "made": application(made) if made else None,
    }
    return render(request, "enrol.html", values, status=problem.status if problem else 200)


def targets(session: Session, service: Service) -> list[dict[str, Any]]:
    """What this login may apply for: the own person, the enterprise acted for, the own agency."""
    account = service.accounts.get(session.account_id)
    if session.acts_for is not None:
        rows: list[tuple[str, str, str, str | None]] = [
            ("enterprise", session.acts_for, session.acts_for_name, None)
        ]
    else:
        profile = "operator" if Right.MANAGE_ACCOUNTS in rights_of(session.roles) else "person"
        rows = [("person", account.subject, account.name, account.account_id)]
        if profile in PROFILES and profile != "person":
            rows.append((profile, account.subject, account.name, account.account_id))
        if session.agency and Right.DECIDE in rights_of(session.roles):
            name = service.agency_name(session.agency)
            rows.append(("agency", session.agency, name, None))
    return [
        {
            "value": profile,
            "profile": profile,
            "zh": PROFILES[profile].zh,
            "holder": holder,
            "holder_name": name,
            "account_id": account_id,
            "uscc": "" if account_id else holder,
            "bundle": has_pair(PROFILES[profile]),
        }
        for profile, holder, name, account_id in rows
        if profile in PROFILES
    ]


@router.get("/holder")
def mine(request: Request, session: SessionOf, service: ServiceOf) -> Response:
    """Everything that this login holds and applied for."""
    return _mine(request, session, service)


@router.get("/holder/certificates/{certificate_id}")
def download(
    certificate_id: str,
    session: SessionOf,
    service: ServiceOf,
    form: Annotated[Literal["pem", "der", "p7b"], Query(alias="format")] = "pem",
) -> Response:
    """One certificate with its chain."""
    found = service.holdings.own(certificate_id, *speaks_for(session))
    one = next(each for each in found.members if each.certificate_id == certificate_id)
    chain = service.certificates.chain(one.certificate_id)
    return packed([one.der, *chain], form, name=one.serial[:8])


@router.post("/holder/certificates/{held_id}/{verb}")
def change(
    request: Request,
    held_id: str,
    verb: Literal["suspend", "resume", "renew", "revoke"],
    session: Visitor,
    service: ServiceOf,
    csrf: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "cessationOfOperation",
) -> Response:
    """Suspend what was lost, resume what was found, renew, end for good."""
    sender = form_sender(session, csrf, back="/holder")
    try:
        act_on(service, sender, held_id, verb, reason=reason)
    except Exception as error:
        return _mine(request, sender, service, problem=expected(error))
    return RedirectResponse("/holder", 303)


@router.post("/holder/enrolments/{enrolment_id}/withdraw")
def withdraw(
    request: Request,
    enrolment_id: str,
    session: Visitor,
    service: ServiceOf,
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Take an application back."""
    sender = form_sender(session, csrf, back="/holder")
    try:
        service.enrolments.withdraw(enrolment_id, person_of(sender))
    except Exception as error:
        return _mine(request, sender, service, problem=expected(error))
    return RedirectResponse("/holder", 303)


def _mine(
    request: Request, session: Session, service: Service, *, problem: Problem | None = None
) -> Response:
    held = service.holdings.of(*speaks_for(session))
    values = {
        **frame(session, "holder"),
        "principal": session.acts_for_name,
        "problem": problem.as_json() if problem else None,
        "held": [_held(session, one, service.clock()) for one in held],
        "notices": _notices(session, service),
        "applications": [application(one) for one in service.enrolments.mine(person_of(session))],
    }
    return render(request, "holder.html", values, status=problem.status if problem else 200)


def _notices(session: Session, service: Service) -> list[dict[str, str]]:
    """What the holder was told, newest first: certificates that end soon, recoveries of encryption keys."""
    found = [
        (
            one.at,
            f"证书 {one.days} 天内到期",
            f"A certificate ends within {one.days} day(s)",
            one.certificate_id,
        )
        for one in service.certificates.notices_of(speaks_for(session)[0])
    ]
    if service.key_centre is not None:
        found += [
            (
                one.at,
                *RECOVERIES.get((one.purpose, one.happened), (one.happened, one.happened)),
                one.recovery_id,
            )
            for one in service.recoveries.notices(*speaks_for(session))
        ]
    newest = sorted(found, reverse=True)[:_MOST_NOTICES]
    return [{"time": china(at), "zh": zh, "en": en, "id": which} for at, zh, en, which in newest]


def _held(session: Session, one: Holding, at: datetime) -> dict[str, Any]:
    zh, en, tag = STATUS[one.status]
    first = one.first
    return {
        "id": first.certificate_id,
        "title": PROFILES[first.profile].zh if first.profile in PROFILES else first.profile,
        "holder_name": first.holder_name,
        "status": one.status,
        "zh": zh,
        "en": en,
        "tag": tag,
        "from": china(first.not_before)[:10],
        "until": china(first.not_after)[:10],
        "soon": one.ends_within,
        "reason": first.reason or "",
        "members": [
            {
                "id": each.certificate_id,
                "usage": USAGES.get(each.usage, (each.usage, each.usage)),
                "family": "SM2" if each.issuer.endswith("sm2") else "RSA",
                "serial": each.serial,
            }
            for each in one.members
        ],
        "files": [
            (f"/api/v1/certificates/{first.certificate_id}/{name}", zh_name)
            for name, zh_name in (("envelope", "加密密钥信封"), ("response", "CSR 响应 (GM/T 0092)"))
            if first.bundle_id is not None
        ],
        "renewable": one.status == "good" and renewable(one, at),
        "may_resume": one.status == "suspended" and may_resume(session, one),
    }


def application(found: Enrolment) -> dict[str, Any]:
    """An application as pages show it."""
    zh, en = STATES[found.state]
    return {
        "id": found.enrolment_id,
        "title": PROFILES[found.profile].zh if found.profile in PROFILES else found.profile,
        "holder": found.holder,
        "holder_name": found.holder_name,
        "state": found.state.value,
        "zh": zh,
        "en": en,
        "tag": TAGS[found.state],
        "time": china(found.submitted_at),
        "given": len(found.approvals),
        "needed": found.needed,
        "reason": found.reason or "",
        "failure": _failure(found),
        "open": found.open,
        "bundle": found.shape.value == "bundle",
    }


def _failure(found: Enrolment) -> str:
    return found.failure or "" if found.state is State.APPROVED else ""
