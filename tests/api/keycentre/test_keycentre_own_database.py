# SPDX-License-Identifier: Apache-2.0
"""The centre keeps nothing where the service keeps its own: at founding and whenever it starts."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import inspect, make_url

from api.database import Database
from api.database.tables import metadata
from api.keycentre import CentreMisconfigured
from api.keycentre.centre import Anchor, found_store, listed, tables
from api.keycentre.centre.founding import SERVICE_TABLES


def refused() -> Any:
    return pytest.raises(CentreMisconfigured, match=r"^\[store\] database: .*the database of the service")


def names(database: Database) -> set[str]:
    with database.read() as connection:
        return set(inspect(connection).get_table_names())


def test_the_marks_are_tables_of_the_service_and_not_of_the_centre() -> None:
    assert set(metadata.tables) >= SERVICE_TABLES
    assert not SERVICE_TABLES & set(tables.metadata.tables)


def test_founding_in_the_services_database(stand: Any, database: Database) -> None:
    before = names(database)
    anchor = Anchor(stand.means.heads, stand.means.anchor_secret, stand.means.log)
    with refused() as error:
        found_store(database, anchor, at=stand.clock())
    assert "of the key centre alone" in error.value.todo
    assert names(database) == before


def test_founding_in_a_database_that_is_in_use(stand: Any) -> None:
    anchor = Anchor(stand.means.heads, stand.means.anchor_secret, stand.means.log)
    with pytest.raises(CentreMisconfigured, match=r"^\[store\] database: .*not empty"):
        found_store(stand.means.database, anchor, at=stand.clock())


def test_starting_over_the_services_database(stand: Any, database: Database) -> None:
    with refused():
        stand.start(database=database)
    with refused():
        listed(database, most=10)


@pytest.mark.parametrize("mark", sorted(SERVICE_TABLES))
def test_starting_where_the_service_moved_in(stand: Any, mark: str) -> None:
    """Its own tables are there, and one of the service's beside them."""
    stand.edit(f"CREATE TABLE {mark} (id INTEGER)")
    with refused():
        stand.start()


def test_a_service_within_reach_of_the_search_path(stand: Any, centre_url: str) -> None:
    """On PostgreSQL a schema apart is no database apart when names still reach the other one."""
    if stand.means.database.dialect != "postgresql":
        pytest.skip("about schemas of PostgreSQL")
    (options,) = [make_url(centre_url).query["options"]]
    service = f"service_{uuid.uuid4().hex}"
    stand.edit(f"CREATE SCHEMA {service}")
    stand.edit(f"CREATE TABLE {service}.ledger_entries (id INTEGER)")
    both = make_url(centre_url).update_query_dict({"options": f"{options},{service}"})
    reaching = Database(both.render_as_string(hide_password=False))
    try:
        with refused():
            stand.start(database=reaching)
        stand.edit(f"DROP SCHEMA {service} CASCADE")
    finally:
        reaching.dispose()  # the stand had started over it
