# SPDX-License-Identifier: Apache-2.0
"""Accounts and mandates: the operator's work."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter

from .access import Right, ServiceOf, SessionOf, require
from .bodies import RequestBody, Short

router = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])


class NewAccount(RequestBody):
    """Somebody who may log in."""

    name: Short
    subject: Short
    roles: list[Literal["applicant", "officer", "operator", "registrar"]]
    agency: str = ""


class Principal(RequestBody):
    """An enterprise that the account may act for."""

    uscc: Short


@router.post("", status_code=201)
def add(body: NewAccount, session: SessionOf, service: ServiceOf) -> dict[str, str]:
    """Open an account."""
    require(session, Right.MANAGE_ACCOUNTS)
    made = service.accounts.add(
        name=body.name,
        subject=body.subject,
        roles=frozenset(body.roles),
        agency=body.agency,
        by=session.account_id,
    )
    return {"account_id": made.account_id}


@router.post("/{account_id}/principals", status_code=201)
def allow(account_id: str, body: Principal, session: SessionOf, service: ServiceOf) -> dict[str, str]:
    """Record that the account may act for an enterprise."""
    require(session, Right.MANAGE_ACCOUNTS)
    service.accounts.allow_to_act(account_id, body.uscc, by=session.account_id)
    return {"account_id": account_id, "uscc": body.uscc}
