# SPDX-License-Identifier: Apache-2.0
"""The operator's view: what ends soon, whether lists are fresh, keys answer, intents ended; and accounts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from ca import PROFILES
from keys import KeysError
from verify import parse_certificate, parse_crl

from ...accounts import Account, Role
from ...certificates import CertificateError, find_by_label
from ...database.tables import intents as intents_table
from ...database.tables_identity import certificates as certificates_table
from ...keycentre import KeyCentreError
from ...login import Session
from ...pages import render
from ...pages.words import china
from ...problems import Problem
from ...wiring import Service
from ..access import Right, ServiceOf, SessionOf, Visitor, form_sender, logged_in, require, require_csrf
from .frame import expected, frame

router = APIRouter(prefix="/authority", include_in_schema=False)
NOTICE_DAYS = (1, 7, 30)
ROLES = (
    (Role.APPLICANT.value, "申请人", "applicant"),
    (Role.OFFICER.value, "机关人员", "officer"),
    (Role.REGISTRAR.value, "登记员", "registrar"),
    (Role.OPERATOR.value, "运营人员", "operator"),
)
PURPOSES = {
    "persons": "个人",
    "organisations": "单位",
    "seals": "印章",
    "devices": "设备",
    "services": "服务",
}
_MOST = 200


@router.get("")
def overview(request: Request, session: SessionOf, service: ServiceOf) -> Response:
    """Everything on one page."""
    require(session, Right.ISSUE_CERTIFICATES)
    at = service.clock()
    shown = _authorities(service, at)
    signers = _signers(service)
    expiring, intents = _expiring(service, at), _intents(service)
    values = {
        **frame(session, "authority"),
        "now": china(at),
        "authorities": shown,
        "signers": signers,
        "expiring": expiring,
        "intents": intents,
        "lines": _lines(service, shown, signers, expiring, len(intents)),
    }
    return render(request, "authority.html", values)


def _lines(
    service: Service,
    authorities: list[dict[str, Any]],
    signers: list[dict[str, Any]],
    expiring: list[dict[str, Any]],
    intents: int,
) -> list[dict[str, Any]]:
    stale = [one["name"] for one in authorities if one["stale"]]
    broken = [one["label"] for one in signers if not one["ok"]]
    counts = {days: sum(one["days"] <= days for one in expiring) for days in NOTICE_DAYS}
    own = [one["name"] for one in authorities if one["soon"]]
    return [
        _line(not stale, "吊销清单", "Revocation lists", ", ".join(stale) or "全部新鲜"),
        _line(not broken, "签名密钥", "Keys", ", ".join(broken) or "全部可用"),
        _line(not own, "签发机构证书", "Authorities' certificates", ", ".join(own) or "一年内均不到期"),
        _line(
            not counts[7],
            "持有人证书到期",
            "Holders' certificates ending",
            f"30 天内 {counts[30]} · 7 天内 {counts[7]} · 1 天内 {counts[1]}",
        ),
        _key_centre(service),
        _line(intents < 10, "未了的签名意向", "Open intents", str(intents)),
    ]


def _key_centre(service: Service) -> dict[str, Any]:
    """Asked now: it is another process."""
    words = ("密钥管理中心", "Key centre")
    if service.key_centre is None:
        return _line(False, *words, "未接入:不能签发双证书")
    try:
        found = service.key_centre.remote.status()
    except KeyCentreError as error:
        return _line(False, *words, f"没有应答:{getattr(error, 'zh', '')}")
    many = len(found.agents)
    agents = f"恢复须 {many} 人中 {found.needed} 人同意" if many else "尚未登记恢复审批人"
    return _line(True, *words, f"已接入 · 已见日志 {found.log_size} 条 · {agents}")


def _line(ok: bool, zh: str, en: str, detail: str) -> dict[str, Any]:
    return {"ok": ok, "zh": zh, "en": en, "detail": detail}


def _authorities(service: Service, at: datetime) -> list[dict[str, Any]]:
    stale = set(service.certificates.stale_crls())
    labels = set(service.vault.labels())
    found = []
    for row in service.certificates.authorities():
        certificate = parse_certificate(service.certificates.issuer_file(row.name))
        try:
            crl = parse_crl(service.certificates.crl_file(row.name))
        except CertificateError:
            crl = None
        found.append(
            {
                "name": row.name,
                "purpose": PURPOSES.get(row.purpose, row.purpose),
                "until": china(certificate.not_after)[:10],
                "soon": certificate.not_after - at < timedelta(days=365),
                "number": crl.number if crl else None,
                "next": china(crl.next_update) if crl and crl.next_update else "",
                "stale": crl is None or row.name in stale,
                "key": _key(service, row.name) if row.name in labels else "离线保管",
            }
        )
    return found


def _key(service: Service, label: str) -> str:
    ok, health = _health(service, label)
    return f"{health} · 使用 {_uses(service, label)} 次" if ok else health


def _signers(service: Service) -> list[dict[str, Any]]:
    """Every key of the vault that has a certificate and is no authority."""
    authorities = {row.name for row in service.certificates.authorities()}
    found = []
    with service.database.read() as connection:
        labels = [label for label in service.vault.labels() if label not in authorities]
        rows = [(label, find_by_label(connection, label)) for label in labels]
    for label, row in rows:
        if row is None:
            continue
        ok, health = _health(service, label, row.der)
        if row.not_after <= service.clock():
            ok, health = False, "证书已过期"
        found.append(
            {
                "label": label,
                "until": china(row.not_after)[:10],
                "ok": ok,
                "health": health,
                "uses": _uses(service, label),
            }
        )
    return found


def _health(service: Service, label: str, certificate: bytes | None = None) -> tuple[bool, str]:
    """Does the key open, and is it the one in its certificate?  Nothing is signed to find out."""
    try:
        key = service.vault.signer(label).public_key
    except KeysError:
        return False, "密钥打不开"
    if certificate is not None and parse_certificate(certificate).public_key != key:
        return False, "密钥与证书不符"
    return True, "可用"


def _uses(service: Service, label: str) -> int | str:
    counted = getattr(service.vault, "uses", None)
    return int(counted(label)) if counted is not None else "—"


def _expiring(service: Service, at: datetime) -> list[dict[str, Any]]:
    table = certificates_table
    query = (
        select(table.c.profile, table.c.holder_name, table.c.not_after)
        .where(
            table.c.not_after > at,
            table.c.not_after <= at + timedelta(days=max(NOTICE_DAYS)),
            table.c.revoked_at.is_(None),
        )
        .order_by(table.c.not_after)
        .limit(_MOST)
    )
    with service.database.read() as connection:
        rows = connection.execute(query).all()
    return [
        {
            "days": next(days for days in NOTICE_DAYS if row.not_after - at <= timedelta(days=days)),
            "title": PROFILES[row.profile].zh if row.profile in PROFILES else row.profile,
            "holder_name": row.holder_name,
            "until": china(row.not_after),
        }
        for row in rows
    ]


def _intents(service: Service) -> list[dict[str, Any]]:
    table = intents_table
    query = select(table).where(table.c.outcome.is_(None)).order_by(table.c.ledger_index).limit(_MOST)
    with service.database.read() as connection:
        rows = connection.execute(query).all()
    return [{"kind": row.kind, "time": china(row.opened_at), "index": row.ledger_index} for row in rows]


@router.get("/accounts")
def accounts(request: Request, session: SessionOf, service: ServiceOf) -> Response:
    """Who may log in."""
    require(session, Right.MANAGE_ACCOUNTS)
    return _accounts(request, session, service)


@router.post("/accounts")
async def open_account(request: Request, session: Visitor, service: ServiceOf) -> Response:
    """Open an account with its roles."""
    sender = logged_in(session, back="/authority/accounts")
    async with request.form(max_files=0, max_fields=16) as sent:
        texts = {name: value.strip() for name, value in sent.items() if isinstance(value, str)}
        roles = [value for value in sent.getlist("roles") if isinstance(value, str)]
    require_csrf(sender, texts.get("csrf", ""))
    require(sender, Right.MANAGE_ACCOUNTS)
    typed = {name: texts.get(name, "") for name in ("name", "subject", "agency")}
    try:
        made = await run_in_threadpool(service.accounts.add, **typed, roles=roles, by=sender.account_id)
    except Exception as error:
        return _accounts(request, sender, service, problem=expected(error), typed={**typed, "roles": roles})
    return _accounts(request, sender, service, notice=f"已开立:{made.name}({made.subject})")


@router.post("/accounts/mandates")
def allow_to_act(
    request: Request,
    session: Visitor,
    service: ServiceOf,
    subject: Annotated[str, Form()] = "",
    uscc: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Record that somebody acts for an enterprise."""
    sender = form_sender(session, csrf, Right.MANAGE_ACCOUNTS, back="/authority/accounts")
    try:
        found = service.accounts.of_subject(subject.strip())
        service.accounts.allow_to_act(found.account_id, uscc.strip(), by=sender.account_id)
    except Exception as error:
        return _accounts(request, sender, service, problem=expected(error))
    return _accounts(request, sender, service, notice=f"已登记:{found.name} 可代表 {uscc.strip()}")


@router.post("/accounts/{account_id}/close")
def close(
    request: Request,
    account_id: str,
    session: Visitor,
    service: ServiceOf,
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Close an account and end its logins; one's own is closed by somebody else."""
    sender = form_sender(session, csrf, Right.MANAGE_ACCOUNTS, back="/authority/accounts")
    if account_id == sender.account_id:
        return _accounts(request, sender, service, notice="不能停用自己的账号。Nobody closes their own.")
    try:
        found = service.accounts.close(account_id, by=sender.account_id)
    except Exception as error:
        return _accounts(request, sender, service, problem=expected(error))
    return _accounts(request, sender, service, notice=f"已停用:{found.name}({found.subject})")


def _accounts(
    request: Request,
    session: Session,
    service: Service,
    *,
    problem: Problem | None = None,
    notice: str = "",
    typed: dict[str, Any] | None = None,
) -> Response:
    names = {value: zh for value, zh, _ in ROLES}

    def told(one: Account) -> dict[str, Any]:
        return {
            "id": one.account_id,
            "name": one.name,
            "subject": one.subject,
            "roles": "、".join(names.get(role.value, role.value) for role in sorted(one.roles)),
            "agency": one.agency,
            "closed": one.closed_at is not None,
            "self": one.account_id == session.account_id,
        }

    values = {
        **frame(session, "authority"),
        "problem": problem.as_json() if problem else None,
        "notice": notice,
        "typed": typed or {"name": "", "subject": "", "agency": "", "roles": []},
        "roles": ROLES,
        "accounts": [told(one) for one in service.accounts.list()],
    }
    return render(request, "accounts.html", values, status=problem.status if problem else 200)
