# SPDX-License-Identifier: Apache-2.0
"""Bundles: an SM2 signing certificate, an SM2 encryption certificate, perhaps an RSA one, as one unit.

The holder makes the signing keys, the key centre makes the encryption key and delivers it under the signing
key (SM2EnvelopedKey, GB/T 35276).  Rows of all members, the bundle and its GM/T 0092 answer appear in one
transaction or not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from ca import profile
from keys import CsrResponse, KeyFamily, KeysError, parse_enveloped_key, parse_public_key
from verify import Json, canonical_json

from ..accounts import AccountBook
from ..database.tables_authority import bundles as table
from ..database.tables_identity import certificates, is_id, stored_time
from ..ledger import Transaction, require_vouched
from . import orders, store
from .authorities import Authorities
from .errors import EnvelopeRefused, NoSuchCertificate, OrderRefused
from .issuing import Plan, Rows
from .model import ENCRYPT, BundleOrder, IssuedBundle, IssuedCertificate, IssueOrder
from .ports import CertificatePorts


@dataclass(frozen=True, slots=True)
class BundlePlan:
    """A checked bundle: the plans of its members, and what stands in its own row."""

    bundle_id: str
    order_digest: str
    members: tuple[Plan, ...]
    escrow_key_id: str | None = None
    envelope: bytes | None = None
    replaces: str | None = None

    @property
    def first(self) -> Plan:
        """The signing member."""
        return self.members[0]


def plan_bundle(
    accounts: AccountBook,
    found: Authorities,
    order: BundleOrder,
    *,
    allowed: Iterable[str],
    at: datetime,
    by: str,
    bundle_id: str,
) -> BundlePlan:
    """What can be checked without the key centre; the encryption member is missing still."""

    def member(request: bytes) -> Plan:
        return orders.plan_order(
            accounts,
            found,
            IssueOrder(
                profile=order.profile,
                request=request,
                holder=order.holder,
                holder_name=order.holder_name,
                account_id=order.account_id,
                valid_until=order.valid_until,
                identifiers=order.identifiers,
            ),
            allowed=frozenset(allowed),
            at=at,
            by=by,
        )

    plans = [member(order.sign_request)]
    if plans[0].public_key.family is not KeyFamily.SM2:
        raise OrderRefused("sm2-key-required")
    if order.rsa_request is not None:
        plans.append(member(order.rsa_request))
        if plans[1].public_key.family is KeyFamily.SM2:
            raise OrderRefused("rsa-key-required")
    digest = digest_of(*(plan.order_digest for plan in plans))
    return BundlePlan(bundle_id, digest, tuple(_belonging(plan, bundle_id, digest) for plan in plans))


def with_encryption(
    ports: CertificatePorts, found: Authorities, plan: BundlePlan, at: datetime
) -> BundlePlan:
    """Have the key centre make and deliver the encryption key, where the profile has a pair.

    A key that is made for an order that fails after is never certified; the centre keeps it.
    """
    first = plan.first
    if first.profile.pair is None:
        return plan
    if ports.key_centre is None:
        raise OrderRefused("key-centre-unavailable")
    pair = profile(first.profile.pair)
    escrowed = ports.key_centre.make_key(plan.bundle_id, first.public_key)
    envelope = ports.key_centre.deliver(escrowed.key_id, first.public_key)
    try:
        key = parse_public_key(escrowed.spki)
        inside = parse_enveloped_key(envelope).public
    except KeysError as error:
        raise EnvelopeRefused(str(error)) from error
    if key.family is not KeyFamily.SM2 or not key.spki.endswith(inside):
        raise EnvelopeRefused("the envelope holds another key")
    member = replace(
        first,
        profile=pair,
        public_key=key,
        issuer=found.issuing(pair, key.kind, at),
        usage=ENCRYPT,
        order_digest=digest_of(plan.order_digest, ENCRYPT),
    )
    return replace(
        plan,
        members=(first, member, *plan.members[1:]),
        escrow_key_id=escrowed.key_id,
        envelope=envelope,
    )


def recording(
    plans: Iterable[BundlePlan], more: Callable[[Transaction, Rows], None] | None = None
) -> Callable[[Transaction, Rows], None]:
    """Writes the rows of bundles beside their members."""
    wanted = {plan.bundle_id: plan for plan in plans}

    def record(tx: Transaction, rows: Rows) -> None:
        together: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            if row["bundle_id"] in wanted:
                together.setdefault(row["bundle_id"], []).append(row)
        for bundle_id, members in together.items():
            _insert(tx, wanted[bundle_id], members)
        if more is not None:
            more(tx, rows)

    return record


def get_bundle(connection: Connection, bundle_id: str, at: datetime) -> IssuedBundle:
    """One bundle; raises :class:`NoSuchCertificate`."""
    found = next(listed(connection, at, table.c.id == bundle_id), None) if is_id(bundle_id) else None
    if found is None:
        raise NoSuchCertificate(bundle_id)
    return found


def of_account(connection: Connection, account_id: str, at: datetime) -> Iterator[IssuedBundle]:
    """Those of one account, oldest first."""
    if is_id(account_id):
        yield from listed(connection, at, table.c.account_id == account_id)


def row_of(connection: Connection, bundle_id: str) -> Row[Any]:
    """The row of a bundle, believed only while the public log vouches for it."""
    row = connection.execute(select(table).where(table.c.id == bundle_id)).one()
    require_vouched(connection, "bundles", row.id, committed(row._asdict()))
    return row


def listed(connection: Connection, at: datetime, *conditions: Any) -> Iterator[IssuedBundle]:
    """Bundles, oldest first."""
    rows = connection.execute(select(table).where(*conditions).order_by(table.c.made_at, table.c.id)).all()
    query = select(certificates).where(certificates.c.bundle_id.in_(select(table.c.id).where(*conditions)))
    members: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(query):
        members.setdefault(row.bundle_id, []).append(row)
    for row in rows:
        yield _bundle(row, store.in_order(members.get(row.id, [])), at)


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    blobs: dict[str, Json] = {
        name: None if values[name] is None else bytes(values[name]).hex()
        for name in ("envelope", "csr_response")
    }
    return {**values, **blobs, "made_at": stored_time(values["made_at"])}


def committed_bundles(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored bundle, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.id, committed(row._asdict())


def digest_of(*parts: str) -> str:
    """What makes two orders of a bundle, or of one of its members, the same."""
    return hashlib.sha256(canonical_json(["bundle", *parts])).hexdigest()


def _belonging(plan: Plan, bundle_id: str, digest: str) -> Plan:
    """The same key may be in a certificate of its own as well: that was another order."""
    return replace(plan, bundle_id=bundle_id, order_digest=digest_of(digest, plan.public_key.key_id.hex()))


def _insert(tx: Transaction, plan: BundlePlan, members: list[dict[str, Any]]) -> None:
    first = plan.first
    values: dict[str, Any] = {
        "id": plan.bundle_id,
        "profile": first.profile.name,
        "account_id": first.account_id,
        "holder": first.holder,
        "holder_name": first.holder_name,
        "order_digest": plan.order_digest,
        "escrow_key_id": plan.escrow_key_id,
        "envelope": plan.envelope,
        "csr_response": _response(plan, members),
        "replaces": plan.replaces,
        "made_at": members[0]["issued_at"],
        "made_by": first.by,
    }
    tx.connection.execute(insert(table).values(values))
    tx.commit_row(
        "bundles",
        plan.bundle_id,
        committed(values),
        kind="bundle.issued",
        body={"bundle_id": plan.bundle_id, "certificates": [str(one["id"]) for one in members]},
    )


def _response(plan: BundlePlan, members: list[dict[str, Any]]) -> bytes:
    """GM/T 0092: what the holder's device takes in."""
    first = plan.first.public_key.key_id.hex()
    signing = [one["der"] for one in members if one["key_id"] == first]
    encryption = [one["der"] for one in members if one["usage"] == ENCRYPT]
    enveloped = None if plan.envelope is None else parse_enveloped_key(plan.envelope)
    return CsrResponse(signing, enveloped, encryption).encode()


def _bundle(row: Row[Any], members: tuple[IssuedCertificate, ...], at: datetime) -> IssuedBundle:
    return IssuedBundle(
        bundle_id=row.id,
        holder=row.holder,
        holder_name=row.holder_name,
        account_id=row.account_id,
        profile=row.profile,
        state=members[0].status(at) if members else "revoked",
        members=members,
        escrow_key_id=row.escrow_key_id,
        envelope=None if row.envelope is None else bytes(row.envelope),
        csr_response=None if row.csr_response is None else bytes(row.csr_response),
        replaces=row.replaces,
    )
