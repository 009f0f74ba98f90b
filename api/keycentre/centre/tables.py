# SPDX-License-Identifier: Apache-2.0
"""The key centre's tables: a database that the service's role cannot enter, never the service's metadata."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, Text

from ...database.tables import UtcTime

VERSION = 1
metadata = MetaData()

centre = Table(
    "centre",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("founded_at", UtcTime, nullable=False),
    comment="one row: the version of these tables",
)

keys = Table(
    "escrowed_keys",
    metadata,
    Column("key_id", String(32), primary_key=True),
    Column("reference", String(200), nullable=False, unique=True),
    Column("spki", LargeBinary, nullable=False),
    Column("bound", LargeBinary),
    Column("wrapped", LargeBinary, nullable=False),
    Column("envelope", LargeBinary),
    Column("made_at", UtcTime, nullable=False),
    Column("delivered_at", UtcTime),
    comment="encryption keys: the private key under the storage key of the vault, everything else beside it",
)

recoveries = Table(
    "recoveries",
    metadata,
    Column("link_index", Integer, primary_key=True, autoincrement=False),
    Column("link", LargeBinary, nullable=False),
    Column("request_sha256", String(64), nullable=False, unique=True),
    Column("request", LargeBinary, nullable=False),
    Column("approvals", Text, nullable=False),
    Column("proof", LargeBinary, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    comment="the history of recoveries, a hash chain, with what each of them rested on",
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("origin", String(250), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    comment="the newest head of the public log that the centre saw",
)

spent = Table(
    "spent_requests",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", UtcTime, nullable=False, index=True),
    comment="ids of requests within the window in which a request is accepted",
)

APPEND_ONLY = (recoveries.name,)
