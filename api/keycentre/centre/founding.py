# SPDX-License-Identifier: Apache-2.0
"""The centre's tables: made once, and recognised by their version afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, inspect, select
from sqlalchemy.exc import DatabaseError as DatabaseFailure

from ...database import Database
from ..errors import CentreMisconfigured, KeyCentreDamaged
from ..history import Head
from . import tables
from .anchor import Anchor

SERVICE_TABLES: Final = frozenset({"accounts", "certificates", "ledger_entries", "row_commitments"})
"""Any of these is a mark of the service's database.  Named here: the centre imports nothing of its rooms."""


def found_store(database: Database, anchor: Anchor, *, at: datetime) -> None:
    """Make the tables in an empty database, and keep the head of an empty history beside it.

    Raises :class:`CentreMisconfigured` when the database is the service's, or not empty.
    """
    with database.write() as connection:
        present = _tables(connection)
        _require_own(present)
        if present:
            raise CentreMisconfigured(
                "[store] database",
                "数据库不是空的 it is not empty",
                "请为密钥管理中心指定一个空的数据库 / give the key centre an empty database of its own",
            )
        tables.metadata.create_all(connection)
        connection.execute(insert(tables.centre).values(version=tables.VERSION, founded_at=at))
        for statement in _append_only(connection.dialect.name):
            connection.exec_driver_sql(statement)
    anchor.keep(Head(), None)


def require_store(database: Database) -> None:
    """Raise :class:`KeyCentreDamaged` unless the tables are those of this version.

    Raises :class:`CentreMisconfigured` for the database of the service: no backup would help there.
    """
    try:
        with database.read() as connection:
            _require_own(_tables(connection))
            versions = connection.execute(select(tables.centre.c.version)).scalars().all()
    except DatabaseFailure as error:
        raise KeyCentreDamaged("its database cannot be opened, or was never founded") from error
    if list(versions) != [tables.VERSION]:
        raise KeyCentreDamaged("its database is of another version")


def _tables(connection: Connection) -> frozenset[str]:
    """Every table that a name without a schema may mean: on PostgreSQL, the whole search path."""
    found = inspect(connection)
    if connection.dialect.name != "postgresql":
        return frozenset(found.get_table_names())
    schemas = connection.exec_driver_sql("SELECT unnest(current_schemas(false))").scalars().all()
    return frozenset(name for schema in schemas for name in found.get_table_names(schema=schema))


def _require_own(present: frozenset[str]) -> None:
    """Whoever holds the service's database password must not hold what is escrowed, nor its history."""
    if present & SERVICE_TABLES:
        raise CentreMisconfigured(
            "[store] database",
            "这是业务平台的数据库 it is the database of the service",
            "请为密钥管理中心指定单独的数据库(另一数据库角色) / "
            "name a database of the key centre alone, entered by a role of its own",
        )


def _append_only(dialect: str) -> tuple[str, ...]:
    """Hygiene: our own mistakes stop here; the proof is the chain."""
    if dialect == "postgresql":
        return (
            "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$",
            *(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
                for table in tables.APPEND_ONLY
            ),
        )
    return tuple(
        f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        for table in tables.APPEND_ONLY
        for act in ("UPDATE", "DELETE")
    )
