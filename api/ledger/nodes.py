# SPDX-License-Identifier: Apache-2.0
"""Nodes of both trees at hand: whoever proves many entries asks for the same ones again and again.

Complete subtrees never change, so what was read once stays right; blocks of a level are kept, the least
recently used goes first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from sqlalchemy import Connection

from verify import GetNode, TreeHash

from .stored import HASH_SIZE, stored_hashes

_WIDTH = 256
"""Nodes in a block: as many as in a tile."""
_BLOCKS = 2048
"""Kept at most: 16 MiB."""


class NodeCache:
    """Blocks of nodes of one log.  Safe to share between threads."""

    def __init__(self, blocks: int = _BLOCKS) -> None:
        self._most = blocks
        self._blocks: OrderedDict[tuple[str, int, int], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Blocks that are kept now."""
        return len(self._blocks)

    def nodes(self, connection: Connection, tree: TreeHash, size: int) -> GetNode:
        """The nodes of the log of ``size`` entries.  They raise :class:`LogDamaged` when one is missing."""

        def node(level: int, index: int) -> bytes:
            number, place = divmod(index, _WIDTH)
            key = (tree.name, level, number)
            end = (place + 1) * HASH_SIZE
            with self._lock:
                block = self._blocks.get(key, b"")
                if len(block) >= end:
                    self._blocks.move_to_end(key)
            if len(block) < end:
                start = number * _WIDTH
                block = stored_hashes(connection, tree, level, start, min(start + _WIDTH, size >> level))
                self._keep(key, block)
            return block[end - HASH_SIZE : end]

        return node

    def _keep(self, key: tuple[str, int, int], block: bytes) -> None:
        with self._lock:
            self._blocks[key] = block
            self._blocks.move_to_end(key)
            while len(self._blocks) > self._most:
                self._blocks.popitem(last=False)
