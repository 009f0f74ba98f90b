# SPDX-License-Identifier: Apache-2.0
"""Proofs, roots and entries of a log that somebody serves as static files.

Nothing that is fetched is believed: a proof made here is checked against a signed root by whoever asked for
it, entries against the leaf hashes of their tile, and a full tile against its hash in the tile above.  When
the :meth:`TileReader.root` is that of a signed head, everything that the reader gives is what was signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from .errors import ProofInvalid, TileMalformed, TileMissing
from .hashing import SHA256_TREE, TreeHash
from .tiles import HEIGHT, WIDTH, TileName, check_tile, entry_bundle
from .tree import LARGEST_SIZE, consistency_path, inclusion_path, tree_root

Fetch: TypeAlias = Callable[[str], bytes]
"""``fetch(path)``: the bytes at an address relative to the log's; raises :class:`TileMissing`."""


class TileReader:
    """One tree of one size, read tile by tile; each tile is fetched once."""

    def __init__(self, fetch: Fetch, size: int, tree: TreeHash = SHA256_TREE) -> None:
        if not 0 <= size <= LARGEST_SIZE:
            raise ProofInvalid(f"size {size} is out of range")
        self._fetch, self.size, self.tree = fetch, size, tree
        self._tiles: dict[tuple[int, int], list[tuple[bytes, ...]]] = {}

    def node(self, level: int, index: int) -> bytes:
        """The hash of one complete subtree, as :func:`inclusion_path` asks for it."""
        if not 0 <= index < self.size >> level:
            raise ProofInvalid(f"node {level}/{index} is not complete in a tree of size {self.size}")
        tile_level, inner = divmod(level, HEIGHT)
        tile_index, position = divmod(index, WIDTH >> inner)
        return self._rows(tile_level, tile_index)[inner][position]

    def root(self) -> bytes:
        """The root of the tree that the tiles hold: compare it with a signed one."""
        return tree_root(self.node, self.size, self.tree)

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """The proof that entry ``index`` is in the tree."""
        return inclusion_path(self.node, index, self.size, self.tree)

    def consistency(self, old: int) -> tuple[bytes, ...]:
        """The proof that this tree extends that of ``old`` entries."""
        return consistency_path(self.node, old, self.size, self.tree)

    def leaf_hashes(self, tile_index: int) -> tuple[bytes, ...]:
        """The hashes in one tile of level 0."""
        return self._rows(0, tile_index)[0]

    def _rows(self, level: int, index: int) -> list[tuple[bytes, ...]]:
        """A tile and the rows above its hashes: one hash of row ``r`` covers ``2**r`` of the tile."""
        rows = self._tiles.get((level, index))
        if rows is None:
            name = TileName(level, index, self._width(level, index), self.tree)
            rows = [check_tile(fetch_either(self._fetch, name), name)]
            for _ in range(HEIGHT):
                rows.append(tuple(self.tree.parents(rows[-1])))
            if name.width == WIDTH:
                above, position = divmod(index, WIDTH)
                if rows[HEIGHT][0] != self._rows(level + 1, above)[0][position]:
                    raise TileMalformed(name.path, "its hash is not the one in the tile above")
            self._tiles[level, index] = rows
        return rows

    def _width(self, level: int, index: int) -> int:
        return min(WIDTH, (self.size >> (HEIGHT * level)) - index * WIDTH)


def proof_from_tiles(fetch: Fetch, index: int, size: int, tree: TreeHash = SHA256_TREE) -> tuple[bytes, ...]:
    """The proof that entry ``index`` is in the log of ``size``.

    Raises :class:`ProofInvalid`, :class:`TileMalformed`, and what ``fetch`` raises.
    """
    return TileReader(fetch, size, tree).inclusion(index)


def consistency_from_tiles(
    fetch: Fetch, old: int, new: int, tree: TreeHash = SHA256_TREE
) -> tuple[bytes, ...]:
    """The proof that the log of ``new`` entries extends that of ``old``.  Raises as above."""
    return TileReader(fetch, new, tree).consistency(old)


def root_from_tiles(fetch: Fetch, size: int, tree: TreeHash = SHA256_TREE) -> bytes:
    """The root that the tiles lead to.  Raises as above."""
    return TileReader(fetch, size, tree).root()


def entry_from_tiles(fetch: Fetch, index: int, size: int) -> bytes:
    """One entry of the log of ``size``; nothing is checked.  Raises as above."""
    if not 0 <= index < size <= LARGEST_SIZE:
        raise ProofInvalid(f"index {index} is not inside a tree of size {size}")
    number, position = divmod(index, WIDTH)
    name = TileName(None, number, min(WIDTH, size - number * WIDTH))
    return entry_bundle(fetch_either(fetch, name), name.width)[position]


def entries_from_tiles(
    fetch: Fetch, start: int, size: int, readers: tuple[TileReader, ...] = ()
) -> Iterator[tuple[int, bytes]]:
    """Entries from ``start`` to the end of the log of ``size``, with their numbers.

    Each is held against the leaf hash that every reader has for it: an entry that is not the one in the tree
    raises :class:`TileMalformed`.
    """
    for number in range(start // WIDTH, -(-size // WIDTH)):
        first = number * WIDTH
        name = TileName(None, number, min(WIDTH, size - first))
        entries = entry_bundle(fetch_either(fetch, name), name.width)
        for reader in readers:
            hashes = reader.leaf_hashes(number)
            for position, entry in enumerate(entries):
                if first + position >= start and reader.tree.leaf(entry) != hashes[position]:
                    raise TileMalformed(
                        name.path, f"entry {first + position} is not the one in the {reader.tree.name} tree"
                    )
        for position, entry in enumerate(entries):
            if first + position >= start:
                yield first + position, entry


def fetch_either(fetch: Fetch, name: TileName) -> bytes:
    """A tile or bundle; in place of a partial one that is gone, the full one that the log has by now."""
    try:
        return fetch(name.path)
    except TileMissing:
        if name.width == WIDTH:
            raise
    return fetch(name.whole.path)
