# SPDX-License-Identifier: Apache-2.0
"""Orders (RFC 8555 sections 7.1.3 and 7.4): asked for, shown, listed, ended by time."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from verify import Json, canonical_json

from ..database.tables_acme import acme_orders as table
from ..database.tables_identity import is_id
from . import renewal
from .addresses import Addresses
from .binding import key_in_force
from .errors import AcmeRefused
from .model import AcmeAccount, BindingKey, OrderStatus
from .names import Name, is_below, parse_identifiers, parse_name, raise_together
from .ports import AcmePorts
from .proofs import open_proof, proofs_of, stamp

PAGE = 50
_WAITING = (OrderStatus.PENDING.value, OrderStatus.READY.value)


def open_order(ports: AcmePorts, account: AcmeAccount, payload: dict[str, Json]) -> str:
    """A new order with an authorization to prove for each name; returns its id."""
    for name in ("notBefore", "notAfter"):
        if payload.get(name) is not None:
            raise AcmeRefused("malformed", f"{name} is not offered: certificates live 90 days")
    names = parse_identifiers(payload.get("identifiers"), most=ports.limits.names)
    replaces = payload.get("replaces")
    if replaces is not None and not isinstance(replaces, str):
        raise AcmeRefused("malformed", "replaces is the identifier of a certificate")
    now = ports.clock()
    values: dict[str, Any] = {
        "id": ports.new_id(),
        "account_id": account.account_id,
        "status": OrderStatus.PENDING.value,
        "identifiers": canonical_json([str(one) for one in names]).decode("ascii"),
        "created_at": now,
        "expires_at": now + ports.limits.order_life,
        "replaces": replaces,
        "request": None,
        "valid_until": None,
        "certificate_id": None,
        "renewal_id": None,
        "error": None,
    }
    with ports.database.read() as connection:
        require_allowed(names, key_in_force(ports, connection, account.key_id))
    with ports.database.write() as connection:
        _require_patience(ports, connection, account, now)
        if replaces is not None:
            renewal.require_replaceable(connection, replaces, account=account, names=names, at=now)
        connection.execute(insert(table).values(values))
        for one in names:
            open_proof(ports, connection, one, order=values)
    return str(values["id"])


def require_allowed(names: tuple[Name, ...], key: BindingKey) -> None:
    """Raise :class:`AcmeRefused` for names outside what the account's binding allows."""
    raise_together(
        [
            AcmeRefused("rejectedIdentifier", "the binding of this account does not allow it", name=str(one))
            for one in names
            if not is_below(one.base, key.domains)
        ]
    )


def get_order(connection: Connection, order_id: str, *, account_id: str) -> Row[Any]:
    """An order of this account; raises :class:`AcmeRefused`, also for somebody else's."""
    query = select(table).where(table.c.id == order_id, table.c.account_id == account_id)
    row = connection.execute(query).one_or_none() if is_id(order_id) else None
    if row is None:
        raise AcmeRefused("malformed", "there is no such order", status=404)
    return row


def names_of(order: Row[Any]) -> tuple[Name, ...]:
    """The names that were ordered."""
    return tuple(parse_name(one) for one in json.loads(order.identifiers))


def standing(order: Row[Any], at: datetime) -> str:
    """The status as clients see it: what waited too long is invalid."""
    late = order.status in _WAITING and order.expires_at <= at
    return OrderStatus.INVALID.value if late else str(order.status)


def order_json(ports: AcmePorts, connection: Connection, order: Row[Any]) -> dict[str, Json]:
    """An order as clients see it."""
    addresses, now = Addresses(ports.base), ports.clock()
    told: dict[str, Json] = {
        "status": standing(order, now),
        "expires": stamp(order.expires_at),
        "identifiers": [{"type": "dns", "value": str(one)} for one in names_of(order)],
        "authorizations": [addresses.authorization(one.id) for one in proofs_of(connection, order.id)],
        "finalize": addresses.finalize(order.id),
    }
    if order.certificate_id is not None:
        told["certificate"] = addresses.certificate(order.certificate_id)
    if order.replaces is not None:
        told["replaces"] = order.replaces
    if order.error is not None:
        told["error"] = json.loads(order.error)
    elif told["status"] == OrderStatus.INVALID and order.status != OrderStatus.INVALID:
        told["error"] = AcmeRefused("malformed", "the order has expired").as_json()
    return told


def list_orders(
    ports: AcmePorts, connection: Connection, account_id: str, cursor: int
) -> tuple[list[Json], bool]:
    """Addresses of the account's orders, newest first, and whether there are more."""
    query = (
        select(table.c.id)
        .where(table.c.account_id == account_id)
        .order_by(table.c.created_at.desc(), table.c.id)
        .offset(cursor)
        .limit(PAGE + 1)
    )
    found = [str(one) for one in connection.execute(query).scalars()]
    addresses = Addresses(ports.base)
    return [addresses.order(one) for one in found[:PAGE]], len(found) > PAGE


def _require_patience(ports: AcmePorts, connection: Connection, account: AcmeAccount, now: datetime) -> None:
    mine = select(func.count()).select_from(table).where(table.c.account_id == account.account_id)
    hour = timedelta(hours=1)
    if connection.execute(mine.where(table.c.created_at > now - hour)).scalar_one() >= ports.limits.orders:
        raise AcmeRefused("rateLimited", "too many orders in one hour", retry_after=3600)
    waiting = mine.where(table.c.status == OrderStatus.PENDING.value, table.c.expires_at > now)
    if connection.execute(waiting).scalar_one() >= ports.limits.waiting:
        raise AcmeRefused("rateLimited", "too many orders wait for proof", retry_after=3600)
