# SPDX-License-Identifier: Apache-2.0
"""Killed (SIGKILL) at each step: nothing or a whole key, one recovery or none; the next centre answers."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from api.keycentre import ConnectionBroken, KeyCentreUnavailable, check_history
from api.keycentre.centre import tables
from keys import SoftwareKey, open_enveloped_key, parse_enveloped_key

ANSWER = """
import base64, json, os, signal, sys
from datetime import datetime
from pathlib import Path

from api.database import Database
from api.keycentre.adapters.head_file import HeadFile
from api.keycentre.centre import Agent, Agents, Centre, CentreMeans, LogWatch
from keys import parse_private_key, parse_public_key
from verify import LogKey

given = json.loads(sys.stdin.read())
data = {name: base64.b64decode(value) for name, value in given["data"].items()}

def reached(here):
    if here == given["step"]:
        os.kill(os.getpid(), signal.SIGKILL)

centre = Centre(CentreMeans(
    database=Database(given["url"]),
    signer=parse_private_key(data["signer"]),
    storage_key=data["storage"],
    anchor_secret=data["anchor"],
    client=parse_public_key(data["client"]),
    agents=Agents(2, tuple(Agent(n, parse_public_key(base64.b64decode(k))) for n, k in given["agents"])),
    log=LogWatch(tuple(LogKey(n, a, base64.b64decode(k)) for n, a, k in given["log"])),
    heads=HeadFile(Path(given["heads"])),
    clock=lambda: datetime.fromisoformat(given["at"]),
    random=os.urandom,
    step=reached,
))
sys.stdout.buffer.write(centre.answer(data["payload"]))
"""


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Killed:
    """Carries the first payload to a process that dies at a step; the second to the next centre."""

    def __init__(self, stand: Any, step: str, url: str) -> None:
        self.stand, self.step, self.url, self.died = stand, step, url, False
        self.verb = step.split(":")[0].replace("make_key", "make").encode()

    def exchange(self, payload: bytes) -> bytes:
        if self.died or b'"verb":"' + self.verb not in payload:
            answer: bytes = self.stand.centre.answer(payload)
            return answer
        means = self.stand.means
        given = {
            "step": self.step,
            "url": self.url,
            "heads": str(self.stand.folder / "kmc" / "head.json"),
            "at": self.stand.clock().isoformat(),
            "agents": [(one.name, text(one.public_key.spki)) for one in means.agents.known],
            "log": [(key.name, key.algorithm, text(key.key)) for key in means.log.keys],
            "data": {
                "signer": text(means.signer.pkcs8()),
                "storage": text(means.storage_key),
                "anchor": text(means.anchor_secret),
                "client": text(means.client.spki),
                "payload": text(payload),
            },
        }
        done = subprocess.run(
            [sys.executable, "-c", ANSWER], input=json.dumps(given).encode(), capture_output=True
        )
        self.died = True
        assert done.returncode == -9, done.stderr.decode()
        raise ConnectionBroken


def killed(stand: Any, step: str, url: str) -> None:
    stand.link = Killed(stand, step, url)
    stand.start()


def number_of(stand: Any, table: Any) -> int:
    with stand.means.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.mark.parametrize(
    ("step", "kept"),
    [("make_key:spent", 0), ("make:generated", 0), ("make:stored", 0), ("make_key:committed", 1)],
)
def test_making(stand: Any, holder: SoftwareKey, centre_url: str, step: str, kept: int) -> None:
    killed(stand, step, centre_url)
    with pytest.raises(KeyCentreUnavailable):
        _without_patience(stand).make_key("bundle-1", holder.public_key)
    assert number_of(stand, tables.keys) == kept
    before = _spki(stand) if kept else None
    stand.start()
    made = stand.remote.make_key("bundle-1", holder.public_key)
    assert before in (None, made.spki)
    envelope = parse_enveloped_key(stand.remote.deliver(made.key_id, holder.public_key))
    assert open_enveloped_key(envelope, holder).public_key.spki == made.spki
    assert number_of(stand, tables.keys) == 1


@pytest.mark.parametrize("step", ["deliver:enveloped", "deliver:stored", "deliver:committed"])
@pytest.mark.parametrize("named", [True, False])
def test_delivering(stand: Any, holder: SoftwareKey, centre_url: str, step: str, named: bool) -> None:
    """Patience alone gets over it: the same question, asked of the next centre."""
    made = stand.remote.make_key("bundle-1", holder.public_key if named else None)
    killed(stand, step, centre_url)
    stand.remote._access = replace(stand.remote._access, patience=60)
    envelope = stand.remote.deliver(made.key_id, holder.public_key)
    assert open_enveloped_key(parse_enveloped_key(envelope), holder).public_key.spki == made.spki
    assert stand.remote.deliver(made.key_id, holder.public_key) == envelope


@pytest.mark.parametrize(
    ("step", "kept"),
    [
        ("recover:spent", 0),
        ("recover:judged", 0),
        ("recover:enveloped", 0),
        ("recover:recorded", 0),
        ("recover:committed", 1),
        ("recover:kept", 1),
    ],
)
def test_recovering(
    stand: Any,
    holder: SoftwareKey,
    fresh_key: Callable[[], SoftwareKey],
    centre_url: str,
    step: str,
    kept: int,
) -> None:
    """Whatever was lost on the way: one recovery, one link, and the holder knows of it."""
    key_id, recipient = stand.escrowed("bundle-1", holder), fresh_key()
    killed(stand, step, centre_url)
    asked = stand.requested(key_id, recipient)
    stand.approve(asked, "li", "wang")
    stand.remote._access = _impatient(stand)
    with pytest.raises(KeyCentreUnavailable):
        stand.recoveries.complete(asked.recovery_id, by="operator-1")
    assert number_of(stand, tables.recoveries) == kept
    stand.start()
    assert stand.remote.status().head.size == kept
    done = stand.recoveries.complete(asked.recovery_id, by="operator-1")
    opened = open_enveloped_key(parse_enveloped_key(done.envelope), recipient)
    assert opened.public_key.spki == stand.remote.make_key("bundle-1").spki
    (link,) = check_history(stand.recoveries.history(), stand.means.signer.public_key)
    assert link.request_sha256 == asked.request_sha256
    assert json.loads(Path(stand.folder / "kmc" / "head.json").read_bytes())


def _impatient(stand: Any) -> Any:
    return replace(stand.remote._access, patience=0.0)


def _without_patience(stand: Any) -> Any:
    stand.remote._access = _impatient(stand)
    return stand.remote


def _spki(stand: Any) -> bytes:
    with stand.means.database.read() as connection:
        return bytes(connection.execute(select(tables.keys.c.spki)).scalar_one())
