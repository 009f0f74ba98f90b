# SPDX-License-Identifier: Apache-2.0
"""The schema as a whole: every table that this version knows, and its migrations (Alembic, in the package)."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from .errors import SchemaUnknown
from .tables import metadata

__all__ = ["metadata", "newest_revision", "stored_revision", "upgrade"]

for _module in pkgutil.iter_modules([str(Path(__file__).parent)]):
    if _module.name.startswith("tables_"):
        importlib.import_module(f"{__package__}.{_module.name}")

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
