# SPDX-License-Identifier: Apache-2.0
"""Killed at every step: no signature without an intent, no intent without an outcome; orders done once."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from api.accounts import committed_accounts, committed_mandates
from api.certificates import (
    CertificateService,
    IssueOrder,
    committed_authorities,
    committed_certificates,
    committed_qr_keys,
)
from api.database import Database
from api.database.tables import intents as intents_table
from api.database.tables_identity import certificates as table
from api.database.tables_identity import serials
from api.ledger import Intents, Ledger, LogSigners, check_ledger
from api.status import PublishedLists
from ca import AlreadySigned, IssueFailed, SubjectName, issue, lint, make_request
from keys import KeyKind, generate_key

AGENCY, NAME = "11510106DEM9A00331", "蜀州市锦北区住房和城乡建设局(演示)"
HERE = Path(__file__).resolve().parent
# place -> (is a signature made?, is an intent left open?, is the certificate there?)
PLACES = {
    "enter-1": (False, False, False),
    "inside-1": (False, False, False),
    "after-1": (False, False, False),
    "enter-2": (False, False, False),
    "inside-2": (False, False, False),
    "after-2": (False, True, False),
    "signing": (False, True, False),
    "signed": (True, True, False),
    "enter-3": (True, True, False),
    "inside-3": (True, True, False),
    "after-3": (True, False, True),
}


def order() -> IssueOrder:
    request = make_request(generate_key(KeyKind.SM2), SubjectName(NAME, NAME, AGENCY))
    return IssueOrder("enterprise", request, AGENCY, NAME)


def count(database: Database, *conditions: Any) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).where(*conditions)).scalar_one())


def problems(database: Database, ledger: Ledger) -> list[Any]:
    sources = {
        "accounts": committed_accounts,
        "mandates": committed_mandates,
        "authorities": committed_authorities,
        "certificates": committed_certificates,
        "qr_keys": committed_qr_keys,
    }
    found = check_ledger(database, ledger.log_keys(), sources).findings
    return [one for one in found if one.kind.value != "not-compared"]


@pytest.mark.parametrize("place", PLACES)
def test_killed_process_leaves_evidence_and_the_order_is_placed_again(
    identity: Any,
    database: Database,
    database_url: str,
    log_signers: LogSigners,
    vault: Any,
    tmp_path: Path,
    place: str,
) -> None:
    wanted, signed, left, done = order(), *PLACES[place]
    plan = {
        "origin": log_signers.origin,
        "at": identity.clock().isoformat(),
        "database_url": database_url,
        "log_key": log_signers.sm2.pkcs8().hex(),  # type: ignore[attr-defined]
        "ed25519": hashlib.sha256(b"INSECURE test key").digest().hex(),
        "vault": str(vault._folder),
        "die": place,
        "signed": str(tmp_path / "signed"),
        "order": {
            "profile": wanted.profile,
            "request": wanted.request.hex(),
            "holder": wanted.holder,
            "holder_name": wanted.holder_name,
        },
    }
    before = count(database, table.c.id.is_not(None))
    ran = subprocess.run(
        [sys.executable, str(HERE / "dying_issuer.py")],
        input=json.dumps(plan),
        text=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[2])},
    )
    assert ran.returncode == 9, ran.stderr
    assert (tmp_path / "signed").exists() is signed
    opened = (intents_table.c.outcome.is_(None), intents_table.c.kind == "certificate.issue")
    assert count(database, *opened) == int(left)
    assert count(database, table.c.id.is_not(None)) == before + int(done)
    # After the restart nothing is open any more, and the order is done: once.
    ledger = Ledger(database, signers=log_signers, clock=identity.clock, random=os.urandom)
    intents = Intents(database, ledger, clock=identity.clock, random=os.urandom)
    assert intents.abandon_open() == int(left)
    assert count(database, *opened) == 0
    service = CertificateService(replace(identity.ports, ledger=ledger, intents=intents))
    issued = service.issue(wanted, by="test")
    assert count(database, table.c.id.is_not(None)) == before + 1
    assert service.issue(wanted, by="test") == issued
    assert not problems(database, ledger)


def test_one_lint_is_good_for_one_signature(identity: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    linted: list[Any] = []

    def keep(draft: Any, **more: Any) -> Any:
        linted.append(lint(draft, **more))
        return linted[-1]

    monkeypatch.setattr("api.certificates.issuing.lint", keep)
    issued = identity.certificates.issue(order(), by="test")
    with pytest.raises(AlreadySigned):
        issue(linted[0], identity.ports.vault.signer(issued.issuer))


def test_batch_is_all_or_nothing(identity: Any, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [order() for _ in range(7)]
    ledger, before = identity.ports.ledger, count(database, table.c.id.is_not(None))
    signer = type(identity.ports.vault).signer

    class Broken:
        def __init__(self, right: Any) -> None:
            self._right, self.public_key, self.scheme, self._left = right, right.public_key, right.scheme, 5

        def sign(self, message: bytes) -> bytes:
            self._left -= 1
            return bytes(self._right.sign(message)) if self._left else b"\x30\x00"

    with monkeypatch.context() as patched:
        patched.setattr(type(identity.ports.vault), "signer", lambda self, label: Broken(signer(self, label)))
        with pytest.raises(IssueFailed):
            identity.certificates.issue_batch(orders, by="test")
    assert count(database, table.c.id.is_not(None)) == before
    failed = (intents_table.c.outcome == "failed", intents_table.c.kind == "certificate.issue")
    assert (count(database, *failed), identity.ports.intents.abandon_open()) == (7, 0)
    size = ledger.size()
    made = identity.certificates.issue_batch([*orders, orders[0]], by="test")
    assert (len({one.certificate_id for one in made}), made[0]) == (7, made[7])
    assert ledger.size() == size + 3 * 7  # opened, issued, closed: an entry for each
    assert identity.certificates.issue_batch(orders, by="test") == made[:7]
    assert not problems(database, ledger)


def test_fifty_workers_at_once(identity: Any, database: Database) -> None:
    """No serial number twice, no row lost, every order done once."""
    orders = [[order() for _ in range(2)] for _ in range(50)]
    before, spent = count(database, table.c.id.is_not(None)), count(database, serials.c.serial.is_not(None))
    made: list[Any] = []
    wrong: list[BaseException] = []
    barrier = threading.Barrier(len(orders))
    processes = [CertificateService(identity.ports) for _ in range(5)]  # each with a lock of its own

    def work(number: int) -> None:
        barrier.wait()
        try:
            for one in orders[number]:
                made.append(processes[number % 5].issue(one, by="test"))
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(orders))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not wrong
    assert len({(one.issuer, one.serial) for one in made}) == len(made) == 100
    assert count(database, table.c.id.is_not(None)) == before + 100
    assert count(database, serials.c.serial.is_not(None)) == spent + 100
    assert identity.ports.intents.abandon_open() == 0
    assert isinstance(identity.ports.status, PublishedLists)
    assert not problems(database, identity.ports.ledger)
