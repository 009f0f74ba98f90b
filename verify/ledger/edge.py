# SPDX-License-Identifier: Apache-2.0
"""A tree that grows: its right edge is all that new leaves and the root need.

Many leaves at once, level by level, and each level's new hashes in one run: what a writer stores and a reader
recomputes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .errors import ProofInvalid
from .hashing import SHA256_TREE, TreeHash
from .tree import LARGEST_SIZE, tree_root


@dataclass(frozen=True, slots=True)
class HashRun:
    """Hashes of complete subtrees of one level, side by side, the first of them number ``start``."""

    level: int
    start: int
    hashes: tuple[bytes, ...]


def edge_nodes(size: int) -> tuple[tuple[int, int], ...]:
    """The ``(level, index)`` of the complete subtrees that a tree of ``size`` consists of, lowest first."""
    return tuple((level, (size >> level) - 1) for level in range(size.bit_length()) if size >> level & 1)


class RightEdge:
    """One tree, of which only :func:`edge_nodes` are kept."""

    def __init__(
        self,
        tree: TreeHash = SHA256_TREE,
        size: int = 0,
        nodes: Mapping[tuple[int, int], bytes] | None = None,
    ) -> None:
        """``nodes``: the hashes of :func:`edge_nodes`; :class:`ProofInvalid` when one is missing."""
        if not 0 <= size <= LARGEST_SIZE:
            raise ProofInvalid(f"size {size} is out of range")
        try:
            self._peaks = {level: (nodes or {})[level, index] for level, index in edge_nodes(size)}
        except KeyError as error:
            raise ProofInvalid(f"node {error.args[0]} of the tree's edge is missing") from None
        self.tree, self.size = tree, size

    def extend(self, leaf_hashes: Sequence[bytes]) -> tuple[HashRun, ...]:
        """Append leaves by their hashes; what they complete, a run for each level, lowest first."""
        runs: list[HashRun] = []
        size, level, fresh = self.size, 0, list(leaf_hashes)
        while fresh:
            start = size >> level
            runs.append(HashRun(level, start, tuple(fresh)))
            row = [self._peaks.pop(level), *fresh] if start & 1 else fresh
            if len(row) & 1:
                self._peaks[level] = row[-1]
            fresh = self.tree.parents(row)
            level += 1
        self.size = size + len(leaf_hashes)
        return tuple(runs)

    def root(self) -> bytes:
        """Of all leaves so far."""
        return tree_root(lambda level, _index: self._peaks[level], self.size, self.tree)
