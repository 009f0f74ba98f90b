# SPDX-License-Identifier: Apache-2.0
"""Nodes that are kept between proofs are those of the tree, at any size and however few are kept."""

from __future__ import annotations

import pytest

from api.database import Database
from api.ledger import Ledger
from api.ledger.nodes import NodeCache
from verify import SHA256_TREE, SM3_TREE, check_inclusion, inclusion_path, tree_root


def _grow(ledger: Ledger, count: int) -> None:
    with ledger.transaction() as tx:
        for number in range(count):
            tx.append("test.act", {"number": str(number)})


@pytest.mark.parametrize("blocks", [1, 2048])
def test_paths_from_kept_nodes(ledger: Ledger, database: Database, blocks: int) -> None:
    """Blocks that were short when they were read are read again when the log has grown."""
    cache = NodeCache(blocks)
    for more in (3, 254, 1, 300):
        _grow(ledger, more)
        size = ledger.size()
        leaves = [ledger.entry(index) for index in (0, size // 2, size - 1)]
        with database.read() as connection:
            for tree in (SHA256_TREE, SM3_TREE):
                nodes = cache.nodes(connection, tree, size)
                root = tree_root(nodes, size, tree)
                for index, leaf in zip((0, size // 2, size - 1), leaves, strict=True):
                    path = inclusion_path(nodes, index, size, tree)
                    check_inclusion(tree.leaf(leaf), index, size, path, root, tree)
        assert len(cache) <= blocks
