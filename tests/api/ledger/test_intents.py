# SPDX-License-Identifier: Apache-2.0
"""Nothing is signed that was not announced; what a killed process announced is never released later."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import select

from api.database import Database
from api.database.tables import intents as table
from api.ledger import IntentClosed, Intents, Ledger, LedgerFindings


def entry(ledger: Ledger, index: int) -> tuple[str, dict[str, object]]:
    value = json.loads(ledger.entry(index))
    return value["kind"], value["body"]


def outcomes(database: Database) -> list[str | None]:
    with database.read() as connection:
        return list(connection.execute(select(table.c.outcome).order_by(table.c.ledger_index)).scalars())


def test_announced_then_closed(ledger: Ledger, intents: Intents, database: Database) -> None:
    intent = intents.open("document.issue", {"document_id": "d1"})
    assert entry(ledger, intent.ledger_index) == (
        "intent.opened",
        {"intent_id": intent.id, "act": "document.issue", "facts": {"document_id": "d1"}},
    )
    with ledger.transaction() as tx:
        tx.append("document.issued", {"document_id": "d1"})
        intents.close(tx, intent, "issued")
    assert entry(ledger, 2) == (
        "intent.closed",
        {"intent_id": intent.id, "act": "document.issue", "outcome": "issued"},
    )
    assert outcomes(database) == ["issued"]


def test_an_act_that_fails_leaves_its_intent_open(
    ledger: Ledger, intents: Intents, database: Database
) -> None:
    intent = intents.open("document.issue", {})
    with pytest.raises(RuntimeError), ledger.transaction() as tx:
        intents.close(tx, intent, "issued")
        raise RuntimeError
    assert outcomes(database) == [None]
    intents.fail(intent, "SealDidNotVerify")
    assert outcomes(database) == ["failed"]
    assert entry(ledger, 1)[1] == {
        "intent_id": intent.id,
        "act": "document.issue",
        "outcome": "failed",
        "code": "SealDidNotVerify",
    }


def test_an_intent_ends_once(ledger: Ledger, intents: Intents) -> None:
    intent = intents.open("document.issue", {})
    intents.fail(intent, "x")
    with pytest.raises(IntentClosed):
        intents.fail(intent, "x")
    with pytest.raises(IntentClosed), ledger.transaction() as tx:
        tx.append("document.issued", {})
        intents.close(tx, intent, "issued")
    assert ledger.size() == 2


def test_the_start_abandons_what_was_left(
    ledger: Ledger, intents: Intents, database: Database, check: Callable[..., LedgerFindings]
) -> None:
    left = [intents.open("document.issue", {}) for _ in range(2)]
    done = intents.open("document.issue", {})
    intents.fail(done, "x")
    assert intents.abandon_open() == 2
    assert outcomes(database) == ["abandoned", "abandoned", "failed"]
    size = ledger.size()
    assert intents.abandon_open() == 0
    assert ledger.size() == size
    with pytest.raises(IntentClosed), ledger.transaction() as tx:
        intents.close(tx, left[0], "issued")
    assert check().clean
