# SPDX-License-Identifier: Apache-2.0
"""The head of each authority: its last list number, and its epoch.

Lists of one publication share a number (RFC 5280 section 5.2.3 for a complete list and its delta).  Taking
one is a compare-and-swap: the writer's turn already makes one of two wait, and if that ever fails the second
one is refused, never renumbered behind a list that is out.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from ..database.tables_status import status_heads as table
from .errors import ListNumberTaken


def head(connection: Connection, issuer: str) -> tuple[int, int]:
    """Last number and epoch; zeros before the first list."""
    row = connection.execute(
        select(table.c.number, table.c.epoch).where(table.c.issuer == issuer)
    ).one_or_none()
    return (0, 0) if row is None else (row.number, row.epoch)


def take(connection: Connection, issuer: str, *, after: int) -> int:
    """The number after ``after``, which must still be the last; raises :class:`ListNumberTaken`."""
    number = after + 1
    done = connection.execute(
        update(table)
        .where(table.c.issuer == issuer, table.c.number == after)
        .values(number=number, epoch=table.c.epoch + 1)
    )
    if done.rowcount == 1:
        return number
    if after or head(connection, issuer) != (0, 0):
        raise ListNumberTaken(issuer, number)
    connection.execute(insert(table).values(issuer=issuer, number=number, epoch=1))
    return number


def epochs(connection: Connection) -> dict[str, int]:
    """Of every authority: whatever was answered in another epoch is not to be said again."""
    return {row.issuer: row.epoch for row in connection.execute(select(table.c.issuer, table.c.epoch))}
