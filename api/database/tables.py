# SPDX-License-Identifier: Apache-2.0
"""The one metadata, the type of a time, and the tables of the ledger and its intents.

The tables of the ledger are append-only: migrations add triggers that refuse updates and deletions.  That is
hygiene; the proof is the signed tree.  ``row_commitments`` is the only one with secrets (salts): with a salt
the holder of a row can show what an entry says; without it nobody can guess it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """A moment as UTC text of fixed width, so that text order is time order on every database.

    ``2026-07-01T08:30:00.000000Z``.  A time without zone is refused: nobody knows when it was.
    """

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        """To text."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot be stored")
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> datetime | None:
        """From text, in UTC."""
        return datetime.fromisoformat(value) if value is not None else None


ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("entry_index", Integer, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
    comment="the public log: canonical JSON of each entry, dense from 0",
)

ledger_checkpoints = Table(
    "ledger_checkpoints",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("signed_at", UtcTime, nullable=False),
    comment="one signed head of the log for each transaction",
)

row_commitments = Table(
    "row_commitments",
    metadata,
    Column("entry_index", Integer, primary_key=True, autoincrement=False),
    Column("table_name", String(50), nullable=False),
    Column("row_key", String(400), nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Index("ix_row_commitments_row", "table_name", "row_key", "entry_index"),
    comment="what the public entry of a protected row commits to; the salt never leaves this table",
)

intents = Table(
    "intents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("ledger_index", Integer, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("outcome", String(64), index=True),
    Column("closed_at", UtcTime),
    comment="what was about to be signed; open ones are abandoned at the next start",
)
