# SPDX-License-Identifier: Apache-2.0
"""Signatures, their algorithms, and the keys that they belong to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from authority import (
    CURVE,
    EC_KEY,
    ECDSA_SHA256,
    NULL,
    P256,
    P256_CURVE,
    SM2_ABSENT,
    SM2_CURVE,
    SM2_NULL,
    SM2_SM3_OID,
    USER_ID,
    Key,
    N,
    P,
    Sign,
    certify,
    crl,
    integer,
    key_of,
    number,
    octets,
    oid,
    pair,
    seq,
    sm3,
    times_g,
    tlv,
)
from case import FORGED, MALFORMED, UNSUPPORTED, Case, ca_case, case, leaf_case


def other_id(user_id: bytes) -> Sign:
    return lambda key, tbs: pair(*key.numbers(tbs, user_id))


def spelled(change: Callable[[int, int], bytes]) -> Sign:
    return lambda key, tbs: change(*key.numbers(tbs))


def ecdsa_over_sm2(key: Key, tbs: bytes) -> bytes:
    """ECDSA arithmetic on the SM2 curve, over the right e."""
    k = number("ecdsa")
    r = int.from_bytes(times_g(k)[:32]) % N
    return pair(r, pow(k, -1, N) * (int.from_bytes(key.digest(tbs, USER_ID)) + r * key.d) % N)


def long_zero(value: int) -> bytes:
    return tlv(0x02, b"\x00" + integer(value)[2:])


SIGNATURES: dict[str, tuple[str, Sign]] = {
    "empty-user-id": ("ENTL 0000, as OpenSSL before 4.0 signs without distid", other_id(b"")),
    "other-user-id": ("User id ALICE123@YAHOO.COM", other_id(b"ALICE123@YAHOO.COM")),
    "tls-user-id": ("The user id of RFC 8998 TLS", other_id(b"TLSv1.3+GM+Cipher+Suite")),
    "user-id-length-in-bytes": (
        "ENTL counts octets, not bits",
        lambda key, tbs: pair(
            *key.numbers(tbs, digest=sm3(sm3(b"\0\x10" + USER_ID + CURVE + key.point[1:]) + tbs))
        ),
    ),
    "no-za": ("SM3 of the message alone", lambda key, tbs: pair(*key.numbers(tbs, digest=sm3(tbs)))),
    "sha256-for-sm3": (
        "SHA-256 where SM3 is named",
        lambda key, tbs: pair(*key.numbers(tbs, digest=hashlib.sha256(tbs).digest())),
    ),
    "ecdsa-arithmetic": ("ECDSA on the SM2 curve", ecdsa_over_sm2),
    "raw-64-bytes": ("r and s without DER", spelled(lambda r, s: r.to_bytes(32) + s.to_bytes(32))),
    "r-zero": ("r = 0", spelled(lambda r, s: pair(0, s))),
    "s-zero": ("s = 0", spelled(lambda r, s: pair(r, 0))),
    "r-is-n": ("r = n", spelled(lambda r, s: pair(N, s))),
    "s-is-n": ("s = n", spelled(lambda r, s: pair(r, N))),
    "r-plus-n": ("r + n: the same remainder", spelled(lambda r, s: pair(r + N, s))),
    "s-plus-n": ("s + n: the same remainder", spelled(lambda r, s: pair(r, s + N))),
    "s-negated": ("n - s, which ECDSA would take", spelled(lambda r, s: pair(r, N - s))),
    "t-zero": ("r + s = n, so t = 0", spelled(lambda r, s: pair(r, N - r))),
    "swapped": ("s before r", spelled(lambda r, s: pair(s, r))),
    "r-negative": ("r - n as a negative INTEGER", spelled(lambda r, s: pair(r - N, s))),
    "r-not-minimal": ("A zero octet too many before r", spelled(lambda r, s: seq(long_zero(r), integer(s)))),
    "s-not-minimal": ("A zero octet too many before s", spelled(lambda r, s: seq(integer(r), long_zero(s)))),
    "long-length": (
        "The length of the SEQUENCE in two octets",
        spelled(lambda r, s: b"\x30\x81" + pair(r, s)[1:]),
    ),
    "trailing-bytes": ("A byte after the SEQUENCE", spelled(lambda r, s: pair(r, s) + b"\x00")),
    "third-integer": (
        "A third INTEGER inside",
        spelled(lambda r, s: seq(integer(r), integer(s), integer(0))),
    ),
    "octet-string": ("The SEQUENCE in an OCTET STRING", spelled(lambda r, s: octets(pair(r, s)))),
    "empty": ("Nothing in the BIT STRING", lambda key, tbs: b""),
    "altered-message": (
        "One bit of the signed bytes",
        lambda key, tbs: key.sign(tbs[:-1] + bytes([tbs[-1] ^ 1])),
    ),
    "other-key": ("Signed by the leaf's own key", lambda key, tbs: key_of("川建签章").sign(tbs)),
}


def signature_cases() -> Iterator[Case]:
    for kind, (description, sign) in SIGNATURES.items():
        yield leaf_case(f"signature::{kind}", description, FORGED, sign=sign)
    for kind in ("empty-user-id", "s-negated", "trailing-bytes"):
        description, sign = SIGNATURES[kind]
        yield ca_case(f"signature::authority-{kind}", f"On the authority: {description}", FORGED, sign=sign)
    yield leaf_case("signature::unused-bits", "A BIT STRING with four unused bits", MALFORMED, unused=4)
    yield leaf_case(
        "signature::inner-null-outer-absent", "Only the outer one is absent", MALFORMED, outer=SM2_ABSENT
    )
    yield leaf_case(
        "signature::inner-absent-outer-null",
        "Only the inner one is absent",
        MALFORMED,
        algorithm=SM2_ABSENT,
        outer=SM2_NULL,
    )
    yield leaf_case(
        "signature::inner-other-algorithm",
        "ecdsa-with-SHA256 inside",
        MALFORMED,
        algorithm=ECDSA_SHA256,
        outer=SM2_NULL,
    )
    named = {
        "sm3-with-rsa": ("SM3 with RSA over an SM2 signature", seq(oid("1.2.156.10197.1.504"), NULL)),
        "sm2-with-sha1": ("SM2 with SHA-1", seq(oid("1.2.156.10197.1.502"))),
        "sm2-with-sha256": ("SM2 with SHA-256", seq(oid("1.2.156.10197.1.503"))),
        "sm2-alone": ("SM2 without a digest", seq(oid("1.2.156.10197.1.301.1"))),
        "curve-as-algorithm": ("The curve where the algorithm stands", seq(oid(SM2_CURVE))),
    }
    for kind, (description, algorithm) in named.items():
        yield leaf_case(f"signature::{kind}", description, UNSUPPORTED, algorithm=algorithm)
    yield leaf_case(
        "signature::curve-as-parameters",
        "Parameters other than NULL",
        UNSUPPORTED,
        algorithm=seq(oid(SM2_SM3_OID), oid(SM2_CURVE)),
    )
    yield leaf_case(
        "signature::named-ecdsa",
        "ecdsa-with-SHA256 named over an SM2 signature",
        FORGED,
        algorithm=ECDSA_SHA256,
    )
    nist = P256("nist root")
    other = certify("NIST 根", ca=True, key=nist)
    below = certify("国密签发", other, ca=True, length=0, algorithm=SM2_NULL)
    yield case(
        "signature::p256-named-sm2",
        "An ECDSA signature of a P-256 root under the name of SM2 with SM3",
        FORGED,
        anchors=(other,),
        chain=(below,),
        leaf=certify("川建签章", below),
        crls=(crl(other), crl(below)),
    )
    yield from key_cases()


def key_cases() -> Iterator[Case]:
    own = key_of("川建签章")
    x, y = own.point[1:33], own.point[33:]

    def key(point: bytes, algorithm: str = EC_KEY, parameters: bytes = oid(SM2_CURVE)) -> bytes:
        return seq(seq(oid(algorithm), parameters), tlv(0x03, b"\x00", point))

    lower = (int.from_bytes(y) - 1).to_bytes(32)
    keys = {
        "off-curve": ("y - 1", MALFORMED, key(b"\x04" + x + lower)),
        "x-not-reduced": ("On the curve, with x + p for x", MALFORMED, key(beyond())),
        "infinity": ("The point at infinity", MALFORMED, key(b"\x00")),
        "zero-point": ("x and y are 0", MALFORMED, key(b"\x04" + bytes(64))),
        "truncated": ("63 octets", MALFORMED, key(own.point[:-1])),
        "raw-point": ("Without the octet 04", MALFORMED, key(own.point[1:])),
        "on-p256": ("The point under the name of P-256", MALFORMED, key(own.point, EC_KEY, oid(P256_CURVE))),
        "p256-point": ("A point of P-256 under the name of SM2", MALFORMED, key(P256("other").point)),
        "compressed": ("A compressed point: GB/T 20518 has none", MALFORMED, key(bytes([2 + y[-1] % 2]) + x)),
        "curve-as-algorithm": (
            "The curve where id-ecPublicKey stands",
            UNSUPPORTED,
            key(own.point, SM2_CURVE, NULL),
        ),
        "no-curve": ("NULL where the curve is named", MALFORMED, key(own.point, EC_KEY, NULL)),
    }
    for kind, (description, expected, spki) in keys.items():
        yield leaf_case(f"key::{kind}", description, expected, spki=spki)


def beyond() -> bytes:
    """A point whose x is small enough for x + p to fit into 32 octets."""
    a, b = int.from_bytes(CURVE[:32]), int.from_bytes(CURVE[32:64])
    for x in range(1, 99):
        square = (x**3 + a * x + b) % P
        y = pow(square, (P + 1) // 4, P)  # p = 3 mod 4
        if y * y % P == square:
            return b"\x04" + (x + P).to_bytes(32) + y.to_bytes(32)
    raise SystemExit("no such point")
