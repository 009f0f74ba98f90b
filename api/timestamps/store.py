# SPDX-License-Identifier: Apache-2.0
"""Rows of time stamps, read and written within the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from verify import Json

from ..database.tables_identity import stored_time
from ..database.tables_timestamps import timestamps as table
from ..ledger import Transaction

NAME = "timestamps"


def newest_number(connection: Connection) -> int:
    """The highest number that was ever given, 0 before the first."""
    return int(connection.execute(select(func.max(table.c.number))).scalar_one() or 0)


def newest_time(connection: Connection, certificate: str) -> datetime | None:
    """The time of the newest row under one certificate."""
    query = select(table.c.stamped_at).where(table.c.certificate == certificate)
    found: datetime | None = connection.execute(
        query.order_by(table.c.number.desc()).limit(1)
    ).scalar_one_or_none()
    return found


def reserve(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """New rows, before anything is signed."""
    connection.execute(insert(table), rows)


def record(tx: Transaction, tokens: Mapping[int, str]) -> int:
    """The digests of signed tokens, by number, as one batch with one entry; returns the entry's number."""
    batch = int(tx.connection.execute(select(func.max(table.c.batch))).scalar_one() or 0) + 1
    tx.connection.execute(
        update(table)
        .where(table.c.number == bindparam("of"), table.c.batch.is_(None))
        .values(token_sha256=bindparam("token"), batch=batch),
        [{"of": number, "token": token} for number, token in tokens.items()],
    )
    rows = tx.connection.execute(select(table).where(table.c.batch == batch).order_by(table.c.number)).all()
    return tx.commit_row(
        NAME,
        str(batch),
        _committed(rows),
        kind="timestamps.issued",
        body={"batch": batch, "tokens_sha256": [row.token_sha256 for row in rows]},
    )


def committed_timestamps(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored batch, for the check of the database against the ledger."""
    query = select(table).where(table.c.batch.is_not(None)).order_by(table.c.batch, table.c.number)
    for batch, rows in groupby(connection.execute(query), key=lambda row: row.batch):
        yield str(batch), _committed(list(rows))


def _committed(rows: Sequence[Row[Any]]) -> dict[str, Json]:
    return {"rows": [{**row._asdict(), "stamped_at": stored_time(row.stamped_at)} for row in rows]}
