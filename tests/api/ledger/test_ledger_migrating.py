# SPDX-License-Identifier: Apache-2.0
"""A log from before there was a second tree goes on with two, and what was wrong with it stays visible."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.database import Database, schema
from api.ledger import Ledger, LogDamaged, LogSigners, check_ledger
from verify import (
    SM3_TREE,
    Checkpoint,
    Indication,
    LogKey,
    RightEdge,
    SignedNote,
    Trust,
    canonical_json,
    check_checkpoint,
    check_log_proof,
    completed_nodes,
    leaf_hash,
    note_signature,
    tree_root,
)

AT = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
LEAVES = [
    canonical_json({"v": 1, "index": n, "at": "2026-07-01T08:30:00Z", "kind": "a.b", "body": {}})
    for n in range(5)
]


def older(path: Path, signers: LogSigners, leaves: list[bytes]) -> Database:
    """Five entries as the schema of 0015 has them: one row a node, one root in the head."""
    database = Database(f"sqlite:///{path}")
    nodes: dict[tuple[int, int], bytes] = {}
    for index, leaf in enumerate(LEAVES):
        for level, at, one in completed_nodes(lambda a, b: nodes[a, b], index, leaf_hash(leaf)):
            nodes[level, at] = one
    root = tree_root(lambda level, index: nodes[level, index], len(LEAVES))
    text = Checkpoint(signers.origin, len(LEAVES), root).text()
    ed25519 = Ed25519PrivateKey.from_private_bytes(signers.ed25519)
    keys = (
        LogKey(signers.origin, "ed25519", ed25519.public_key().public_bytes_raw()),
        LogKey(signers.origin, "sm2", signers.sm2.public_key.spki),
    )
    signed = (ed25519.sign(text.encode()), signers.sm2.sign(text.encode()))
    lines = tuple(note_signature(key, one) for key, one in zip(keys, signed, strict=True))
    with database.write() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0015")
        for index, leaf in enumerate(leaves):
            connection.exec_driver_sql("INSERT INTO ledger_entries VALUES (?, ?)", (index, leaf))
        for (level, index), one in nodes.items():
            connection.exec_driver_sql("INSERT INTO ledger_nodes VALUES (?, ?, ?)", (level, index, one))
        connection.exec_driver_sql(
            "INSERT INTO ledger_checkpoints VALUES (?, ?, ?, ?)",
            (len(LEAVES), root, SignedNote(text, lines).encode(), "2026-07-01T08:30:00.000000Z"),
        )
    database.upgrade()
    return database


def test_an_older_log_goes_on(
    tmp_path: Path, log_signers: LogSigners, random: Callable[[int], bytes]
) -> None:
    database = older(tmp_path / "old.db", log_signers, LEAVES)
    ledger = Ledger(database, signers=log_signers, clock=lambda: AT, random=random)
    trust = Trust(log_keys=ledger.log_keys())
    for trees in (["SHA-256"], ["SHA-256", "SM3"]):  # its old head states one root, the next one two
        report = check_log_proof(ledger.prove(2).encode(), trust=trust, at=AT)
        assert (report.indication, report.facts["trees"]) == (Indication.TOTAL_PASSED, trees)
        assert check_ledger(database, ledger.log_keys(), {}).clean
        published = ledger.publisher(tmp_path / "log")
        assert published.publish().size == published.require_continuation() == ledger.size()
        with ledger.transaction() as tx:
            tx.append("a.b", {})
    head = check_checkpoint(ledger.checkpoint(), ledger.log_keys(), require=2)
    edge = RightEdge(SM3_TREE)
    edge.extend(SM3_TREE.leaves(ledger.entry(index) for index in range(head.size)))
    assert head.sm3_root == edge.root()
    database.dispose()


def test_an_entry_that_was_edited_before_is_still_found(
    tmp_path: Path, log_signers: LogSigners, random: Callable[[int], bytes]
) -> None:
    leaves = [*LEAVES[:3], b"{}", LEAVES[4]]
    database = older(tmp_path / "old.db", log_signers, leaves)
    ledger = Ledger(database, signers=log_signers, clock=lambda: AT, random=random)
    found = [(one.kind.value, one.key) for one in check_ledger(database, ledger.log_keys(), {}).findings]
    assert found == [("entry-changed", "3")]
    with ledger.transaction() as tx:
        tx.append("a.b", {})
    with pytest.raises(LogDamaged):  # the bytes are not those of the signed tree: they are not published
        ledger.publisher(tmp_path / "log").publish()
    database.dispose()
