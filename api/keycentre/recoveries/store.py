# SPDX-License-Identifier: Apache-2.0
"""Rows of recoveries, and how the ledger commits to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, select

from verify import Json

from ...database.tables_identity import is_id, stored_time
from ...database.tables_recovery import recoveries as table
from ...database.tables_recovery import recovery_approvals as approvals
from ..errors import NoSuchRecovery
from ..history import Head
from ..requests import Approval, Purpose
from .model import KeyOwner, Recovery

NAME = "recoveries"
_TIMES = ("requested_at", "expires_at", "completed_at")
_BYTES = ("recipient", "request", "envelope")


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    made: dict[str, Json] = dict(values)
    made.update({name: stored_time(values[name]) for name in _TIMES})
    made.update({name: None if values[name] is None else bytes(values[name]).hex() for name in _BYTES})
    return made


def committed_recoveries(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored recovery, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.id, committed(row._asdict())


def row_of(connection: Connection, recovery_id: str) -> Row[Any]:
    """Raises :class:`NoSuchRecovery`."""
    query = select(table).where(table.c.id == recovery_id)
    row = connection.execute(query).one_or_none() if is_id(recovery_id) else None
    if row is None:
        raise NoSuchRecovery
    return row


def approvals_of(connection: Connection, recovery_id: str) -> tuple[Approval, ...]:
    """In the order of their agents' names."""
    query = select(approvals).where(approvals.c.recovery_id == recovery_id).order_by(approvals.c.agent)
    return tuple(Approval(row.agent, bytes(row.signature)) for row in connection.execute(query))


def newest_head(connection: Connection) -> Head:
    """The longest history that a completed recovery recorded."""
    query = (
        select(table.c.head_size, table.c.head_sha256)
        .where(table.c.head_size.is_not(None))
        .order_by(table.c.head_size.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return Head() if row is None else Head(int(row.head_size), str(row.head_sha256))


def recovery_of(connection: Connection, row: Row[Any]) -> Recovery:
    """A row as a value."""
    return Recovery(
        recovery_id=row.id,
        owner=KeyOwner(row.key_id, row.bundle_id, row.holder, row.account_id),
        purpose=Purpose(row.purpose),
        reason=row.reason,
        requested_by=row.requested_by,
        request=bytes(row.request),
        request_sha256=row.request_sha256,
        entry_index=int(row.entry_index),
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        approved_by=tuple(one.agent for one in approvals_of(connection, row.id)),
        completed_at=row.completed_at,
        envelope=None if row.envelope is None else bytes(row.envelope),
        head=None if row.head_size is None else Head(int(row.head_size), str(row.head_sha256)),
    )
