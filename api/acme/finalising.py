# SPDX-License-Identifier: Apache-2.0
"""From a ready order to its certificate (RFC 8555 section 7.4): once, whatever happens in between.

1. Request and end of validity are written into the order, which is ``processing`` from then on.
2. The certificate is issued: the same order brings the same certificate.
3. Order and certificate are tied together.
Killed between 1 and 3, the chores go on at 2.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from ca import CaError
from verify import canonical_json, parse_certificate

from ..accounts import AccountError
from ..certificates import IssuedCertificate, NotInitialised, OrderRefused
from ..database.tables_acme import acme_orders as table
from ..ledger import RowAltered
from .accounts import read_account
from .binding import key_in_force
from .errors import AcmeRefused
from .jose import stored_jwk
from .model import AccountStatus, AcmeAccount, OrderStatus
from .orders import get_order, names_of, require_allowed, standing
from .ports import AcmePorts, ServerOrder
from .proofs import proofs_of, require_proven
from .renewal import renewal_id
from .requests import check_request

_log = logging.getLogger("yinxin.acme")


def finalise(ports: AcmePorts, account: AcmeAccount, order_id: str, request: bytes) -> None:
    """Fix the request and issue.  Raises :class:`AcmeRefused`; after a bad request the order stays ready."""
    with ports.database.read() as connection:
        order = get_order(connection, order_id, account_id=account.account_id)
    if order.request is not None and bytes(order.request) == request:
        return  # asked again: the order says how far it is
    if standing(order, ports.clock()) != OrderStatus.READY:
        raise AcmeRefused("orderNotReady", f"the order is {standing(order, ports.clock())}")
    check_request(
        request,
        names=frozenset(str(one) for one in names_of(order)),
        account_spki=stored_jwk(account.jwk).spki,
    )
    _begin(ports, order, request)
    _issue(ports, order_id, patient=False)


def resume(ports: AcmePorts) -> int:
    """Finish what a crash, or a vault that was away, left in ``processing``; how many were finished."""
    with ports.database.read() as connection:
        query = select(table.c.id).where(table.c.status == OrderStatus.PROCESSING.value)
        left = [str(one) for one in connection.execute(query).scalars()]
    return sum(_issue(ports, one, patient=True) for one in left)


def _begin(ports: AcmePorts, order: Row[Any], request: bytes) -> None:
    """Step 1: whatever the order needs is true at one moment, and from then on it is fixed."""
    now = ports.clock().replace(microsecond=0)
    fixed = {
        "status": OrderStatus.PROCESSING.value,
        "request": request,
        "valid_until": now + ports.limits.certificate_life,
        "error": None,
    }
    _require_still_good(ports, order)
    with ports.database.write() as connection:
        begun = connection.execute(
            update(table)
            .where(table.c.id == order.id, table.c.status == OrderStatus.READY.value)
            .values(fixed)
        )
        if begun.rowcount != 1:
            raise AcmeRefused("orderNotReady", "somebody finalised the order at the same moment")


def _require_still_good(ports: AcmePorts, order: Row[Any]) -> None:
    """The binding allows the names, each is proven, and the public log vouches for all of it."""
    try:
        with ports.database.read() as connection:
            account = read_account(connection, order.account_id)
            if account.status is not AccountStatus.VALID:
                raise AcmeRefused("unauthorized", "the account is deactivated")
            names = names_of(order)
            require_allowed(names, key_in_force(ports, connection, account.key_id))
            proven = set()
            for proof in proofs_of(connection, order.id):
                require_proven(connection, proof, ports.clock())
                proven.add((proof.name, proof.wildcard))
    except RowAltered as error:
        raise AcmeRefused(
            "unauthorized", "the public log does not vouch for the proofs of this order"
        ) from error
    if proven != {(one.base, one.wildcard) for one in names}:
        raise AcmeRefused("unauthorized", "not every name of the order is proven")


def _issue(ports: AcmePorts, order_id: str, *, patient: bool) -> bool:
    """Steps 2 and 3.  A bad request gives the order back, a fault of ours leaves it in processing."""
    with ports.database.read() as connection:
        order = connection.execute(select(table).where(table.c.id == order_id)).one()
    if order.status != OrderStatus.PROCESSING:
        return False
    try:
        _require_still_good(ports, order)
        made = ports.issue(_wanted(ports, order))
    except NotInitialised:
        _log.exception("an ACME order waits for an authority", extra={"order": order_id})
        return False
    except (AcmeRefused, OrderRefused, AccountError, CaError) as error:
        refused = error if isinstance(error, AcmeRefused) else AcmeRefused("badCSR", str(error))
        _give_back(ports, order_id, refused, ended=patient or refused.code != "badCSR")
        if patient:
            return False
        raise refused from error
    except Exception:
        # Ours: the database, the vault.  The client asks again, and the chores try again.
        _log.exception("an ACME order stays in processing", extra={"order": order_id})
        return False
    _tie(ports, order_id, made)
    return True


def _wanted(ports: AcmePorts, order: Row[Any]) -> ServerOrder:
    with ports.database.read() as connection:
        account = read_account(connection, order.account_id)
        key = key_in_force(ports, connection, account.key_id)
    until: datetime = order.valid_until
    return ServerOrder(
        request=bytes(order.request),
        names=tuple(str(one) for one in names_of(order)),
        account_id=key.account_id,
        holder=key.holder,
        holder_name=key.holder_name,
        valid_until=until,
    )


def _give_back(ports: AcmePorts, order_id: str, refused: AcmeRefused, *, ended: bool) -> None:
    status = OrderStatus.INVALID if ended else OrderStatus.READY
    changed: dict[str, Any] = {"status": status.value, "request": None, "valid_until": None}
    if ended:
        changed["error"] = canonical_json(refused.as_json()).decode()
    with ports.database.write() as connection:
        connection.execute(
            update(table)
            .where(table.c.id == order_id, table.c.status == OrderStatus.PROCESSING.value)
            .values(changed)
        )


def _tie(ports: AcmePorts, order_id: str, made: IssuedCertificate) -> None:
    done = {
        "status": OrderStatus.VALID.value,
        "certificate_id": made.certificate_id,
        "renewal_id": renewal_id(parse_certificate(made.der)),
    }
    with ports.database.write() as connection:
        connection.execute(
            update(table)
            .where(table.c.id == order_id, table.c.status == OrderStatus.PROCESSING.value)
            .values(done)
        )
