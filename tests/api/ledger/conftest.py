# SPDX-License-Identifier: Apache-2.0
"""Rows to protect: the running numbers stand for any table of the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, insert, select, update

from api.database import Database
from api.database.tables_log import ledger_hashes
from api.database.tables_sealing import sequences
from api.ledger import Ledger, LedgerFindings, Transaction, check_ledger
from verify import Json


def committed_sequences(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    for row in connection.execute(select(sequences)):
        yield row.name, dict(row._asdict())


def put(tx: Transaction, name: str, last: int) -> int:
    """Store one row and commit to it, like every room of the service does."""
    values: dict[str, Json] = {"name": name, "last": last}
    known = tx.connection.execute(select(sequences.c.name).where(sequences.c.name == name)).first()
    if known is None:
        tx.connection.execute(insert(sequences).values(values))
    else:
        tx.connection.execute(update(sequences).where(sequences.c.name == name).values(values))
    return tx.commit_row("sequences", name, values, kind="number.taken", body={"last": last})


@pytest.fixture(name="put")
def put_fixture() -> Callable[[Transaction, str, int], int]:
    return put


@pytest.fixture
def node(database: Database, sql: Callable[..., int]) -> Callable[..., None]:
    """Put another hash, or none, in the place of one stored node: what an editor of the file can do."""

    def edit(level: int, index: int, value: bytes, *, tree: str = "sha256") -> None:
        with database.read() as connection:
            table = ledger_hashes
            query = select(table).where(table.c.tree == tree, table.c.level == level, table.c.start <= index)
            row = connection.execute(query.order_by(table.c.start.desc()).limit(1)).one()
        at = (index - row.start) * 32
        key = (tree, level, row.start)
        sql("DELETE FROM ledger_hashes WHERE tree = ? AND level = ? AND start = ?", *key)
        head, tail = bytes(row.hashes)[:at], bytes(row.hashes)[at + 32 :]
        parts = [(row.start, head + value + tail)] if value else [(row.start, head), (index + 1, tail)]
        for start, hashes in parts:
            if hashes:
                sql("INSERT INTO ledger_hashes VALUES (?, ?, ?, ?)", tree, level, start, hashes)

    return edit


@pytest.fixture
def check(database: Database, ledger: Ledger) -> Callable[..., LedgerFindings]:
    def run(*published: str) -> LedgerFindings:
        sources = {"sequences": committed_sequences}
        return check_ledger(database, ledger.log_keys(), sources, published=published)

    return run


@pytest.fixture
def sql(database: Database) -> Callable[..., int]:
    """What somebody with the database's password can do; triggers are no obstacle to them."""

    def run(statement: str, *parameters: object) -> int:
        with database.write() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
                statement = statement.replace("?", "%s")
            else:
                for (name,) in connection.exec_driver_sql(
                    "SELECT name FROM sqlite_master WHERE type = 'trigger'"
                ).fetchall():
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
            return connection.exec_driver_sql(statement, parameters).rowcount

    return run
