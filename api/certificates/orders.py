# SPDX-License-Identifier: Apache-2.0
"""Check an order and turn it into a plan.  Nothing is reserved, recorded or signed here.

The certificate is built from the order, never from the request: the request brings a key, the proof that its
sender holds it, and words that must not contradict the order.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ca import Profile, Request, RevocationReason, SubjectName, parse_request, profile
from verify import IdentifierInvalid, canonical_json, parse_uscc

from ..accounts import Account, AccountBook, AccountClosed
from . import store
from .errors import OrderRefused
from .issuing import Plan
from .model import IssuedCertificate, IssueOrder, hierarchy_of, whole_second

PERSON, ENTERPRISE, SEAL = "person", "enterprise", "seal"
ORDERABLE = frozenset({PERSON, ENTERPRISE})
"""What an operator may order; seals are ordered by the registry of seals, the rest by nobody."""


def plan_order(
    accounts: AccountBook, order: IssueOrder, *, allowed: frozenset[str], at: datetime, by: str
) -> Plan:
    """Everything that can be checked without the stored certificates."""
    request = parse_request(order.request)
    chosen = profile(order.profile)
    if chosen.name not in allowed:
        raise OrderRefused("profile-not-ordered")
    account = _account(accounts, order)
    holder = order.holder if chosen.name == PERSON else _code(order.holder)
    if account is not None and account.subject != holder:
        raise OrderRefused("holder-mismatch")
    if account is not None and account.name != order.holder_name:
        raise OrderRefused("name-mismatch")
    subject = _subject(chosen, request, holder=holder, name=order.holder_name)
    _require_agreement(request.subject, subject)
    return Plan(
        profile=chosen,
        subject=subject,
        public_key=request.public_key,
        issuer=hierarchy_of(request.public_key.kind).issuing,
        holder=holder,
        holder_name=order.holder_name,
        order_digest=_digest(order, request, holder),
        by=by,
        account_id=None if account is None else account.account_id,
        not_after=_end(chosen, order.valid_until, at),
    )


def require_free_key(connection: Connection, plan: Plan) -> None:
    """One key speaks for one holder, and a compromised one for nobody."""
    for earlier in store.find_by_key(connection, plan.public_key.key_id.hex()):
        if earlier.reason == RevocationReason.KEY_COMPROMISE.value:
            raise OrderRefused("key-compromised")
        if not _same_holder(earlier, plan):
            raise OrderRefused("key-of-another")


def _same_holder(earlier: IssuedCertificate, plan: Plan) -> bool:
    mine = (plan.holder, plan.account_id, plan.profile.name)
    return (earlier.holder, earlier.account_id, earlier.profile) == mine


def _account(accounts: AccountBook, order: IssueOrder) -> Account | None:
    if order.account_id is None:
        if order.profile == PERSON:
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


def _subject(chosen: Profile, request: Request, *, holder: str, name: str) -> SubjectName:
    if chosen.name == PERSON:
        return SubjectName(common_name=name)
    common_name = name
    if chosen.name == SEAL:
        # A seal is named by its own code; who may name it so is the registry's decision.
        if request.subject is None:
            raise OrderRefused("request-contradicts-order")
        common_name = request.subject.common_name
    return SubjectName(common_name=common_name, organization=name, uscc=holder)


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
    facts = {
        "profile": order.profile,
        "request": hashlib.sha256(request.der).hexdigest(),
        "account_id": order.account_id,
        "holder": holder,
        "holder_name": order.holder_name,
        "valid_until": None if order.valid_until is None else whole_second(order.valid_until).isoformat(),
    }
    return hashlib.sha256(canonical_json(facts)).hexdigest()
