# SPDX-License-Identifier: Apache-2.0
"""SM2EnvelopedKey (GB/T 35276, GM/T 0009): an SM2 key under SM4, whose key is under the holder's SM2 key.

Written: SM4-ECB without padding over the 32 bytes of the scalar, algorithm 1.2.156.10197.1.104.1 with NULL.
Read as well: SM4 named without mode, parameters absent, and a third block of padding, because the text does
not say whether ECB is padded. Nothing here is authenticated but the SM4 key, so the key that comes out must
be that of the public key beside it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from .. import sm2
from ..algorithms import KeyKind, split_algorithm
from ..der import BIT_STRING, SEQUENCE, as_bits, bits, expect, null, oid, read_only, sequence
from ..errors import CipherMalformed, DecryptionFailed, DerMalformed, KeyMalformed, KeyUnsupported
from ..formats import parse_private_key_info, parse_sm2_scalar
from ..public import PublicKey
from ..sm2 import SM2Cipher
from ..software import SoftwareKey, parse_private_key

SM4_KEY_SIZE: Final = 16
_BLOCK = 16
_SM4, _SM4_ECB = "1.2.156.10197.1.104", "1.2.156.10197.1.104.1"
_LARGEST = 1024
_PADDING = bytes((_BLOCK,)) * _BLOCK


@dataclass(frozen=True, slots=True)
class SM2EnvelopedKey:
    """What travels.  Raises :class:`CipherMalformed` when it cannot be one."""

    symmetric_key: SM2Cipher
    """The SM4 key, for the holder's signing key."""
    public: bytes
    """The point of the key inside, 65 bytes."""
    private: bytes
    """The scalar under SM4-ECB: 32 bytes, or 48 with padding."""

    def __post_init__(self) -> None:
        try:
            sm2.require_point(self.public)
        except KeyMalformed as error:
            raise CipherMalformed(f"the key beside the enveloped one: {error}") from error
        if len(self.symmetric_key.text) != SM4_KEY_SIZE:
            raise CipherMalformed(f"an SM4 key is {SM4_KEY_SIZE} bytes")
        if len(self.private) not in (sm2.SIZE, sm2.SIZE + _BLOCK):
            raise CipherMalformed("an enveloped SM2 key is two blocks, or three with padding")

    def encode(self) -> bytes:
        """DER."""
        algorithm = sequence(oid(_SM4_ECB), null())
        return sequence(algorithm, self.symmetric_key.encode(), bits(self.public), bits(self.private))


def parse_enveloped_key(der: bytes) -> SM2EnvelopedKey:
    """DER SM2EnvelopedKey.  Raises :class:`CipherMalformed` or :class:`KeyUnsupported`."""
    if len(der) > _LARGEST:
        raise CipherMalformed(f"an SM2EnvelopedKey is at most {_LARGEST} bytes")
    try:
        parts = expect(read_only(der), SEQUENCE).children()
        if len(parts) != 4:
            raise DerMalformed("an SM2EnvelopedKey has four parts")
        algorithm, parameters = split_algorithm(parts[0])
        public, private = (as_bits(expect(part, BIT_STRING)) for part in parts[2:])
    except DerMalformed as error:
        raise CipherMalformed(f"not an SM2EnvelopedKey: {error}") from error
    if algorithm not in (_SM4, _SM4_ECB) or parameters not in (b"", null()):
        raise KeyUnsupported(f"cipher {algorithm}: an enveloped key is under SM4-ECB")
    return SM2EnvelopedKey(sm2.parse_sm2_cipher(parts[1].raw), public, private)


def envelope_key(
    key: SoftwareKey, recipient: PublicKey, *, random: Callable[[int], bytes] = os.urandom
) -> SM2EnvelopedKey:
    """An SM2 key for the holder of ``recipient``, which is the holder's signing key.

    Raises :class:`KeyUnsupported` when either is not an SM2 key.
    """
    if key.public_key.kind is not KeyKind.SM2:
        raise KeyUnsupported("only SM2 keys are enveloped")
    symmetric = random(SM4_KEY_SIZE)
    scalar, _ = parse_sm2_scalar(parse_private_key_info(key.pkcs8()).key)
    private = _ecb(symmetric).encryptor().update(scalar.to_bytes(sm2.SIZE))
    return SM2EnvelopedKey(recipient.encrypt(symmetric), key.public_key.bits, private)


def open_enveloped_key(
    enveloped: SM2EnvelopedKey, key: SoftwareKey, *, unsafe_not_constant_time: bool = False
) -> SoftwareKey:
    """The key inside, with the holder's signing key.

    Raises :class:`DecryptionFailed` when it is for somebody else or was changed, and what
    :meth:`SoftwareKey.decrypt` raises.
    """
    symmetric = key.decrypt(enveloped.symmetric_key)
    plain = _ecb(symmetric).decryptor().update(enveloped.private)
    scalar = plain[: sm2.SIZE]
    if plain[sm2.SIZE :] not in (b"", _PADDING):
        raise DecryptionFailed("the enveloped key was changed: its padding is wrong")
    try:
        return parse_private_key(
            sm2.private_key_info(int.from_bytes(scalar), enveloped.public),
            unsafe_not_constant_time=unsafe_not_constant_time,
        )
    except KeyMalformed:
        raise DecryptionFailed("the enveloped key is not that of the public key beside it") from None


def _ecb(key: bytes) -> Cipher[modes.ECB]:
    # ECB is what the standard has; the two blocks are one uniform scalar and do not repeat.
    return Cipher(algorithms.SM4(key), modes.ECB())  # noqa: S305
