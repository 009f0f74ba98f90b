# SPDX-License-Identifier: Apache-2.0
"""Check an order and turn it into a plan.  Nothing is reserved, recorded or signed here.

The certificate is built from the order, never from the request: the request brings a key, the proof that its
sender holds it, and words that must not contradict the order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from ca import Profile, Request, RevocationReason, SubjectName, parse_request, profile
from verify import IdentifierInvalid, canonical_json, parse_uscc

from ..accounts import Account, AccountBook, AccountClosed
from . import store
from .authorities import Authorities
from .errors import OrderRefused
from .issuing import Plan
from .model import IssueOrder, whole_second

_LONGEST_COMMON_NAME = 64
PERSON, ENTERPRISE, SEAL = "person", "enterprise", "seal"
TLS_SERVER, DEVICE = "tls_server", "device"
ORDERABLE = frozenset({PERSON, ENTERPRISE, TLS_SERVER, DEVICE})
"""What an operator may order; seals are ordered by the registry of seals, the rest by nobody."""
PERSONAL = frozenset({PERSON, "operator"})
"""A login of somebody, so it belongs to an account."""
APPROVED = ORDERABLE | {"operator", "agency", "seal_maker", "device"}
"""What is issued when the registration office approved it, by as many persons as the profile says."""


def plan_order(
    accounts: AccountBook,
    authorities: Authorities,
    order: IssueOrder,
    *,
    allowed: Collection[str],
    at: datetime,
    by: str,
) -> Plan:
    """Everything that can be checked without the stored certificates of holders."""
    request = parse_request(order.request)
    chosen = profile(order.profile)
    if chosen.name not in allowed:
        raise OrderRefused("profile-not-ordered")
    account = _account(accounts, order)
    holder = order.holder if chosen.name in PERSONAL else _code(order.holder)
    if account is not None and account.subject != holder:
        raise OrderRefused("holder-mismatch")
    if account is not None and account.name != order.holder_name:
        raise OrderRefused("name-mismatch")
    subject = _subject(chosen, request, order, holder=holder)
    _require_agreement(request.subject, subject)
    return Plan(
        profile=chosen,
        subject=subject,
        public_key=request.public_key,
        issuer=authorities.issuing(chosen, request.public_key.kind, at),
        holder=holder,
        holder_name=order.holder_name,
        order_digest=_digest(order, request, holder),
        by=by,
        account_id=None if account is None else account.account_id,
        not_after=_end(chosen, order.valid_until, at),
        facts={
            name: tuple(values)
            for name, values in (
                ("alternative_names", order.alternative_names),
                ("identifiers", order.identifiers),
            )
            if values
        },
    )


def require_free_keys(connection: Connection, plans: Sequence[Plan]) -> None:
    """One key speaks for one holder, a compromised one for nobody; no order goes round a suspension."""
    ids = {plan.public_key.key_id.hex() for plan in plans}
    earlier = store.find_by_keys(connection, ids)
    mine: dict[str, tuple[str, str | None, str]] = {}
    for plan in plans:
        key = plan.public_key.key_id.hex()
        holder = (plan.holder, plan.account_id, plan.profile.name)
        if mine.setdefault(key, holder) != holder:
            raise OrderRefused("key-of-another")
        for one in earlier.get(key, ()):
            if one.reason == RevocationReason.KEY_COMPROMISE.value:
                raise OrderRefused("key-compromised")
            if (one.holder, one.account_id, one.profile) != holder:
                raise OrderRefused("key-of-another")
            if one.held_at is not None and one.revoked_at is None:
                raise OrderRefused("key-suspended")


def _account(accounts: AccountBook, order: IssueOrder) -> Account | None:
    if order.account_id is None:
        if order.profile in PERSONAL:
            raise OrderRefused("account-required")
        return None
    account = accounts.get(order.account_id)
    if account.closed_at is not None:
        raise AccountClosed(account.account_id)
    return account


def _code(holder: str) -> str:
    try:
        return str(parse_uscc(holder))
    except IdentifierInvalid as error:
        raise OrderRefused("holder-malformed") from error


def _subject(chosen: Profile, request: Request, order: IssueOrder, *, holder: str) -> SubjectName:
    name = order.holder_name
    if chosen.name in PERSONAL:
        return SubjectName(common_name=name)
    common_name = name
    if chosen.name == TLS_SERVER:
        common_name = _host(request, order) or name
    if chosen.name == SEAL:
        # A seal is named by its own code; who may name it so is the registry's decision.
        if request.subject is None:
            raise OrderRefused("request-contradicts-order")
        common_name = request.subject.common_name
    return SubjectName(common_name=common_name, organization=name, uscc=holder)


def _host(request: Request, order: IssueOrder) -> str:
    """The common name of a server: the ordered name that the request prefers, or the first that fits."""
    hosts = [str(one.value) for one in order.alternative_names if one.kind == "dns"]
    fitting = [one for one in hosts if len(one) <= _LONGEST_COMMON_NAME]
    wished = "" if request.subject is None else request.subject.common_name
    return wished if wished in fitting else next(iter(fitting), "")


def _require_agreement(stated: SubjectName | None, granted: SubjectName) -> None:
    if stated is None:
        return
    for name in ("common_name", "organization", "uscc", "country"):
        word = getattr(stated, name)
        if word and word != getattr(granted, name):
            raise OrderRefused("request-contradicts-order")


def _end(chosen: Profile, wanted: datetime | None, at: datetime) -> datetime | None:
    if wanted is None:
        return None
    if wanted.tzinfo is None:
        raise OrderRefused("validity-refused")
    end = whole_second(wanted)
    if not at + timedelta(seconds=1) <= end <= chosen.until(whole_second(at)):
        raise OrderRefused("validity-refused")
    return end


def _digest(order: IssueOrder, request: Request, holder: str) -> str:
    """What makes two orders the same one."""
    facts: dict[str, Any] = {
        "profile": order.profile,
        "request": hashlib.sha256(request.der).hexdigest(),
        "account_id": order.account_id,
        "holder": holder,
        "holder_name": order.holder_name,
        "valid_until": None if order.valid_until is None else whole_second(order.valid_until).isoformat(),
    }
    facts.update(_said(order))
    return hashlib.sha256(canonical_json(facts)).hexdigest()


def _said(order: IssueOrder) -> dict[str, Any]:
    """Names and identifiers, where there are any."""
    named = {"alternative_names": order.alternative_names, "identifiers": order.identifiers}
    return {name: [repr(one) for one in values] for name, values in named.items() if values}
