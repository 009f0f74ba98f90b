# SPDX-License-Identifier: Apache-2.0
"""A log as static files: addresses, tiles, bundles, and proofs made from them, against a naive oracle."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import HashAlgorithm, digest
from verify import (
    SHA256_TREE,
    SM3_TREE,
    LedgerError,
    ProofInvalid,
    TileMalformed,
    TileMissing,
    TileName,
    TileReader,
    TreeHash,
    bundle_names,
    bundle_path,
    check_consistency,
    check_inclusion,
    check_tile,
    consistency_from_tiles,
    encode_entry_bundle,
    entries_from_tiles,
    entry_bundle,
    entry_from_tiles,
    parse_tile_path,
    proof_from_tiles,
    root_from_tiles,
    tile_names,
    tile_path,
)

TREES = (SHA256_TREE, SM3_TREE)
SIZE = 70_000  # the example of C2SP tlog-tiles


def entry(index: int) -> bytes:
    return b"entry %d" % index


@cache
def row(tree_name: str, level: int) -> list[bytes]:
    """All complete subtrees of one level of a log of ``SIZE`` entries: the oracle."""
    tree = next(one for one in TREES if one.name == tree_name)
    if level == 0:
        return [tree.leaf(entry(index)) for index in range(SIZE if tree is SHA256_TREE else 1000)]
    below = row(tree_name, level - 1)
    return [tree.node(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)]


def naive_root(tree: TreeHash, start: int, end: int) -> bytes:
    """RFC 9162 section 2.1.1 down to complete subtrees."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return row(tree.name, level)[start >> level]
    half = 1 << ((size - 1).bit_length() - 1)
    return tree.node(naive_root(tree, start, start + half), naive_root(tree, start + half, end))


def served(size: int) -> Callable[[str], bytes]:
    """A log of ``size`` entries as files; partial tiles until a full one replaced them."""
    now = {name.path for tree in TREES for name in tile_names(size, tree)}
    now |= {name.path for name in bundle_names(size)}

    def fetch(path: str) -> bytes:
        name = parse_tile_path(path)
        first = name.index * 256
        if path not in now and (name.width == 256 or name.whole.path in now):
            raise TileMissing(path)
        if name.level is None:
            return encode_entry_bundle([entry(index) for index in range(first, first + name.width)])
        return b"".join(row(name.tree.name, 8 * name.level)[first : first + name.width])

    return fetch


def test_sm3_is_the_one_of_the_standard() -> None:
    """GB/T 32905 appendix A: the digest of ``abc``, whichever library is in use."""
    assert SM3_TREE.digest(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    for data in (b"", b"x" * 1000):
        assert SM3_TREE.digest(data) == digest(HashAlgorithm.SM3, data).value


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("tile/0/000", TileName(0, 0)),
        ("tile/0/x001/x234/067", TileName(0, 1234067)),
        ("tile/63/999.p/255", TileName(63, 999, 255)),
        ("tile/1/x001/000.p/1", TileName(1, 1000, 1)),
        ("tile/entries/273.p/112", TileName(None, 273, 112)),
        ("sm3/tile/2/000", TileName(2, 0, 256, SM3_TREE)),
    ],
)
def test_addresses(path: str, name: TileName) -> None:
    """C2SP tlog-tiles: level, three digits a step, all but the last with an x, width of a partial tile."""
    assert parse_tile_path(path) == name
    assert name.path == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/x000/000",
        "tile/0/001/002",
        "tile/0/1234",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/999",
        "tile/0/000.p",
        "tile/0/../000",
        "tile/0/٠٠٠",
        "tile/0/000\n",
        "tile/data/000",
        "sm3/tile/entries/000",
        "SM3/tile/0/000",
        "tile/0/" + "x999/" * 6 + "999",
    ],
)
def test_one_tile_has_one_address(path: str) -> None:
    with pytest.raises(TileMalformed):
        parse_tile_path(path)


@given(st.integers(0, 2**62), st.integers(0, 63), st.integers(1, 256), st.sampled_from(TREES))
def test_addresses_round_trip(index: int, level: int, width: int, tree: TreeHash) -> None:
    name = TileName(level, index, width, tree)
    assert parse_tile_path(name.path) == name
    assert parse_tile_path(bundle_path(index, width)) == TileName(None, index, width)


def test_tiles_of_the_example() -> None:
    """C2SP tlog-tiles: 70,000 entries are 273 full tiles and four more; 256 are one and the one above it."""
    names = list(tile_names(SIZE))
    assert sum(name.level == 0 and name.width == 256 for name in names) == 273
    assert [name.path for name in names if name.level or name.width < 256] == [
        "tile/0/273.p/112",
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]
    assert [name.path for name in tile_names(256)] == ["tile/0/000", "tile/1/000.p/1"]
    assert list(tile_names(0)) == []
    assert [name.path for name in bundle_names(257)] == ["tile/entries/000", "tile/entries/001.p/1"]


@given(st.integers(0, 70_000), st.integers(0, 70_000))
@settings(max_examples=50, deadline=None)
def test_what_is_new_and_what_was_is_all(first: int, second: int) -> None:
    """Who has the files of the old size needs only the new ones."""
    old, new = sorted((first, second))
    fresh = {name.path for name in tile_names(new, since=old)}
    assert fresh | {name.path for name in tile_names(old)} >= {name.path for name in tile_names(new)}
    assert not fresh & {name.path for name in tile_names(old)}


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_proofs_from_tiles(tree: TreeHash, data: st.DataObject) -> None:
    """Every root and proof made of tiles is the naive one and passes the checks."""
    size = data.draw(st.integers(1, len(row(tree.name, 0))))
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    fetch = served(size)
    root = naive_root(tree, 0, size)
    assert root_from_tiles(fetch, size, tree) == root
    proof = proof_from_tiles(fetch, index, size, tree)
    check_inclusion(tree.leaf(entry(index)), index, size, proof, root, tree)
    path = consistency_from_tiles(fetch, old, size, tree)
    check_consistency(old, size, naive_root(tree, 0, old), root, path, tree)
    assert entry_from_tiles(fetch, index, size) == entry(index)


def test_a_proof_reads_few_tiles() -> None:
    """About one tile a level and those of the right edge, not the log."""
    asked: list[str] = []

    def fetch(path: str) -> bytes:
        asked.append(path)
        return served(SIZE)(path)

    proof_from_tiles(fetch, 12_345, SIZE)
    assert len(asked) <= 6
    assert len(asked) == len(set(asked))


def test_an_older_size_is_read_from_full_tiles() -> None:
    """Partial tiles go when the full one is there; it takes their place."""
    fetch = served(600)
    for size in (1, 200, 256, 300, 511):
        assert root_from_tiles(fetch, size) == naive_root(SHA256_TREE, 0, size)
        assert entry_from_tiles(fetch, size - 1, size) == entry(size - 1)
    with pytest.raises(TileMissing):
        TileReader(fetch, 769).leaf_hashes(2)


def test_entries_are_held_against_their_tile() -> None:
    size = 600
    readers = tuple(TileReader(served(size), size, tree) for tree in TREES)
    found = list(entries_from_tiles(served(size), 250, size, readers))
    assert found == [(index, entry(index)) for index in range(250, size)]

    def swapped(path: str) -> bytes:
        data = served(size)(path)
        return data.replace(entry(300), entry(301)) if path == "tile/entries/001" else data

    with pytest.raises(TileMalformed, match="entry 300"):
        list(entries_from_tiles(swapped, 0, size, readers))
    assert next(entries_from_tiles(swapped, 301, size, readers)) == (301, entry(301))


def test_the_root_says_whether_tiles_are_right() -> None:
    """Any other byte in any tile shows: in the tile above it, or in the root."""
    size = 300
    for path in [name.path for name in tile_names(size)]:

        def broken(asked: str, bad: str = path) -> bytes:
            data = bytearray(served(size)(asked))
            if asked == bad:
                data[len(data) // 2] ^= 1
            return bytes(data)

        reader = TileReader(broken, size)
        try:
            for number in range(2):
                reader.leaf_hashes(number)
        except TileMalformed:
            continue
        assert reader.root() != naive_root(SHA256_TREE, 0, size)


@pytest.mark.parametrize(
    ("index", "old", "size"), [(-1, 0, 3), (3, 0, 3), (0, 4, 3), (2**70, 1, 3), (0, 1, 2**63)]
)
def test_what_is_outside_is_refused(index: int, old: int, size: int) -> None:
    with pytest.raises(ProofInvalid):
        proof_from_tiles(served(3), index, size)
        consistency_from_tiles(served(3), old, size)
    with pytest.raises(ProofInvalid):
        entry_from_tiles(served(3), 3, 3)


def test_a_tile_is_as_wide_as_its_name() -> None:
    name = parse_tile_path("tile/0/000.p/2")
    assert check_tile(bytes(range(64)), name) == (bytes(range(32)), bytes(range(32, 64)))
    assert len(check_tile(bytes(8192), name)) == 2
    for size in (0, 1, 32, 63, 65, 96, 8191, 8193):
        with pytest.raises(TileMalformed):
            check_tile(bytes(size), name)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_bundles_round_trip(entries: list[bytes]) -> None:
    """Length in two bytes, big-endian, then the entry; an entry may be empty."""
    data = encode_entry_bundle(entries)
    assert entry_bundle(data) == entry_bundle(data, len(entries)) == tuple(entries)
    assert len(data) == sum(2 + len(one) for one in entries)


def test_what_is_no_bundle() -> None:
    whole = encode_entry_bundle([b"a"] * 256)
    assert entry_bundle(whole, 3) == (b"a",) * 3
    for data, width in (
        (b"", None),
        (b"\0", None),
        (b"\0\1", None),
        (b"\0\2a", None),
        (whole + b"\0\0", None),
        (encode_entry_bundle([b"a", b"b"]), 1),
        (encode_entry_bundle([b"a"]), 2),
    ):
        with pytest.raises(TileMalformed):
            entry_bundle(data, width)
    with pytest.raises(TileMalformed, match="65535"):
        encode_entry_bundle([bytes(65536)])
    assert entry_bundle(encode_entry_bundle([bytes(65535)])) == (bytes(65535),)


@given(st.binary(max_size=300), st.integers(1, 256))
def test_any_bytes_end_in_a_verdict(data: bytes, width: int) -> None:
    for read in (
        lambda: entry_bundle(data),
        lambda: entry_bundle(data, width),
        lambda: check_tile(data, TileName(0, 0, width)),
        lambda: parse_tile_path(data.decode("latin-1")),
        lambda: root_from_tiles(lambda _path: data, width),
        lambda: proof_from_tiles(lambda _path: data, 0, width),
    ):
        try:
            read()
        except LedgerError:
            continue


def test_tile_path_is_what_a_client_asks_for() -> None:
    assert tile_path(0, 5) == "tile/0/005"
    assert tile_path(0, 5, 3, SM3_TREE) == "sm3/tile/0/005.p/3"
    assert base64.b64encode(SHA256_TREE.empty) == b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
