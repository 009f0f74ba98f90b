# SPDX-License-Identifier: Apache-2.0
"""Renewal: the same key and the same words, a new term.  Re-key: a new key for the same holder.

A renewal repeats the certificate as it is, so nobody slips in a new name; it is refused for what is
suspended, ended, or was ever compromised.  The old certificate stays good until its end.  A re-key takes the
old one out of use: superseded, in the transaction that issues the new one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from ca import RevocationReason, profile, restate
from verify import parse_certificate

from ..accounts import AccountBook, AccountClosed
from ..ledger import Transaction
from . import bundles, lifecycle, store
from .authorities import Authorities
from .bundles import BundlePlan
from .errors import OrderRefused
from .issuing import Plan, Rows
from .model import AUTHORITY, BundleOrder, IssueOrder, whole_second
from .ports import CertificatePorts

SUPERSEDED = RevocationReason.SUPERSEDED.value


def plan_renewal(
    connection: Connection,
    accounts: AccountBook,
    found: Authorities,
    which: str,
    *,
    at: datetime,
    by: str,
    bundle_id: str,
) -> tuple[tuple[Plan, ...], BundlePlan | None]:
    """Plans for everything that lives with a certificate, and the bundle if it is one."""
    members = store.living_together(connection, which)
    _require_renewable(connection, accounts, members, at)
    plans = [_again(row, found, at=at, by=by) for row in members]
    old = members[0].bundle_id
    if old is None:
        return tuple(plans), None
    before = bundles.row_of(connection, old)
    bundle = BundlePlan(
        bundle_id,
        _digest(old),
        tuple(replace(plan, bundle_id=bundle_id) for plan in plans),
        escrow_key_id=before.escrow_key_id,
        envelope=None if before.envelope is None else bytes(before.envelope),
        replaces=old,
    )
    return bundle.members, bundle


def require_rekey(
    connection: Connection, which: str, order: IssueOrder | BundleOrder, plans: Sequence[Plan]
) -> tuple[Row[Any], ...]:
    """What the new order replaces; the order is for the same holder, and for other keys."""
    members = store.living_together(connection, which)
    store.require_believed(connection, members)
    first = members[0]
    if first.usage == AUTHORITY or first.key_label is not None:
        raise OrderRefused("not-renewable")
    mine = (first.profile, first.holder, first.account_id)
    if mine != (plans[0].profile.name, plans[0].holder, plans[0].account_id):
        raise OrderRefused("rekey-differs")
    if (first.bundle_id is not None) is not isinstance(order, BundleOrder):
        raise OrderRefused("rekey-differs")
    _require_standing(members)
    keys = {row.key_id for row in members}
    if any(plan.public_key.key_id.hex() in keys for plan in plans):
        raise OrderRefused("rekey-same-key")
    return members


def superseding(ports: CertificatePorts, which: str, by: str, at: datetime) -> Any:
    """Ends what a re-key replaced, in the transaction that issues the new one."""

    def end(tx: Transaction, rows: Rows) -> None:
        if not rows:
            return  # the same order was done meanwhile, with all that belongs to it
        members = store.living_together(tx.connection, which)
        _require_standing(members)  # nobody suspended or ended it meanwhile
        new = lifecycle.revoking(SUPERSEDED, by=by)(members, whole_second(at))
        if new is not None:
            lifecycle.apply(ports, tx, members, new, kind="certificate.revoked", facts={"reason": SUPERSEDED})

    return end


def _require_standing(members: Sequence[Row[Any]]) -> None:
    """No re-key goes round a suspension or an end."""
    if any(row.revoked_at is not None for row in members):
        raise OrderRefused("renewal-of-ended")
    if any(row.held_at is not None for row in members):
        raise OrderRefused("renewal-of-suspended")


def _require_renewable(
    connection: Connection, accounts: AccountBook, members: Sequence[Row[Any]], at: datetime
) -> None:
    store.require_believed(connection, members)
    earlier = store.find_by_keys(connection, {row.key_id for row in members})
    for row in members:
        if row.usage == AUTHORITY or row.key_label is not None:
            raise OrderRefused("not-renewable")
        if any(one.reason == lifecycle.KEY_COMPROMISE for one in earlier[row.key_id]):
            raise OrderRefused("key-compromised")
        if row.revoked_at is not None or at >= row.not_after:
            raise OrderRefused("renewal-of-ended")
        if any(one.held_at is not None and one.revoked_at is None for one in earlier[row.key_id]):
            raise OrderRefused("renewal-of-suspended")
    account_id = members[0].account_id
    if account_id is not None and accounts.get(account_id).closed_at is not None:
        raise AccountClosed(account_id)


def _again(row: Row[Any], found: Authorities, *, at: datetime, by: str) -> Plan:
    before, chosen = parse_certificate(bytes(row.der)), profile(row.profile)
    said = restate(before)
    facts: dict[str, Any] = {}
    if said.alternative_names:
        facts["alternative_names"] = said.alternative_names
    if said.identifiers:
        facts["identifiers"] = said.identifiers
    return Plan(
        profile=chosen,
        subject=said.subject,
        public_key=before.public_key,
        issuer=found.issuing(chosen, before.public_key.kind, at),
        holder=row.holder,
        holder_name=row.holder_name,
        order_digest=_digest(row.id),
        by=by,
        account_id=row.account_id,
        usage=row.usage,
        replaces=row.id,
        facts=facts,
    )


def _digest(old: str) -> str:
    """One renewal for each certificate, while it is good."""
    return hashlib.sha256(f"renewal/{old}".encode()).hexdigest()
