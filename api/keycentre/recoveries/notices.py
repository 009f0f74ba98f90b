# SPDX-License-Identifier: Apache-2.0
"""Notices kept in the database, for their holder to read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select

from ...database.tables_recovery import recovery_notices as table
from .model import Notice


class StoredNotices:
    """Implements :class:`~api.keycentre.recoveries.Notices`."""

    def tell(
        self, connection: Connection, account_id: str, *, recovery_id: str, happened: str, at: datetime
    ) -> None:
        connection.execute(
            insert(table).values(recovery_id=recovery_id, happened=happened, account_id=account_id, at=at)
        )


def notices_of(connection: Connection, account_id: str) -> tuple[Notice, ...]:
    """Everything that one holder was told, newest first."""
    query = select(table).where(table.c.account_id == account_id).order_by(table.c.at.desc()).limit(200)
    return tuple(Notice(row.recovery_id, row.happened, row.at) for row in connection.execute(query))
