# SPDX-License-Identifier: Apache-2.0
"""Migrations bring exactly the tables that the code knows, and nothing when they fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from api.database import Database, DatabaseUnavailable
from api.database.schema import metadata, newest_revision

FOLDER = Path(__file__).resolve().parents[3] / "api" / "database"


def test_the_database_is_what_the_code_says(database: Database) -> None:
    """The comparison that ``alembic check`` makes: tables, columns, types, keys, indexes, comments."""
    with database.read() as connection:
        options: dict[str, Any] = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_every_file_of_tables_is_part_of_the_schema() -> None:
    """A forgotten file would be created nowhere and noticed late."""
    written = {path.stem for path in FOLDER.glob("tables_*.py")}
    text = (FOLDER / "schema.py").read_text("utf-8")
    assert [name for name in written if name not in text] == []


def test_every_name_is_known_beforehand() -> None:
    """A constraint without a name cannot be changed by a later migration on every database."""
    for table in metadata.sorted_tables:
        assert [one for one in table.constraints if one.name is None] == []
        assert table.comment, f"{table.name}: say what is in it"


def test_one_line_of_revisions() -> None:
    numbers = sorted(path.name[:4] for path in (FOLDER / "migrations" / "versions").glob("[0-9]*.py"))
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
    assert newest_revision() == numbers[-1]


@pytest.mark.parametrize("act", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("ledger_entries", "entry_index"),
        ("ledger_hashes", "level"),
        ("ledger_cosignatures", "size"),
        ("ledger_checkpoints", "size"),
        ("row_commitments", "entry_index"),
    ],
)
def test_the_log_is_append_only(database: Database, table: str, column: str, act: str) -> None:
    """Hygiene, not proof: our own mistakes stop here; a thief drops the trigger and meets the tree."""
    values = {
        "ledger_entries": "(0, 'x')",
        "ledger_hashes": "('sm3', 0, 0, 'x')",
        "ledger_cosignatures": "(1, 'x', 'x', 'x')",
        "ledger_checkpoints": "(1, 'x', 'x', 'x')",
        "row_commitments": "(0, 'x', 'x', 'x', 'x')",
    }
    with database.write() as connection:
        connection.exec_driver_sql(f"INSERT INTO {table} VALUES {values[table]}")
    with pytest.raises(DBAPIError, match="append-only"), database.write() as connection:
        connection.exec_driver_sql(act.format(table, column, column))


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite too: tables are created inside the transaction."""
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")

    def broken(_connection: object) -> None:
        from api.database import schema

        original(_connection)  # type: ignore[arg-type]
        raise RuntimeError(schema.__name__)

    from api.database import schema

    original = schema.upgrade
    monkeypatch.setattr(schema, "upgrade", broken)
    with pytest.raises(RuntimeError):
        database.upgrade()
    with database.read() as connection:
        assert inspect(connection).get_table_names() == []
    database.dispose()


def test_a_database_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_bytes(b"this is a text, and long enough to be no empty database " * 40)
    for url in (f"sqlite:///{tmp_path / 'text.db'}", f"sqlite:///{tmp_path / 'no' / 'folder' / 'x.db'}"):
        database = Database(url)
        with pytest.raises(DatabaseUnavailable) as refused:
            database.upgrade()
        assert refused.value.todo
        database.dispose()
