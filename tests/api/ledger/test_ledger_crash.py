# SPDX-License-Identifier: Apache-2.0
"""Killed (SIGKILL) between any two steps: nothing half-written, and the next start says what was left."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from api.database import Database
from api.database.tables_sealing import sequences
from api.ledger import Intents, Ledger, LogSigners, check_ledger

AT = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)

ACT = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from api.database import Database
from api.database.tables_sealing import sequences
from api.ledger import Intents, Ledger, LogSigners
from keys import parse_private_key

url, origin, ed25519, keyfile, step = sys.argv[1:]

def reached(here):
    if here == step:
        os.kill(os.getpid(), signal.SIGKILL)

class Signer:
    def __init__(self, inner):
        self.inner, self.public_key, self.scheme = inner, inner.public_key, inner.scheme
    def sign(self, message):
        signed = self.inner.sign(message)
        if int(message.split(b"\\n")[1]) > 1:
            reached("signed")
        return signed

database = Database(url)
signers = LogSigners(origin, bytes.fromhex(ed25519), Signer(parse_private_key(Path(keyfile).read_bytes())))
means = {"clock": lambda: datetime(2026, 7, 1, 8, 30, tzinfo=UTC), "random": os.urandom}
ledger = Ledger(database, signers=signers, **means)
intents = Intents(database, ledger, **means)
reached("started")
intent = intents.open("number.take", {})
reached("announced")
with ledger.transaction() as tx:
    tx.connection.execute(insert(sequences).values(name="n", last=1))
    reached("row")
    tx.commit_row("sequences", "n", {"name": "n", "last": 1}, kind="number.taken", body={})
    reached("entry")
    intents.close(tx, intent, "taken")
    reached("closed")
reached("committed")
"""

STEPS = {
    "started": (0, [], 0),
    "announced": (1, [], 1),
    "row": (1, [], 1),
    "entry": (1, [], 1),
    "closed": (1, [], 1),
    "signed": (1, [], 1),
    "committed": (3, ["n"], 0),
}
"""Step -> entries after the kill, rows after it, intents that the next start abandons."""


@pytest.mark.parametrize("step", STEPS)
def test_killed(
    step: str,
    database: Database,
    database_url: str,
    log_signers: LogSigners,
    random: Callable[[int], bytes],
    tmp_path: Path,
) -> None:
    keyfile = tmp_path / "INSECURE-log-key.der"
    keyfile.write_bytes(log_signers.sm2.pkcs8())  # type: ignore[attr-defined]  # a software key in tests
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            ACT,
            database_url,
            log_signers.origin,
            log_signers.ed25519.hex(),
            keyfile,
            step,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == -9, told.stderr
    entries, rows, left = STEPS[step]
    with database.read() as connection:
        assert list(connection.execute(select(sequences.c.name)).scalars()) == rows
    ledger = Ledger(database, signers=log_signers, clock=lambda: AT, random=random)
    intents = Intents(database, ledger, clock=lambda: AT, random=random)
    assert ledger.size() == entries
    assert intents.abandon_open() == left
    if left:
        assert json.loads(ledger.entry(entries))["body"]["outcome"] == "abandoned"
    found = check_ledger(
        database,
        ledger.log_keys(),
        {"sequences": lambda c: ((r.name, dict(r._asdict())) for r in c.execute(select(sequences)))},
    )
    assert found.clean, found.findings
