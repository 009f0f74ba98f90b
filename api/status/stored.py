# SPDX-License-Identifier: Apache-2.0
"""Every list that was ever signed, and which of them is in force.

Complete lists stand in ``crls``, all others in ``status_lists``; a database reads both by scope.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from verify import Json

from ..database.tables_identity import crls, stored_time
from ..database.tables_status import status_lists
from ..ledger import Transaction
from .rereading import Published

FULL, DELTA = "full", "delta"


def part(number: int) -> str:
    """The scope of one partition."""
    return f"part-{number}"


def newest(connection: Connection, issuer: str, scope: str) -> Published | None:
    """The list in force."""
    return _published(connection.execute(_newest_first(issuer, scope).limit(1)).one_or_none())


def at_time(connection: Connection, issuer: str, scope: str, at: datetime) -> Published | None:
    """The newest list that was out at a time."""
    table = _table(scope)
    query = _newest_first(issuer, scope).where(table.c.this_update <= at).limit(1)
    return _published(connection.execute(query).one_or_none())


def base(connection: Connection, issuer: str, below: int, reach: datetime) -> Published | None:
    """The complete list that a delta starts from: the newest that is old enough, else the oldest."""
    found = at_time(connection, issuer, FULL, reach)
    if found is not None and found.number < below:
        return found
    query = select(crls).where(crls.c.issuer == issuer, crls.c.number < below)
    return _published(connection.execute(query.order_by(crls.c.number).limit(1)).one_or_none())


def newest_times(connection: Connection, issuer: str, scope: str) -> tuple[datetime, datetime] | None:
    """When the list in force was issued and when it ends, without reading it."""
    table = _table(scope)
    query = _newest_first(issuer, scope).with_only_columns(table.c.this_update, table.c.next_update).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.this_update, row.next_update)


def times(connection: Connection, issuer: str) -> Iterator[datetime]:
    """The latest time that any list of an authority states."""
    for table in (crls, status_lists):
        found = connection.execute(
            select(func.max(table.c.this_update, type_=table.c.this_update.type)).where(
                table.c.issuer == issuer
            )
        ).scalar_one_or_none()
        if found is not None:
            yield found


def keep(tx: Transaction, values: dict[str, Any], *, scope: str, base: int | None) -> None:
    """Store one and commit it to the ledger."""
    body: dict[str, Json] = {"issuer": values["issuer"], "number": values["number"]}
    body["sha256"] = hashlib.sha256(values["der"]).hexdigest()
    if scope == FULL:
        tx.connection.execute(insert(crls).values(values))
        key = f"{values['issuer']}/{values['number']}"
        tx.commit_row("crls", key, _committed(values), kind="crl.issued", body=body)
        return
    values = {**values, "scope": scope, "base": base}
    tx.connection.execute(insert(status_lists).values(values))
    body["scope"] = scope
    key = f"{values['issuer']}/{scope}/{values['number']}"
    tx.commit_row("status_lists", key, _committed(values), kind="crl.issued", body=body)


def committed_crls(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every complete list, for the check of the database against the ledger."""
    for row in connection.execute(select(crls)):
        yield f"{row.issuer}/{row.number}", _committed(row._asdict())


def committed_status_lists(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every other list, for the same check."""
    for row in connection.execute(select(status_lists)):
        yield f"{row.issuer}/{row.scope}/{row.number}", _committed(row._asdict())


def _committed(values: dict[str, Any]) -> dict[str, Json]:
    moments: dict[str, Json] = {name: stored_time(values[name]) for name in ("this_update", "next_update")}
    return {**values, **moments, "der": bytes(values["der"]).hex()}


def _table(scope: str) -> Any:
    return crls if scope == FULL else status_lists


def _newest_first(issuer: str, scope: str) -> Select[Any]:
    table = _table(scope)
    query = select(table).where(table.c.issuer == issuer).order_by(table.c.number.desc())
    return query if scope == FULL else query.where(table.c.scope == scope)


def _published(row: Row[Any] | None) -> Published | None:
    return None if row is None else Published(row.number, row.this_update, bytes(row.der))
