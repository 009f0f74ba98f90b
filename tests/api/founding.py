# SPDX-License-Identifier: Apache-2.0
"""Authorities and the platform's keys over a migrated database, and databases on a PostgreSQL server."""

from __future__ import annotations

import random as pseudo_random
from collections.abc import Callable

from sqlalchemy import create_engine

from api.accounts import AccountBook
from api.certificates import Authority, CertificatePorts, CertificateService
from api.database import Database
from api.ledger import Intents, Ledger, LogSigners
from api.status import PublishedLists, StatusPorts
from ca import DEFAULT_CEREMONY, parse_ceremony
from keys.adapters.file_vault import FileVault

from .clock import Clock


def administer(server: str, statement: str) -> None:
    """Outside of any transaction."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def found_over(address: str, vault: FileVault, offline_vault: FileVault, log_signers: LogSigners) -> None:
    """Authorities and the platform's keys in a database that was migrated."""
    database, clock = Database(address), Clock()
    random = pseudo_random.Random("INSECURE founding").randbytes
    ledger = Ledger(database, signers=log_signers, clock=clock, random=random)
    intents = Intents(database, ledger, clock=clock, random=random)
    accounts = AccountBook(database, ledger, clock=clock, random=random)
    found(
        CertificateService(ports_over(database, ledger, intents, vault, accounts, clock, random)),
        offline_vault,
    )
    with database.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.dispose()


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
    authority = Authority("11510000DEM9A0017F", "省住房和城乡建设厅(演示)", "https://yinxin.example")
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
