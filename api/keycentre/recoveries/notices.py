# SPDX-License-Identifier: Apache-2.0
"""Notices kept in the database, for their holder to read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, insert, select

from ...database.tables_recovery import recoveries
from ...database.tables_recovery import recovery_notices as table
from ..requests import Purpose
from .model import Notice

_MOST = 200


class StoredNotices:
    """Implements :class:`~api.keycentre.recoveries.Notices`."""

    def tell(
        self, connection: Connection, account_id: str, *, recovery_id: str, happened: str, at: datetime
    ) -> None:
        connection.execute(
            insert(table).values(recovery_id=recovery_id, happened=happened, account_id=account_id, at=at)
        )


def notices_of(connection: Connection, account_id: str, holders: Collection[str] = ()) -> tuple[Notice, ...]:
    """Everything that one holder was told, newest first.

    The key of a body has no account to write to: whoever speaks for it (``holders``) is told from the
    recovery's own row, which is there in the same transaction.
    """
    query = (
        select(table, recoveries.c.purpose)
        .join(recoveries, recoveries.c.id == table.c.recovery_id)
        .where(table.c.account_id == account_id)
        .order_by(table.c.at.desc())
        .limit(_MOST)
    )
    found = [
        Notice(row.recovery_id, row.happened, row.at, Purpose(row.purpose))
        for row in connection.execute(query)
    ]
    if holders:
        of_bodies = (
            select(
                recoveries.c.id, recoveries.c.requested_at, recoveries.c.completed_at, recoveries.c.purpose
            )
            .where(recoveries.c.account_id.is_(None), recoveries.c.holder.in_(sorted(holders)))
            .order_by(recoveries.c.requested_at.desc())
            .limit(_MOST)
        )
        for row in connection.execute(of_bodies):
            purpose = Purpose(row.purpose)
            found.append(Notice(row.id, "requested", row.requested_at, purpose))
            if row.completed_at is not None:
                found.append(Notice(row.id, "completed", row.completed_at, purpose))
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))
