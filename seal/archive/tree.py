# SPDX-License-Identifier: Apache-2.0
"""The hash tree over many documents, and the part of it that each document needs: RFC 4998 section 4.2.

Groups of two, the last of three where the number is odd: no node stands alone, so no hash is hashed by itself
and every reader computes the same.  Nodes lie end to end, 64 MB for a million documents with SM3 or SHA-256.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from keys import Digest, HashAlgorithm, digest

from .errors import ArchiveRefused

MOST_LEAVES: Final = 1_048_576


class ArchiveTree:
    """Built once; :meth:`reduced` for each document."""

    def __init__(self, algorithm: HashAlgorithm, leaves: Sequence[bytes]) -> None:
        """``leaves``: hashes of documents, in any order.  Raises :class:`ArchiveRefused`."""
        if not 1 <= len(leaves) <= MOST_LEAVES:
            raise ArchiveRefused(f"1 to {MOST_LEAVES} documents, not {len(leaves)}")
        if any(len(one) != algorithm.size for one in leaves):
            raise ArchiveRefused(f"hashes of {algorithm.size} bytes")
        self.algorithm, self.size = algorithm, len(leaves)
        self._levels = [b"".join(leaves)]
        while len(self._levels[-1]) > algorithm.size:
            self._levels.append(self._fathers(self._levels[-1]))

    @property
    def root(self) -> Digest:
        """What is stamped."""
        return Digest(self.algorithm, self._levels[-1])

    def leaf(self, number: int) -> bytes:
        """The hash of leaf ``number``.  Raises :class:`ArchiveRefused` when there is none."""
        if not 0 <= number < self.size:
            raise ArchiveRefused(f"leaf {number} of {self.size}")
        return self._node(self._levels[0], number)

    def reduced(self, number: int) -> tuple[tuple[bytes, ...], ...]:
        """The lists that lead from leaf ``number`` to the root, each in binary ascending order."""
        self.leaf(number)
        lists: list[tuple[bytes, ...]] = []
        for height, level in enumerate(self._levels[:-1]):
            group = self._group(level, number)
            # A father is not repeated: whoever reads computes it from the list before.
            kept = [self._node(level, one) for one in group if height == 0 or one != number]
            lists.append(tuple(sorted(kept)))
            number = group[0] // 2
        return tuple(lists)

    def _fathers(self, level: bytes) -> bytes:
        size, count = self.algorithm.size, len(level) // self.algorithm.size
        found = bytearray()
        for start in range(0, count - 1, 2):
            group = self._group(level, start)
            values = sorted(level[one * size : (one + 1) * size] for one in group)
            found += digest(self.algorithm, b"".join(values)).value
        return bytes(found)

    def _group(self, level: bytes, number: int) -> range:
        """The children of one father."""
        count = len(level) // self.algorithm.size
        start = min(number - number % 2, max(count - count % 2 - 2, 0))
        return range(start, count if count - start == 3 else start + 2)

    def _node(self, level: bytes, number: int) -> bytes:
        size = self.algorithm.size
        return level[number * size : (number + 1) * size]
