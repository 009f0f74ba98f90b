# SPDX-License-Identifier: Apache-2.0
"""DER of SM2 keys: SubjectPublicKeyInfo (RFC 5480 with the SM2 curve) and PKCS#8 (RFC 5915 inside)."""

from __future__ import annotations

from ..algorithms import CURVE_OIDS, EC_PUBLIC_KEY_OID, KeyKind
from ..der import bits, explicit, integer, octets, oid, sequence
from .curve import SIZE

ALGORITHM = sequence(oid(EC_PUBLIC_KEY_OID), oid(CURVE_OIDS[KeyKind.SM2]))


def public_key_info(point: bytes) -> bytes:
    """SubjectPublicKeyInfo, 91 bytes."""
    return sequence(ALGORITHM, bits(point))


def private_key_info(d: int, point: bytes | None = None) -> bytes:
    """PrivateKeyInfo; the inner ECPrivateKey names no curve, because the outer identifier does."""
    public = b"" if point is None else explicit(1, bits(point))
    return sequence(integer(0), ALGORITHM, octets(sequence(integer(1), octets(d.to_bytes(SIZE)), public)))
