# SPDX-License-Identifier: Apache-2.0
"""Recompute the tree from the leaves and hold every stored hash and signed head against it.

Two trees grow side by side: one from the bytes of the entries, one from their stored hashes.  Where only the
first disagrees with a signed head, an entry was edited and its number is known; where only the second does, a
hash was edited; where both do, the entries that this head added are not those that were signed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from verify import completed_nodes, leaf_hash, tree_root

from ..database.tables import ledger_entries, ledger_nodes
from .entry import is_entry
from .findings import Finding, FindingKind
from .heads import SignedHead

CHUNK = 1024
ENTRIES, NODES, HEADS = "ledger_entries", "ledger_nodes", "ledger_checkpoints"

_LOST = bytes(32)


class GrowingTree:
    """Keeps the peaks only: all that the next leaf and the root need."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: dict[int, tuple[int, bytes]] = {}

    def add(self, reached: bytes) -> tuple[tuple[int, int, bytes], ...]:
        """Append one leaf hash; the nodes that it completes."""
        done = completed_nodes(self._node, self.size, reached)
        self._peaks.update({level: (index, one) for level, index, one in done})
        self.size += 1
        return done

    def root(self) -> bytes:
        """Of what was added so far."""
        return tree_root(self._node, self.size)

    def _node(self, level: int, index: int) -> bytes:
        known, reached = self._peaks[level]
        assert known == index
        return reached


@dataclass(slots=True)
class Recomputation:
    """One pass over all entries, chunk by chunk."""

    connection: Connection
    heads: tuple[SignedHead, ...]  # smallest first
    count: int  # one more than the highest number of an entry
    leaves: GrowingTree = field(default_factory=GrowingTree)
    hashes: GrowingTree = field(default_factory=GrowingTree)
    findings: list[Finding] = field(default_factory=list)
    _next_head: int = 0
    _verdicts: list[tuple[int, bool, bool]] = field(default_factory=list)  # size, leaves agree, hashes agree
    _apart: list[int] = field(default_factory=list)  # entries whose bytes and stored hash disagree
    _inner: list[tuple[int, int, bool]] = field(default_factory=list)  # level, index, stored at all

    def run(
        self,
        each_chunk: Callable[[Mapping[int, bytes]], None],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        """Read everything once; ``each_chunk`` sees the bytes of the entries by number."""
        for start in range(0, self.count, CHUNK):
            end = min(start + CHUNK, self.count)
            leaves = _leaves(self.connection, start, end)
            each_chunk(leaves)
            self._chunk(start, end, leaves)
            if progress is not None:
                progress(end, self.count)
        self._judge()

    def _chunk(self, start: int, end: int, leaves: Mapping[int, bytes]) -> None:
        stored = _nodes(self.connection, 0, start, end)
        inner: dict[int, dict[int, bytes]] = {}
        for index in range(start, end):
            leaf, reached = leaves.get(index), stored.get(index)
            made = leaf_hash(leaf) if leaf is not None else reached or _LOST
            if leaf is None:
                self._entry(FindingKind.DELETED, index, zh="不见了", en="is gone")
            elif reached != made:
                self._apart.append(index)
            elif not is_entry(leaf, index):
                self._entry(FindingKind.ENTRY_CHANGED, index, zh="不是规范条目", en="is no canonical entry")
            self.leaves.add(made)
            whole = reached if reached is not None and len(reached) == len(_LOST) else made
            for level, node, one in self.hashes.add(whole)[1:]:
                inner.setdefault(level, {})[node] = one
            self._compare_heads()
        for level, made_nodes in inner.items():
            found = _nodes(self.connection, level, min(made_nodes), max(made_nodes) + 1)
            self._inner += [
                (level, node, node in found) for node, one in made_nodes.items() if found.get(node) != one
            ]

    def _compare_heads(self) -> None:
        size = self.leaves.size
        while self._next_head < len(self.heads) and self.heads[self._next_head].size <= size:
            head = self.heads[self._next_head]
            self._next_head += 1
            if head.size == size:
                agree = (self.leaves.root() == head.root, self.hashes.root() == head.root)
                self._verdicts.append((size, *agree))

    def _judge(self) -> None:
        agreed = 0
        for size, by_leaves, by_hashes in self._verdicts:
            if not by_leaves and not by_hashes:
                # Every later head contains these entries too: the first one says where.
                self._root_mismatch(agreed, size)
                break
            agreed = size
        for index in self._apart:
            after = [by_leaves for size, by_leaves, _ in self._verdicts if size > index]
            if after and all(after):
                self._node(0, index, zh="与条目不符", en="is not that of its entry")
            else:
                self._entry(
                    FindingKind.ENTRY_CHANGED,
                    index,
                    zh="的内容已被改动,与入账时的摘要不符",
                    en="was edited: it no longer has the hash that it had when it was signed",
                )
        for level, node, there in self._inner:
            if not any(index >> level == node for index in self._apart):
                self._node(level, node, **(_EDITED if there else _MISSING))
        expected = sum(self.count >> level for level in range(self.count.bit_length()))
        held = self.connection.execute(select(func.count()).select_from(ledger_nodes)).scalar_one()
        if held > expected:
            self.findings.append(
                Finding(
                    FindingKind.NODES_WRONG,
                    NODES,
                    "*",
                    f"日志树多出 {held - expected} 个节点",
                    f"{held - expected} nodes too many are stored",
                )
            )

    def _root_mismatch(self, agreed: int, size: int) -> None:
        which = f"{agreed}" if size - agreed == 1 else f"{agreed}–{size - 1}"
        self.findings.append(
            Finding(
                FindingKind.ROOT_MISMATCH,
                ENTRIES,
                which,
                f"第 {which} 条所成的树根与大小为 {size} 的已签名检查点不符:条目被改动、删除或替换",
                f"with entries {which} the tree is not the one that was signed at size {size}: "
                "entries were edited, removed or replaced",
            )
        )

    def _entry(self, kind: FindingKind, index: int, *, zh: str, en: str) -> None:
        self.findings.append(
            Finding(kind, ENTRIES, str(index), f"日志第 {index} 条{zh}", f"entry {index} {en}")
        )

    def _node(self, level: int, node: int, *, zh: str, en: str) -> None:
        key = f"{level}/{node}"
        self.findings.append(
            Finding(FindingKind.NODES_WRONG, NODES, key, f"日志树节点 {key} {zh}", f"tree node {key} {en}")
        )


_EDITED = {"zh": "已被改动", "en": "was edited"}
_MISSING = {"zh": "不见了", "en": "is gone"}


def _leaves(connection: Connection, start: int, end: int) -> dict[int, bytes]:
    query = select(ledger_entries).where(
        ledger_entries.c.entry_index >= start, ledger_entries.c.entry_index < end
    )
    return {int(row.entry_index): bytes(row.leaf) for row in connection.execute(query)}


def _nodes(connection: Connection, level: int, start: int, end: int) -> dict[int, bytes]:
    query = select(ledger_nodes.c.node_index, ledger_nodes.c.hash).where(
        ledger_nodes.c.level == level, ledger_nodes.c.node_index >= start, ledger_nodes.c.node_index < end
    )
    return {int(row.node_index): bytes(row.hash) for row in connection.execute(query)}
