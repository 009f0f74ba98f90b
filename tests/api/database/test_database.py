# SPDX-License-Identifier: Apache-2.0
"""Transactions begin and end where the code says; one writer; readers see one moment; times keep order."""

from __future__ import annotations

import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from api.database import Database, NestedWrite, SchemaUnknown, UnusableDatabase
from api.database.tables import UtcTime, ledger_checkpoints
from api.database.tables_sealing import files, grants, sequences

AT = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)


def numbers(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return {row.name: row.last for row in connection.execute(select(sequences))}


def test_written_is_read(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(sequences).values(name="one", last=1))
    assert numbers(database) == {"one": 1}


def test_an_exception_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as connection:
        connection.execute(insert(sequences).values(name="one", last=1))
        raise RuntimeError
    assert numbers(database) == {}


def test_readers_cannot_write(database: Database) -> None:
    """The role of a connection is enforced by the database, not by good manners."""
    with pytest.raises(DBAPIError), database.read() as connection:
        connection.execute(insert(sequences).values(name="one", last=1))
    assert numbers(database) == {}


def test_a_reader_sees_one_moment(database: Database) -> None:
    with database.read() as connection:
        assert connection.execute(select(sequences)).all() == []
        with database.write() as other:
            other.execute(insert(sequences).values(name="one", last=1))
        assert connection.execute(select(sequences)).all() == []
    assert numbers(database) == {"one": 1}


def test_a_write_inside_a_write_is_refused_at_once(database: Database) -> None:
    """It would wait for itself for ever."""
    with pytest.raises(NestedWrite), database.write(), database.write():
        pass
    with database.write() as connection:
        connection.execute(insert(sequences).values(name="after", last=1))
    assert numbers(database) == {"after": 1}


def test_one_writer_at_a_time(database: Database, database_url: str) -> None:
    """Also across processes: two Database objects share nothing but the database."""
    other = Database(database_url)
    inside, seen = threading.Event(), []

    def second() -> None:
        inside.wait(10)
        with other.write() as connection:
            seen.append(connection.execute(select(sequences.c.last)).scalar())

    thread = threading.Thread(target=second)
    thread.start()
    with database.write() as connection:
        inside.set()
        time.sleep(0.2)
        connection.execute(insert(sequences).values(name="one", last=1))
    thread.join(20)
    other.dispose()
    assert seen == [1]


def test_threads_lose_no_update(database: Database) -> None:
    """Read, then write, in one transaction: the classic lost update cannot happen."""
    with database.write() as connection:
        connection.execute(insert(sequences).values(name="n", last=0))

    def count() -> None:
        for _ in range(20):
            with database.write() as connection:
                last = connection.execute(select(sequences.c.last)).scalar_one()
                connection.execute(sequences.update().values(last=last + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert numbers(database) == {"n": 80}


def test_foreign_keys_hold(database: Database) -> None:
    row = {"id": "g", "seal_id": "none", "officer": "o", "document_types": "[]", "granted_by": "x"}
    times = {"valid_from": AT, "valid_until": AT, "granted_at": AT}
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(grants).values(row | times))


def test_large_files(database: Database) -> None:
    content = bytes(range(256)) * (60 * 1024 * 4)
    with database.write() as connection:
        connection.execute(insert(files).values(id="f", sha256="0" * 64, size=len(content), content=content))
    with database.read() as connection:
        assert bytes(connection.execute(select(files.c.content)).scalar_one()) == content


def test_sqlite_is_durable_and_strict(database: Database) -> None:
    if database.dialect != "sqlite":
        pytest.skip("about SQLite")
    for opened in (database.read, database.write):
        with opened() as connection:
            pragmas = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            ]
        assert pragmas == ["wal", 2, 1, 30_000]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
        "mysql://x/y",
    ],
)
def test_unusable_addresses_are_refused_in_words(url: str) -> None:
    with pytest.raises(UnusableDatabase) as refused:
        Database(url)
    assert refused.value.todo


def test_a_password_is_not_in_the_refusal() -> None:
    with pytest.raises(UnusableDatabase) as refused:
        Database("mysql://user:secret-word@host/name")
    assert "secret-word" not in str(refused.value)


def test_upgrade_is_idempotent(database: Database) -> None:
    assert database.is_current()
    database.upgrade()
    assert database.is_current()


def test_an_empty_database_is_not_current(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    assert not database.is_current()
    database.dispose()


def test_a_newer_schema_is_refused(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaUnknown) as refused:
        database.upgrade()
    assert refused.value.found == "9999"
    assert not database.is_current()


def test_two_starts_at_once(tmp_path: Path) -> None:
    """Two processes that start together migrate once."""
    url, failures = f"sqlite:///{tmp_path / 'new.db'}", []

    def start() -> None:
        database = Database(url)
        try:
            database.upgrade()
        except Exception as error:
            failures.append(error)
        database.dispose()

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


def test_many_open_a_new_file_at_once(tmp_path: Path) -> None:
    """Whoever comes while the file is turned to write-ahead logging waits, and is not refused."""
    failures = []

    def start(url: str, together: threading.Barrier) -> None:
        database = Database(url)
        together.wait(30)
        try:
            with database.write() as connection:
                connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS one (x INTEGER)")
        except Exception as error:
            failures.append(error)
        database.dispose()

    for number in range(25):
        url, together = f"sqlite:///{tmp_path / f'{number}.db'}", threading.Barrier(6)
        threads = [threading.Thread(target=start, args=(url, together)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert failures == []


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=ZONES)
DIALECT = sqlite.dialect()


@given(TIMES, TIMES)
def test_text_order_is_time_order(one: datetime, other: datetime) -> None:
    texts = [UtcTime().process_bind_param(value, DIALECT) for value in (one, other)]
    assert [len(text or "") for text in texts] == [27, 27]
    assert (texts[0] < texts[1], texts[0] == texts[1]) == (one < other, one == other)  # type: ignore[operator]
    back = UtcTime().process_result_value(texts[0], DIALECT)
    assert back == one
    assert back is not None
    assert back.utcoffset() == timedelta(0)


def test_a_time_without_zone_is_refused(database: Database) -> None:
    row = {"size": 1, "root": b"", "note": "", "signed_at": AT.replace(tzinfo=None)}
    with pytest.raises(StatementError), database.write() as connection:
        connection.execute(insert(ledger_checkpoints).values(row))


def test_the_file_is_a_plain_sqlite_file(database: Database, database_url: str) -> None:
    """An auditor opens it with any tool."""
    if database.dialect != "sqlite":
        pytest.skip("about SQLite")
    raw = sqlite3.connect(database_url.removeprefix("sqlite:///"))
    assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()
