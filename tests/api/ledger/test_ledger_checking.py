# SPDX-License-Identifier: Apache-2.0
"""Whatever somebody does to the database with a password of their own is found, and named."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from sqlalchemy import select

from api.database import Database
from api.database.tables import ledger_entries
from api.database.tables_log import ledger_hashes
from api.ledger import FindingKind, Intents, Ledger, LedgerFindings, Transaction, check_ledger
from verify import SHA256_TREE, SM3_TREE, LogKey, RightEdge

Put = Callable[[Transaction, str, int], int]
Check = Callable[..., LedgerFindings]
Sql = Callable[..., int]


@pytest.fixture(autouse=True)
def story(ledger: Ledger, put: Put) -> None:
    """Entries 0–6: rows one (entries 0, 3), two (1), three (4), and acts without a row (2, 5, 6)."""
    with ledger.transaction() as tx:
        put(tx, "one", 1)
        put(tx, "two", 2)
    with ledger.transaction() as tx:
        tx.append("a.b", {})
        put(tx, "one", 11)
    with ledger.transaction() as tx:
        put(tx, "three", 3)
    with ledger.transaction() as tx:
        tx.append("a.b", {"n": 1})
        tx.append("a.b", {"n": 2})


def named(found: LedgerFindings) -> list[tuple[str, str, str]]:
    for one in found.findings:
        assert one.zh
        assert one.en
    return [(one.kind.value, one.table, one.key) for one in found.findings]


def test_nothing_to_find(check: Check, ledger: Ledger) -> None:
    found = check()
    assert (found.findings, found.clean) == ((), True)
    assert (found.size, found.checkpoints, found.rows) == (7, 4, 3)
    assert found.to_json()["findings"] == []
    assert check(ledger.checkpoint()).clean


def test_progress_is_told(database: Database, ledger: Ledger) -> None:
    told: list[tuple[int, int]] = []
    check_ledger(database, ledger.log_keys(), {}, progress=lambda done, of: told.append((done, of)))
    assert told == [(7, 7)]


def test_an_empty_log_is_clean(check: Check, sql: Sql) -> None:
    for table in ("ledger_entries", "ledger_hashes", "ledger_checkpoints", "row_commitments", "sequences"):
        sql(f"DELETE FROM {table}")
    assert check().clean


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE sequences SET last = 12 WHERE name = 'one'", ("changed", "sequences", "one")),
        # Back to what an older entry says is an edit too.
        ("UPDATE sequences SET last = 1 WHERE name = 'one'", ("changed", "sequences", "one")),
        ("DELETE FROM sequences WHERE name = 'two'", ("deleted", "sequences", "two")),
        ("INSERT INTO sequences VALUES ('four', 4)", ("inserted", "sequences", "four")),
    ],
)
def test_a_row(check: Check, sql: Sql, statement: str, finding: tuple[str, str, str]) -> None:
    assert sql(statement) == 1
    assert named(check()) == [finding]


def test_a_renamed_row(check: Check, sql: Sql) -> None:
    sql("UPDATE sequences SET name = 'zwei' WHERE name = 'two'")
    assert sorted(named(check())) == [("deleted", "sequences", "two"), ("inserted", "sequences", "zwei")]


def test_edited_and_put_back(check: Check, sql: Sql) -> None:
    sql("UPDATE sequences SET last = 12 WHERE name = 'one'")
    sql("UPDATE sequences SET last = 11 WHERE name = 'one'")
    assert check().clean


def test_the_private_notes_protect_themselves(check: Check, sql: Sql) -> None:
    """Reverting a row needs its newest note out of the way; every way to do that shows."""
    sql("UPDATE sequences SET last = 1 WHERE name = 'one'")
    sql("DELETE FROM row_commitments WHERE entry_index = 3")
    assert named(check()) == [("deleted", "row_commitments", "3")]


def test_a_note_moved_to_another_row(check: Check, sql: Sql) -> None:
    sql("UPDATE sequences SET last = 1 WHERE name = 'one'")
    sql("UPDATE row_commitments SET row_key = 'three' WHERE entry_index = 3")
    assert named(check()) == [("changed", "row_commitments", "3")]


def test_a_note_made_new(check: Check, sql: Sql) -> None:
    """Whoever computes a fitting commitment still has no entry for it."""
    values = b'{"key":"one","table":"sequences","values":{"last":12,"name":"one"}}'
    salt = bytes(32)
    sql("UPDATE sequences SET last = 12 WHERE name = 'one'")
    sql(
        "UPDATE row_commitments SET salt = ?, commitment = ? WHERE entry_index = 3",
        salt,
        hashlib.sha256(salt + values).digest(),
    )
    assert named(check()) == [("changed", "row_commitments", "3")]


@pytest.mark.parametrize("index", [2, 7, -1])
def test_a_note_without_entry(check: Check, sql: Sql, index: int) -> None:
    sql("INSERT INTO row_commitments VALUES (?, 'sequences', 'four', ?, ?)", index, bytes(32), bytes(32))
    assert ("inserted", "row_commitments") in {(kind, table) for kind, table, _ in named(check())}


def test_an_edited_entry(check: Check, sql: Sql) -> None:
    """The number of the entry is known, because its signed hash is still there."""
    assert sql("UPDATE ledger_entries SET leaf = ? WHERE entry_index = 2", b"{}") == 1
    assert named(check()) == [("entry-changed", "ledger_entries", "2")]


def test_a_deleted_entry(check: Check, sql: Sql) -> None:
    sql("DELETE FROM ledger_entries WHERE entry_index = 2")
    assert named(check()) == [("deleted", "ledger_entries", "2")]


def test_an_entry_edited_with_its_whole_path(check: Check, sql: Sql, database: Database) -> None:
    """All hashes fit again; no signature does.  The transaction is named."""
    with database.read() as connection:
        leaves = [
            bytes(n)
            for n in connection.execute(
                select(ledger_entries.c.leaf).order_by(ledger_entries.c.entry_index)
            ).scalars()
        ]
    leaves[2] = leaves[2].replace(b"a.b", b"c.d")
    sql("UPDATE ledger_entries SET leaf = ? WHERE entry_index = 2", leaves[2])
    for tree in (SHA256_TREE, SM3_TREE):
        name = {"SHA-256": "sha256", "SM3": "sm3"}[tree.name]
        sql("DELETE FROM ledger_hashes WHERE tree = ?", name)
        for run in RightEdge(tree).extend(tree.leaves(leaves)):
            sql(
                "INSERT INTO ledger_hashes VALUES (?, ?, ?, ?)",
                name,
                run.level,
                run.start,
                b"".join(run.hashes),
            )
    assert named(check()) == [("root-mismatch", "ledger_entries", "2–3")]


def test_swapped_entries(check: Check, sql: Sql) -> None:
    sql("UPDATE ledger_entries SET entry_index = 99 WHERE entry_index = 5")
    sql("UPDATE ledger_entries SET entry_index = 5 WHERE entry_index = 6")
    sql("UPDATE ledger_entries SET entry_index = 6 WHERE entry_index = 99")
    assert named(check()) == [
        ("entry-changed", "ledger_entries", "5"),
        ("entry-changed", "ledger_entries", "6"),
    ]


@pytest.mark.parametrize("tree", ["sha256", "sm3"])
@pytest.mark.parametrize(("level", "index"), [(0, 0), (0, 6), (1, 0), (1, 2), (2, 0)])
def test_an_edited_node(check: Check, node: Callable[..., None], tree: str, level: int, index: int) -> None:
    node(level, index, bytes(32), tree=tree)
    assert named(check()) == [("nodes-wrong", "ledger_hashes", f"{tree} {level}/{index}")]
    node(level, index, b"", tree=tree)
    assert named(check()) == [("nodes-wrong", "ledger_hashes", f"{tree} {level}/{index}")]


@pytest.mark.parametrize("tree", ["sha256", "sm3"])
def test_a_node_too_many(check: Check, sql: Sql, tree: str) -> None:
    sql("INSERT INTO ledger_hashes VALUES (?, 9, 9, ?)", tree, bytes(32))
    assert named(check()) == [("nodes-wrong", "ledger_hashes", "*")]


def test_an_unsigned_entry(check: Check, sql: Sql, database: Database) -> None:
    sql("INSERT INTO ledger_entries SELECT 7, leaf FROM ledger_entries WHERE entry_index = 2")
    assert ("inserted", "ledger_entries", "7–7") in named(check())


@pytest.mark.parametrize("size", [2, 4, 7])
def test_an_edited_checkpoint(check: Check, sql: Sql, size: int) -> None:
    for change in ("note = replace(note, 'example', 'exempla')", "note = ''"):
        assert sql(f"UPDATE ledger_checkpoints SET {change} WHERE size = ?", size) == 1
        assert named(check()) == [("checkpoint-invalid", "ledger_checkpoints", str(size))]


def test_a_checkpoint_with_another_root(check: Check, sql: Sql) -> None:
    sql("UPDATE ledger_checkpoints SET root = ? WHERE size = 4", bytes(32))
    assert named(check()) == [("checkpoint-invalid", "ledger_checkpoints", "4")]


def test_the_newest_checkpoint_deleted(check: Check, sql: Sql) -> None:
    sql("DELETE FROM ledger_checkpoints WHERE size = 7")
    assert named(check()) == [("inserted", "ledger_entries", "5–6")]


def test_entries_cut_off(check: Check, sql: Sql) -> None:
    sql("DELETE FROM ledger_entries WHERE entry_index >= 5")
    assert ("deleted", "ledger_entries", "5–6") in named(check())


def test_a_database_put_back_as_a_whole(check: Check, sql: Sql, ledger: Ledger) -> None:
    """It agrees with itself; only a head that somebody kept shows it."""
    kept = ledger.checkpoint()
    sql("DELETE FROM ledger_entries WHERE entry_index >= 5")
    sql("DELETE FROM ledger_hashes WHERE level = 0 AND start >= 5")
    sql("DELETE FROM ledger_hashes WHERE level = 1 AND start = 2")
    sql("DELETE FROM ledger_checkpoints WHERE size = 7")
    assert check().clean
    assert named(check(kept)) == [("rolled-back", "ledger_checkpoints", "7")]


def test_a_kept_head_of_somebody_else(check: Check, ledger: Ledger) -> None:
    forged = ledger.checkpoint().replace("\n7\n", "\n6\n")
    for note in (forged, "", "nonsense"):
        assert named(check(note)) == [("checkpoint-invalid", "ledger_checkpoints", "published")]


def test_other_keys_find_no_signature(database: Database, ledger: Ledger) -> None:
    ed25519, sm2 = ledger.log_keys()
    others = (LogKey(ed25519.name, "ed25519", bytes(31) + b"\x01"), sm2)
    found = check_ledger(database, others, {})
    assert {one.kind for one in found.findings} >= {FindingKind.CHECKPOINT_INVALID}


def test_a_table_that_nobody_gave_is_said(database: Database, ledger: Ledger) -> None:
    """What could not be compared never counts as good."""
    assert named(check_ledger(database, ledger.log_keys(), {})) == [("not-compared", "sequences", "*")]


def test_an_intent_edited(check: Check, sql: Sql, intents: Intents) -> None:
    intent = intents.open("document.issue", {"document_id": "d"})
    assert check().clean
    sql("UPDATE intents SET outcome = 'issued'")
    assert named(check()) == [("changed", "intents", intent.id)]


def test_an_unreadable_row_is_a_finding(check: Check, sql: Sql, intents: Intents) -> None:
    intents.open("document.issue", {})
    sql("UPDATE intents SET opened_at = 'yesterday'")
    assert named(check()) == [("changed", "intents", "?")]


def test_findings_show_no_values(check: Check, sql: Sql) -> None:
    sql("UPDATE sequences SET last = 424242 WHERE name = 'one'")
    assert "424242" not in str(check().to_json())


def test_many_entries(
    ledger: Ledger, put: Put, check: Check, sql: Sql, database: Database, node: Callable[..., None]
) -> None:
    """More than one chunk; an edit in the middle is still one finding."""
    with ledger.transaction() as tx:
        for number in range(2100):
            tx.append("a.b", {"n": number})
        put(tx, "late", 1)
    assert check().clean
    assert check().size == 2108
    sql("UPDATE ledger_entries SET leaf = ? WHERE entry_index = 1500", b"{}")
    node(10, 0, bytes(32))
    assert named(check()) == [
        ("entry-changed", "ledger_entries", "1500"),
        ("nodes-wrong", "ledger_hashes", "sha256 10/0"),
    ]
    with database.read() as connection:
        assert connection.execute(select(ledger_hashes).where(ledger_hashes.c.level == 11)).all()
