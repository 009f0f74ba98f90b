# SPDX-License-Identifier: Apache-2.0
"""Secrets shared among people: Shamir, "How to share a secret" (1979), byte by byte over GF(2^8).

The field is that of AES (FIPS 197 section 4.2). No table is read at a place that a secret decides and no
branch depends on one; that Python's own integers take the same time for every value, nobody promises.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Final

MOST: Final = 255
"""Shares of one secret: every one has its own place other than zero in the field."""
_POLYNOMIAL: Final = 0x11B


def multiply(a: int, b: int) -> int:
    """The product in the field: eight steps whatever the factors are."""
    product = 0
    for _ in range(8):
        product ^= a & -(b & 1)
        a = (a << 1) ^ (_POLYNOMIAL & -(a >> 7))
        b >>= 1
    return product


def inverse(a: int) -> int:
    """a to the power of 254; zero stays zero."""
    power, result = a, 1
    for _ in range(7):
        power = multiply(power, power)
        result = multiply(result, power)
    return result


def split(
    secret: bytes, *, threshold: int, count: int, random: Callable[[int], bytes] = os.urandom
) -> dict[int, bytes]:
    """``count`` shares by their index from 1; any ``threshold`` of them give the secret, fewer say nothing.

    Each byte of the secret is the constant term of a polynomial of its own, whose other coefficients are
    drawn uniformly, zero among them: a leading coefficient that is never zero would tell something.
    """
    if not 2 <= threshold <= count <= MOST:
        raise ValueError(f"2 <= threshold <= shares <= {MOST}")
    coefficients = [secret, *(random(len(secret)) for _ in range(threshold - 1))]
    shares: dict[int, bytes] = {}
    for index in range(1, count + 1):
        value = bytes(len(secret))
        for row in reversed(coefficients):
            value = bytes(multiply(one, index) ^ other for one, other in zip(value, row, strict=True))
        shares[index] = value
    return shares


def combine(shares: Mapping[int, bytes]) -> bytes:
    """The secret of these shares, all of them used; something else when one is false or one too few."""
    if len({len(one) for one in shares.values()}) != 1 or not all(1 <= index <= MOST for index in shares):
        raise ValueError("shares of one secret have one length and an index from 1 to 255")
    secret = bytes(len(next(iter(shares.values()))))
    for index, share in shares.items():
        weight = 1
        for other in shares:
            if other != index:
                weight = multiply(weight, multiply(other, inverse(other ^ index)))
        secret = bytes(one ^ multiply(byte, weight) for one, byte in zip(secret, share, strict=True))
    return secret
