# SPDX-License-Identifier: Apache-2.0
"""Numbers in the histories of subjects: given out with the act, once, and checked against the leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from api.database import Database
from api.database.tables_subjects import subject_entries
from api.ledger import (
    Concern,
    FindingKind,
    HistoryMoved,
    Ledger,
    LedgerFindings,
    LogDamaged,
    Transaction,
    entries_with_reference,
    history_head,
    history_of,
)
from verify import LogEntry, parse_log_entry, reference_digest

E01, E12 = "91510100DEM001017Y", "91511300DEM001121R"


def about(tx: Transaction, code: str, reference: str = "") -> int:
    return tx.append("record.entered", {"facts": {"from": "x"}}, concerns=Concern(code, reference))


def entry(ledger: Ledger, index: int) -> LogEntry:
    return parse_log_entry(ledger.entry(index), index)


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    with ledger.transaction() as tx:
        about(tx, E12)
        about(tx, E01)
        about(tx, E12, "演建罚字〔2026〕3号")
    with ledger.transaction() as tx:
        tx.append("account.opened", {})
        about(tx, E12)
    return ledger


def test_each_subject_counts_alone(
    filled: Ledger, database: Database, check: Callable[..., LedgerFindings]
) -> None:
    """From 1 by 1, over transactions, each naming the leaf before it."""
    links = [entry(filled, index).subject for index in range(5)]
    assert [(one.code, one.sequence) if one else None for one in links] == [
        (E12, 1),
        (E01, 1),
        (E12, 2),
        None,
        (E12, 3),
    ]
    assert [one.previous for one in links if one] == ["", "", entry(filled, 0).hash, entry(filled, 2).hash]
    with database.read() as connection:
        head = history_head(connection, E12)
        assert head is not None
        assert (head.sequence, head.hash, head.index) == (3, entry(filled, 4).hash, 4)
        assert [one.index for one in history_of(connection, E12)] == [0, 2, 4]
        assert entries_with_reference(connection, "演建罚字〔2026〕3号") == (2,)
    assert check().clean


def test_the_decision_is_a_salted_digest(filled: Ledger, database: Database) -> None:
    """Its number would name a penalty for ever; with the salt it can be shown."""
    leaf = filled.entry(2)
    assert "演建罚字".encode() not in leaf
    with database.read() as connection:
        row = connection.execute(subject_entries.select().where(subject_entries.c.entry_index == 2)).one()
    facts = entry(filled, 2).facts()
    assert facts == {"from": "x", "decision": reference_digest(row.reference_salt, "演建罚字〔2026〕3号")}


def test_an_act_that_fails_takes_no_number(filled: Ledger) -> None:
    """Number and entry are one transaction."""
    with pytest.raises(RuntimeError), filled.transaction() as tx:
        about(tx, E12)
        raise RuntimeError
    with filled.transaction() as tx:
        index = about(tx, E12)
    link = entry(filled, index).subject
    assert link is not None and link.sequence == 4


def test_a_number_is_given_once(filled: Ledger, database: Database) -> None:
    """Also against a second writer that reads the same head."""
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(
            insert(subject_entries).values(entry_index=99, code=E12, sequence=3, leaf_hash=bytes(32))
        )


def test_what_claims_to_be_complete_is_held_to_it(filled: Ledger) -> None:
    """Exactly this length and this head, at the moment of release."""
    newest = entry(filled, 4)
    with filled.transaction() as tx:
        tx.histories.require(E12, sequence=3, head=newest.hash)
        tx.histories.require("91510104DEM001025K", sequence=0, head="")
        tx.append("document.issued", {}, concerns=Concern(E12))
        tx.histories.require(E12, sequence=3, head=newest.hash)
        for sequence, head in ((2, entry(filled, 2).hash), (0, ""), (3, "00" * 32), (9, newest.hash)):
            with pytest.raises(HistoryMoved):
                tx.histories.require(E12, sequence=sequence, head=head)
    with filled.transaction() as tx:
        tx.histories.require(E12, sequence=3, head=newest.hash)
        about(tx, E12)
        with pytest.raises(HistoryMoved):
            tx.histories.require(E12, sequence=3, head=newest.hash)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE subject_entries SET sequence = 9 WHERE entry_index = 4", FindingKind.CHANGED),
        ("UPDATE subject_entries SET code = '91510104DEM001025K' WHERE entry_index = 1", FindingKind.CHANGED),
        ("UPDATE subject_entries SET reference = 'other' WHERE entry_index = 2", FindingKind.CHANGED),
        ("DELETE FROM subject_entries WHERE entry_index = 2", FindingKind.DELETED),
        ("UPDATE subject_entries SET entry_index = 3 WHERE entry_index = 2", FindingKind.INSERTED),
        ("UPDATE subject_entries SET entry_index = 77 WHERE entry_index = 2", FindingKind.INSERTED),
    ],
)
def test_an_edited_number_is_found(
    filled: Ledger,
    sql: Callable[..., int],
    check: Callable[..., LedgerFindings],
    statement: str,
    found: FindingKind,
) -> None:
    """``yinxin log check`` names table and entry."""
    assert sql(statement) == 1
    assert (found, "subject_entries") in {(one.kind, one.table) for one in check().findings}


def test_a_hidden_newest_entry_stops_the_writer_or_is_found(
    filled: Ledger, sql: Callable[..., int], check: Callable[..., LedgerFindings]
) -> None:
    """With the note of the newest entry gone, its number is given out again: the check names both."""
    sql("UPDATE subject_entries SET leaf_hash = ? WHERE entry_index = 4", bytes(32))
    with pytest.raises(LogDamaged), filled.transaction() as tx:
        about(tx, E12)
    sql("DELETE FROM subject_entries WHERE entry_index = 4")
    with filled.transaction() as tx:
        about(tx, E12)
    kinds: set[Any] = {one.kind for one in check().findings}
    assert {FindingKind.HISTORY_BROKEN, FindingKind.DELETED} <= kinds
