# SPDX-License-Identifier: Apache-2.0
"""Enveloped keys as USB keys (SKF, GM/T 0016) and cryptographic devices (SDF, GM/T 0018) take them.

Structures are packed, numbers little-endian in four bytes, coordinates right-aligned in 64. The two
interfaces order the members differently. The encrypted scalar stands right-aligned in its 64 bytes too.
Written from published headers, without a device at hand.
"""

from __future__ import annotations

import struct
from typing import Final

from .. import sm2
from ..errors import CipherMalformed, KeyUnsupported
from ..sm2 import SM2Cipher
from .enveloped import SM4_KEY_SIZE, SM2EnvelopedKey

VERSION: Final = 1
SGD_SM4_ECB: Final = 0x401
_BITS = 256
_FIELD = 64
_POINT = bytes((4,))
_PUBLIC_SIZE = 4 + 2 * _FIELD
_CIPHER_SIZE = 2 * _FIELD + 32 + 4 + SM4_KEY_SIZE


def write_skf_blob(key: SM2EnvelopedKey) -> bytes:
    """SKF ENVELOPEDKEYBLOB: version, cipher, bits, encrypted scalar, public key, SM2 ciphertext."""
    head = struct.pack("<III", VERSION, SGD_SM4_ECB, _BITS)
    return head + _right(_scalar(key)) + _public(key.public) + _cipher(key.symmetric_key)


def parse_skf_blob(data: bytes) -> SM2EnvelopedKey:
    """Raises :class:`CipherMalformed` or :class:`KeyUnsupported`."""
    _require_size(data, 12 + _FIELD + _PUBLIC_SIZE + _CIPHER_SIZE)
    version, algorithm, size = struct.unpack_from("<III", data)
    _require_head(version, algorithm)
    if size != _BITS:
        raise KeyUnsupported(f"an SM2 key has {_BITS} bits, not {size}")
    at = 12 + _FIELD
    private, public, cipher = data[12:at], data[at : at + _PUBLIC_SIZE], data[at + _PUBLIC_SIZE :]
    return SM2EnvelopedKey(_parsed_cipher(cipher), _parsed_public(public), _left(private))


def write_sdf_blob(key: SM2EnvelopedKey) -> bytes:
    """SDF EnvelopedKeyBlob: version, cipher, SM2 ciphertext, public key, encrypted scalar."""
    head = struct.pack("<II", VERSION, SGD_SM4_ECB)
    return head + _cipher(key.symmetric_key) + _public(key.public) + _right(_scalar(key))


def parse_sdf_blob(data: bytes) -> SM2EnvelopedKey:
    """Raises :class:`CipherMalformed` or :class:`KeyUnsupported`."""
    _require_size(data, 8 + _CIPHER_SIZE + _PUBLIC_SIZE + _FIELD)
    _require_head(*struct.unpack_from("<II", data))
    at = 8 + _CIPHER_SIZE
    cipher, public, private = data[8:at], data[at : at + _PUBLIC_SIZE], data[at + _PUBLIC_SIZE :]
    return SM2EnvelopedKey(_parsed_cipher(cipher), _parsed_public(public), _left(private))


def _require_size(data: bytes, size: int) -> None:
    if len(data) != size:
        raise CipherMalformed(f"this blob has {size} bytes, not {len(data)}")


def _require_head(version: int, algorithm: int) -> None:
    if version != VERSION or algorithm != SGD_SM4_ECB:
        raise KeyUnsupported(f"version {version}, cipher {algorithm:#x}: only version 1 under SM4-ECB")


def _scalar(key: SM2EnvelopedKey) -> bytes:
    # Whole blocks of ECB stand alone: without the block of padding it is the unpadded form.
    return key.private[: sm2.SIZE]


def _right(value: bytes) -> bytes:
    return value.rjust(_FIELD, b"\x00")


def _left(field: bytes) -> bytes:
    """The 32 bytes at the right; what stands before them must be zero."""
    if any(field[:-32]):
        raise CipherMalformed("32 bytes stand right-aligned in 64")
    return field[-32:]


def _public(point: bytes) -> bytes:
    return struct.pack("<I", _BITS) + _right(point[1:33]) + _right(point[33:])


def _parsed_public(data: bytes) -> bytes:
    if struct.unpack_from("<I", data)[0] != _BITS:
        raise KeyUnsupported(f"an SM2 key has {_BITS} bits")
    return _POINT + _left(data[4 : 4 + _FIELD]) + _left(data[4 + _FIELD :])


def _cipher(cipher: SM2Cipher) -> bytes:
    point = cipher.point
    size = struct.pack("<I", len(cipher.text))
    return _right(point[1:33]) + _right(point[33:]) + cipher.hash + size + cipher.text


def _parsed_cipher(data: bytes) -> SM2Cipher:
    at = 2 * _FIELD
    if struct.unpack_from("<I", data, at + 32)[0] != SM4_KEY_SIZE:
        raise CipherMalformed(f"an SM4 key is {SM4_KEY_SIZE} bytes")
    point = _POINT + _left(data[:_FIELD]) + _left(data[_FIELD:at])
    return SM2Cipher(point, data[at : at + 32], data[at + 36 :])
