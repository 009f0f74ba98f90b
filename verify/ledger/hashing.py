# SPDX-License-Identifier: Apache-2.0
"""The two hashes that a tree of the log is built with: SHA-256 (C2SP tlog-tiles) and SM3 (GB/T 32905).

Both trees are those of RFC 9162 section 2.1.1 over the same entries; only ``HASH`` differs.  SM3 comes from
the OpenSSL behind ``hashlib`` where that has it, else from ``cryptography``: which one is settled when this
module is loaded, and both give the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from keys import HashAlgorithm, digest

HASH_SIZE = 32


@dataclass(frozen=True, slots=True)
class TreeHash:
    """``HASH`` of one tree, and what RFC 9162 makes of it.  Equal by name."""

    name: str  # as people read it
    prefix: str  # before "tile/" in the addresses of its tiles
    digest: Callable[[bytes], bytes]
    empty: bytes  # root of a tree without entries

    def leaf(self, data: bytes) -> bytes:
        """``HASH(0x00 || entry)``: a leaf can never be mistaken for a node."""
        return self.digest(b"\x00" + data)

    def node(self, left: bytes, right: bytes) -> bytes:
        """``HASH(0x01 || left || right)``."""
        return self.digest(b"\x01" + left + right)

    def leaves(self, entries: Iterable[bytes]) -> list[bytes]:
        """The leaf hash of each entry."""
        one = self.digest
        return [one(b"\x00" + entry) for entry in entries]

    def parents(self, row: Sequence[bytes]) -> list[bytes]:
        """The node above each two neighbours; an odd last one has none yet."""
        one = self.digest
        return [
            one(b"\x01" + left + right)
            for left, right in zip(islice(row, 0, None, 2), islice(row, 1, None, 2), strict=False)
        ]


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _sm3() -> tuple[Callable[[bytes], bytes], str]:
    """The faster SM3 of this machine, and whose it is."""
    try:
        start = hashlib.new("sm3", usedforsecurity=False)
    except ValueError:
        return (lambda data: digest(HashAlgorithm.SM3, data).value), "cryptography"

    def sm3(data: bytes) -> bytes:
        context = start.copy()  # asking for it by name costs as much as the hash itself
        context.update(data)
        return context.digest()

    return sm3, "hashlib"


_digest_sm3, SM3_PROVIDER = _sm3()
"""``SM3_PROVIDER``: ``hashlib`` or ``cryptography``."""

SHA256_TREE = TreeHash("SHA-256", "", _sha256, _sha256(b""))
SM3_TREE = TreeHash("SM3", "sm3/", _digest_sm3, _digest_sm3(b""))
TREES = (SHA256_TREE, SM3_TREE)
