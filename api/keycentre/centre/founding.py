# SPDX-License-Identifier: Apache-2.0
"""The centre's tables: made once, and recognised by their version afterwards."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, inspect, select
from sqlalchemy.exc import DatabaseError as DatabaseFailure

from ...database import Database
from ..errors import CentreMisconfigured, KeyCentreDamaged
from ..history import Head
from . import tables
from .anchor import Anchor


def found_store(database: Database, anchor: Anchor, *, at: datetime) -> None:
    """Make the tables in an empty database, and keep the head of an empty history beside it.

    Raises :class:`CentreMisconfigured` when the database is not empty.
    """
    with database.write() as connection:
        if inspect(connection).get_table_names():
            raise CentreMisconfigured(
                "database", "it is not empty", "give the key centre an empty database of its own"
            )
        tables.metadata.create_all(connection)
        connection.execute(insert(tables.centre).values(version=tables.VERSION, founded_at=at))
        for statement in _append_only(connection.dialect.name):
            connection.exec_driver_sql(statement)
    anchor.keep(Head(), None)


def require_store(database: Database) -> None:
    """Raise :class:`KeyCentreDamaged` unless the tables are those of this version."""
    try:
        with database.read() as connection:
            versions = connection.execute(select(tables.centre.c.version)).scalars().all()
    except DatabaseFailure as error:
        raise KeyCentreDamaged("its database cannot be opened, or was never founded") from error
    if list(versions) != [tables.VERSION]:
        raise KeyCentreDamaged("its database is of another version")


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
