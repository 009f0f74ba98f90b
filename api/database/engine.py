# SPDX-License-Identifier: Apache-2.0
"""Connections to SQLite or PostgreSQL: many readers, one writer at a time.

Every transaction begins where this file says so.  A write transaction owns the database from its first
statement (SQLite ``BEGIN IMMEDIATE``, PostgreSQL an advisory lock), so the ledger has one sequencer and no
transaction has to be repeated.  A reader sees one moment and cannot write.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import DatabaseError as DatabaseFailure

from .errors import DatabaseUnavailable, NestedWrite, UnusableDatabase

WAIT_SECONDS = 30
"""How long a writer waits for another process before it gives up."""

SEQUENCER_LOCK = 0x59494E58
"""PostgreSQL advisory lock of whoever writes."""

_POOL: dict[str, Any] = {
    "pool_size": 16,
    "max_overflow": 32,
    "pool_timeout": WAIT_SECONDS,
    "hide_parameters": True,  # errors of the driver end in logs; what people filed does not
}
_SQLITE = (
    "PRAGMA synchronous=FULL",  # a committed act survives a power failure
    "PRAGMA foreign_keys=ON",
)
_POSTGRESQL = "postgresql+psycopg"


class Database:
    """One database.  Safe to share between threads; opens no connection before the first transaction."""

    def __init__(self, url: str) -> None:
        parsed = _parse(url)
        self.dialect = parsed.get_backend_name()
        if self.dialect == "sqlite":
            self._readers = _sqlite(parsed, begin="BEGIN", more=("PRAGMA query_only=ON",))
            self._writers = _sqlite(parsed, begin="BEGIN IMMEDIATE")
        else:
            self._readers = self._writers = _postgresql(parsed)
        # Within one process writers queue here, in order, instead of polling the database's lock.
        self._turn = threading.Lock()
        self._thread = threading.local()
        # Transactions of this process: whoever keeps what it read looks again after the next one.
        self.commits = 0
        self._version_lock = threading.Lock()
        self._version_source: Any = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment and changes nothing."""
        with self._readers.connect() as connection:
            if self.dialect == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin() as transaction:
                yield connection
                transaction.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The one write transaction: committed when the block ends, rolled back when it raises."""
        if getattr(self._thread, "writing", False):
            raise NestedWrite
        with self._turn:
            self._thread.writing = True
            try:
                with self._writers.begin() as connection:
                    if self.dialect == "postgresql":
                        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({SEQUENCER_LOCK})")
                    yield connection
                self.commits += 1  # our turn is not over: nobody else counts
            finally:
                self._thread.writing = False

    def version(self) -> int | None:
        """A number that changes whenever any connection commits, or ``None`` where there is none.

        SQLite counts for each connection, so it is always the same one that is asked.
        """
        if self.dialect != "sqlite":
            return None
        with self._version_lock:
            if self._version_source is None:
                self._version_source = self._readers.raw_connection()
            cursor = self._version_source.cursor()
            try:
                return int(cursor.execute("PRAGMA data_version").fetchone()[0])
            finally:
                cursor.close()

    def upgrade(self) -> None:
        """Bring the schema to this version; does nothing when it is.

        Raises :class:`SchemaUnknown`, and :class:`DatabaseUnavailable` when there is no database to bring.
        """
        from .schema import upgrade  # Alembic is slow to import, and only starting needs it.

        try:
            with self.write() as connection:
                upgrade(connection)
        except DatabaseFailure as error:
            raise DatabaseUnavailable(self.dialect) from error

    def is_current(self) -> bool:
        """Whether the schema is that of this version."""
        from .schema import newest_revision, stored_revision

        with self.read() as connection:
            return stored_revision(connection) == newest_revision()

    def dispose(self) -> None:
        """Close every connection."""
        with self._version_lock:
            source, self._version_source = self._version_source, None
        if source is not None:
            source.close()
        self._readers.dispose()
        self._writers.dispose()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UnusableDatabase("not a database address") from None
    if parsed.drivername == "sqlite":
        if parsed.database in (None, "", ":memory:") or "mode" in parsed.query:
            raise UnusableDatabase("an SQLite database is a file")
        return parsed
    if parsed.drivername in ("postgresql", _POSTGRESQL):
        return parsed.set(drivername=_POSTGRESQL)
    raise UnusableDatabase(f"{parsed.drivername} is neither sqlite nor postgresql")


def _sqlite(url: URL, *, begin: str, more: tuple[str, ...] = ()) -> Engine:
    engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS}, **_POOL)

    def prepare(raw: Any, _record: object) -> None:
        raw.isolation_level = None  # the driver begins nothing by itself
        cursor = raw.cursor()
        _keep_write_ahead_log(cursor)
        for statement in (*_SQLITE, *more):
            cursor.execute(statement).fetchall()
        cursor.close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    _listen(engine, "connect", prepare)
    _listen(engine, "begin", start)
    return engine


def _keep_write_ahead_log(cursor: Any) -> None:
    """Readers beside the writer.  SQLite's own waiting does not cover this one statement on a new file."""
    for _ in range(WAIT_SECONDS * 20):
        try:
            cursor.execute("PRAGMA journal_mode=WAL").fetchall()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.05)
    cursor.execute("PRAGMA journal_mode=WAL").fetchall()


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True, **_POOL)
    except ModuleNotFoundError:
        raise UnusableDatabase("PostgreSQL needs the extra: pip install 'yinxin[postgresql]'") from None


def _listen(engine: Engine, name: str, act: Callable[..., None]) -> None:
    event.listen(engine, name, act)
