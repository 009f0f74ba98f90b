# SPDX-License-Identifier: Apache-2.0
"""Authorities and the platform's keys over a migrated database, data directories, databases on a PostgreSQL
server.

A test that needs a data directory and is not about ``yinxin init`` takes :func:`data_directory`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import create_engine

from api.accounts import AccountBook
from api.certificates import Authority, CertificatePorts, CertificateService
from api.database import Database
from api.demo.serving import free_port
from api.ledger import Intents, Ledger
from api.status import PublishedLists, StatusPorts
from api.wiring import Initialised, initialise
from ca import DEFAULT_CEREMONY, parse_ceremony
from keys.adapters import stretching
from keys.adapters.file_vault import FileVault

from .clock import Clock


def administer(server: str, statement: str) -> None:
    """Outside of any transaction."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def found(certificates: CertificateService, offline: FileVault) -> None:
    """What ``yinxin init`` does."""
    certificates.hold_ceremony(parse_ceremony(DEFAULT_CEREMONY), offline, by="test")
    certificates.create_platform_keys(by="test")


def ports_over(
    database: Database,
    ledger: Ledger,
    intents: Intents,
    vault: FileVault,
    accounts: AccountBook,
    clock: Clock,
    random: Callable[[int], bytes],
) -> CertificatePorts:
    authority = Authority(OFFICE, OFFICE_NAME, "https://yinxin.example")
    return CertificatePorts(
        database=database,
        ledger=ledger,
        intents=intents,
        vault=vault,
        accounts=accounts,
        authority=authority,
        document_types=lambda: ("construction_permit", "credit_sheet", "receipt"),
        status=PublishedLists(
            StatusPorts(
                database=database,
                ledger=ledger,
                intents=intents,
                vault=vault,
                authority=authority,
                clock=clock,
            )
        ),
        clock=clock,
        random=random,
    )


OFFICE, OFFICE_NAME = "11510000DEM9A0017F", "省住房和城乡建设厅(演示)"


_FOUNDED: dict[str, TemporaryDirectory[str]] = {}


@cache
def serving_address() -> str:
    """Where the services of this process listen, one after the other: they share what was founded for it."""
    return f"http://127.0.0.1:{free_port()}"


def data_directory(data: Path, *, url: str = "http://127.0.0.1:8443", database_url: str = "") -> Initialised:
    """What :func:`api.wiring.initialise` makes, under passphrases that cost as little as the product reads.

    Made once for each address, and copied.  Every command and every start derives a key from a passphrase:
    that this is slow is the product's own choice and has tests of its own; here it would be most of the time.
    """
    if database_url:
        return _initialised(data, url, database_url)
    if url not in _FOUNDED:
        _FOUNDED[url] = TemporaryDirectory(prefix="yinxin-founded-")
        _initialised(Path(_FOUNDED[url].name) / "data", url, "")
    shutil.copytree(Path(_FOUNDED[url].name) / "data", data, dirs_exist_ok=True)
    return Initialised(data / "yinxin.toml", data / "operator.pem", data / "operator.passphrase")


def _initialised(data: Path, url: str, database_url: str) -> Initialised:
    made = initialise(data, url=url, uscc=OFFICE, name=OFFICE_NAME, database_url=database_url)
    places = (
        (data / "vault", data / "vault.passphrase"),
        (data / "kmc" / "vault", data / "kmc" / "vault.passphrase"),
        (data / "offline" / "vault", data / "offline" / "passphrase"),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stretching, "SCRYPT_P", 1)
        for folder, file in places:
            passphrase = file.read_text("utf-8").strip()
            vault = FileVault.open(folder, passphrase)
            vault.set_passphrase(passphrase, scrypt_n=stretching.SMALLEST_N)
            vault.close()
    return made
