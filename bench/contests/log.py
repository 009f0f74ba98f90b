# SPDX-License-Identifier: Apache-2.0
"""The public log: appending with both trees, proving, and checking proofs.

The peer of appending stores the same entries in the same kind of database and computes one SHA-256 root of
RFC 6962 from scratch, as a log without incremental trees does; it has no SM3, no signatures and no reading
back.  The peer of proving and checking is RFC 6962 section 2.1 written down, recursively.
"""

from __future__ import annotations

import hashlib
import random
import resource
import secrets
import sqlite3
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path

from api.database import Database
from api.ledger import Ledger, LogSigners
from keys import KeyKind, generate_key
from verify import (
    SHA256_TREE,
    SM3_PROVIDER,
    SM3_TREE,
    Indication,
    Trust,
    check_checkpoint,
    check_inclusion,
    check_log_proof,
    entries_from_tiles,
    parse_log_proof,
)

from ..measure import Contest

BATCH = 1000
AT = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
BODY = {
    "document_id": "0123456789ABCDEF",
    "sha256": "ab" * 32,
    "seal_id": "c0ffee" * 5,
    "number": "演示 1 号",
}
ROOM = [tempfile.TemporaryDirectory(prefix="yinxin-bench-")]  # removed when the process ends


def log_append(quick: bool) -> Contest:
    """Batches of 1,000 acts through the transaction of the service: entries, both trees, commit, synced."""
    ledger = _ledger("append")
    root = _append(ledger)
    head = check_checkpoint(ledger.checkpoint(), ledger.log_keys(), require=2)
    leaves = [ledger.entry(index) for index in range(BATCH)]
    if (head.size, head.root) != (root, _naive_root(leaves)):
        raise AssertionError("the head is not that of its entries")
    if head.sm3_root != _naive_root(leaves, SM3_TREE.digest):
        raise AssertionError("the SM3 root is not that of the entries")
    return Contest(
        "log.append",
        lambda: _append(ledger),
        peers={"sqlite3 + one SHA-256 root from scratch": _naive_log(leaves, quick)},
        note=f"entries of {len(leaves[0])} bytes; SM3 by {SM3_PROVIDER}; peak {_peak_mb()} MB",
        each=BATCH,
        processor=True,
    )


def log_prove(quick: bool) -> Contest:
    """A log proof of any entry: both paths, entry, cosigned head, from the database to the file."""
    ledger, size, leaves = _filled("prove", quick)
    trust = Trust(log_keys=ledger.log_keys())
    chance = random.Random(20260701)
    for index in (0, size // 3, size - 1):
        report = check_log_proof(ledger.prove(index).encode(), trust=trust, at=AT)
        if report.indication is not Indication.TOTAL_PASSED or report.facts["trees"] != ["SHA-256", "SM3"]:
            raise AssertionError(f"the proof of entry {index} does not pass: {report}")
        if ledger.prove(index).proof != _naive_path(leaves, index):
            raise AssertionError("another path than RFC 6962 has")
    return Contest(
        "log.prove",
        lambda: ledger.prove(chance.randrange(size), witnessed=True).encode(),
        peers={"RFC 6962 from scratch, one path": lambda: _naive_path(leaves, chance.randrange(size))},
        note=f"{size:,} entries; peak {_peak_mb()} MB",
        processor=True,
    )


def log_check(quick: bool) -> Contest:
    """Checking the paths of a proof in both trees; the peer walks one path as RFC 6962 words it."""
    ledger, size, _ = _filled("prove", quick)
    chance = random.Random(20260702)
    proofs = [parse_log_proof(ledger.prove(chance.randrange(size)).encode()) for _ in range(64)]
    head = check_checkpoint(ledger.checkpoint(), ledger.log_keys(), require=2)
    assert head.sm3_root is not None
    turn = count()

    def ours() -> None:
        one = proofs[next(turn) % len(proofs)]
        check_inclusion(SHA256_TREE.leaf(one.entry), one.index, size, one.proof, head.root)
        assert one.sm3_proof is not None
        leaf = SM3_TREE.leaf(one.entry)
        check_inclusion(leaf, one.index, size, one.sm3_proof, head.sm3_root or b"", SM3_TREE)

    def peer() -> None:
        one = proofs[next(turn) % len(proofs)]
        leaf = _sha256(b"\x00" + one.entry)
        if _naive_walk(leaf, one.index, size, list(one.proof)) != head.root:
            raise AssertionError("the peer refuses a good proof")

    return Contest(
        "log.check",
        ours,
        peers={"RFC 6962 recursively, one path": peer},
        note=f"paths of {len(proofs[0].proof)} hashes; ours in SHA-256 and SM3; peak {_peak_mb()} MB",
        processor=True,
    )


def _ledger(name: str) -> Ledger:
    database = Database(f"sqlite:///{Path(ROOM[0].name) / f'{name}-{secrets.token_hex(4)}.db'}")
    database.upgrade()
    signers = LogSigners("bench.example/log", secrets.token_bytes(32), generate_key(KeyKind.SM2))
    return Ledger(database, signers=signers, clock=lambda: AT, random=secrets.token_bytes)


def _append(ledger: Ledger) -> int:
    with ledger.transaction() as tx:
        for _ in range(BATCH):
            last = tx.append("document.issued", BODY)  # type: ignore[arg-type]
    return last + 1


@cache
def _filled(name: str, quick: bool) -> tuple[Ledger, int, list[bytes]]:
    ledger = _ledger(name)
    batches = 3 if quick else 20
    for _ in range(batches):
        _append(ledger)
    size = ledger.size()
    files = ledger.publisher(Path(ROOM[0].name) / secrets.token_hex(4)).files
    ledger.publisher(files.folder).publish()
    entries = (entry for _, entry in entries_from_tiles(files.fetch, 0, size))
    return ledger, size, [_sha256(b"\x00" + entry) for entry in entries]


def _naive_log(leaves: list[bytes], quick: bool) -> Callable[[], object]:
    raw = sqlite3.connect(Path(ROOM[0].name) / f"naive-{secrets.token_hex(4)}.db", isolation_level=None)
    raw.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE e (i INTEGER, leaf BLOB)"
    )
    hashes: list[bytes] = []
    most = 4 * BATCH if quick else 20 * BATCH

    def append() -> None:
        start = len(hashes)
        raw.execute("BEGIN IMMEDIATE")
        raw.executemany("INSERT INTO e VALUES (?, ?)", list(enumerate(leaves, start)))
        hashes.extend(_sha256(b"\x00" + leaf) for leaf in leaves)
        _naive_top(hashes)
        raw.execute("COMMIT")
        if len(hashes) >= most:  # from scratch grows with the log: the peer stays at sizes where it is fast
            hashes.clear()

    return append


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _naive_root(leaves: list[bytes], digest: Callable[[bytes], bytes] = _sha256) -> bytes:
    return _naive_top([digest(b"\x00" + leaf) for leaf in leaves], digest)


def _naive_top(hashes: list[bytes], digest: Callable[[bytes], bytes] = _sha256) -> bytes:
    """MTH of RFC 6962 section 2.1 over leaf hashes."""
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << ((len(hashes) - 1).bit_length() - 1)
    return digest(b"\x01" + _naive_top(hashes[:half], digest) + _naive_top(hashes[half:], digest))


def _naive_path(hashes: list[bytes], index: int) -> tuple[bytes, ...]:
    """PATH of RFC 6962 section 2.1.1."""
    if len(hashes) == 1:
        return ()
    half = 1 << ((len(hashes) - 1).bit_length() - 1)
    if index < half:
        return (*_naive_path(hashes[:half], index), _naive_top(hashes[half:]))
    return (*_naive_path(hashes[half:], index - half), _naive_top(hashes[:half]))


def _naive_walk(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    if size == 1:
        return leaf
    half = 1 << ((size - 1).bit_length() - 1)
    step = proof.pop()
    if index < half:
        return _sha256(b"\x01" + _naive_walk(leaf, index, half, proof) + step)
    return _sha256(b"\x01" + step + _naive_walk(leaf, index - half, size - half, proof))


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
