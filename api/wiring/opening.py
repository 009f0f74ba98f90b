# SPDX-License-Identifier: Apache-2.0
"""Open the service over a data directory that ``yinxin init`` made."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url

from ..batches import living_intents
from ..console import CONSOLE
from ..database import Database
from ..settings import Settings, load_settings
from .custody import open_vault
from .custody import read_passphrase as read_passphrase
from .errors import FOUNDATIONS, RESTORE, WiringError
from .service import Service

SETTINGS_FILE = "yinxin.toml"


def open_service(data: Path, *, start: bool = False, inspecting: bool = False) -> Service:
    """The service over a data directory.  ``start``: this process serves, so it closes what a crash left.
    ``inspecting``: over a damaged log too, to say what is wrong with it.

    Raises :class:`WiringError`; ``api.settings`` raises its own for a bad settings file.
    """
    settings = settings_of(data)
    database: Database | None = None
    try:
        vault = open_vault(settings)
        _require_file(settings.database_url)
        database = Database(settings.database_url)
        database.upgrade()
        service = Service(settings, database=database, vault=vault, inspecting=inspecting)
        if service.ledger.size() == 0:
            # Whatever was initialised has entries; a fresh start here would hide that everything is gone.
            raise WiringError("the database is empty, without any log", RESTORE)
        if not inspecting:
            service.log_publisher.require_continuation()
        if start:
            with database.read() as connection:
                at_work = living_intents(connection, service.clock())
            service.intents.abandon_open(but=at_work)
            service.certificates.create_platform_keys(by=CONSOLE)  # what ended, or what this version adds
            service.do_chores()
            if service.key_centre is not None:
                service.key_centre.start()
    except FOUNDATIONS as error:
        _dispose(database)
        raise WiringError(str(error), getattr(error, "todo", "")) from error
    except Exception:
        _dispose(database)
        raise
    return service


def settings_of(data: Path) -> Settings:
    """The settings of a data directory.  Raises as :func:`open_service` does."""
    path = data / SETTINGS_FILE
    if not path.is_file():
        raise WiringError(f"没有数据目录 no data directory at {data}", f"yinxin init --data {data}")
    return load_settings(path)


def _require_file(database_url: str) -> None:
    """SQLite would make a missing file, and with it an empty history."""
    url = make_url(database_url)
    if url.drivername == "sqlite" and not Path(str(url.database)).is_file():
        raise WiringError(f"the database {url.database} is missing", RESTORE)


def _dispose(database: Database | None) -> None:
    if database is not None:
        database.dispose()
