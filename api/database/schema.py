# SPDX-License-Identifier: Apache-2.0
"""The schema as a whole: every table that this version knows, and its migrations (Alembic, shipped)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from . import (
    tables_acme,
    tables_authority,
    tables_batches,
    tables_editions,
    tables_enrolment,
    tables_est,
    tables_identity,
    tables_log,
    tables_recovery,
    tables_renewals,
    tables_sealing,
    tables_seals,
    tables_standings,
    tables_status,
    tables_subjects,
    tables_timestamps,
    tables_warrants,
)
from .errors import SchemaUnknown
from .tables import metadata

__all__ = ["ROOMS", "metadata", "newest_revision", "stored_revision", "upgrade"]

ROOMS = (
    tables_log,
    tables_identity,
    tables_sealing,
    tables_editions,
    tables_seals,
    tables_standings,
    tables_warrants,
    tables_authority,
    tables_status,
    tables_subjects,
    tables_timestamps,
    tables_enrolment,
    tables_acme,
    tables_recovery,
    tables_renewals,
    tables_est,
    tables_batches,
)
"""Importing them is what puts their tables into the metadata; a test finds one that is missing here."""

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Run what is missing, in the caller's transaction: all of it or nothing."""
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise SchemaUnknown(stored_revision(connection) or "none") from error


def newest_revision() -> str | None:
    """The revision that this version brings."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def stored_revision(connection: Connection) -> str | None:
    """The revision that the database has, or ``None`` for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
