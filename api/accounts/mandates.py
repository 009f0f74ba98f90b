# SPDX-License-Identifier: Apache-2.0
"""Mandates (经办人授权) within the caller's transaction: given, ended, in force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from verify import Evidenced, Json, canonical_json

from ..database.tables_identity import is_id, stored_time
from ..database.tables_identity import mandates as table
from ..ledger import Transaction, require_vouched
from .errors import NoSuchMandate
from .model import Mandate


def give(tx: Transaction, account_id: str, uscc: str, *, mandate_id: str, at: datetime, by: str) -> Mandate:
    """Give one, or return the one in force."""
    before = in_force(tx.connection, account_id, uscc)
    if before is not None:
        return before
    values: dict[str, Any] = {
        "id": mandate_id,
        "account_id": account_id,
        "uscc": uscc,
        "given_at": at,
        "given_by": by,
        "ended_at": None,
        "ended_by": None,
    }
    tx.connection.execute(insert(table).values(values))
    tx.commit_row(
        "mandates",
        mandate_id,
        committed(values),
        kind="mandate.given",
        body={"mandate_id": mandate_id, "account_id": account_id},
    )
    return Mandate(mandate_id, account_id, uscc, at)


def end(tx: Transaction, account_id: str, uscc: str, *, at: datetime, by: str) -> Mandate:
    """End the one in force; raises :class:`NoSuchMandate`."""
    row = _row(tx.connection, account_id, uscc)
    if row is None:
        raise NoSuchMandate(account_id, uscc)
    require_vouched(tx.connection, "mandates", row.id, committed(row._asdict()))
    ended = {"ended_at": at, "ended_by": by}
    tx.connection.execute(update(table).where(table.c.id == row.id).values(ended))
    tx.commit_row(
        "mandates",
        row.id,
        committed({**row._asdict(), **ended}),
        kind="mandate.ended",
        body={"mandate_id": row.id, "account_id": account_id},
    )
    return Mandate(row.id, account_id, uscc, row.given_at, at)


def require_in_log(connection: Connection, mandate: Mandate) -> None:
    """Raise :class:`~api.ledger.RowAltered` unless the public log vouches for the mandate."""
    row = connection.execute(select(table).where(table.c.id == mandate.mandate_id)).one()
    require_vouched(connection, "mandates", row.id, committed(row._asdict()))


def in_force(connection: Connection, account_id: str, uscc: str) -> Mandate | None:
    """The mandate under which the account acts for this enterprise."""
    row = _row(connection, account_id, uscc)
    return None if row is None else Mandate(row.id, account_id, uscc, row.given_at)


def evidence(connection: Connection, account_id: str, uscc: str) -> Evidenced | None:
    """Digests of the committed row of the mandate in force, for a statement of authority."""
    row = _row(connection, account_id, uscc)
    if row is None:
        return None
    values = committed(row._asdict())
    require_vouched(connection, "mandates", row.id, values)
    return Evidenced.of(row.id, canonical_json(values))


def principals(connection: Connection, account_id: str) -> tuple[str, ...]:
    """Enterprises with a mandate in force, oldest mandate first."""
    if not is_id(account_id):
        return ()
    query = select(table.c.uscc).where(table.c.account_id == account_id, table.c.ended_at.is_(None))
    return tuple(connection.execute(query.order_by(table.c.given_at, table.c.id)).scalars())


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    times: dict[str, Json] = {name: stored_time(values[name]) for name in ("given_at", "ended_at")}
    return {**values, **times}


def committed_mandates(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored mandate, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.id, committed(row._asdict())


def _row(connection: Connection, account_id: str, uscc: str) -> Row[Any] | None:
    query = select(table).where(
        table.c.account_id == account_id, table.c.uscc == uscc, table.c.ended_at.is_(None)
    )
    return connection.execute(query).one_or_none() if is_id(account_id) else None
