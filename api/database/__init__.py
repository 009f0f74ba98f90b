# SPDX-License-Identifier: Apache-2.0
"""The database of the service: one metadata, one writer, SQLite or PostgreSQL.

Tables live in :mod:`.tables` and ``tables_*``; who owns a table imports it from there.
"""

from __future__ import annotations

from .engine import Database
from .errors import DatabaseError, DatabaseUnavailable, NestedWrite, SchemaUnknown, UnusableDatabase

__all__ = [
    "Database",
    "DatabaseError",
    "DatabaseUnavailable",
    "NestedWrite",
    "SchemaUnknown",
    "UnusableDatabase",
]
