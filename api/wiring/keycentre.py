# SPDX-License-Identifier: Apache-2.0
"""The key centre wired, from both ends: its own process, and the service that asks it."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, or_, select
from sqlalchemy.engine import make_url

from keys import KeyKind, PublicKey, Vault, parse_public_key
from keys.adapters.file_vault import FileVault
from verify import LogKey, parse_certificate

from ..certificates.bundles import row_of as bundle_row
from ..database import Database
from ..database.tables_authority import bundles
from ..database.tables_identity import certificates
from ..keycentre import CLIENT_KEY, CentreAccess, CentreMisconfigured, RemoteKeyCentre
from ..keycentre.adapters.child import EmbeddedCentre
from ..keycentre.adapters.head_file import HeadFile
from ..keycentre.adapters.unix_socket import UnixLink, listening
from ..keycentre.centre import (
    Anchor,
    Centre,
    CentreMeans,
    CentreServer,
    CentreSettings,
    Listed,
    LogWatch,
    found_store,
    listed,
    parse_settings,
    write_settings,
)
from ..keycentre.recoveries import KeyOwner, Recoveries, RecoveryPorts, StoredNotices
from ..ledger import Ledger
from ..settings import Settings
from .clock import now

CENTRE_SETTINGS: Final = "kmc.toml"
HEAD_FILE: Final = "head.json"
CENTRE_KEY, STORAGE_KEY, ANCHOR_SECRET = "kmc", "storage-1", "anchor"
_SECRET: Final = 32
_STARTING: Final = 30.0
"""Seconds that an embedded centre may take to come (back) before a question is given up."""
_COMMAND = "from api.cli import main; main()"


# The centre's own process


def found_centre(settings: Settings, vault: Vault, log_keys: tuple[LogKey, ...]) -> None:
    """A centre in its own folder that obeys this service and believes its log; and what the service pins."""
    folder = settings.kmc_folder
    client = vault.create_key(CLIENT_KEY, KeyKind.SM2)
    folder.mkdir(mode=0o700)
    _write_private(folder / "vault.passphrase", secrets.token_urlsafe(24).encode() + b"\n")
    own = FileVault.create(folder / "vault", _passphrase(folder / "vault.passphrase"))
    own.create_secret(STORAGE_KEY, _SECRET)
    anchor = Anchor(
        HeadFile(folder / HEAD_FILE), own.create_secret(ANCHOR_SECRET, _SECRET), LogWatch(log_keys)
    )
    centre_key = own.create_key(CENTRE_KEY, KeyKind.SM2)
    text = write_settings(client=client, log_keys=log_keys, database="sqlite:///kmc.db")
    _write_private(folder / CENTRE_SETTINGS, text.encode("utf-8"))
    (folder / "kmc.db").touch(mode=0o600)
    database = Database(f"sqlite:///{folder / 'kmc.db'}")
    try:
        found_store(database, anchor, at=now())
    finally:
        database.dispose()
    _write_private(settings.kmc_key_file, centre_key.spki)


@contextmanager
def running_centre(folder: Path) -> Iterator[CentreServer]:
    """A centre that listens.  Raises :class:`~api.keycentre.KeyCentreError` and what the vault raises."""
    settings = centre_settings(folder)
    database = Database(_database(settings.database, folder))
    try:
        with listening(folder / settings.socket, group=settings.socket_group) as listener:
            vault = FileVault.open(folder / settings.vault, _passphrase(folder / settings.passphrase_file))
            centre = Centre(
                CentreMeans(
                    database=database,
                    signer=vault.signer(CENTRE_KEY),
                    storage_key=vault.secret(STORAGE_KEY),
                    anchor_secret=vault.secret(ANCHOR_SECRET),
                    client=settings.client,
                    agents=settings.agents,
                    log=settings.log,
                    heads=HeadFile(folder / HEAD_FILE),
                    clock=now,
                    random=secrets.token_bytes,
                )
            )
            yield CentreServer(centre, listener)
    finally:
        database.dispose()


def centre_settings(folder: Path) -> CentreSettings:
    """The settings of the centre in this folder.  Raises :class:`CentreMisconfigured`."""
    return parse_settings(_read(folder / CENTRE_SETTINGS), lambda name: _read(folder / name))


def listed_keys(folder: Path, *, most: int) -> Listed:
    """What the centre in this folder keeps."""
    database = Database(_database(centre_settings(folder).database, folder))
    try:
        return listed(database, most=most)
    finally:
        database.dispose()


# The service's side


@dataclass(frozen=True, slots=True)
class KeyCentreClient:
    """How this service asks its centre, and the child process when the centre is embedded."""

    remote: RemoteKeyCentre
    embedded: EmbeddedCentre | None

    def start(self) -> None:
        """An embedded centre is started now, not with the first question."""
        if self.embedded is not None:
            self.embedded.start()

    def close(self) -> None:
        if self.embedded is not None:
            self.embedded.close()


def key_centre_of(settings: Settings, vault: Vault) -> KeyCentreClient | None:
    """Nothing for a data directory that was made before there was a key centre."""
    if not settings.kmc_key_file.is_file() or CLIENT_KEY not in vault.labels():
        return None
    embedded = None
    if settings.kmc_embedded:
        folder = settings.kmc_folder
        command = (sys.executable, "-c", _COMMAND, "kmc", "serve", "--folder", str(folder), "--with-parent")
        embedded = EmbeddedCentre(command, folder)
    access = CentreAccess(
        link=UnixLink(settings.kmc_socket),
        signer=vault.signer(CLIENT_KEY),
        centre=pinned_centre(settings),
        clock=now,
        random=secrets.token_bytes,
        start=None if embedded is None else embedded.start,
        **({} if embedded is None else {"patience": _STARTING}),
    )
    return KeyCentreClient(RemoteKeyCentre(access), embedded)


def pinned_centre(settings: Settings) -> PublicKey:
    """The key that signs the centre's answers."""
    return parse_public_key(_read(settings.kmc_key_file))


def recoveries_of(client: KeyCentreClient, database: Database, ledger: Ledger) -> Recoveries:
    """The room of recoveries over this service's bundles."""
    return Recoveries(
        RecoveryPorts(
            database=database,
            ledger=ledger,
            centre=client.remote,
            owner_of=bundle_owner,
            notices=StoredNotices(),
            clock=now,
            random=secrets.token_bytes,
        )
    )


def bundle_owner(connection: Connection, which: str) -> KeyOwner | None:
    """Whose key it is: the newest bundle with this id, or with this escrowed key.

    Believed only while the public log vouches for it: an edit must not send the notice to somebody else.
    """
    query = (
        select(bundles.c.id)
        .where(or_(bundles.c.id == which, bundles.c.escrow_key_id == which))
        .where(bundles.c.escrow_key_id.is_not(None))
        .order_by(bundles.c.made_at.desc(), bundles.c.id)
        .limit(1)
    )
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        return None
    row = bundle_row(connection, found)
    return KeyOwner(row.escrow_key_id, row.id, row.holder, row.account_id)


def escrowed_keys(database: Database) -> tuple[str, ...]:
    """Every escrowed key that a bundle of this service names."""
    query = select(bundles.c.escrow_key_id).where(bundles.c.escrow_key_id.is_not(None)).distinct()
    with database.read() as connection:
        return tuple(connection.execute(query.order_by(bundles.c.escrow_key_id)).scalars())


def certified_key(database: Database, key_id: str) -> bytes | None:
    """The public key that was certified for an escrowed key, as the service knows it without the centre."""
    query = (
        select(certificates.c.der)
        .join(bundles, bundles.c.id == certificates.c.bundle_id)
        .where(bundles.c.escrow_key_id == key_id, certificates.c.usage == "encrypt")
        .limit(1)
    )
    with database.read() as connection:
        der = connection.execute(query).scalar_one_or_none()
    return None if der is None else parse_certificate(bytes(der)).public_key.spki


def _database(url: str, folder: Path) -> str:
    parsed = make_url(url)
    if parsed.drivername != "sqlite":
        return url
    path = folder / str(parsed.database)
    if not path.is_file():  # SQLite would make one, and with it an empty history
        raise CentreMisconfigured("[store] database", f"{path} is missing", "restore the newest backup")
    return parsed.set(database=str(path)).render_as_string(hide_password=False)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CentreMisconfigured(
            str(path), f"cannot be read: {error.strerror}", "put the file back, or correct kmc.toml"
        ) from error


def _passphrase(path: Path) -> str:
    return _read(path).decode("utf-8", "replace").strip()


def _write_private(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
