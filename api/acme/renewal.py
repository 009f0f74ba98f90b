# SPDX-License-Identifier: Apache-2.0
"""When to renew, and which certificate an order replaces (RFC 9773)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from keys import der
from verify import Certificate, Json

from ..database.tables_acme import acme_orders as table
from .encoding import from_base64url, to_base64url
from .errors import AcmeRefused
from .model import AcmeAccount, OrderStatus
from .names import Name
from .ports import AcmePorts
from .proofs import stamp

RETRY_AFTER = 6 * 3600


def renewal_id(certificate: Certificate) -> str:
    """Key identifier of the issuer and serial number (RFC 9773 section 4.1)."""
    serial = der.read_only(der.integer(certificate.serial)).content
    return f"{to_base64url(certificate.authority_key_id or b'')}.{to_base64url(serial)}"


def renewal_window(ports: AcmePorts, asked: str) -> dict[str, Json]:
    """The window in which this certificate should be renewed.  Raises :class:`AcmeRefused`."""
    with ports.database.read() as connection:
        order = _order(connection, asked)
    found = ports.certificates.get(order.certificate_id)
    start, end = _window(found.not_before, found.not_after)
    if found.revoked_at is not None:
        # Revoked: at once, which a window in the past says.
        end = found.revoked_at
        start = end - timedelta(hours=1)
    return {"suggestedWindow": {"start": stamp(start), "end": stamp(end)}}


def require_replaceable(
    connection: Connection, asked: str, *, account: AcmeAccount, names: tuple[Name, ...], at: datetime
) -> None:
    """The replaced certificate is this account's, shares a name, and nothing else replaced it."""
    order = _order(connection, asked)
    if order.account_id != account.account_id:
        raise AcmeRefused("unauthorized", "the replaced certificate belongs to another account")
    if not {str(one) for one in names} & set(json.loads(order.identifiers)):
        raise AcmeRefused("malformed", "the replaced certificate has no name of this order")
    waiting = table.c.status.in_([OrderStatus.PENDING.value, OrderStatus.READY.value])
    taken = select(table.c.id).where(
        table.c.replaces == asked,
        table.c.status != OrderStatus.INVALID.value,
        ~waiting | (table.c.expires_at > at),
    )
    if connection.execute(taken.limit(1)).first() is not None:
        raise AcmeRefused("alreadyReplaced")


def _window(not_before: datetime, not_after: datetime) -> tuple[datetime, datetime]:
    """The days around two thirds of the life: early enough to fail, late enough to be worth it."""
    life = not_after - not_before
    return not_before + life * 64 / 100, not_before + life * 70 / 100


def _order(connection: Connection, asked: str) -> Row[Any]:
    parts = asked.split(".")
    try:
        known = len(parts) == 2 and len(asked) <= 120 and all(from_base64url(one) for one in parts)
    except ValueError:
        known = False
    if not known:
        raise AcmeRefused("malformed", "key identifier and serial in base64url, joined by a period")
    query = select(table).where(table.c.renewal_id == asked, table.c.certificate_id.is_not(None)).limit(1)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise AcmeRefused("malformed", "no certificate of this identifier was issued here", status=404)
    return row
