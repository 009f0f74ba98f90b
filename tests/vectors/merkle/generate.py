# SPDX-License-Identifier: Apache-2.0
"""Generate the Merkle proof vectors: ``python tests/vectors/merkle/generate.py`` rewrites the two JSON files.

The trees and the good proofs come from the recursive definitions of RFC 9162 section 2.1, written here a
second time and in the plainest way, so that the vectors do not share a mistake with the code under test.
Each good proof is then damaged in every listed way; a damaged proof must be refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LEAVES = tuple(
    bytes([(17 * n + 3 * k) % 256 for k in range(length)])
    for n, length in enumerate((0, 1, 1, 2, 2, 4, 8, 16))
)
INCLUSIONS = ((0, 1), (0, 8), (5, 8), (2, 3), (1, 5))
CONSISTENCIES = ((1, 1), (1, 8), (6, 8), (2, 5), (6, 7))
NOTHING = hashlib.sha256(b"").digest()
STRANGER = hashlib.sha256(b"a hash that is in no tree").digest()
GARBAGE = hashlib.sha256(b"garbage").digest()
Case = dict[str, Any]


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def root(leaves: tuple[bytes, ...]) -> bytes:
    """MTH(D_n)."""
    if not leaves:
        return NOTHING
    if len(leaves) == 1:
        return leaf(leaves[0])
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:])).digest()


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m: int, leaves: tuple[bytes, ...]) -> list[bytes]:
    """PATH(m, D_n)."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), root(leaves[k:])]
    return [*path(m - k, leaves[k:]), root(leaves[:k])]


def subproof(m: int, leaves: tuple[bytes, ...], whole: bool) -> list[bytes]:
    """SUBPROOF(m, D_n, b)."""
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), root(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), root(leaves[:k])]


def flipped(value: bytes, bit: int) -> bytes:
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def damaged(proof: list[bytes], bit: int, roots: dict[str, bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Every way to damage the list of hashes that this set knows."""
    for n in range(len(proof)):
        yield f"bit {bit} of proof[{n}] flipped", [*proof[:n], flipped(proof[n], bit), *proof[n + 1 :]]
    yield "garbage before the proof", [GARBAGE, *proof]
    yield "garbage after the proof", [*proof, GARBAGE]
    for name, value in roots.items():
        yield f"{name} before the proof", [value, *proof]
        yield f"{name} after the proof", [*proof, value]


def inclusion_cases() -> Iterator[Case]:
    def case(group: str, what: str, valid: bool, **facts: Any) -> Case:
        return {"id": f"{group}/{what}", "valid": valid, **facts}

    for index, size in INCLUSIONS:
        group = f"leaf {index} of {size}"
        tree = LEAVES[:size]
        good = {
            "index": index,
            "size": size,
            "leaf_hash": leaf(LEAVES[index]),
            "proof": path(index, tree),
            "root": root(tree),
        }
        proof = good["proof"]
        yield case(group, "good", True, **good)
        yield case(group, "next index", False, **{**good, "index": index + 1})
        yield case(group, "index before", False, **{**good, "index": index - 1})
        yield case(group, "index with bit 1 flipped", False, **{**good, "index": index ^ 2})
        yield case(group, "size doubled", False, **{**good, "size": size * 2})
        yield case(group, "size halved", False, **{**good, "size": size // 2})
        yield case(group, "another leaf", False, **{**good, "leaf_hash": STRANGER})
        yield case(group, "root of the empty tree", False, **{**good, "root": NOTHING})
        yield case(group, "another root", False, **{**good, "root": STRANGER})
        for what, steps in damaged(proof, 3, {"root": good["root"]}):
            yield case(group, what, False, **{**good, "proof": steps})
        if proof:
            yield case(group, "last hash missing", False, **{**good, "proof": proof[:-1]})
        if len(proof) > 1:
            yield case(group, "a hash inserted", False, **{**good, "proof": [proof[0], STRANGER, *proof[1:]]})
    for index, size in ((0, 0), (0, 1), (1, 0), (2, 1)):
        group = f"nothing proven, leaf {index} of {size}"
        none: Case = {"index": index, "size": size, "proof": []}
        yield case(group, "empty root, empty leaf", False, **none, leaf_hash=b"", root=NOTHING)
        yield case(group, "empty root, some leaf", False, **none, leaf_hash=STRANGER, root=NOTHING)
        yield case(group, "no root, some leaf", False, **none, leaf_hash=STRANGER, root=b"")
    single: Case = {"index": 0, "size": 1, "proof": []}
    lone = leaf(b"lone")
    yield case("one entry", "root is the leaf hash", True, **single, leaf_hash=lone, root=lone)
    yield case("one entry", "no leaf", False, **single, leaf_hash=b"", root=lone)
    yield case("one entry", "no root", False, **single, leaf_hash=lone, root=b"")
    yield case("one entry", "neither, and they are equal", False, **single, leaf_hash=b"", root=b"")


def consistency_cases() -> Iterator[Case]:
    def case(group: str, what: str, valid: bool, **facts: Any) -> Case:
        return {"id": f"{group}/{what}", "valid": valid, **facts}

    for size1, size2 in CONSISTENCIES:
        group = f"{size1} to {size2}"
        proof = subproof(size1, LEAVES[:size2], True)
        good: Case = {
            "size1": size1,
            "size2": size2,
            "root1": root(LEAVES[:size1]),
            "root2": root(LEAVES[:size2]),
            "proof": proof,
        }
        yield case(group, "good", True, **good)
        if not proof:
            continue
        yield case(group, "first size plus one", False, **{**good, "size1": size1 + 1})
        yield case(group, "first size minus one", False, **{**good, "size1": size1 - 1})
        yield case(group, "first size with bit 1 flipped", False, **{**good, "size1": size1 ^ 2})
        yield case(group, "second size doubled", False, **{**good, "size2": size2 * 2})
        yield case(group, "second size halved", False, **{**good, "size2": size2 // 2})
        yield case(group, "another first root", False, **{**good, "root1": STRANGER})
        yield case(group, "another second root", False, **{**good, "root2": STRANGER})
        yield case(group, "roots swapped", False, **{**good, "root1": good["root2"], "root2": good["root1"]})
        yield case(group, "no proof", False, **{**good, "proof": []})
        yield case(group, "last hash missing", False, **{**good, "proof": proof[:-1]})
        yield case(group, "first hash twice", False, **{**good, "proof": [proof[0], *proof]})
        for what, steps in damaged(proof, 4, {"first root": good["root1"], "second root": good["root2"]}):
            yield case(group, what, False, **{**good, "proof": steps})
    for size1, size2, root1, root2, steps, valid, what in (
        (0, 1, NOTHING, NOTHING, [NOTHING], False, "from the empty tree with a proof"),
        (0, 1, STRANGER, STRANGER, [], False, "from the empty tree, equal roots"),
        (0, 1, NOTHING, STRANGER, [], False, "from the empty tree, its own root"),
        (0, 0, STRANGER, STRANGER, [], False, "both empty, equal roots"),
        (0, 0, NOTHING, STRANGER, [], False, "both empty, roots differ"),
        (0, 0, NOTHING, NOTHING, [NOTHING], False, "both empty, with a proof"),
        (0, 0, NOTHING, NOTHING, [], False, "both empty, the right root: proves nothing"),
        (1, 0, STRANGER, STRANGER, [], False, "shrinks to nothing"),
        (2, 1, STRANGER, STRANGER, [], False, "shrinks"),
        (1, 1, STRANGER, STRANGER, [], True, "same size, same root"),
        (1, 1, STRANGER, GARBAGE, [], False, "same size, other root"),
        (1, 1, NOTHING, STRANGER, [], False, "same size, one root of the empty tree"),
        (1, 1, STRANGER, STRANGER, [STRANGER], False, "same size, same root, with a proof"),
        (1, 2, STRANGER, STRANGER, [], False, "sizes differ, no proof"),
    ):
        yield case("edges", what, valid, size1=size1, size2=size2, root1=root1, root2=root2, proof=steps)


def as_json(case: Case) -> Case:
    def text(value: Any) -> Any:
        if isinstance(value, bytes):
            return value.hex()
        return [text(one) for one in value] if isinstance(value, list) else value

    return {name: text(value) for name, value in case.items()}


def write(name: str, cases: Iterator[Case]) -> None:
    rows = [as_json(one) for one in cases]
    if len({one["id"] for one in rows}) != len(rows):
        raise SystemExit("two cases share an id")
    (HERE / name).write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    print(f"{name}: {len(rows)} cases, {sum(one['valid'] for one in rows)} good")


if __name__ == "__main__":
    write("inclusion.json", inclusion_cases())
    write("consistency.json", consistency_cases())
