# SPDX-License-Identifier: Apache-2.0
"""A key from a passphrase: scrypt (RFC 7914), with its parameters in the file and bounded when read."""

from __future__ import annotations

import os
from typing import Final

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ..errors import VaultError
from ..formats import passphrase_bytes
from .sealed_files import KEY_SIZE, Fields, from_text, to_text

SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**15, 8, 3
"""As hard as n = 2^17 with p = 1, in a quarter of the memory (32 MiB)."""
SMALLEST_N: Final = 2**14
LARGEST_N, LARGEST_P = 2**20, 16
_SALT = 16


def fresh_kdf(n: int | None = None) -> Fields:
    """Parameters with a new salt."""
    salt = to_text(os.urandom(_SALT))
    return {"name": "scrypt", "n": n or SCRYPT_N, "r": SCRYPT_R, "p": SCRYPT_P, "salt": salt}


def derive(passphrase: str, kdf: object, *, file: str) -> bytes:
    """The key.  Raises :class:`VaultError` for parameters out of range, or :class:`~keys.PassphraseWrong`."""
    if not isinstance(kdf, dict):
        raise VaultError("says nothing of key derivation", file=file)
    n, r, p = (kdf.get(name) for name in "nrp")
    if kdf.get("name") != "scrypt" or r != SCRYPT_R or not isinstance(n, int) or not isinstance(p, int):
        raise VaultError("uses another key derivation", file=file)
    if not SMALLEST_N <= n <= LARGEST_N or n & (n - 1) or not 1 <= p <= LARGEST_P:
        raise VaultError("these scrypt parameters are out of range", file=file)
    salt = from_text(kdf, "salt", file=file)
    return Scrypt(salt=salt, length=KEY_SIZE, n=n, r=SCRYPT_R, p=p).derive(passphrase_bytes(passphrase))
