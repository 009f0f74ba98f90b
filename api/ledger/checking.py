# SPDX-License-Identifier: Apache-2.0
"""Check the log, and the database against the log, from what is stored and the public keys alone.

It trusts nothing that the service computed before: leaves are hashed again, each signed head is recomputed,
each protected row is compared with its newest commitment.  A database that was put back as a whole agrees
with itself; only a head that somebody kept (``published``) shows that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from verify import LogKey

from ..database import Database
from .findings import Finding, FindingKind, LedgerFindings
from .heads import Heads, read_heads
from .intents import INTENTS, committed_intents
from .recomputing import ENTRIES, Recomputation
from .rows import RowCheck, Source
from .stored import entry_count
from .subject_check import SubjectCheck


def check_ledger(
    database: Database,
    log_keys: Sequence[LogKey],
    sources: Mapping[str, Source],
    *,
    published: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> LedgerFindings:
    """Everything once, in one moment of the database.  ``progress(done, of)`` counts entries."""
    with database.read() as connection:
        heads, count = read_heads(connection, log_keys, published=published), entry_count(connection)
        log, rows = Recomputation(connection, heads.signed, count), RowCheck(connection)
        subjects = SubjectCheck(connection)

        def learn(leaves: Mapping[int, bytes]) -> None:
            rows.learn(leaves)
            subjects.learn(leaves)

        log.run(learn, progress)
        rows.compare({INTENTS: committed_intents, **sources})
        subjects.finish()
        return LedgerFindings(
            size=count,
            checkpoints=heads.stored,
            rows=rows.compared,
            root=log.leaves.root().hex(),
            findings=(
                *heads.findings,
                *_length(heads, count),
                *log.findings,
                *rows.findings,
                *subjects.findings,
            ),
        )


def _length(heads: Heads, count: int) -> tuple[Finding, ...]:
    """Entries that no head signs, or heads that sign entries which are gone."""
    if count > heads.newest:
        return (
            Finding(
                FindingKind.INSERTED,
                ENTRIES,
                f"{heads.newest}–{count - 1}",
                f"从第 {heads.newest} 条起没有已签名的检查点",
                f"no signed checkpoint covers the entries from {heads.newest}",
            ),
        )
    if count < heads.newest:
        return (
            Finding(
                FindingKind.DELETED,
                ENTRIES,
                f"{count}–{heads.newest - 1}",
                f"检查点已签名到 {heads.newest} 条,数据库只有 {count} 条",
                f"a checkpoint signs {heads.newest} entries, the database holds {count}",
            ),
        )
    return ()
