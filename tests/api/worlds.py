# SPDX-License-Identifier: Apache-2.0
"""Databases as they stand after a costly beginning: each kind is made once for a run, and copied for a test.

``empty`` was migrated; ``founded`` has authorities and the platform's keys; ``furnished`` has what stands in
the procedure rooms (:mod:`furnishing`); ``permitted`` has a permit that was applied for and issued;
``responding`` has the keys of OCSP responders.  Each kind begins where the one before it ended.
"""

from __future__ import annotations

import random as pseudo_random
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from api.accounts import AccountBook
from api.database import Database
from api.ledger import Intents, Ledger, LogSigners
from api.status import EpochWatch, Responder, ResponderPorts
from keys.adapters.file_vault import FileVault

from .clock import Clock
from .founding import administer, found, ports_over
from .furnishing import furnish, issue_permit, rooms_over
from .identities import Identity
from .rooms import Enterprise, SealVault

BEFORE = {"founded": "empty", "furnished": "founded", "permitted": "furnished", "responding": "founded"}
# What a test asks for says which kind it needs; the first that it asks for counts.
ASKED_BY = {"permit": "permitted", "rooms": "furnished", "answering": "responding", "identity": "founded"}


@dataclass
class Beginning:
    """What a kind leaves outside of its database."""

    seals: SealVault = field(default_factory=SealVault)
    applicant: Enterprise | None = None
    permit: Any = None


@dataclass
class Worlds:
    """``server``: a PostgreSQL server; when empty, databases are SQLite files in ``folder``."""

    folder: Path
    server: str
    vault: FileVault
    offline: FileVault
    signers: LogSigners
    made: dict[str, Beginning] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict, init=False)

    def file(self, kind: str) -> Path:
        """The SQLite file of a kind, to copy."""
        self.beginning(kind)
        return self.folder / f"{kind}.db"

    def beginning(self, kind: str) -> Beginning:
        """Make the kind, if this run has not."""
        if kind not in self.made:
            before = BEFORE.get(kind)
            left = Beginning() if before is None else self.beginning(before)
            with self._blank(kind, before) as address:
                self.made[kind] = self._make(kind, address, left)
        return self.made[kind]

    @contextmanager
    def copied(self, kind: str, path: Path) -> Iterator[str]:
        """The address of a database for one test, which ends with it."""
        self.beginning(kind)
        if not self.server:
            shutil.copyfile(self.file(kind), path)
            yield f"sqlite:///{path}"
            return
        name = f"test_{uuid.uuid4().hex}"
        yield self._create(name, self._names[kind])
        administer(self.server, f"DROP DATABASE {name} WITH (FORCE)")

    def drop(self) -> None:
        """Leave nothing on the server."""
        for name in self._names.values():
            administer(self.server, f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def _blank(self, kind: str, before: str | None) -> Iterator[str]:
        if self.server:
            self._names[kind] = f"template_{kind}_{uuid.uuid4().hex[:12]}"
            yield self._create(self._names[kind], None if before is None else self._names[before])
            return
        path = self.folder / f"{kind}.db"
        if before is not None:
            shutil.copyfile(self.file(before), path)
        yield f"sqlite:///{path}"

    def _create(self, name: str, template: str | None) -> str:
        copied = "" if template is None else f" TEMPLATE {template} STRATEGY file_copy"
        administer(self.server, f"CREATE DATABASE {name}{copied}")
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def _make(self, kind: str, address: str, left: Beginning) -> Beginning:
        database, clock = Database(address), Clock()
        if kind == "empty":
            database.upgrade()
        else:
            left = self._furnished(kind, database, clock, left)
        with database.write() as connection:
            connection.exec_driver_sql("SELECT 1")
        database.dispose()
        return left

    def _furnished(self, kind: str, database: Database, clock: Clock, left: Beginning) -> Beginning:
        # No random of a test repeats what was drawn here.
        random = pseudo_random.Random(f"INSECURE {kind}").randbytes
        ledger = Ledger(database, signers=self.signers, clock=clock, random=random)
        intents = Intents(database, ledger, clock=clock, random=random)
        accounts = AccountBook(database, ledger, clock=clock, random=random)
        identity = Identity(ports_over(database, ledger, intents, self.vault, accounts, clock, random))
        if kind == "founded":
            found(identity.certificates, self.offline)
            return left
        if kind == "responding":
            watch = EpochWatch(database, time.monotonic)
            Responder(ResponderPorts(database, self.vault, identity.certificates, watch, clock)).prepare(
                by="test"
            )
            return left
        seals = left.seals.copy()
        rooms = rooms_over(identity, database, ledger, intents, clock, random, seals)
        if kind == "furnished":
            furnish(rooms)
            return Beginning(seals, rooms.enterprise())
        assert left.applicant is not None
        return Beginning(seals, left.applicant, issue_permit(rooms, left.applicant))
