# SPDX-License-Identifier: Apache-2.0
"""Digests.  SM3 too comes from ``cryptography``: it works where OpenSSL is built without it, and is fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import hashes

from .algorithms import HashAlgorithm
from .errors import DigestMalformed

IMPLEMENTATIONS: Final[dict[HashAlgorithm, hashes.HashAlgorithm]] = {
    HashAlgorithm.SHA256: hashes.SHA256(),
    HashAlgorithm.SHA384: hashes.SHA384(),
    HashAlgorithm.SHA512: hashes.SHA512(),
    HashAlgorithm.SM3: hashes.SM3(),
}


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest and its algorithm; the length fits."""

    algorithm: HashAlgorithm
    value: bytes

    def __post_init__(self) -> None:
        if len(self.value) != self.algorithm.size:
            raise DigestMalformed(f"{self.algorithm} has {self.algorithm.size} bytes, not {len(self.value)}")

    @property
    def hex(self) -> str:
        return self.value.hex()


class Hasher:
    """Digest data piece by piece."""

    __slots__ = ("_algorithm", "_context")

    def __init__(self, algorithm: HashAlgorithm) -> None:
        self._algorithm = algorithm
        self._context = hashes.Hash(IMPLEMENTATIONS[algorithm])

    def update(self, data: bytes | bytearray | memoryview) -> None:
        self._context.update(data)

    def copy(self) -> Hasher:
        """One that goes its own way from here: what many contents begin with is digested once."""
        other = Hasher.__new__(Hasher)
        other._algorithm, other._context = self._algorithm, self._context.copy()
        return other

    def finish(self) -> Digest:
        """The digest of everything so far; more may follow."""
        return Digest(self._algorithm, self._context.copy().finalize())


def hasher(algorithm: HashAlgorithm) -> Hasher:
    """An empty :class:`Hasher`."""
    return Hasher(algorithm)


def digest(algorithm: HashAlgorithm, data: bytes | bytearray | memoryview) -> Digest:
    """The digest of these bytes."""
    context = hashes.Hash(IMPLEMENTATIONS[algorithm])
    context.update(data)
    return Digest(algorithm, context.finalize())
