# SPDX-License-Identifier: Apache-2.0
"""A key centre with real keys and its own database, reached without a socket; three recovery agents."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, insert, make_url

from api.database import Database
from api.database.tables_identity import accounts
from api.keycentre import (
    Approval,
    CentreAccess,
    ConnectionBroken,
    KeyCentreRefused,
    RemoteKeyCentre,
    to_be_signed,
)
from api.keycentre.adapters.head_file import HeadFile
from api.keycentre.centre import Agent, Agents, Anchor, Centre, CentreMeans, LogWatch, found_store
from api.keycentre.recoveries import (
    KeyOwner,
    Recoveries,
    Recovery,
    RecoveryPorts,
    StoredNotices,
)
from api.ledger import Ledger, LogSigners
from keys import KeyKind, SoftwareKey, generate_key
from verify import parse_checkpoint, parse_note

AGENTS = ("li", "wang", "zhao")
ACCOUNT = "ab" * 16


class Direct:
    """Carries payloads within the process; the last of each is kept to be looked at."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.sent: list[bytes] = []
        self.got: list[bytes] = []
        self.broken = 0

    def exchange(self, payload: bytes) -> bytes:
        if self.broken:
            self.broken -= 1
            raise ConnectionBroken
        self.sent.append(payload)
        self.got.append(self.stand.centre.answer(payload))
        return self.got[-1]


@dataclass
class Stand:
    """A centre, everything that it works with, and a service in front of it."""

    folder: Path
    ledger: Ledger
    clock: Any
    means: CentreMeans
    client: SoftwareKey
    agents: dict[str, SoftwareKey]
    owners: dict[str, KeyOwner] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.link = Direct(self)
        self.start()

    def start(self, **changed: Any) -> None:
        """The centre as a new process finds it; the service knows nothing of the old one."""
        self.means = replace(self.means, **changed)
        self.centre = Centre(self.means)
        access = CentreAccess(
            self.link, self.client, self.means.signer.public_key, self.clock, os.urandom, patience=0.3
        )
        self.remote = RemoteKeyCentre(access)
        self.recoveries = Recoveries(
            RecoveryPorts(
                database=self.ledger._database,
                ledger=self.ledger,
                centre=self.remote,
                owner_of=self.owner_of,
                notices=StoredNotices(),
                clock=self.clock,
                random=os.urandom,
            )
        )

    def owner_of(self, _connection: Connection, which: str) -> KeyOwner | None:
        return self.owners.get(which)

    def escrowed(self, reference: str, holder: SoftwareKey | None = None) -> str:
        """A key that somebody holds; its id."""
        made = self.remote.make_key(reference, None if holder is None else holder.public_key)
        self.owners[made.key_id] = KeyOwner(made.key_id, None, "H01", ACCOUNT)
        return made.key_id

    def requested(self, key_id: str, recipient: SoftwareKey, **more: Any) -> Recovery:
        return self.recoveries.request(
            key_id, recipient.public_key, reason="签名密钥遗失", by="operator-1", **more
        )

    def approve(self, recovery: Recovery, *names: str) -> None:
        for name in names:
            signature = self.agents[name].sign(to_be_signed(recovery.request))
            self.recoveries.approve(recovery.recovery_id, name, signature)

    def edit(self, statement: str, *parameters: Any) -> int:
        """What somebody with the centre's database password can do."""
        with self.means.database.write() as connection:
            if connection.dialect.name == "sqlite":
                for act in ("update", "delete"):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS recoveries_no_{act}")
            else:
                connection.exec_driver_sql("ALTER TABLE recoveries DISABLE TRIGGER USER")
                statement = statement.replace("?", "%s")
            return connection.exec_driver_sql(statement, parameters).rowcount


def bring(stand: Any, recovery: Recovery, approvals: Sequence[Approval], **other: Any) -> bytes:
    """Straight to the centre, as a service would that looks at nothing itself."""
    ledger = other.get("ledger", stand.ledger)
    proof = ledger.prove(other.get("index", recovery.entry_index))
    size = parse_checkpoint(parse_note(proof.checkpoint).text).size
    seen = stand.remote.status().log_size
    consistency = ledger.consistency(seen, size) if 1 <= seen <= size else ()
    envelope: bytes = stand.remote.recover(
        other.get("key_id", recovery.owner.key_id),
        other.get("request", recovery.request),
        approvals=approvals,
        proof=other.get("proof", proof.encode()),
        consistency=other.get("consistency", consistency),
    )
    return envelope


def signed(stand: Any, request: bytes, *names: str) -> list[Approval]:
    return [Approval(name, stand.agents[name].sign(to_be_signed(request))) for name in names]


def recovered(stand: Any, key_id: str, recipient: SoftwareKey) -> Recovery:
    asked = stand.requested(key_id, recipient)
    stand.approve(asked, "li", "wang")
    done: Recovery = stand.recoveries.complete(asked.recovery_id, by="operator-1")
    return done


def refused(code: str) -> Any:
    return pytest.raises(KeyCentreRefused, match=f"^{code}:")


def untouched(stand: Any) -> bool:
    """No recovery is in the centre's history."""
    return bool(stand.remote.status().head.size == 0)


@pytest.fixture(scope="session")
def agent_keys() -> dict[str, SoftwareKey]:
    kinds = (KeyKind.SM2, KeyKind.SM2, KeyKind.P256)
    return {name: generate_key(kind) for name, kind in zip(AGENTS, kinds, strict=True)}


@pytest.fixture(scope="session")
def centre_keys() -> tuple[SoftwareKey, SoftwareKey]:
    """The centre's own, and the service's client key."""
    return generate_key(KeyKind.SM2), generate_key(KeyKind.SM2)


@pytest.fixture
def holder() -> SoftwareKey:
    """A holder's signing key."""
    return generate_key(KeyKind.SM2)


@pytest.fixture
def centre_url(tmp_path: Path) -> Iterator[str]:
    """An empty database of the centre alone: a file, or a schema on the PostgreSQL server of this run."""
    (tmp_path / "kmc").mkdir()
    server = os.environ.get("YINXIN_TEST_DATABASE_URL", "")
    if not server:
        yield f"sqlite:///{tmp_path / 'kmc' / 'kmc.db'}"
        return
    schema = f"kmc_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    url = make_url(server).update_query_dict({"options": f"-csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()


@pytest.fixture
def means(
    tmp_path: Path,
    centre_url: str,
    ledger: Ledger,
    clock: Any,
    agent_keys: dict[str, SoftwareKey],
    centre_keys: tuple[SoftwareKey, SoftwareKey],
) -> Iterator[CentreMeans]:
    folder, database = tmp_path / "kmc", Database(centre_url)
    heads, secret, log = HeadFile(folder / "head.json"), os.urandom(32), LogWatch(ledger.log_keys())
    found_store(database, Anchor(heads, secret, log), at=clock())
    yield CentreMeans(
        database=database,
        signer=centre_keys[0],
        storage_key=os.urandom(32),
        anchor_secret=secret,
        client=centre_keys[1].public_key,
        agents=Agents(2, tuple(Agent(name, key.public_key) for name, key in agent_keys.items())),
        log=log,
        heads=heads,
        clock=clock,
        random=os.urandom,
    )
    database.dispose()


@pytest.fixture
def stand(
    tmp_path: Path,
    database: Database,
    ledger: Ledger,
    clock: Any,
    means: CentreMeans,
    agent_keys: dict[str, SoftwareKey],
    centre_keys: tuple[SoftwareKey, SoftwareKey],
) -> Stand:
    with database.write() as connection:
        connection.execute(
            insert(accounts).values(
                id=ACCOUNT,
                name="样例",
                subject="H01",
                roles='["applicant"]',
                agency="",
                opened_at=clock(),
                opened_by="test",
            )
        )
    return Stand(tmp_path, ledger, clock, means, centre_keys[1], agent_keys)


@pytest.fixture
def key_id(stand: Any, holder: SoftwareKey) -> str:
    made: str = stand.escrowed("bundle-1", holder)
    return made


@pytest.fixture
def fresh_key() -> Callable[[], SoftwareKey]:
    return lambda: generate_key(KeyKind.SM2)


@pytest.fixture
def fork(tmp_path: Path, empty_sqlite: Path, log_signers: LogSigners, clock: Any) -> Iterator[Ledger]:
    """Another history under the same keys: what a service could show to the centre alone."""
    shutil.copyfile(empty_sqlite, tmp_path / "fork.db")
    database = Database(f"sqlite:///{tmp_path / 'fork.db'}")
    yield Ledger(database, signers=log_signers, clock=clock, random=os.urandom)
    database.dispose()
