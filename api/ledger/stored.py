# SPDX-License-Identifier: Apache-2.0
"""The log as it lies in the database: heads, leaves, and the hashes of complete subtrees of both trees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, select

from verify import SHA256_TREE, SM3_TREE, HashRun, TreeHash, edge_nodes

from ..database.tables import ledger_checkpoints
from .errors import LogDamaged, NoSuchEntry

HASH_SIZE = 32
TREES = (SHA256_TREE, SM3_TREE)
TREE_NAMES: Mapping[str, str] = {SHA256_TREE.name: "sha256", SM3_TREE.name: "sm3"}
"""How a tree is called in the database."""

Node = tuple[str, int, int]
"""Tree (as in the database), level, index."""

_AT_ONCE = 64
"""Nodes in one question: four marks each, and SQLite's oldest limit is 999."""


@dataclass(frozen=True, slots=True)
class StoredHead:
    """One stored checkpoint; nothing is verified by having one."""

    size: int
    root: bytes
    note: str


def newest_head(connection: Connection) -> StoredHead | None:
    """The checkpoint with the largest size, or ``None`` for an empty log."""
    found = fetched(connection, "SELECT size, root, note FROM ledger_checkpoints ORDER BY size DESC LIMIT 1")
    return _head(found[0]) if found else None


def head_of(connection: Connection, size: int) -> StoredHead | None:
    """The checkpoint of exactly this size."""
    found = fetched(connection, "SELECT size, root, note FROM ledger_checkpoints WHERE size = ?", size)
    return _head(found[0]) if found else None


def all_heads(connection: Connection) -> Iterator[StoredHead]:
    """Every checkpoint, smallest first."""
    columns = ledger_checkpoints.c
    query = select(columns.size, columns.root, columns.note).order_by(columns.size)
    yield from map(_head, connection.execute(query))


def entry_count(connection: Connection) -> int:
    """One more than the highest number of an entry."""
    ((highest,),) = fetched(connection, "SELECT max(entry_index) FROM ledger_entries")
    return 0 if highest is None else int(highest) + 1


def stored_leaf(connection: Connection, index: int) -> bytes:
    """The bytes of one entry.  Raises :class:`NoSuchEntry`."""
    count = entry_count(connection)
    if not 0 <= index < count:  # asked first: a number beyond the column's range is an error of the driver
        raise NoSuchEntry(index, count)
    return stored_leaves(connection, index, index + 1)[0]


def stored_leaves(connection: Connection, start: int, end: int) -> list[bytes]:
    """The entries ``start..end``, all of them.  Raises :class:`LogDamaged`."""
    question = (
        "SELECT leaf FROM ledger_entries WHERE entry_index >= ? AND entry_index < ? ORDER BY entry_index"
    )
    found = [bytes(row[0]) for row in fetched(connection, question, start, end)]
    if len(found) != max(0, end - start):
        raise LogDamaged(f"of the entries {start} to {end - 1} {len(found)} are there")
    return found


def stored_nodes(connection: Connection, nodes: Sequence[Node]) -> dict[Node, bytes]:
    """These nodes, in one question.  Raises :class:`LogDamaged` when one is missing."""
    wanted = list(dict.fromkeys(nodes))
    found: dict[Node, bytes] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        some = wanted[first : first + _AT_ONCE]
        given = [value for tree, level, index in some for value in (index, tree, level, index)]
        for at, part in fetched(connection, _node_question(len(some)), *given):
            if part is not None and len(part) == HASH_SIZE:
                found[some[at]] = bytes(part)
    for tree, level, index in wanted:
        if (tree, level, index) not in found:
            raise LogDamaged(f"node {level}/{index} of its {tree} tree is missing")
    return found


def edge_hashes(
    connection: Connection, size: int, trees: Sequence[TreeHash]
) -> dict[TreeHash, dict[tuple[int, int], bytes]]:
    """For each tree the complete subtrees that a log of ``size`` consists of, in one question."""
    nodes = edge_nodes(size)
    found = stored_nodes(connection, [(TREE_NAMES[tree.name], *node) for tree in trees for node in nodes])
    return {tree: {node: found[TREE_NAMES[tree.name], *node] for node in nodes} for tree in trees}


def stored_hashes(connection: Connection, tree: TreeHash, level: int, start: int, end: int) -> bytes:
    """The hashes ``start..end`` of one level, side by side.  Raises :class:`LogDamaged`."""
    name = TREE_NAMES[tree.name]
    parts: list[bytes] = []
    at = start
    for first, hashes in fetched(connection, _RUNS, name, level, name, level, start, end):
        skip = (at - int(first)) * HASH_SIZE
        part = bytes(hashes)[skip : skip + (end - at) * HASH_SIZE] if skip >= 0 else b""
        if not part or len(part) % HASH_SIZE:
            break
        parts.append(part)
        at += len(part) // HASH_SIZE
    if at != end:
        raise LogDamaged(f"node {level}/{at} of its {name} tree is missing")
    return b"".join(parts)


def write_leaves(connection: Connection, start: int, leaves: Sequence[bytes]) -> None:
    """Entries from number ``start`` on."""
    _insert(
        connection,
        "INSERT INTO ledger_entries (entry_index, leaf) VALUES (?, ?)",
        list(enumerate(leaves, start)),
    )


def write_runs(connection: Connection, runs: Mapping[TreeHash, Sequence[HashRun]]) -> None:
    """What one growth added to the trees, read back to see that it is there.  Raises :class:`LogDamaged`."""
    rows = [
        (TREE_NAMES[tree.name], run.level, run.start, b"".join(run.hashes))
        for tree, added in runs.items()
        for run in added
    ]
    _insert(connection, "INSERT INTO ledger_hashes (tree, level, start, hashes) VALUES (?, ?, ?, ?)", rows)
    for first in range(0, len(rows), _AT_ONCE):
        some = rows[first : first + _AT_ONCE]
        back = fetched(connection, _run_question(len(some)), *(value for row in some for value in row[:3]))
        if {(tree, level, start, bytes(hashes)) for tree, level, start, hashes in back} != set(some):
            raise LogDamaged("the database gave back other trees than were written")


def split(hashes: bytes) -> tuple[bytes, ...]:
    """Hashes that stand side by side."""
    return tuple(hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE))


def _insert(connection: Connection, into: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Many rows straight to the driver: building a dictionary for each costs more than the database does."""
    connection.exec_driver_sql(_said(connection, into), list(rows))


def fetched(connection: Connection, question: str, *given: Any) -> list[Any]:
    """Rows straight from the driver, for the same reason; ``?`` marks what is given."""
    cursor = connection.exec_driver_sql(_said(connection, question), given).cursor
    return [] if cursor is None else list(cursor.fetchall())


def _said(connection: Connection, statement: str) -> str:
    """With the marks of this driver."""
    return statement if connection.dialect.name == "sqlite" else statement.replace("?", "%s")


@lru_cache(maxsize=_AT_ONCE)
def _node_question(count: int) -> str:
    """So many nodes: each by the run that it lies in.  Parameters: index, tree, level, index."""
    part = (
        "SELECT {0}, substr(hashes, (? - start) * 32 + 1, 32) FROM (SELECT start, hashes FROM ledger_hashes "
        "WHERE tree = ? AND level = ? AND start <= ? ORDER BY start DESC LIMIT 1) AS run{0}"
    )
    return " UNION ALL ".join(part.format(at) for at in range(count))


def _run_question(count: int) -> str:
    """So many runs, each by its key: SQLite reads the whole table for a list of keys."""
    return " UNION ALL ".join([_ONE_RUN] * count)


_ONE_RUN = "SELECT tree, level, start, hashes FROM ledger_hashes WHERE tree = ? AND level = ? AND start = ?"
_RUNS = (
    "SELECT start, hashes FROM ledger_hashes WHERE tree = ? AND level = ? AND start >= "
    "(SELECT max(start) FROM ledger_hashes WHERE tree = ? AND level = ? AND start <= ?) "
    "AND start < ? ORDER BY start"
)


def _head(row: Any) -> StoredHead:
    size, root, note = row
    return StoredHead(int(size), bytes(root), str(note))
