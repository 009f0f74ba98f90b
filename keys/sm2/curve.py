# SPDX-License-Identifier: Apache-2.0
"""The SM2 curve (GB/T 32918.5-2017) and what is hashed before a signature (GB/T 32918.2-2016 clause 5.5).

Public values only.  The user id is fixed by GB/T 35276 and is never empty; no function takes another.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives import hashes

from ..errors import KeyMalformed

P: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A: Final = P - 3
B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
GX: Final = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
GY: Final = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
SIZE: Final = 32
POINT_SIZE: Final = 1 + 2 * SIZE
UNCOMPRESSED: Final = 0x04
USER_ID: Final = b"1234567812345678"

_SM3: Final = hashes.SM3()
_BEFORE_KEY: Final = (
    (8 * len(USER_ID)).to_bytes(2) + USER_ID + b"".join(n.to_bytes(SIZE) for n in (A, B, GX, GY))
)


def require_point(point: bytes) -> None:
    """An uncompressed point on the curve; its cofactor is 1, so every point is in the group."""
    if len(point) != POINT_SIZE or point[0] != UNCOMPRESSED:
        raise KeyMalformed(f"an SM2 key is {POINT_SIZE} bytes, uncompressed")
    x, y = int.from_bytes(point[1 : 1 + SIZE]), int.from_bytes(point[1 + SIZE :])
    if x >= P or y >= P or (y * y - (x * x * x + A * x + B)) % P:
        raise KeyMalformed("this point is not on the SM2 curve")


def require_scalar(d: int) -> None:
    """A private key lies in [1, n-2]: n-1 has no inverse of 1+d."""
    if not 1 <= d <= N - 2:
        raise KeyMalformed("an SM2 private key lies between 1 and n-2")


def user_digest(point: bytes) -> bytes:
    """ZA: the digest of user id, curve and key."""
    context = hashes.Hash(_SM3)
    context.update(_BEFORE_KEY)
    context.update(point[1:])
    return context.finalize()


def message_digest(za: bytes, message: bytes | memoryview) -> bytes:
    """e = SM3(ZA || message)."""
    context = hashes.Hash(_SM3)
    context.update(za)
    context.update(message)
    return context.finalize()
