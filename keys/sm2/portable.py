# SPDX-License-Identifier: Apache-2.0
"""SM2 by ``gmssl`` in pure Python: verification where no native library has SM2.

Not constant-time, so it never signs, unless somebody takes :class:`UnsafePortable` by name: for tests and
vectors, never for a key of value. Encryption for another's key needs no private key and is done here too; its
nonce is used once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from gmssl.sm2 import CryptSM2, default_ecc_table

from ..errors import KeysError, SigningFailed, SigningRefused
from .curve import SIZE, UNCOMPRESSED, N
from .encryption import ATTEMPTS, SM2Cipher, open_with, seal_with
from .provider import Sm2Private, Sm2ProviderInfo

GENERATOR: str = default_ecc_table["g"]


class Portable:
    """The provider."""

    def __init__(self) -> None:
        try:
            release = version("gmssl")
        except PackageNotFoundError:
            release = "unknown"
        self.info = Sm2ProviderInfo(
            name="gmssl",
            version=release,
            constant_time=False,
            can_sign=False,
            note="pure Python, not constant-time: verifies only; install OpenSSL 3 or Botan 3",
        )

    def private(self, d: int) -> Sm2Private:  # noqa: ARG002
        raise SigningRefused("no SM2 provider here protects a private key: install OpenSSL 3 or Botan 3")

    def public(self, point: bytes) -> PortablePublic:
        return PortablePublic(point)


class PortablePublic:
    """A public key."""

    __slots__ = ("_key",)

    def __init__(self, point: bytes) -> None:
        self._key = _crypt(point[1:].hex())

    def verify(self, e: bytes, r: int, s: int) -> bool:
        try:
            return bool(self._key.verify(f"{r:064x}{s:064x}", e))
        except (TypeError, ValueError):
            return False  # it stumbles over the point at infinity

    def encrypt(self, message: bytes, random: Callable[[int], bytes] = os.urandom) -> SM2Cipher:
        # Not by ``gmssl``'s own method, whose nonce comes from a generator that can be predicted.
        for _ in range(ATTEMPTS):
            k = int.from_bytes(random(SIZE))
            if 1 <= k < N:
                c1, shared = (
                    bytes.fromhex(self._key._kg(k, one)) for one in (GENERATOR, self._key.public_key)
                )
                if cipher := seal_with(bytes((UNCOMPRESSED,)) + c1, shared, message):
                    return cipher
        raise KeysError("no usable nonce: the random source is broken")


class UnsafePortable(Portable):
    """The provider that also signs, with a leak for whoever can measure time."""

    def __init__(self, random: Callable[[int], bytes] = os.urandom) -> None:
        super().__init__()
        self._random = random

    def private(self, d: int) -> UnsafePortablePrivate:
        return UnsafePortablePrivate(d, self._random)


class UnsafePortablePrivate:
    """A private key."""

    __slots__ = ("_d", "_key", "_random", "point")

    def __init__(self, d: int, random: Callable[[int], bytes]) -> None:
        self._key, self._random, self._d = _crypt("", f"{d:064x}"), random, d
        self.point = bytes((UNCOMPRESSED,)) + bytes.fromhex(self._key._kg(d, default_ecc_table["g"]))

    def sign(self, e: bytes) -> tuple[int, int]:
        for _ in range(100):
            k = int.from_bytes(self._random(SIZE))
            signature = self._key.sign(e, f"{k:064x}") if 1 <= k < N else None
            if signature:
                return int(signature[:64], 16), int(signature[64:], 16)
        raise SigningFailed("no usable nonce: the random source is broken")

    def decrypt(self, cipher: SM2Cipher) -> bytes:
        return open_with(bytes.fromhex(self._key._kg(self._d, cipher.point[1:].hex())), cipher)


def _crypt(public: str, private: str = "") -> CryptSM2:
    key = CryptSM2(private_key=private, public_key="")
    # Set afterwards: the constructor strips every leading 0 and 4, which some coordinates begin with.
    key.public_key = public
    return key
