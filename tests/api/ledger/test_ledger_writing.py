# SPDX-License-Identifier: Apache-2.0
"""Entries are committed with their act, dense, signed, and provable by anybody from public material alone."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from api.database import Database
from api.database.tables import ledger_checkpoints, ledger_entries, row_commitments
from api.database.tables_log import ledger_hashes
from api.database.tables_sealing import sequences
from api.ledger import (
    EntryRefused,
    Ledger,
    LogDamaged,
    LogSigners,
    NoSuchEntry,
    NoSuchRange,
    NotCommitted,
    Transaction,
    TransactionOver,
)
from keys import KeyKind, generate_key
from verify import (
    SHA256_TREE,
    SM3_TREE,
    Indication,
    LogKey,
    TreeHash,
    Trust,
    canonical_json,
    check_checkpoint,
    check_consistency,
    check_log_proof,
    empty_root,
    leaf_hash,
    node_hash,
)

AT = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
TABLES = (ledger_entries, ledger_hashes, ledger_checkpoints, row_commitments, sequences)


def trust(keys: tuple[LogKey, ...]) -> Trust:
    return Trust(
        anchors=(),
        intermediates=(),
        crls=(),
        qr_keys=(),
        log_keys=keys,
        hosts=(),
        issued=AT,
        next_update=AT + timedelta(days=7),
        sequence=1,
        source="test",
    )


def plain_root(leaves: list[bytes], tree: TreeHash = SHA256_TREE) -> bytes:
    """RFC 9162 section 2.1.1, word by word: the oracle."""
    if not leaves:
        return empty_root(tree)
    if len(leaves) == 1:
        return leaf_hash(leaves[0], tree)
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(plain_root(leaves[:half], tree), plain_root(leaves[half:], tree), tree)


def counts(database: Database) -> list[int]:
    with database.read() as connection:
        return [connection.execute(select(func.count()).select_from(t)).scalar_one() for t in TABLES]


def test_an_empty_log_has_a_signed_head(ledger: Ledger) -> None:
    head = check_checkpoint(ledger.checkpoint(), ledger.log_keys(), require=2)
    assert (head.size, head.root, ledger.size()) == (0, empty_root(), 0)


def test_an_entry_is_canonical_json(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        assert tx.append("seal.made", {"seal_id": "s1", "名": "值"}) == 0
    assert ledger.entry(0) == canonical_json(
        {
            "v": 1,
            "index": 0,
            "at": "2026-07-01T08:30:00Z",
            "kind": "seal.made",
            "body": {"seal_id": "s1", "名": "值"},
        }
    )


def test_times_are_utc_whatever_the_clock(
    database: Database, log_signers: LogSigners, random: Callable[[int], bytes]
) -> None:
    there = AT.astimezone(timezone(timedelta(hours=8)))
    ledger = Ledger(database, signers=log_signers, clock=lambda: there, random=random)
    with ledger.transaction() as tx:
        tx.append("seal.made", {})
    assert json.loads(ledger.entry(0))["at"] == "2026-07-01T08:30:00Z"


def test_a_transaction_without_entries_signs_nothing(ledger: Ledger, database: Database) -> None:
    with ledger.transaction() as tx:
        tx.connection.execute(insert(sequences).values(name="n", last=1))
    assert counts(database) == [0, 0, 0, 0, 1]


def test_a_row_may_name_its_entry(ledger: Ledger, database: Database) -> None:
    """The next number is known before the entry is; asking for it alone signs nothing."""
    with ledger.transaction() as tx:
        assert tx.next_index() == 0
    assert (ledger.size(), counts(database)) == (0, [0] * len(TABLES))
    with ledger.transaction() as tx:
        assert [tx.next_index() for _ in range(2)] == [0, 0]
        assert tx.append("seal.made", {}) == 0
        assert tx.next_index() == tx.append("seal.made", {}) == 1
    with pytest.raises(TransactionOver):
        tx.next_index()


def test_one_head_for_each_transaction(ledger: Ledger, database: Database) -> None:
    for number in (1, 2, 3):
        with ledger.transaction() as tx:
            for _ in range(number):
                tx.append("a.b", {})
    with database.read() as connection:
        sizes = connection.execute(select(ledger_checkpoints.c.size).order_by("size")).scalars().all()
    assert sizes == [1, 3, 6]


def test_an_exception_leaves_nothing(
    ledger: Ledger, database: Database, put: Callable[[Transaction, str, int], int]
) -> None:
    """Invariant: no act without its entry, no entry without its act."""
    with ledger.transaction() as tx:
        put(tx, "one", 1)
    before, note = counts(database), ledger.checkpoint()
    with pytest.raises(RuntimeError), ledger.transaction() as tx:
        put(tx, "two", 2)
        tx.append("a.b", {})
        raise RuntimeError
    assert (counts(database), ledger.checkpoint()) == (before, note)
    with ledger.transaction() as tx:
        assert put(tx, "two", 2) == 1


def test_a_failure_while_signing_leaves_nothing(
    database: Database, log_signers: LogSigners, random: Callable[[int], bytes]
) -> None:
    class Broken:
        public_key = log_signers.sm2.public_key
        scheme = log_signers.sm2.scheme

        def sign(self, message: bytes) -> bytes:
            raise RuntimeError

    signers = LogSigners(log_signers.origin, log_signers.ed25519, Broken())
    ledger = Ledger(database, signers=signers, clock=lambda: AT, random=random)
    with pytest.raises(RuntimeError), ledger.transaction() as tx:
        tx.connection.execute(insert(sequences).values(name="n", last=1))
        tx.append("a.b", {})
    assert counts(database) == [0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    "kind", ["", "made", "Seal.made", "seal.made.again", "seal.made\n", "印.章", "seal."]
)
def test_a_kind_is_two_words(ledger: Ledger, kind: str) -> None:
    with pytest.raises(EntryRefused), ledger.transaction() as tx:
        tx.append(kind, {})


def test_what_has_no_canonical_form_is_refused(ledger: Ledger) -> None:
    with pytest.raises(EntryRefused), ledger.transaction() as tx:
        tx.append("a.b", {"amount": 0.1})  # type: ignore[dict-item]
    with pytest.raises(EntryRefused), ledger.transaction() as tx:
        tx.commit_row("t", "k", {"text": "\ud800"}, kind="a.b", body={})
    assert ledger.size() == 0


def test_a_transaction_ends(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        tx.append("a.b", {})
    with pytest.raises(TransactionOver):
        tx.append("a.b", {})


def test_newest_commitment_of_a_row(ledger: Ledger, put: Callable[[Transaction, str, int], int]) -> None:
    with ledger.transaction() as tx:
        put(tx, "one", 1)
        put(tx, "two", 1)
        assert tx.committed_at("sequences", "one") == 0
        put(tx, "one", 2)
        assert tx.committed_at("sequences", "one") == 2
    with ledger.transaction() as tx:
        assert (tx.committed_at("sequences", "one"), tx.committed_at("sequences", "two")) == (2, 1)
        with pytest.raises(NotCommitted):
            tx.committed_at("sequences", "three")


def test_a_commitment_tells_nothing(ledger: Ledger, database: Database) -> None:
    """Equal rows look different, and neither key nor value stands in the public entry."""
    values = {"id_number": "110101199001011237"}
    for _ in range(2):
        with ledger.transaction() as tx:
            tx.commit_row("t", "person/110101199001011237", dict(values), kind="record.entered", body={})
    rows = [json.loads(ledger.entry(index))["row"] for index in (0, 1)]
    assert all(b"1101011990" not in ledger.entry(index) for index in (0, 1))
    assert rows[0]["commitment"] != rows[1]["commitment"]
    assert rows[0]["key"] != rows[1]["key"]
    with database.read() as connection:
        salts = connection.execute(select(row_commitments.c.salt)).scalars().all()
    assert [len(salt) for salt in salts] == [32, 32]


def test_two_threads_append(ledger: Ledger, database: Database) -> None:
    """Indexes are dense and every head is the root of its size."""

    def append() -> None:
        for number in range(25):
            with ledger.transaction() as tx:
                for _ in range(number % 3 + 1):
                    tx.append("a.b", {})

    threads = [threading.Thread(target=append) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    with database.read() as connection:
        rows = connection.execute(select(ledger_entries).order_by("entry_index")).all()
        heads = connection.execute(select(ledger_checkpoints).order_by("size")).all()
    leaves = [bytes(row.leaf) for row in rows]
    assert [row.entry_index for row in rows] == list(range(98))
    assert [json.loads(leaf)["index"] for leaf in leaves] == list(range(98))
    assert len(heads) == 50
    for head in heads:
        known = check_checkpoint(head.note, ledger.log_keys(), require=2)
        assert (known.size, known.root) == (head.size, plain_root(leaves[: head.size]))


def test_every_entry_is_proven_to_anybody(ledger: Ledger) -> None:
    for number in range(9):
        with ledger.transaction() as tx:
            for _ in range(number % 4 + 1):
                tx.append("a.b", {})
    for index in range(ledger.size()):
        proof = ledger.prove(index).encode()
        report = check_log_proof(proof, trust=trust(ledger.log_keys()), at=AT)
        assert report.indication is Indication.TOTAL_PASSED, report.reasons
        assert report.facts["index"] == index


def test_every_consistency_is_proven(ledger: Ledger) -> None:
    roots = {}
    for _ in range(12):
        with ledger.transaction() as tx:
            tx.append("a.b", {})
        head = check_checkpoint(ledger.checkpoint(), ledger.log_keys())
        roots[head.size] = head.root
    for old, new in itertools.combinations_with_replacement(range(1, 13), 2):
        check_consistency(old, new, roots[old], roots[new], ledger.consistency(old, new))


def test_what_is_not_there_has_no_proof(ledger: Ledger) -> None:
    with pytest.raises(NoSuchEntry):
        ledger.prove(0)
    with ledger.transaction() as tx:
        tx.append("a.b", {})
    for index in (-1, 1, 2**70):
        with pytest.raises(NoSuchEntry):
            ledger.prove(index)
        with pytest.raises(NoSuchEntry):
            ledger.entry(index)
    for old, new in ((0, 1), (1, 2), (2, 1), (-1, 1), (1, 2**70)):
        with pytest.raises(NoSuchRange):
            ledger.consistency(old, new)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 7), max_size=8))
def test_whole_state(ledger: Ledger, database: Database, batches: list[int]) -> None:
    """After every transaction: stored leaves, nodes and head are those of a tree built from nothing."""
    for batch in batches:
        with ledger.transaction() as tx:
            for number in range(batch):
                tx.append("a.b", {"n": number})
    with database.read() as connection:
        leaves = [
            bytes(one)
            for one in connection.execute(
                select(ledger_entries.c.leaf).order_by(ledger_entries.c.entry_index)
            ).scalars()
        ]
        nodes = {
            (row.tree, row.level, row.start + at): bytes(row.hashes)[32 * at : 32 * at + 32]
            for row in connection.execute(select(ledger_hashes))
            for at in range(len(row.hashes) // 32)
        }
    expected = {
        (name, level, index): plain_root(leaves[index << level : (index + 1) << level], tree)
        for name, tree in (("sha256", SHA256_TREE), ("sm3", SM3_TREE))
        for level in range(len(leaves).bit_length())
        for index in range(len(leaves) >> level)
    }
    assert nodes == expected
    head = check_checkpoint(ledger.checkpoint(), ledger.log_keys(), require=2)
    assert (head.size, head.root, head.sm3_root) == (
        len(leaves),
        plain_root(leaves),
        plain_root(leaves, SM3_TREE),
    )


def test_starts_where_it_stopped(
    ledger: Ledger, database: Database, log_signers: LogSigners, random: Callable[[int], bytes]
) -> None:
    with ledger.transaction() as tx:
        tx.append("a.b", {})
    again = Ledger(database, signers=log_signers, clock=lambda: AT, random=random)
    with again.transaction() as tx:
        assert tx.append("a.b", {}) == 1


def test_another_key_cannot_continue(
    ledger: Ledger, database: Database, log_signers: LogSigners, random: Callable[[int], bytes]
) -> None:
    """Neither a lost Ed25519 key nor a lost SM2 key alone is enough to start."""
    with ledger.transaction() as tx:
        tx.append("a.b", {})
    for signers in (
        LogSigners(log_signers.origin, bytes(32), log_signers.sm2),
        LogSigners(log_signers.origin, log_signers.ed25519, generate_key(KeyKind.SM2)),
        LogSigners("other.example/log", log_signers.ed25519, log_signers.sm2),
    ):
        with pytest.raises(LogDamaged) as refused:
            Ledger(database, signers=signers, clock=lambda: AT, random=random)
        assert refused.value.todo


DAMAGES = [
    "UPDATE ledger_checkpoints SET note = replace(note, 'yinxin', 'yinxim') WHERE size = 3",
    "DELETE FROM ledger_checkpoints WHERE size = 3",
    "DELETE FROM ledger_entries WHERE entry_index = 2",
    "INSERT INTO ledger_entries SELECT 3, leaf FROM ledger_entries WHERE entry_index = 0",
    *(
        statement
        for tree in ("sha256", "sm3")
        for statement in (
            "UPDATE ledger_hashes SET hashes = (SELECT o.hashes FROM ledger_hashes AS o WHERE o.level = 0 "
            f"AND o.start = 1 AND o.tree = '{tree}') WHERE level = 0 AND start = 2 AND tree = '{tree}'",
            f"DELETE FROM ledger_hashes WHERE level = 1 AND start = 0 AND tree = '{tree}'",
            f"UPDATE ledger_hashes SET hashes = '' WHERE level = 0 AND start = 2 AND tree = '{tree}'",
        )
    ),
    "UPDATE ledger_checkpoints SET root = (SELECT root FROM ledger_checkpoints WHERE size = 2)"
    " WHERE size = 3",
]


@pytest.mark.parametrize("statement", DAMAGES)
def test_nothing_is_signed_over_damage(
    ledger: Ledger,
    database: Database,
    sql: Callable[..., int],
    log_signers: LogSigners,
    random: Callable[[int], bytes],
    statement: str,
) -> None:
    """A running service stops appending, and a new one does not start."""
    for _ in range(3):
        with ledger.transaction() as tx:
            tx.append("a.b", {})
    assert sql(statement) == 1
    with pytest.raises(LogDamaged), ledger.transaction() as tx:
        tx.append("a.b", {})
    with pytest.raises(LogDamaged):
        Ledger(database, signers=log_signers, clock=lambda: AT, random=random)
    looking = Ledger(database, signers=log_signers, clock=lambda: AT, random=random, inspecting=True)
    with pytest.raises(LogDamaged), looking.transaction() as tx:
        tx.append("a.b", {})


def test_a_log_that_went_back_is_not_continued(ledger: Ledger, sql: Callable[..., int]) -> None:
    """A backup put back under a running service agrees with itself; the process remembers better."""
    for _ in range(3):
        with ledger.transaction() as tx:
            tx.append("a.b", {})
    for table, column in (("ledger_entries", "entry_index"), ("ledger_checkpoints", "size - 1")):
        sql(f"DELETE FROM {table} WHERE {column} = 2")
    sql("DELETE FROM ledger_hashes WHERE level = 0 AND start = 2")
    with pytest.raises(LogDamaged, match="went back"), ledger.transaction() as tx:
        tx.append("a.b", {})


def test_keys_of_the_log(ledger: Ledger, log_signers: LogSigners) -> None:
    ed25519, sm2 = ledger.log_keys()
    assert (ed25519.algorithm, sm2.algorithm) == ("ed25519", "sm2")
    assert {ed25519.name, sm2.name} == {log_signers.origin}
    assert sm2.key == log_signers.sm2.public_key.spki
    assert "INSECURE" not in repr(log_signers)
    assert log_signers.ed25519.hex() not in repr(log_signers)
