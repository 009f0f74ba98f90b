# SPDX-License-Identifier: Apache-2.0
"""Recompute both trees from the leaves and hold every stored hash and signed head against them.

The SHA-256 tree grows twice side by side: from the bytes of the entries, and from their stored hashes.  Where
only the first disagrees with a signed head, an entry was edited and its number is known; where only the
second does, a hash was edited; where both do, the entries that this head added are not those that it signed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from verify import SHA256_TREE, SM3_TREE, RightEdge, TreeHash

from ..database.tables import ledger_entries
from ..database.tables_log import ledger_hashes
from .entry import is_entry
from .findings import Finding, FindingKind
from .heads import SignedHead
from .stored import HASH_SIZE, TREE_NAMES, TREES, split

CHUNK = 1024
ENTRIES, NODES, HEADS = "ledger_entries", "ledger_hashes", "ledger_checkpoints"

_LOST = bytes(HASH_SIZE)


@dataclass(slots=True)
class Recomputation:
    """One pass over all entries, chunk by chunk."""

    connection: Connection
    heads: tuple[SignedHead, ...]  # smallest first
    count: int  # one more than the highest number of an entry
    leaves: RightEdge = field(default_factory=lambda: RightEdge(SHA256_TREE))
    sm3: RightEdge = field(default_factory=lambda: RightEdge(SM3_TREE))
    hashes: RightEdge = field(default_factory=lambda: RightEdge(SHA256_TREE))
    findings: list[Finding] = field(default_factory=list)
    _next_head: int = 0
    _verdicts: list[tuple[int, bool, bool]] = field(default_factory=list)  # size, leaves agree, hashes agree
    _apart: list[int] = field(default_factory=list)  # entries whose bytes and stored hash disagree
    _inner: list[tuple[TreeHash, int, int, bool]] = field(
        default_factory=list
    )  # … level, index, stored at all
    _sm3_apart: list[int] = field(default_factory=list)  # sizes whose SM3 root is not the signed one

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
        stored = _hashes(self.connection, SHA256_TREE, 0, start, end)
        stored_sm3 = _hashes(self.connection, SM3_TREE, 0, start, end)
        made: list[bytes] = []
        whole: list[bytes] = []
        second: list[bytes] = []
        for index in range(start, end):
            leaf, reached = leaves.get(index), stored.get(index)
            made.append(SHA256_TREE.leaf(leaf) if leaf is not None else reached or _LOST)
            second.append(SM3_TREE.leaf(leaf) if leaf is not None else stored_sm3.get(index, _LOST))
            whole.append(made[-1] if reached is None else reached)
            if leaf is None:
                self._entry(FindingKind.DELETED, index, zh="不见了", en="is gone")
            elif reached != made[-1]:
                self._apart.append(index)
            elif not is_entry(leaf, index):
                self._entry(FindingKind.ENTRY_CHANGED, index, zh="不是规范条目", en="is no canonical entry")
        computed: dict[tuple[TreeHash, int], dict[int, bytes]] = {}
        at = start
        for size in sorted({end, *(one.size for one in self.heads if start < one.size < end)}):
            part = slice(at - start, size - start)
            self.leaves.extend(made[part])
            for edge, fresh in ((self.hashes, whole[part]), (self.sm3, second[part])):
                for run in edge.extend(fresh):
                    row = computed.setdefault((edge.tree, run.level), {})
                    row.update(enumerate(run.hashes, run.start))
            at = size
            self._compare_heads()
        for (tree, level), nodes in computed.items():
            if tree is SHA256_TREE and level == 0:
                continue  # these were taken from there
            found = _hashes(self.connection, tree, level, min(nodes), max(nodes) + 1)
            self._inner += [
                (tree, level, node, node in found) for node, one in nodes.items() if found.get(node) != one
            ]

    def _compare_heads(self) -> None:
        size = self.leaves.size
        while self._next_head < len(self.heads) and self.heads[self._next_head].size <= size:
            head = self.heads[self._next_head]
            self._next_head += 1
            if head.size != size:
                continue
            agree = (self.leaves.root() == head.root, self.hashes.root() == head.root)
            self._verdicts.append((size, *agree))
            if all(agree) and head.sm3_root not in (None, self.sm3.root()):
                self._sm3_apart.append(size)

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
        for tree, level, node, there in self._inner:
            if not any(index >> level == node for index in self._apart):
                self._node(level, node, tree, **(_EDITED if there else _MISSING))
        for size in self._sm3_apart[:1]:
            self.findings.append(
                Finding(
                    FindingKind.ROOT_MISMATCH,
                    HEADS,
                    f"{size}",
                    f"大小为 {size} 的检查点所签的 SM3 根与条目不符",
                    f"the checkpoint of size {size} signs another SM3 root than its entries have",
                )
            )
        expected = sum(self.count >> level for level in range(self.count.bit_length()))
        for tree in TREES:
            lengths = select(func.coalesce(func.sum(func.length(ledger_hashes.c.hashes)), 0))
            query = lengths.where(ledger_hashes.c.tree == TREE_NAMES[tree.name])
            held = int(self.connection.execute(query).scalar_one()) // HASH_SIZE
            if held > expected:
                self.findings.append(
                    Finding(
                        FindingKind.NODES_WRONG,
                        NODES,
                        "*",
                        f"{tree.name} 日志树多出 {held - expected} 个节点",
                        f"{held - expected} nodes too many of the {tree.name} tree are stored",
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

    def _node(self, level: int, node: int, tree: TreeHash = SHA256_TREE, *, zh: str, en: str) -> None:
        key = f"{TREE_NAMES[tree.name]} {level}/{node}"
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


def _hashes(connection: Connection, tree: TreeHash, level: int, start: int, end: int) -> dict[int, bytes]:
    """What is there of these nodes; a run that overlaps another is damage, and the later one counts."""
    table = ledger_hashes
    here = (table.c.tree == TREE_NAMES[tree.name]) & (table.c.level == level)
    first = select(func.max(table.c.start)).where(here, table.c.start <= start).scalar_subquery()
    query = (
        select(table.c.start, table.c.hashes)
        .where(here, table.c.start >= func.coalesce(first, start), table.c.start < end)
        .order_by(table.c.start)
    )
    found: dict[int, bytes] = {}
    for row in connection.execute(query):
        found.update(
            (index, one)
            for index, one in enumerate(split(bytes(row.hashes)), int(row.start))
            if start <= index < end and len(one) == HASH_SIZE
        )
    return found
