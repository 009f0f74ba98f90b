# SPDX-License-Identifier: Apache-2.0
"""The port behind which SM2 is computed.

Providers see the 32-byte digest e, never a message or a user id: what is hashed is decided in one place of
ours, and an empty user id cannot happen.  They see signatures that are canonical already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from .encryption import SM2Cipher


@dataclass(frozen=True, slots=True)
class Sm2ProviderInfo:
    """What ``yinxin doctor`` shows.  ``note``: a warning for the operator, or empty."""

    name: str
    version: str
    constant_time: bool
    can_sign: bool
    note: str = ""


class Sm2Private(Protocol):
    """A private key that the provider holds loaded.  Safe to use concurrently."""

    @property
    def point(self) -> bytes:
        """The public key, 65 bytes."""

    def sign(self, e: bytes) -> tuple[int, int]:
        """r and s.  Raises :class:`~keys.SigningFailed`."""


class Sm2Public(Protocol):
    """A public key that the provider holds loaded.  Safe to use concurrently."""

    def verify(self, e: bytes, r: int, s: int) -> bool:
        """Is this a signature over e?  Both numbers lie in [1, n-1]."""


@runtime_checkable
class Sm2Decrypting(Protocol):
    """A private key that also decrypts; not every provider has it."""

    def decrypt(self, cipher: SM2Cipher) -> bytes:
        """The message.  Raises :class:`~keys.DecryptionFailed`."""


@runtime_checkable
class Sm2Encrypting(Protocol):
    """A public key that also encrypts; not every provider has it."""

    def encrypt(self, message: bytes) -> SM2Cipher:
        """For the holder of the private key alone."""


class Sm2Provider(Protocol):
    """One implementation."""

    @property
    def info(self) -> Sm2ProviderInfo: ...

    def private(self, d: int) -> Sm2Private:
        """Load a scalar in [1, n-2].  Raises :class:`~keys.SigningRefused` or :class:`~keys.KeyMalformed`."""

    def public(self, point: bytes) -> Sm2Public:
        """Load a point that is on the curve.  Raises :class:`~keys.KeyMalformed`."""
