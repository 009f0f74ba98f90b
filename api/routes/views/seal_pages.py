# SPDX-License-Identifier: Apache-2.0
"""Pages of seals: what one holds and what was done with it, what waits, one seal's life, applying.

Everything works by reloading.  Script adds two things: a key file signs the step in the page, and the uses
are looked at again every few seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from pydantic import StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse

from keys import KeyKind
from seal import DIAMETERS_MM, HolderRank, drawing_svg

from ...accounts import NoSuchAccount
from ...login import Session
from ...pages import render
from ...pages.words import china
from ...problems import Problem
from ...seals import (
    TYPES,
    LifeState,
    SealApplication,
    SealLife,
    SealType,
    SealUse,
    Step,
    StepOrder,
    drawing_of,
)
from ...wiring import Service
from ..access import ServiceOf, SessionOf, Visitor, form_sender
from ..bodies import to_base64
from ..seal_lives import actor_of, approvers_by_use, given_design, held_by, waiting_for
from ..seal_pictures import brought_from, design_members
from .frame import expected, frame

RANKS = {
    HolderRank.ORDINARY: ("内设机构、事业单位、企业、社会团体", "Company, institution, internal organ"),
    HolderRank.TOWNSHIP: ("乡镇人民政府、街道办事处", "Township"),
    HolderRank.PREFECTURE_OR_COUNTY: ("市(地、州)、县级机关", "Prefecture or county"),
    HolderRank.STATE_BUREAU: ("国家局", "State bureau"),
    HolderRank.PROVINCE: ("省、自治区、直辖市机关", "Province"),
    HolderRank.MINISTRY: ("国务院部委", "Ministry"),
    HolderRank.STATE_COUNCIL: ("国务院", "State Council"),
}
SOON = timedelta(days=60)
"""How long before the end of a seal its holder is told to have it made anew."""
router = APIRouter(prefix="/seals", include_in_schema=False)
SealId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
STATES = {
    LifeState.APPLIED: ("待审批", "Applied for", "warn-tag"),
    LifeState.REFUSED: ("未通过", "Refused", "fail-tag"),
    LifeState.WITHDRAWN: ("已撤回", "Withdrawn", ""),
    LifeState.APPROVED: ("待制章", "Approved", "warn-tag"),
    LifeState.MADE: ("待启用", "Made", "warn-tag"),
    LifeState.ACTIVE: ("使用中", "In use", "pass-tag"),
    LifeState.SUSPENDED: ("已停用", "Suspended", "fail-tag"),
    LifeState.CANCELLED: ("已缴销", "Cancelled", "fail-tag"),
    LifeState.DESTROYED: ("已销毁", "Destroyed", "fail-tag"),
}
STEPS = {
    Step.APPLY: ("申请", "Apply"),
    Step.WITHDRAW: ("撤回申请", "Withdraw"),
    Step.APPROVE: ("批准", "Approve"),
    Step.REFUSE: ("不予通过", "Refuse"),
    Step.MAKE: ("制章", "Make"),
    Step.ACTIVATE: ("启用", "Put into use"),
    Step.SUSPEND: ("停用", "Suspend"),
    Step.RESUME: ("恢复使用", "Resume"),
    Step.CHANGE: ("申请变更", "Ask for a change"),
    Step.APPROVE_CHANGE: ("批准变更", "Approve the change"),
    Step.REFUSE_CHANGE: ("不同意变更", "Refuse the change"),
    Step.REMAKE: ("重新制章", "Make anew"),
    Step.CANCEL: ("缴销", "Surrender"),
    Step.DESTROY: ("销毁密钥", "Destroy the key"),
}
STANDINGS = {
    "made": ("已制作", "made"),
    "active": ("使用中", "in use"),
    "suspended": ("停用", "suspended"),
    "replaced": ("被新章取代", "replaced"),
    "cancelled": ("缴销", "cancelled"),
}
REASONED = frozenset({Step.REFUSE, Step.SUSPEND, Step.CHANGE, Step.REFUSE_CHANGE, Step.CANCEL})
SIDES = {"holder": "持章单位", "office": "登记机关", "operator": "运营人员", "incident": "持章单位(否认用印)"}


@router.get("")
def overview(request: Request, session: SessionOf, service: ServiceOf) -> Response:
    """What this login holds, every use of it, and what waits for it."""
    return _overview(request, session, service)


@router.get("/apply")
def form(request: Request, session: SessionOf, service: ServiceOf) -> Response:
    """The form of an application."""
    return _form(request, session, service)


@router.post("/apply")
async def apply(request: Request, session: Visitor, service: ServiceOf) -> Response:
    """Apply, or look at the picture first; the answer is the page of the application, or the form again."""
    async with request.form(max_files=2, max_fields=30) as sent:
        typed = {name: value for name, value in sent.items() if isinstance(value, str)}
        uploads = {
            name: await value.read()
            for name, value in sent.items()
            if isinstance(value, UploadFile) and value.size
        }
    return await run_in_threadpool(_apply, request, session, service, typed, uploads)


def _apply(
    request: Request,
    session: Session | None,
    service: Service,
    typed: dict[str, str],
    uploads: dict[str, bytes],
) -> Response:
    sender = form_sender(session, typed.pop("csrf", ""), back="/seals/apply")
    filled = {name: typed.get(name, "").strip() for name in _usual(sender, service)}
    try:
        members = _members(filled, typed, uploads)
        if typed.get("act") == "preview":
            code = filled["code"] if "drawing" not in members and filled["shape"] != "square" else ""
            shown = drawing_of(given_design({**members, **({"code": code} if code else {})}))
            return _form(request, sender, service, filled=filled, picture=drawing_svg(shown))
        order = SealApplication(
            holder=filled["holder"],
            holder_name=filled["holder_name"],
            type=SealType(filled["type"]) if filled["type"] in set(SealType) else SealType.SPECIAL,
            design=given_design(members),
            kind=KeyKind.SM2,
            code=filled["code"],
        )
        made = service.seal_lives.apply(order, actor_of(sender))
    except Exception as error:
        return _form(request, sender, service, problem=expected(error), filled=filled)
    return RedirectResponse(f"/seals/{made.seal_id}", 303)


def _members(
    filled: dict[str, str], typed: dict[str, str], uploads: dict[str, bytes]
) -> dict[str, str | bool | int]:
    """The design that was filled in.  A file that is uploaded now counts before what was shown earlier."""
    kind = "scan" if filled["source"] == "scan" else "emblem"
    wanted = kind == "scan" or (filled["shape"] == "round" and filled["centre"] == "emblem")
    if wanted and (content := uploads.get("picture" if kind == "scan" else "emblem")):
        text, degrees = brought_from(content, {**typed, "kind": kind})
        filled["drawing"] = text
        if kind == "scan":
            filled["degrees"] = format(degrees, "g")
    if kind == "scan":
        return {"name": filled["name"], "drawing": filled["drawing"]}
    members = design_members(filled)
    if wanted and filled["drawing"].startswith("emblem/"):
        members["drawing"] = filled["drawing"]
    return members


@router.get("/{seal_id}")
def one(request: Request, seal_id: SealId, session: Visitor, service: ServiceOf) -> Response:
    """One seal, for everybody; with what this login may do about it."""
    return _one(request, session, service, seal_id)


@router.post("/{seal_id}/steps")
def take(
    request: Request,
    seal_id: SealId,
    session: Visitor,
    service: ServiceOf,
    step: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    line: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Take a step; the platform seals the statement that names whoever sent the form."""
    sender = form_sender(session, csrf, back=f"/seals/{seal_id}")
    try:
        life = service.seal_lives.get(seal_id)
        wanted = Step(step) if step in set(Step) else Step.APPLY
        design = None
        if wanted is Step.CHANGE and reason == "image":
            design = replace(life.design, line=line.strip())  # shape, centre and drawing stay
        service.seal_lives.take(
            StepOrder(seal_id, wanted, reason.strip(), note.strip(), design), actor_of(sender)
        )
    except Exception as error:
        return _one(request, sender, service, seal_id, problem=expected(error))
    return RedirectResponse(f"/seals/{seal_id}", 303)


@router.post("/{seal_id}/uses/{use_id}/not-me")
def not_me(
    request: Request,
    seal_id: SealId,
    use_id: SealId,
    session: Visitor,
    service: ServiceOf,
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Not me: suspended at once."""
    sender = form_sender(session, csrf, back="/seals")
    try:
        service.seal_uses.deny(seal_id, use_id, actor_of(sender))
    except Exception as error:
        return _overview(request, sender, service, problem=expected(error))
    return RedirectResponse("/seals", 303)


def _overview(
    request: Request, session: Session, service: Service, problem: Problem | None = None
) -> Response:
    held = held_by(service, session)
    due = {life.seal_id: made for life, made in service.seal_lives.due_for_remake(service.clock() + SOON)}
    lives = {life.seal_id: life for life in held}
    uses = service.seal_uses.of(list(lives)) if lives else ()
    approvers = approvers_by_use(service, uses)
    values = {
        **frame(session, "seals"),
        "problem": problem.as_json() if problem else None,
        "held": [
            {**_line(life), "until": china(due[life.seal_id].valid_until) if life.seal_id in due else ""}
            for life in held
        ],
        "waiting": [_line(life) for life in waiting_for(service, session)],
        "uses": [_use(service, one, lives[one.seal_id], approvers.get(one.use_id, ())) for one in uses],
        "newest": uses[0].use_id if uses else "",
    }
    return render(request, "seals.html", values, status=problem.status if problem else 200)


def _usual(session: Session, service: Service) -> dict[str, str]:
    """The form as it opens."""
    holder = session.acts_for or session.agency
    name = service.agency_name(session.agency) if session.agency else ""
    return {
        "holder": holder or "",
        "holder_name": session.acts_for_name or "" if session.acts_for else name,
        "type": SealType.LEGAL_NAME.value,
        "source": "design",
        "name": "",
        "line": "",
        "shape": "round",
        "centre": "star",
        "centre_text": "",
        "micro": "",
        "rank": HolderRank.ORDINARY.value,
        "width": "",
        "code": "",
        "ink": "red",
        "width_mm": "",
        "degrees": "",
        "drawing": "",
    }


def _form(
    request: Request,
    session: Session,
    service: Service,
    *,
    problem: Problem | None = None,
    filled: dict[str, str] | None = None,
    picture: str = "",
) -> Response:
    values = {
        **frame(session, "seals"),
        "problem": problem.as_json() if problem else None,
        "types": [(one.value, words.zh, words.en) for one, words in TYPES.items()],
        "ranks": [(rank.value, *words, f"{DIAMETERS_MM[rank]:g}") for rank, words in RANKS.items()],
        "filled": filled or _usual(session, service),
        "picture": _data_url(picture) if picture else "",
    }
    return render(request, "seal_apply.html", values, status=problem.status if problem else 200)


def _one(
    request: Request,
    session: Session | None,
    service: Service,
    seal_id: str,
    problem: Problem | None = None,
) -> Response:
    life = service.seal_lives.get(seal_id)
    editions = service.seal_lives.editions(seal_id)
    possible: tuple[Step, ...] = ()
    inside = False
    if session is not None:
        actor = actor_of(session)
        possible = service.seal_lives.possible(life, actor)
        inside = bool(service.seal_lives.sides(life, actor))
    values = {
        **frame(session, "seals"),
        "problem": problem.as_json() if problem else None,
        "seal": {
            **_line(life),
            "drawn": any(True for _ in editions),
            "proposed": _proposed(life) if inside else "",
            "change": life.change.value,
            "suspended_by": SIDES.get(life.suspended_by, ""),
        },
        "editions": [
            {
                "number": made.edition,
                "current": made.edition == life.edition,
                "from": china(made.valid_from),
                "until": china(made.valid_until),
                "sha256": made.esl_sha256,
                "history": [
                    {
                        "words": STANDINGS[change.state.value],
                        "at": china(change.at),
                        "reason": change.reason,
                    }
                    for change in history
                ],
            }
            for made, history in reversed(editions)
        ],
        "steps": [
            {
                "words": STEPS[one.step],
                "at": china(one.at),
                "side": SIDES[one.side],
                "who": _name(service, one.actor),
                "own": one.signed_by.value == "actor",
            }
            for one in (service.seal_lives.steps(seal_id) if inside else ())
        ],
        "possible": [
            {"step": step.value, "words": STEPS[step], "reasoned": step in REASONED} for step in possible
        ],
    }
    return render(request, "seal.html", values, status=problem.status if problem else 200)


def _proposed(life: SealLife) -> str:
    """The picture that is asked for and not made yet: whoever approves has to see it."""
    if life.change_design is None and life.edition:
        return ""
    return _data_url(drawing_svg(drawing_of(life.change_design or life.design)))


def _data_url(svg: str) -> str:
    return "data:image/svg+xml;base64," + to_base64(svg.encode())


def _line(life: SealLife) -> dict[str, Any]:
    zh, en, tag = STATES[life.state]
    words = TYPES[life.type]
    return {
        "id": life.seal_id,
        "code": life.code,
        "name": f"{life.design.name} {life.design.line}".strip(),
        "type": words.zh,
        "type_en": words.en,
        "holder": life.holder,
        "holder_name": life.holder_name,
        "state": zh,
        "state_en": en,
        "tag": tag,
        "at": china(life.applied_at),
        "changing": life.change.value != "none",
    }


def _use(service: Service, one: SealUse, life: SealLife, approvers: Sequence[str]) -> dict[str, Any]:
    return {
        "id": one.use_id,
        "seal_id": one.seal_id,
        "seal": f"{life.design.name} {life.design.line}".strip(),
        "at": china(one.at),
        "who": "" if one.officer is None else _name(service, one.officer),
        "type": one.document_type,
        "document_id": one.document_id or "",
        "sha256": one.sha256 or "",
        "documents": one.documents,
        "channel": one.channel,
        "approvers": "、".join(_name(service, name) for name in approvers),
        "denied": "" if one.denied_at is None else china(one.denied_at),
    }


def _name(service: Service, account_id: str) -> str:
    try:
        return service.accounts.get(account_id).name
    except NoSuchAccount:
        return account_id
