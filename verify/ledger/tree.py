# SPDX-License-Identifier: Apache-2.0
"""Merkle tree proofs: check them, and make them from stored nodes.

RFC 9162 section 2.1 (hashing 2.1.1, inclusion 2.1.3, consistency 2.1.4), with SHA-256 unless ``tree`` names
another hash.  Stricter than the text, after known wrong accepts of other verifiers: every hash is exactly 32
bytes, a tree of size 0 proves nothing (no inclusion, no consistency from it), and sizes stay below 2**63.

Making a proof needs only the hashes of *complete* subtrees: node ``(level, index)`` covers the ``2**level``
leaves from ``index * 2**level``.  They never change once written, so a writer stores them and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from .errors import ProofInvalid
from .hashing import HASH_SIZE, SHA256_TREE, TreeHash

LARGEST_SIZE = 2**63 - 1
EMPTY_ROOT = SHA256_TREE.empty
_ONLY_HASHES = {HASH_SIZE}

GetNode: TypeAlias = Callable[[int, int], bytes]
"""``get_node(level, index)``: the hash of one complete subtree."""


def leaf_hash(data: bytes, tree: TreeHash = SHA256_TREE) -> bytes:
    """``HASH(0x00 || entry)``: a leaf can never be mistaken for a node."""
    return tree.leaf(data)


def node_hash(left: bytes, right: bytes, tree: TreeHash = SHA256_TREE) -> bytes:
    """``HASH(0x01 || left || right)``."""
    return tree.node(left, right)


def empty_root(tree: TreeHash = SHA256_TREE) -> bytes:
    """The root of a tree without entries: the hash of nothing."""
    return tree.empty


def _require_hash(value: bytes, what: str) -> None:
    if len(value) != HASH_SIZE:
        raise ProofInvalid(f"{what} must be {HASH_SIZE} bytes, not {len(value)}")


def _require_hashes(proof: Sequence[bytes]) -> None:
    if {*map(len, proof)} - _ONLY_HASHES:
        for number, step in enumerate(proof):
            _require_hash(step, f"proof[{number}]")


def check_inclusion(
    leaf_hash: bytes,
    index: int,
    size: int,
    proof: Sequence[bytes],
    root: bytes,
    tree: TreeHash = SHA256_TREE,
) -> None:
    """Raise :class:`ProofInvalid` unless the leaf is entry ``index`` of the tree of ``size`` with this root.

    RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size <= LARGEST_SIZE:
        raise ProofInvalid(f"index {index} is not inside a tree of size {size}")
    _require_hash(leaf_hash, "leaf hash")
    _require_hash(root, "root")
    _require_hashes(proof)
    position, last, reached, node = index, size - 1, leaf_hash, tree.node
    for step in proof:
        if last == 0:
            raise ProofInvalid("the proof is longer than the path")
        if position & 1 or position == last:
            reached = node(step, reached)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            reached = node(reached, step)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofInvalid("the proof is shorter than the path")
    if reached != root:
        raise ProofInvalid("the proof leads to another root")


def check_consistency(
    size1: int,
    size2: int,
    root1: bytes,
    root2: bytes,
    proof: Sequence[bytes],
    tree: TreeHash = SHA256_TREE,
) -> None:
    """Raise :class:`ProofInvalid` unless the second tree only appends to the first.

    RFC 9162 section 2.1.4.2.  From size 0 everything would be consistent: that is refused, not accepted.
    """
    if not 0 < size1 <= size2 <= LARGEST_SIZE:
        raise ProofInvalid(f"no consistency from size {size1} to size {size2}")
    _require_hash(root1, "first root")
    _require_hash(root2, "second root")
    _require_hashes(proof)
    if size1 == size2:
        if proof:
            raise ProofInvalid("equal sizes need no proof")
        if root1 != root2:
            raise ProofInvalid("equal sizes, different roots: the log shows two histories")
        return
    # A first tree that is a complete subtree is its own first step (step 3 of the RFC).
    steps = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    if not steps:
        raise ProofInvalid("the proof is shorter than the path")
    position, last = size1 - 1, size2 - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise ProofInvalid("the proof is longer than the path")
        if position & 1 or position == last:
            first, second = tree.node(step, first), tree.node(step, second)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            second = tree.node(second, step)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofInvalid("the proof is shorter than the path")
    if first != root1:
        raise ProofInvalid("the proof does not lead to the first root")
    if second != root2:
        raise ProofInvalid("the proof does not lead to the second root")


def completed_nodes(
    get_node: GetNode, index: int, leaf_hash: bytes, tree: TreeHash = SHA256_TREE
) -> tuple[tuple[int, int, bytes], ...]:
    """The ``(level, index, hash)`` that appending leaf ``index`` completes, lowest first.

    Reads only nodes that earlier leaves completed.
    """
    done = [(0, index, leaf_hash)]
    level, position, reached = 0, index, leaf_hash
    while position & 1:
        reached = tree.node(get_node(level, position - 1), reached)
        level, position = level + 1, position >> 1
        done.append((level, position, reached))
    return tuple(done)


def tree_root(get_node: GetNode, size: int, tree: TreeHash = SHA256_TREE) -> bytes:
    """The root of the first ``size`` leaves."""
    _require_size(size)
    return _range_hash(get_node, 0, size, tree) if size else tree.empty


def inclusion_path(
    get_node: GetNode, index: int, size: int, tree: TreeHash = SHA256_TREE
) -> tuple[bytes, ...]:
    """The proof that leaf ``index`` is in the tree of ``size``: RFC 9162 section 2.1.3.1."""
    _require_size(size)
    if not 0 <= index < size:
        raise ProofInvalid(f"index {index} is not inside a tree of size {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(get_node, middle, end, tree))
            end = middle
        else:
            path.append(_range_hash(get_node, start, middle, tree))
            start = middle
    return tuple(reversed(path))


def consistency_path(
    get_node: GetNode, size1: int, size2: int, tree: TreeHash = SHA256_TREE
) -> tuple[bytes, ...]:
    """The proof that the tree of ``size2`` extends the tree of ``size1``: RFC 9162 section 2.1.4.1."""
    _require_size(size2)
    if not 0 < size1 <= size2:
        raise ProofInvalid(f"no consistency from size {size1} to size {size2}")
    path: list[bytes] = []
    start, end = 0, size2
    whole = True  # the first tree is still this whole range: its root is known to the reader
    while size1 != end:
        middle = start + _split(end - start)
        if size1 <= middle:
            path.append(_range_hash(get_node, middle, end, tree))
            end = middle
        else:
            path.append(_range_hash(get_node, start, middle, tree))
            start, whole = middle, False
    if not whole:
        path.append(_range_hash(get_node, start, end, tree))
    return tuple(reversed(path))


def _require_size(size: int) -> None:
    if not 0 <= size <= LARGEST_SIZE:
        raise ProofInvalid(f"size {size} is out of range")


def _split(size: int) -> int:
    """The largest power of two smaller than ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _range_hash(get_node: GetNode, start: int, end: int, tree: TreeHash) -> bytes:
    """Hash of the leaves ``start..end``; ``start`` is a multiple of the largest power of two in the range."""
    parts: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append(get_node(level, start >> level))
        start += 1 << level
    reached = parts.pop()
    while parts:
        reached = tree.node(parts.pop(), reached)
    return reached
