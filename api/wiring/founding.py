# SPDX-License-Identifier: Apache-2.0
"""Make a data directory: settings, vault, database, authorities, and the first operator."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url

from ca import DEFAULT_CEREMONY, SubjectName, make_request
from keys import KeyKind, generate_key, write_key_file
from keys.adapters.file_vault import FileVault

from ..accounts import Role
from ..certificates import IssueOrder
from ..console import CONSOLE
from ..database import Database
from ..settings import SettingsError, write_settings
from .ceremonies import hold_ceremony, offline_folder
from .errors import FOUNDATIONS, WiringError
from .keycentre import found_centre
from .opening import SETTINGS_FILE, read_passphrase
from .service import LOG_ED25519, LOG_SM2, SESSION_KEY, Service


@dataclass(frozen=True, slots=True)
class Initialised:
    """What ``yinxin init`` made: give the operator the key file and its passphrase, apart from each other."""

    settings: Path
    operator_key: Path
    operator_passphrase: Path


def initialise(data: Path, *, url: str, uscc: str, name: str, database_url: str = "") -> Initialised:
    """Make a data directory.  Raises :class:`WiringError` when there is one already."""
    _make_folder(data)
    settings_path = data / SETTINGS_FILE
    try:
        settings = write_settings(
            settings_path,
            public_url=url,
            authority_uscc=uscc,
            authority_name=name,
            port=_own_port(url),
            database_url=database_url,
        )
    except SettingsError:
        data.rmdir()
        raise
    _write_private(settings.passphrase_file, secrets.token_urlsafe(24))
    try:
        _make_file(settings.database_url)
        vault = FileVault.create(settings.vault_folder, read_passphrase(settings.passphrase_file))
        vault.create_secret(LOG_ED25519, 32)
        vault.create_secret(SESSION_KEY, 32)
        vault.create_key(LOG_SM2, KeyKind.SM2)
        database = Database(settings.database_url)
        database.upgrade()
        service = Service(settings, database=database, vault=vault)
        try:
            found_centre(settings, vault, service.ledger.log_keys())
            hold_ceremony(service, data, DEFAULT_CEREMONY, offline=offline_folder(data), by=CONSOLE)
            service.certificates.create_platform_keys(by=CONSOLE)
            service.responder.prepare(by=CONSOLE)
            made = _first_operator(service, data)
        finally:
            service.close()
    except FOUNDATIONS as error:
        raise WiringError(str(error), f"remove {data} and run yinxin init again") from error
    return Initialised(settings_path, *made)


def _make_folder(data: Path) -> None:
    """An empty folder that only its owner may enter."""
    try:
        if data.exists() and (not data.is_dir() or any(data.iterdir())):
            raise WiringError(
                f"{data}: 已存在且不是空文件夹 it exists and is no empty folder",
                "choose another folder, or remove it yourself",
            )
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        data.chmod(0o700)
    except OSError as error:
        raise WiringError(f"cannot make {data}: {error.strerror}", "choose another folder") from error


def _make_file(database_url: str) -> None:
    """An SQLite database, its journals too, takes the rights of the file that it finds."""
    url = make_url(database_url)
    if url.drivername != "sqlite":
        return
    try:
        Path(str(url.database)).touch(mode=0o600)
    except OSError as error:
        raise WiringError(f"cannot make {url.database}: {error.strerror}", "choose another path") from error


def _own_port(url: str) -> int | None:
    """Without TLS in front, the service itself answers at the public address."""
    try:
        return urlsplit(url).port if url.startswith("http:") else None
    except ValueError:
        return None  # the settings say what is wrong with the address


def _first_operator(service: Service, data: Path) -> tuple[Path, Path]:
    """An account, a key and a certificate for whoever runs the service."""
    account = service.accounts.add(
        name="平台运营员(演示)", subject="OPERATOR1", roles=[Role.OPERATOR], by=CONSOLE
    )
    key = generate_key(KeyKind.SM2)
    request = make_request(key, SubjectName(common_name=account.name))
    issued = service.certificates.issue(
        IssueOrder(
            profile="person",
            request=request,
            holder=account.subject,
            holder_name=account.name,
            account_id=account.account_id,
        ),
        by=CONSOLE,
    )
    passphrase = secrets.token_urlsafe(12)
    key_file, passphrase_file = data / "operator.pem", data / "operator.passphrase"
    certificates = [issued.der, *service.certificates.chain(issued.certificate_id)]
    _write_private(key_file, write_key_file(key, certificates, passphrase).decode("ascii"))
    _write_private(passphrase_file, passphrase)
    return key_file, passphrase_file


def _write_private(path: Path, text: str) -> None:
    """A file that only its owner may read, from its first moment."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
