# SPDX-License-Identifier: Apache-2.0
"""Public keys: SubjectPublicKeyInfo in, verification out.

Every family walks the same path; the bytes of the key are kept as they came. Elliptic-curve points are
uncompressed and on a named curve (RFC 5480 section 2.2; GB/T 20518 has nothing else).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key

from . import sm2
from .algorithms import (
    CURVES,
    EC_PUBLIC_KEY_OID,
    RSA_BITS,
    RSA_OID,
    RSA_PSS_SHA256,
    KeyFamily,
    KeyKind,
    Scheme,
    allowed,
    default_scheme,
    split_algorithm,
)
from .der import SEQUENCE, as_bits, as_oid, expect, null, read_only
from .digests import IMPLEMENTATIONS
from .digests import digest as hash_of
from .errors import DerMalformed, KeyMalformed, KeyUnsupported, SignatureInvalid
from .formats import parse_pair
from .sm2 import SM2Cipher

ORDERS: Final = {
    KeyKind.P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    KeyKind.P384: int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16
    ),
}
"""Group orders, FIPS 186-5 and SP 800-186."""
SMALLEST_EXPONENT: Final = 65537
LARGEST_SPKI: Final = 1024
_UNCOMPRESSED = 0x04


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that verifies.  Equal when its SubjectPublicKeyInfo is the same bytes."""

    spki: bytes
    kind: KeyKind = field(compare=False)
    bits: bytes = field(compare=False, repr=False)
    """The content of the BIT STRING: for SM2 and ECDSA the point, for RSA a DER RSAPublicKey."""
    _native: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | None = field(compare=False, repr=False)

    @property
    def family(self) -> KeyFamily:
        return self.kind.family

    @property
    def key_id(self) -> bytes:
        """RFC 5280 section 4.2.1.2 method 1."""
        return hashlib.sha1(self.bits, usedforsecurity=False).digest()

    def verify(self, signature: bytes, message: bytes | memoryview, scheme: Scheme | None = None) -> None:
        """Nothing, if this is a signature over the message in this scheme (else the default of the kind).

        Raises :class:`SignatureInvalid`, or :class:`KeyUnsupported` when key and scheme do not go together.
        """
        scheme = scheme or default_scheme(self.kind)
        if not allowed(self.kind, scheme):
            raise KeyUnsupported(f"{scheme.name} does not go with a key of kind {self.kind}")
        native, digest = self._native, IMPLEMENTATIONS[scheme.hash]
        try:
            if native is None:
                sm2.verify(self.bits, signature, message)
            elif isinstance(native, ec.EllipticCurvePublicKey):
                parse_pair(signature, ORDERS[self.kind])
                native.verify(signature, message, ec.ECDSA(digest))
            else:
                hashed = hash_of(scheme.hash, message).value
                native.verify(signature, hashed, rsa_padding(scheme), utils.Prehashed(digest))
        except InvalidSignature:
            raise SignatureInvalid(f"not a signature of this key over these bytes ({scheme.name})") from None

    def encrypt(self, message: bytes) -> SM2Cipher:
        """For the holder of this SM2 key alone.

        Raises :class:`~keys.CipherMalformed` for an empty or too long message, :class:`KeyUnsupported` for
        other kinds of keys.
        """
        if self.kind is not KeyKind.SM2:
            raise KeyUnsupported("SM2 encryption needs an SM2 key")
        return sm2.encrypt(self.bits, message)


def rsa_padding(scheme: Scheme) -> padding.AsymmetricPadding:
    """PKCS #1 v1.5, or PSS with MGF1 and a salt as long as the digest."""
    if scheme == RSA_PSS_SHA256:
        return padding.PSS(padding.MGF1(IMPLEMENTATIONS[scheme.hash]), scheme.hash.size)
    return padding.PKCS1v15()


@lru_cache(maxsize=sm2.LOADED_KEYS)
def parse_public_key(spki: bytes) -> PublicKey:
    """The key of a SubjectPublicKeyInfo.  Raises :class:`KeyMalformed` or :class:`KeyUnsupported`."""
    if len(spki) > LARGEST_SPKI:
        raise KeyMalformed(f"a SubjectPublicKeyInfo is at most {LARGEST_SPKI} bytes")
    try:
        parts = expect(read_only(spki), SEQUENCE).children()
        if len(parts) != 2:
            raise DerMalformed("a SubjectPublicKeyInfo has two parts")
        identifier, parameters = split_algorithm(parts[0])
        bits = as_bits(parts[1])
        if identifier == EC_PUBLIC_KEY_OID:
            return _elliptic(spki, as_oid(read_only(parameters)), bits)
    except DerMalformed as error:
        raise KeyMalformed(f"not a SubjectPublicKeyInfo: {error}") from error
    if identifier != RSA_OID:
        raise KeyUnsupported(f"public key algorithm {identifier} is not on the allow-list")
    if parameters != null():
        raise KeyMalformed("an RSA key has NULL as parameters")
    return _rsa(spki, bits)


def _elliptic(spki: bytes, curve: str, point: bytes) -> PublicKey:
    kind = CURVES.get(curve)
    if kind is None:
        raise KeyUnsupported(f"curve {curve} is not on the allow-list")
    if kind is KeyKind.SM2:
        sm2.require_point(point)
        return PublicKey(spki, kind, point, None)
    if not point or point[0] != _UNCOMPRESSED:
        raise KeyMalformed("the point is not in its uncompressed form")
    native = _native(spki)
    if not isinstance(native, ec.EllipticCurvePublicKey):
        raise KeyMalformed("not an elliptic-curve key")
    return PublicKey(spki, kind, point, native)


def _rsa(spki: bytes, bits: bytes) -> PublicKey:
    native = _native(spki)
    if not isinstance(native, rsa.RSAPublicKey):
        raise KeyMalformed("not an RSA key")
    kind = RSA_BITS.get(native.key_size)
    if kind is None:
        raise KeyUnsupported(f"RSA keys have {', '.join(map(str, RSA_BITS))} bits, not {native.key_size}")
    if native.public_numbers().e < SMALLEST_EXPONENT:
        raise KeyUnsupported(f"the public exponent is at least {SMALLEST_EXPONENT}")
    return PublicKey(spki, kind, bits, native)


def _native(spki: bytes) -> object:
    try:
        return load_der_public_key(spki)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyMalformed(f"not a public key: {error}") from error
