# SPDX-License-Identifier: Apache-2.0
"""Tree proofs against the vectors, against a second and naive tree, and against damage."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify import (
    ProofInvalid,
    check_consistency,
    check_inclusion,
    completed_nodes,
    consistency_path,
    empty_root,
    inclusion_path,
    leaf_hash,
    node_hash,
    tree_root,
)

VECTORS = Path(__file__).parents[1] / "vectors" / "merkle"
LARGEST = 300


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in json.loads((VECTORS / name).read_text("utf-8"))]


def unhex(values: list[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in values]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("merkle_generate", VECTORS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("case", cases("inclusion.json"))
def test_inclusion_vector(case: dict[str, Any]) -> None:
    """RFC 9162 section 2.1.3.2: a good proof is accepted, every damaged one refused."""
    facts = (bytes.fromhex(case["leaf_hash"]), case["index"], case["size"], unhex(case["proof"]))
    if case["valid"]:
        check_inclusion(*facts, bytes.fromhex(case["root"]))
    else:
        with pytest.raises(ProofInvalid):
            check_inclusion(*facts, bytes.fromhex(case["root"]))


@pytest.mark.parametrize("case", cases("consistency.json"))
def test_consistency_vector(case: dict[str, Any]) -> None:
    """RFC 9162 section 2.1.4.2, likewise."""
    roots = (bytes.fromhex(case["root1"]), bytes.fromhex(case["root2"]))
    if case["valid"]:
        check_consistency(case["size1"], case["size2"], *roots, unhex(case["proof"]))
    else:
        with pytest.raises(ProofInvalid):
            check_consistency(case["size1"], case["size2"], *roots, unhex(case["proof"]))


def test_vectors_are_98_and_98_and_come_from_the_generator() -> None:
    """The files are what the script writes, and the four classes of known wrong accepts are among them."""
    made = generator()
    for name, rows in (("inclusion", made.inclusion_cases()), ("consistency", made.consistency_cases())):
        expected = [made.as_json(row) for row in rows]
        assert json.loads((VECTORS / f"{name}.json").read_text("utf-8")) == expected
        assert len(expected) == 98
        assert sum(row["valid"] for row in expected) == 6
    names = {row["id"] for row in json.loads((VECTORS / "consistency.json").read_text("utf-8"))}
    assert {"edges/both empty, equal roots", "edges/from the empty tree, equal roots"} <= names


@pytest.mark.parametrize(
    ("root", "leaf", "size"), [(b"", b"", 1), (b"", b"", 0), (hashlib.sha256(b"").digest(), b"", 0)]
)
def test_empty_root_is_not_an_empty_leaf(root: bytes, leaf: bytes, size: int) -> None:
    """Known wrong accept: equal and empty is not proven."""
    with pytest.raises(ProofInvalid):
        check_inclusion(leaf, 0, size, [], root)


@pytest.mark.parametrize("size2", [0, 1, 7])
def test_nothing_is_consistent_with_an_empty_tree(size2: int) -> None:
    """Known wrong accept: from size 0 every tree would follow."""
    with pytest.raises(ProofInvalid, match="no consistency"):
        check_consistency(0, size2, empty_root(), empty_root(), [])


def test_rfc_6962_hashes() -> None:
    """RFC 6962 section 2.1: known hashes of the empty tree and of the empty leaf."""
    assert empty_root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@cache
def naive_root(start: int, end: int) -> bytes:
    """MTH of RFC 9162 section 2.1.1, word for word: the oracle."""
    if end == start:
        return hashlib.sha256(b"").digest()
    if end - start == 1:
        return hashlib.sha256(b"\x00" + entry(start)).digest()
    k = 1
    while k * 2 < end - start:
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(start, start + k) + naive_root(start + k, end)).digest()


def entry(index: int) -> bytes:
    return f"entry {index}".encode()


@cache
def stored() -> dict[tuple[int, int], bytes]:
    """The nodes that a writer stores, appended one leaf at a time."""
    nodes: dict[tuple[int, int], bytes] = {}
    for index in range(LARGEST):
        for level, position, value in completed_nodes(
            lambda level, position: nodes[level, position], index, leaf_hash(entry(index))
        ):
            assert (level, position) not in nodes, "a complete node is written once"
            nodes[level, position] = value
    return nodes


def node(level: int, index: int) -> bytes:
    return stored()[level, index]


def test_stored_nodes_are_the_complete_subtrees() -> None:
    """Every stored node is the naive hash of exactly its range; none is missing."""
    nodes = stored()
    wanted = {(level, i) for level in range(9) for i in range(LARGEST >> level)}
    assert set(nodes) == wanted
    for level, i in wanted:
        assert nodes[level, i] == naive_root(i << level, (i + 1) << level)


@pytest.mark.parametrize("size", range(LARGEST + 1))
def test_root_of_every_size(size: int) -> None:
    """The root from stored nodes is the naive root."""
    assert tree_root(node, size) == naive_root(0, size)


def test_completed_nodes_of_a_first_leaf() -> None:
    """The first leaf reads nothing: there is nothing to read."""

    def nothing(level: int, index: int) -> bytes:
        raise AssertionError((level, index))

    assert completed_nodes(nothing, 0, leaf_hash(b"x")) == ((0, 0, leaf_hash(b"x")),)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_inclusion_path_checks(data: st.DataObject) -> None:
    """A made proof is accepted; with any bit flipped, for any other index, or after any other leaf it is
    refused.
    """
    size = data.draw(st.integers(1, LARGEST))
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_path(node, index, size)
    leaf, root = leaf_hash(entry(index)), naive_root(0, size)
    check_inclusion(leaf, index, size, proof, root)
    other = data.draw(st.integers(0, LARGEST).filter(lambda n: n != index))
    with pytest.raises(ProofInvalid):
        check_inclusion(leaf, other, size, proof, root)
    with pytest.raises(ProofInvalid):
        check_inclusion(leaf_hash(entry(other)), index, size, proof, root)
    if proof:
        which, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
        broken = bytearray(proof[which])
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ProofInvalid):
            check_inclusion(leaf, index, size, [*proof[:which], bytes(broken), *proof[which + 1 :]], root)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_consistency_path_checks(data: st.DataObject) -> None:
    """A made proof is accepted; for any other pair of sizes or with any bit flipped it is refused."""
    size2 = data.draw(st.integers(1, LARGEST))
    size1 = data.draw(st.integers(1, size2))
    proof = consistency_path(node, size1, size2)
    roots = naive_root(0, size1), naive_root(0, size2)
    check_consistency(size1, size2, *roots, proof)
    assert (proof == ()) == (size1 == size2)
    other = data.draw(st.integers(0, LARGEST).filter(lambda n: n != size1))
    with pytest.raises(ProofInvalid):
        check_consistency(
            other, size2, naive_root(0, other), naive_root(0, size2) if other != size2 else roots[0], proof
        )
    if proof:
        which, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
        broken = bytearray(proof[which])
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ProofInvalid):
            check_consistency(size1, size2, *roots, [*proof[:which], bytes(broken), *proof[which + 1 :]])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.binary(max_size=40), max_size=8),
    st.integers(-3, 2**70),
    st.integers(-3, 2**70),
    st.binary(max_size=40),
    st.binary(max_size=40),
)
def test_any_input_ends_in_a_verdict(proof: list[bytes], a: int, b: int, x: bytes, y: bytes) -> None:
    """No input escapes with another error, whatever it is."""
    for act in (lambda: check_inclusion(x, a, b, proof, y), lambda: check_consistency(a, b, x, y, proof)):
        try:
            act()
        except ProofInvalid as error:
            assert error.rule


@pytest.mark.parametrize("size", [-1, 2**63])
def test_sizes_out_of_range_are_refused_when_making(size: int) -> None:
    """The writer, too, gets a typed error."""
    for make in (
        lambda: tree_root(node, size),
        lambda: inclusion_path(node, 0, size),
        lambda: consistency_path(node, 1, size),
    ):
        with pytest.raises(ProofInvalid):
            make()


def test_positions_outside_are_refused_when_making() -> None:
    """An index at the size, or consistency from nothing, has no proof."""
    for make in (
        lambda: inclusion_path(node, 5, 5),
        lambda: inclusion_path(node, -1, 5),
        lambda: consistency_path(node, 0, 5),
        lambda: consistency_path(node, 6, 5),
    ):
        with pytest.raises(ProofInvalid):
            make()
    assert node_hash(leaf_hash(b"a"), leaf_hash(b"b")) != node_hash(leaf_hash(b"b"), leaf_hash(b"a"))
