# SPDX-License-Identifier: Apache-2.0
"""PrivateKeyInfo (RFC 5208, RFC 5958): the kind of key inside, and the scalar of an SM2 key (RFC 5915)."""

from __future__ import annotations

from dataclasses import dataclass

from ..algorithms import CURVE_OIDS, CURVES, EC_PUBLIC_KEY_OID, RSA_OID, KeyFamily, KeyKind, split_algorithm
from ..der import OCTET_STRING, SEQUENCE, Tlv, as_bits, as_integer, as_octets, as_oid, expect, read_only
from ..errors import DerMalformed, KeyMalformed, KeyUnsupported

_PARAMETERS, _PUBLIC, _OUTER_PUBLIC = 0xA0, 0xA1, 0x81
_SCALAR_SIZE = 32


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKeyInfo:
    """Family of the key, and the bytes of the key itself; ``public``: points that stand beside it."""

    family: KeyFamily
    key: bytes
    public: tuple[bytes, ...]


def parse_private_key_info(der: bytes) -> PrivateKeyInfo:
    """Structure and algorithm only.  Raises :class:`KeyMalformed` or :class:`KeyUnsupported`."""
    try:
        parts = expect(read_only(der), SEQUENCE).children()
        if not 3 <= len(parts) <= 5 or as_integer(parts[0]) not in (0, 1):
            raise DerMalformed("a PrivateKeyInfo has version 0 or 1, an algorithm and a key")
        family = _family(*split_algorithm(parts[1]))
        public = tuple(as_bits(part, tag=_OUTER_PUBLIC) for part in parts[3:] if part.tag == _OUTER_PUBLIC)
        return PrivateKeyInfo(family, as_octets(parts[2]), public)
    except DerMalformed as error:
        raise KeyMalformed(f"not a PKCS#8 private key: {error}") from error


def _family(identifier: str, parameters: bytes) -> KeyFamily:
    if identifier == RSA_OID:
        return KeyFamily.RSA
    if identifier != EC_PUBLIC_KEY_OID:
        raise KeyUnsupported(f"private key algorithm {identifier} is not on the allow-list")
    curve = as_oid(read_only(parameters))
    if curve not in CURVES:
        raise KeyUnsupported(f"curve {curve} is not on the allow-list")
    return CURVES[curve].family


def parse_sm2_scalar(ec_private_key: bytes) -> tuple[int, tuple[bytes, ...]]:
    """The scalar of an ECPrivateKey, with or without curve parameters, and the points that stand beside it.

    Raises :class:`KeyMalformed`.
    """
    try:
        parts = expect(read_only(ec_private_key), SEQUENCE).children()
        if not 2 <= len(parts) <= 4 or as_integer(parts[0]) != 1:
            raise DerMalformed("an ECPrivateKey has version 1 and a scalar")
        scalar = as_octets(expect(parts[1], OCTET_STRING))
        if not 1 <= len(scalar) <= _SCALAR_SIZE:
            raise DerMalformed(f"a scalar has {_SCALAR_SIZE} bytes")
        rest = {part.tag: _only_child(part) for part in parts[2:]}
        if len(rest) != len(parts) - 2 or not rest.keys() <= {_PARAMETERS, _PUBLIC}:
            raise DerMalformed("an ECPrivateKey has at most [0] parameters and [1] public key")
        if _PARAMETERS in rest and as_oid(rest[_PARAMETERS]) != CURVE_OIDS[KeyKind.SM2]:
            raise DerMalformed("the inner curve is not SM2")
        public = (as_bits(rest[_PUBLIC]),) if _PUBLIC in rest else ()
        return int.from_bytes(scalar), public
    except DerMalformed as error:
        raise KeyMalformed(f"not an SM2 private key: {error}") from error


def _only_child(tlv: Tlv) -> Tlv:
    children = tlv.children()
    if len(children) != 1:
        raise DerMalformed("an explicit tag holds one element", offset=tlv.start)
    return children[0]
