# SPDX-License-Identifier: Apache-2.0
"""The two hashes that a tree of the log is built with: SHA-256 (C2SP tlog-tiles) and SM3 (GB/T 32905).

Both trees are those of RFC 9162 section 2.1.1 over the same entries; only ``HASH`` differs.  SM3 comes from
the OpenSSL behind ``hashlib`` where that has it, else from ``cryptography``: which one is settled when this
module is loaded, and both give the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from operator import add
from typing import Protocol, Self

from cryptography.hazmat.primitives import hashes

HASH_SIZE = 32


class Context(Protocol):
    """A hash that has begun."""

    def copy(self) -> Self: ...
    def update(self, data: bytes, /) -> object: ...
    def digest(self) -> bytes: ...


class TreeHash:
    """``HASH`` of one tree, and what RFC 9162 makes of it.  Equal only to itself.

    A copy of a hash that has taken its first byte costs less than to begin one by name.
    """

    __slots__ = ("_leaf", "_node", "_start", "empty", "name", "prefix")

    def __init__(self, name: str, prefix: str, start: Context) -> None:
        """``name`` as people read it; ``prefix`` stands before "tile/" in the addresses of its tiles."""
        self.name, self.prefix = name, prefix
        self._start, self._leaf, self._node = start.copy, start.copy(), start.copy()
        self._leaf.update(b"\x00")
        self._node.update(b"\x01")
        self.empty = start.digest()
        """The root of a tree without entries."""

    def __repr__(self) -> str:
        return f"TreeHash({self.name})"

    def digest(self, data: bytes) -> bytes:
        """``HASH(data)``."""
        context = self._start()
        context.update(data)
        return context.digest()

    def leaf(self, data: bytes) -> bytes:
        """``HASH(0x00 || entry)``: a leaf can never be mistaken for a node."""
        context = self._leaf.copy()
        context.update(data)
        return context.digest()

    def node(self, left: bytes, right: bytes) -> bytes:
        """``HASH(0x01 || left || right)``."""
        context = self._node.copy()
        context.update(left + right)
        return context.digest()

    def leaves(self, entries: Iterable[bytes]) -> list[bytes]:
        """The leaf hash of each entry."""
        return _each(self._leaf.copy, entries)

    def parents(self, row: Sequence[bytes]) -> list[bytes]:
        """The node above each two neighbours; an odd last one has none yet."""
        return _each(self._node.copy, map(add, islice(row, 0, None, 2), islice(row, 1, None, 2)))


def _each(begin: Callable[[], Context], parts: Iterable[bytes]) -> list[bytes]:
    made: list[bytes] = []
    keep = made.append
    for part in parts:
        context = begin()
        context.update(part)
        keep(context.digest())
    return made


class _Sm3:
    """SM3 of ``cryptography`` with the names of ``hashlib``."""

    __slots__ = ("_hash",)

    def __init__(self, begun: hashes.Hash) -> None:
        self._hash = begun

    def copy(self) -> Self:
        return type(self)(self._hash.copy())

    def update(self, data: bytes, /) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.copy().finalize()


def _sm3() -> tuple[Context, str]:
    """The faster SM3 of this machine, and whose it is."""
    try:
        return hashlib.new("sm3", usedforsecurity=False), "hashlib"
    except ValueError:
        return _Sm3(hashes.Hash(hashes.SM3())), "cryptography"


_begun_sm3, SM3_PROVIDER = _sm3()
"""``SM3_PROVIDER``: ``hashlib`` or ``cryptography``."""

SHA256_TREE = TreeHash("SHA-256", "", hashlib.sha256())
SM3_TREE = TreeHash("SM3", "sm3/", _begun_sm3)
TREES = (SHA256_TREE, SM3_TREE)
