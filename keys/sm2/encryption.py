# SPDX-License-Identifier: Apache-2.0
"""SM2 public-key encryption (GB/T 32918.4-2016) and its spellings: GM/T 0009 DER, raw C1C3C2 and C1C2C3.

``C1`` is the nonce times the generator, ``C3 = SM3(x2 || M || y2)``, ``C2 = M xor KDF(x2 || y2)``. A mask
that is all zero is thrown away by who encrypts and refused by who decrypts, whatever the library below does:
such a ciphertext shows its message.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives import hashes

from ..der import (
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    as_integer,
    as_octets,
    expect,
    integer,
    octets,
    read_only,
    sequence,
)
from ..errors import CipherMalformed, DecryptionFailed, DerMalformed, KeyMalformed
from .curve import POINT_SIZE, SIZE, UNCOMPRESSED, require_point

HASH_SIZE: Final = 32
ATTEMPTS: Final = 100
"""A message of one byte meets an all-zero mask once in 256; a hundred times in a row never."""
LONGEST_MESSAGE: Final = 64 * 1024
"""Keys and short secrets are wrapped; longer data goes under a symmetric key."""
_LARGEST: Final = LONGEST_MESSAGE + 256


class CipherOrder(StrEnum):
    """Orders of a raw ciphertext: the current one, and the one before GB/T 32918.4-2016."""

    C1C3C2 = "C1C3C2"
    C1C2C3 = "C1C2C3"


@dataclass(frozen=True, slots=True)
class SM2Cipher:
    """A ciphertext whose point is on the curve.  Raises :class:`CipherMalformed` when it is not one."""

    point: bytes
    """C1, 65 bytes, uncompressed."""
    hash: bytes
    """C3, 32 bytes."""
    text: bytes
    """C2, as long as the message."""

    def __post_init__(self) -> None:
        try:
            require_point(self.point)
        except KeyMalformed as error:
            raise CipherMalformed(f"C1: {error}") from error
        if len(self.hash) != HASH_SIZE:
            raise CipherMalformed(f"C3 is {HASH_SIZE} bytes")
        if not 1 <= len(self.text) <= LONGEST_MESSAGE:
            raise CipherMalformed(f"C2 is 1 to {LONGEST_MESSAGE} bytes")

    def encode(self) -> bytes:
        """DER SM2Cipher, GM/T 0009-2012 clause 7.2."""
        x, y = self.point[1 : 1 + SIZE], self.point[1 + SIZE :]
        return sequence(
            integer(int.from_bytes(x)), integer(int.from_bytes(y)), octets(self.hash), octets(self.text)
        )

    def raw(self, order: CipherOrder = CipherOrder.C1C3C2) -> bytes:
        """The octets one after the other; C1 begins with 04."""
        if order is CipherOrder.C1C2C3:
            return self.point + self.text + self.hash
        return self.point + self.hash + self.text


def parse_sm2_cipher(der: bytes) -> SM2Cipher:
    """A DER SM2Cipher.  Raises :class:`CipherMalformed`."""
    if len(der) > _LARGEST:
        raise CipherMalformed(f"an SM2 ciphertext is at most {_LARGEST} bytes")
    try:
        parts = expect(read_only(der), SEQUENCE).children()
        if len(parts) != 4:
            raise DerMalformed("an SM2Cipher has four parts")
        x, y = (as_integer(expect(part, INTEGER)) for part in parts[:2])
        code, text = (as_octets(expect(part, OCTET_STRING)) for part in parts[2:])
    except DerMalformed as error:
        raise CipherMalformed(f"not an SM2Cipher: {error}") from error
    if not all(0 <= number < 1 << 8 * SIZE for number in (x, y)):
        raise CipherMalformed(f"a coordinate has {SIZE} bytes")
    return SM2Cipher(bytes((UNCOMPRESSED,)) + x.to_bytes(SIZE) + y.to_bytes(SIZE), code, text)


def parse_raw_sm2_cipher(data: bytes, order: CipherOrder = CipherOrder.C1C3C2) -> SM2Cipher:
    """A raw ciphertext in this order, with its 04; nothing in the bytes says which order it is.

    Raises :class:`CipherMalformed`.
    """
    if not POINT_SIZE + HASH_SIZE < len(data) <= _LARGEST:
        raise CipherMalformed("a raw SM2 ciphertext has C1, C3 and at least one byte of C2")
    point, rest = data[:POINT_SIZE], data[POINT_SIZE:]
    if order is CipherOrder.C1C2C3:
        return SM2Cipher(point, rest[-HASH_SIZE:], rest[:-HASH_SIZE])
    return SM2Cipher(point, rest[:HASH_SIZE], rest[HASH_SIZE:])


def require_message(message: bytes) -> None:
    """Raises :class:`CipherMalformed`."""
    if not 1 <= len(message) <= LONGEST_MESSAGE:
        raise CipherMalformed(f"1 to {LONGEST_MESSAGE} bytes can be encrypted")


def seal_with(c1: bytes, shared: bytes, message: bytes) -> SM2Cipher | None:
    """Steps A4 to A8 with the shared point (x2, y2), 64 bytes; none when the mask is all zero."""
    mask = _mask(shared, len(message))
    if not any(mask):
        return None
    return SM2Cipher(c1, _code(shared, message), _xor(message, mask))


def open_with(shared: bytes, cipher: SM2Cipher) -> bytes:
    """Steps B3 to B6 with the shared point.  Raises :class:`DecryptionFailed`."""
    message = _xor(cipher.text, _mask(shared, len(cipher.text)))
    if not hmac.compare_digest(_code(shared, message), cipher.hash):
        raise DecryptionFailed("this SM2 ciphertext does not open with this key")
    return require_masked(cipher, message)


def require_masked(cipher: SM2Cipher, message: bytes) -> bytes:
    """The message, unless the mask was all zero (step B4).  Raises :class:`DecryptionFailed`."""
    if hmac.compare_digest(cipher.text, message):
        raise DecryptionFailed("this SM2 ciphertext masks nothing")
    return message


def _mask(shared: bytes, size: int) -> bytes:
    """KDF, GB/T 32918.4 clause 5.4.3: SM3 over the secret and a counter from 1."""
    blocks = (size + HASH_SIZE - 1) // HASH_SIZE
    return b"".join(_sm3(shared, count.to_bytes(4)) for count in range(1, blocks + 1))[:size]


def _code(shared: bytes, message: bytes) -> bytes:
    return _sm3(shared[:SIZE], message, shared[SIZE:])


def _xor(first: bytes, second: bytes) -> bytes:
    return (int.from_bytes(first) ^ int.from_bytes(second)).to_bytes(len(first))


def _sm3(*parts: bytes) -> bytes:
    context = hashes.Hash(hashes.SM3())
    for part in parts:
        context.update(part)
    return context.finalize()
