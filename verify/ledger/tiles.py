# SPDX-License-Identifier: Apache-2.0
"""A log as static files (C2SP tlog-tiles): addresses, tiles of 256 hashes, bundles of entries.

Tile ``n`` of level ``l`` holds the hashes of complete subtrees of ``256**l`` leaves, from the subtree
``n * 256``; each is the root of a full tile one level below.  The rightmost tile of a level may be partial,
its width is part of its address, and an address never changes what it holds.  Addresses are relative to the
address of the log, with forward slashes; those of the SM3 tree begin with ``sm3/``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .errors import TileMalformed
from .hashing import HASH_SIZE, SHA256_TREE, TREES, TreeHash
from .tree import LARGEST_SIZE

HEIGHT = 8
WIDTH = 1 << HEIGHT
LARGEST_ENTRY = 0xFFFF
"""Bytes of an entry: its length is written in two."""
LARGEST_BUNDLE = WIDTH * (2 + LARGEST_ENTRY)

_ADDRESS = re.compile(
    r"(?P<tree>sm3/)?tile/(?P<level>entries|0|[1-9]|[1-5][0-9]|6[0-3])/"
    r"(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class TileName:
    """Which tile: ``level`` is ``None`` for a bundle of entries; ``width`` below 256 is a partial one."""

    level: int | None
    index: int
    width: int = WIDTH
    tree: TreeHash = SHA256_TREE

    @property
    def path(self) -> str:
        """Its address."""
        if self.level is None:
            return bundle_path(self.index, self.width)
        return tile_path(self.level, self.index, self.width, self.tree)

    @property
    def whole(self) -> TileName:
        """The full tile that takes its place when the log has grown."""
        return TileName(self.level, self.index, WIDTH, self.tree)


def tile_path(level: int, index: int, width: int = WIDTH, tree: TreeHash = SHA256_TREE) -> str:
    """The address of a tile of hashes."""
    return f"{tree.prefix}tile/{level}/{_number(index)}{_part(width)}"


def bundle_path(index: int, width: int = WIDTH) -> str:
    """The address of a bundle of entries."""
    return f"tile/entries/{_number(index)}{_part(width)}"


def parse_tile_path(path: str) -> TileName:
    """What an address names.  One tile has one address: everything else raises :class:`TileMalformed`."""
    found = _ADDRESS.fullmatch(path)
    if found is None:
        raise TileMalformed(path, "tile/LEVEL/INDEX or tile/entries/INDEX, with .p/WIDTH for a partial tile")
    level = None if found["level"] == "entries" else int(found["level"])
    index = int(found["index"].replace("/", "").replace("x", ""))
    width = int(found["width"]) if found["width"] else WIDTH
    tree = next(one for one in TREES if one.prefix == (found["tree"] or ""))
    if level is None and tree.prefix:
        raise TileMalformed(path, "both trees have the same entries: there is one set of bundles")
    if found["width"] and width >= WIDTH:
        raise TileMalformed(path, f"a partial tile has 1 to {WIDTH - 1} hashes")
    if index >= LARGEST_SIZE:
        raise TileMalformed(path, "no log is that large")
    name = TileName(level, index, width, tree)
    if name.path != path:
        raise TileMalformed(path, "an index has no needless zeros in front")
    return name


def tile_names(size: int, tree: TreeHash = SHA256_TREE, *, since: int = 0) -> Iterator[TileName]:
    """The tiles of a log of ``size`` that a log of ``since`` did not have, lowest level first."""
    level = 0
    while size >> (HEIGHT * level):
        count, before = size >> (HEIGHT * level), since >> (HEIGHT * level)
        if count > before:
            yield from (
                TileName(level, index, WIDTH, tree) for index in range(before // WIDTH, count // WIDTH)
            )
            if count % WIDTH:
                yield TileName(level, count // WIDTH, count % WIDTH, tree)
        level += 1


def bundle_names(size: int, *, since: int = 0) -> Iterator[TileName]:
    """The bundles of a log of ``size`` that a log of ``since`` did not have."""
    for name in tile_names(size, since=since):
        if name.level:
            return
        yield TileName(None, name.index, name.width)


def check_tile(data: bytes, name: TileName) -> tuple[bytes, ...]:
    """The hashes in a tile of hashes; ``data`` may be the full tile that took a partial one's place.

    Raises :class:`TileMalformed`.  That they are the right hashes only a signed root can say.
    """
    if len(data) not in (name.width * HASH_SIZE, WIDTH * HASH_SIZE):
        raise TileMalformed(name.path, f"{name.width} hashes of {HASH_SIZE} bytes, not {len(data)} bytes")
    return tuple(data[at : at + HASH_SIZE] for at in range(0, name.width * HASH_SIZE, HASH_SIZE))


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as a bundle.  Raises :class:`TileMalformed` for one that is too large."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > LARGEST_ENTRY:
            raise TileMalformed("tile/entries", f"an entry of {len(entry)} bytes; at most {LARGEST_ENTRY}")
        parts += (len(entry).to_bytes(2), entry)
    return b"".join(parts)


def entry_bundle(data: bytes, width: int | None = None) -> tuple[bytes, ...]:
    """The entries in a bundle; with ``width`` exactly so many, or the first of a full bundle.

    Raises :class:`TileMalformed`.
    """
    where = "tile/entries"
    if len(data) > LARGEST_BUNDLE:
        raise TileMalformed(where, f"longer than {LARGEST_BUNDLE} bytes")
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2])
        if at + 2 > len(data) or end > len(data):
            raise TileMalformed(where, f"entry {len(entries)} is cut off")
        entries.append(data[at + 2 : end])
        at = end
    if not 0 < len(entries) <= WIDTH:
        raise TileMalformed(where, f"1 to {WIDTH} entries, not {len(entries)}")
    if width is None:
        return tuple(entries)
    if len(entries) not in (width, WIDTH):
        raise TileMalformed(where, f"{width} entries, not {len(entries)}")
    return tuple(entries[:width])


def _number(index: int) -> str:
    """Three digits a step; all steps but the last begin with an x, so that no file is also a folder."""
    digits = f"{index:d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{one}" for one in groups[:-1]), groups[-1]])


def _part(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"
