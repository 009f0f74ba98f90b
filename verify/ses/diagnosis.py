# SPDX-License-Identifier: Apache-2.0
"""Why does an SM2 signature not verify?  The mistakes that products make, tried one after the other.

Only for the words of a report: none of them makes a signature valid (GB/T 32918.2, standards.md section 11).
Public values only, so plain integers will do, and a signature costs two sums of points.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from keys import HashAlgorithm, KeyKind, KeysError, PublicKey, digest
from keys.der import INTEGER, SEQUENCE, read_only

_P: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A: Final = _P - 3
_B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_G: Final = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
_SIZE: Final = 32
_USER_ID: Final = b"1234567812345678"
_Point = tuple[int, int, int]  # Jacobian; z = 0 is infinity


class Mistake(StrEnum):
    """What was done instead of the standard."""

    EMPTY_USER_ID = "EMPTY_USER_ID"
    NO_USER_DIGEST = "NO_USER_DIGEST"
    DOUBLE_DIGEST = "DOUBLE_DIGEST"
    SWAPPED = "SWAPPED"
    NUMBERS_SPELLED_WRONG = "NUMBERS_SPELLED_WRONG"


WORDS: Final = {
    Mistake.EMPTY_USER_ID: ("签名使用了空的用户标识", "it was made with an empty user id"),
    Mistake.NO_USER_DIGEST: ("签名未使用用户标识杂凑值 ZA", "it was made without the user's digest ZA"),
    Mistake.DOUBLE_DIGEST: ("签名对摘要又作了一次摘要", "it is over the digest of a digest"),
    Mistake.SWAPPED: ("签名的 r 与 s 次序颠倒", "its two numbers r and s are exchanged"),
    Mistake.NUMBERS_SPELLED_WRONG: (
        "签名的 r、s 编码不规范",
        "its two numbers r and s are not in their one spelling",
    ),
}


def mistake_in(key: PublicKey, signature: bytes, content: bytes) -> Mistake | None:
    """The mistake that explains the signature, if it is one of them."""
    if key.kind is not KeyKind.SM2:
        return None
    numbers = _numbers(signature)
    if numbers is None:
        return None
    r, s = numbers
    point = (int.from_bytes(key.bits[1 : 1 + _SIZE]), int.from_bytes(key.bits[1 + _SIZE :]), 1)
    x, swapped = _abscissa(point, r, s), _abscissa(point, s, r)
    standard = _sm3(_za(_USER_ID, key.bits) + content)
    for mistake, e, known, first in (
        (Mistake.NUMBERS_SPELLED_WRONG, standard, x, r),
        (Mistake.EMPTY_USER_ID, _sm3(_za(b"", key.bits) + content), x, r),
        (Mistake.NO_USER_DIGEST, _sm3(content), x, r),
        (Mistake.DOUBLE_DIGEST, _sm3(_za(_USER_ID, key.bits) + _sm3(content)), x, r),
        (Mistake.SWAPPED, standard, swapped, s),
    ):
        if known is not None and (int.from_bytes(e) + known) % _N == first:
            return mistake
    return None


def _numbers(signature: bytes) -> tuple[int, int] | None:
    """Both numbers of any pair: with superfluous zeros, or without the zero that keeps them positive."""
    try:
        outer = read_only(signature, lenient=True)
        parts = outer.children() if outer.tag == SEQUENCE else ()
    except KeysError:
        parts = ()
    if len(parts) == 2 and all(part.tag == INTEGER for part in parts):
        return int.from_bytes(parts[0].content), int.from_bytes(parts[1].content)
    if len(signature) == 2 * _SIZE:
        return int.from_bytes(signature[:_SIZE]), int.from_bytes(signature[_SIZE:])
    return None


def _sm3(data: bytes) -> bytes:
    return digest(HashAlgorithm.SM3, data).value


def _za(user_id: bytes, point: bytes) -> bytes:
    curve = b"".join(number.to_bytes(_SIZE) for number in (_A, _B, *_G))
    return _sm3((8 * len(user_id)).to_bytes(2) + user_id + curve + point[1:])


def _abscissa(key: _Point, r: int, s: int) -> int | None:
    """x of sG + (r + s)P, GB/T 32918.2 clause 7.1: the signature is right if r = e + x."""
    t = (r + s) % _N
    if not (1 <= r < _N and 1 <= s < _N) or not t:
        return None
    x, _, z = _sum_of_multiples(s, (*_G, 1), t, key)
    return x * pow(z * z, -1, _P) % _P if z else None


def _sum_of_multiples(first: int, one: _Point, second: int, other: _Point) -> _Point:
    """Both multiplications in one walk over the bits."""
    both = _add(one, other)
    total: _Point = (1, 1, 0)
    for bit in range(255, -1, -1):
        total = _double(total)
        chosen = (first >> bit & 1, second >> bit & 1)
        if chosen == (1, 1):
            total = _add(total, both)
        elif chosen[0]:
            total = _add(total, one)
        elif chosen[1]:
            total = _add(total, other)
    return total


def _double(point: _Point) -> _Point:
    x, y, z = point
    if not z or not y:
        return (1, 1, 0)
    yy = y * y % _P
    s = 4 * x * yy % _P
    zz = z * z % _P
    m = 3 * (x - zz) * (x + zz) % _P  # a = -3
    x3 = (m * m - 2 * s) % _P
    return x3, (m * (s - x3) - 8 * yy * yy) % _P, 2 * y * z % _P


def _add(first: _Point, second: _Point) -> _Point:
    x1, y1, z1 = first
    x2, y2, z2 = second
    if not z1:
        return second
    if not z2:
        return first
    z1z1, z2z2 = z1 * z1 % _P, z2 * z2 % _P
    u1, u2 = x1 * z2z2 % _P, x2 * z1z1 % _P
    s1, s2 = y1 * z2 * z2z2 % _P, y2 * z1 * z1z1 % _P
    h, r = (u2 - u1) % _P, (s2 - s1) % _P
    if not h:
        return (1, 1, 0) if r else _double(first)
    hh = h * h % _P
    hhh, v = h * hh % _P, u1 * hh % _P
    x3 = (r * r - hhh - 2 * v) % _P
    return x3, (r * (v - x3) - s1 * hhh) % _P, h * z1 * z2 % _P
