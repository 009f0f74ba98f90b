# SPDX-License-Identifier: Apache-2.0
"""The log as it lies in the database: heads, leaves, and the hashes of complete subtrees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select

from ..database.tables import ledger_checkpoints, ledger_entries, ledger_nodes
from .errors import LogDamaged, NoSuchEntry

# Built once: a proof reads some twenty nodes, and building the statement costs more than reading one.
_NODE = select(ledger_nodes.c.hash).where(
    ledger_nodes.c.level == bindparam("level"), ledger_nodes.c.node_index == bindparam("node")
)


@dataclass(frozen=True, slots=True)
class StoredHead:
    """One stored checkpoint; nothing is verified by having one."""

    size: int
    root: bytes
    note: str


def newest_head(connection: Connection) -> StoredHead | None:
    """The checkpoint with the largest size, or ``None`` for an empty log."""
    query = select(ledger_checkpoints).order_by(ledger_checkpoints.c.size.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return _head(row) if row is not None else None


def all_heads(connection: Connection) -> Iterator[StoredHead]:
    """Every checkpoint, smallest first."""
    for row in connection.execute(select(ledger_checkpoints).order_by(ledger_checkpoints.c.size)):
        yield _head(row)


def entry_count(connection: Connection) -> int:
    """One more than the highest number of an entry."""
    highest = connection.execute(select(func.max(ledger_entries.c.entry_index))).scalar()
    return 0 if highest is None else int(highest) + 1


def stored_leaf(connection: Connection, index: int) -> bytes:
    """The bytes of one entry.  Raises :class:`NoSuchEntry`."""
    count = entry_count(connection)
    if not 0 <= index < count:  # asked first: a number beyond the column's range is an error of the driver
        raise NoSuchEntry(index, count)
    query = select(ledger_entries.c.leaf).where(ledger_entries.c.entry_index == index)
    leaf = connection.execute(query).scalar_one_or_none()
    if leaf is None:
        raise LogDamaged(f"entry {index} is missing")
    return bytes(leaf)


def node_reader(connection: Connection) -> Callable[[int, int], bytes]:
    """Reads stored nodes one by one.  A missing node raises :class:`LogDamaged`."""

    def get(level: int, index: int) -> bytes:
        found = connection.execute(_NODE, {"level": level, "node": index}).scalar_one_or_none()
        if found is None:
            raise LogDamaged(f"node {level}/{index} of its tree is missing")
        return bytes(found)

    return get


def peaks(connection: Connection, size: int) -> dict[tuple[int, int], bytes]:
    """The complete subtrees that a tree of ``size`` consists of: all that growing and its root need."""
    wanted = [(level, (size >> level) - 1) for level in range(size.bit_length()) if size >> level & 1]
    if not wanted:
        return {}
    rows = connection.execute(
        select(ledger_nodes).where(
            or_(
                *(
                    and_(ledger_nodes.c.level == level, ledger_nodes.c.node_index == index)
                    for level, index in wanted
                )
            )
        )
    )
    found = {(int(row.level), int(row.node_index)): bytes(row.hash) for row in rows}
    if len(found) != len(wanted):
        raise LogDamaged("a node of its tree is missing")
    return found


def _head(row: Row[Any]) -> StoredHead:
    return StoredHead(int(row.size), bytes(row.root), str(row.note))
