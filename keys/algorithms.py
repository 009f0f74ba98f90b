# SPDX-License-Identifier: Apache-2.0
"""Algorithms are data: one allow-list says which key, digest and signature go together.

Parameters follow practice for SM2 (NULL is written, as most licensed authorities do; absent is read as well),
RFC 4055 section 5 for RSA (NULL is written; absent must be read), RFC 5758 section 3.2 for ECDSA (absent),
and RFC 4055 section 3.1 for RSASSA-PSS.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .der import SEQUENCE as SEQUENCE_TAG
from .der import Tlv, as_oid, expect, explicit, integer, null, oid, read_only, sequence
from .errors import DerMalformed, KeyMalformed, KeyUnsupported


class HashAlgorithm(StrEnum):
    """Digests that may be used."""

    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"
    SM3 = "sm3"

    @property
    def size(self) -> int:
        """Octets of a digest."""
        return _HASHES[self][0]

    @property
    def oid(self) -> str:
        return _HASHES[self][1]

    def algorithm_identifier(self) -> bytes:
        """DER for CMS: RFC 5754 section 2 leaves parameters out; SM3 has NULL in nearly all GM messages."""
        return sequence(oid(self.oid), null()) if self is HashAlgorithm.SM3 else sequence(oid(self.oid))


_HASHES: Final = {
    HashAlgorithm.SHA256: (32, "2.16.840.1.101.3.4.2.1"),
    HashAlgorithm.SHA384: (48, "2.16.840.1.101.3.4.2.2"),
    HashAlgorithm.SHA512: (64, "2.16.840.1.101.3.4.2.3"),
    HashAlgorithm.SM3: (32, "1.2.156.10197.1.401"),
}
_HASH_OF_OID: Final = {identifier: algorithm for algorithm, (_, identifier) in _HASHES.items()}


class KeyFamily(StrEnum):
    """Signature systems."""

    SM2 = "SM2"
    RSA = "RSA"
    ECDSA = "ECDSA"


class KeyKind(StrEnum):
    """Kinds of keys that may be made and used."""

    SM2 = "sm2"
    RSA2048 = "rsa2048"
    RSA3072 = "rsa3072"
    RSA4096 = "rsa4096"
    P256 = "p256"
    P384 = "p384"

    @property
    def family(self) -> KeyFamily:
        return _FAMILIES[self]


_FAMILIES: Final = {
    KeyKind.SM2: KeyFamily.SM2,
    KeyKind.RSA2048: KeyFamily.RSA,
    KeyKind.RSA3072: KeyFamily.RSA,
    KeyKind.RSA4096: KeyFamily.RSA,
    KeyKind.P256: KeyFamily.ECDSA,
    KeyKind.P384: KeyFamily.ECDSA,
}
RSA_BITS: Final = {2048: KeyKind.RSA2048, 3072: KeyKind.RSA3072, 4096: KeyKind.RSA4096}
EC_PUBLIC_KEY_OID: Final = "1.2.840.10045.2.1"
RSA_OID: Final = "1.2.840.113549.1.1.1"
CURVES: Final = {
    "1.2.156.10197.1.301": KeyKind.SM2,
    "1.2.840.10045.3.1.7": KeyKind.P256,
    "1.3.132.0.34": KeyKind.P384,
}
CURVE_OIDS: Final = {kind: identifier for identifier, kind in CURVES.items()}


@dataclass(frozen=True, slots=True)
class Scheme:
    """A signature scheme: family, digest, and how its AlgorithmIdentifier is spelled.

    ``parameters`` is the DER that is written after the OID, ``also`` are other spellings that are read.
    """

    name: str
    family: KeyFamily
    hash: HashAlgorithm
    oid: str
    parameters: bytes = field(default=b"", repr=False)
    also: tuple[bytes, ...] = field(default=(), repr=False)

    def algorithm_identifier(self) -> bytes:
        """DER AlgorithmIdentifier."""
        return sequence(oid(self.oid), self.parameters)


def _pss_parameters(hash_parameters: bytes, mgf_parameters: bytes) -> bytes:
    """RSASSA-PSS-params: SHA-256, MGF1 with SHA-256, 32 octets of salt; the trailer field is the default."""
    digest = oid(HashAlgorithm.SHA256.oid)
    mask = sequence(oid("1.2.840.113549.1.1.8"), sequence(digest, mgf_parameters))
    return sequence(
        explicit(0, sequence(digest, hash_parameters)),
        explicit(1, mask),
        explicit(2, integer(HashAlgorithm.SHA256.size)),
    )


_NULL: Final = null()
_RSA: Final = KeyFamily.RSA
SM2_SM3: Final = Scheme(
    "SM2 with SM3", KeyFamily.SM2, HashAlgorithm.SM3, "1.2.156.10197.1.501", _NULL, (b"",)
)
RSA_SHA256: Final = Scheme(
    "RSA with SHA-256", _RSA, HashAlgorithm.SHA256, "1.2.840.113549.1.1.11", _NULL, (b"",)
)
RSA_SHA384: Final = Scheme(
    "RSA with SHA-384", _RSA, HashAlgorithm.SHA384, "1.2.840.113549.1.1.12", _NULL, (b"",)
)
RSA_SHA512: Final = Scheme(
    "RSA with SHA-512", _RSA, HashAlgorithm.SHA512, "1.2.840.113549.1.1.13", _NULL, (b"",)
)
RSA_PSS_SHA256: Final = Scheme(
    "RSA-PSS with SHA-256",
    _RSA,
    HashAlgorithm.SHA256,
    "1.2.840.113549.1.1.10",
    _pss_parameters(_NULL, _NULL),
    (_pss_parameters(b"", b""), _pss_parameters(_NULL, b""), _pss_parameters(b"", _NULL)),
)
ECDSA_SHA256: Final = Scheme(
    "ECDSA with SHA-256", KeyFamily.ECDSA, HashAlgorithm.SHA256, "1.2.840.10045.4.3.2"
)
ECDSA_SHA384: Final = Scheme(
    "ECDSA with SHA-384", KeyFamily.ECDSA, HashAlgorithm.SHA384, "1.2.840.10045.4.3.3"
)
SCHEMES: Final = (
    SM2_SM3,
    RSA_SHA256,
    RSA_SHA384,
    RSA_SHA512,
    RSA_PSS_SHA256,
    ECDSA_SHA256,
    ECDSA_SHA384,
)

_RSA_SCHEMES: Final = (RSA_SHA256, RSA_SHA384, RSA_SHA512, RSA_PSS_SHA256)
ALLOWED: Final[dict[KeyKind, tuple[Scheme, ...]]] = {
    KeyKind.SM2: (SM2_SM3,),
    KeyKind.RSA2048: _RSA_SCHEMES,
    KeyKind.RSA3072: _RSA_SCHEMES,
    KeyKind.RSA4096: _RSA_SCHEMES,
    KeyKind.P256: (ECDSA_SHA256,),
    KeyKind.P384: (ECDSA_SHA384, ECDSA_SHA256),
    # ML-DSA (FIPS 204) would be three kinds and three schemes here, none of them with a digest beside it
    # (RFC 9881): rows of this table and of the tables of families and sizes, no other path through the code.
}
"""The one allow-list of key, digest and signature; the first scheme of a kind is its default."""

_SCHEME_OF_OID: Final = {scheme.oid: scheme for scheme in SCHEMES}
_KEY_OIDS: Final = {
    RSA_OID: KeyFamily.RSA,
    EC_PUBLIC_KEY_OID: KeyFamily.ECDSA,
    "1.2.156.10197.1.301.1": KeyFamily.SM2,
}
"""Identifiers that name only the key system; a CMS SignerInfo names the digest beside them."""


def default_scheme(kind: KeyKind) -> Scheme:
    """What keys of this kind sign with unless told otherwise."""
    return ALLOWED[kind][0]


def allowed(kind: KeyKind, scheme: Scheme) -> bool:
    """May a key of this kind be used in this scheme?"""
    return scheme in ALLOWED[kind]


def parse_scheme(
    algorithm_identifier_der: bytes, kind: KeyKind | None = None, *, digest: HashAlgorithm | None = None
) -> Scheme:
    """The scheme that an AlgorithmIdentifier names; for a key of ``kind``, if given.

    ``digest``: the digest that a CMS SignerInfo names beside the signature algorithm.  With it, an identifier
    of the key system alone is understood as well (rsaEncryption, SM2-1), and any contradiction is refused.
    Raises :class:`KeyMalformed` or :class:`KeyUnsupported`.
    """
    identifier, parameters = _algorithm(algorithm_identifier_der)
    scheme = _SCHEME_OF_OID.get(identifier)
    if scheme is None and digest is not None and identifier in _KEY_OIDS and parameters in (_NULL, b""):
        family = _KEY_OIDS[identifier]
        scheme = next((one for one in SCHEMES if one.family is family and one.hash is digest), None)
    elif scheme is not None and parameters != scheme.parameters and parameters not in scheme.also:
        raise KeyUnsupported(f"{scheme.name}: these parameters are not on the allow-list")
    if scheme is None:
        raise KeyUnsupported(f"signature algorithm {identifier} is not on the allow-list")
    if digest is not None and scheme.hash is not digest:
        raise KeyUnsupported(f"{scheme.name} does not go with a digest of {digest}")
    if kind is not None and not allowed(kind, scheme):
        raise KeyUnsupported(f"{scheme.name} does not go with a key of kind {kind}")
    return scheme


def parse_hash(algorithm_identifier_der: bytes) -> HashAlgorithm:
    """The digest that an AlgorithmIdentifier names; parameters NULL or absent.

    Raises :class:`KeyMalformed` or :class:`KeyUnsupported`.
    """
    identifier, parameters = _algorithm(algorithm_identifier_der)
    algorithm = _HASH_OF_OID.get(identifier)
    if algorithm is None or parameters not in (_NULL, b""):
        raise KeyUnsupported(f"digest algorithm {identifier} is not on the allow-list")
    return algorithm


def _algorithm(der: bytes) -> tuple[str, bytes]:
    """The identifier, and the raw parameters (empty when absent)."""
    try:
        return split_algorithm(read_only(der))
    except DerMalformed as error:
        raise KeyMalformed(f"not an AlgorithmIdentifier: {error}") from error


def split_algorithm(tlv: Tlv) -> tuple[str, bytes]:
    """The identifier of an AlgorithmIdentifier and its raw parameters.  Raises :class:`DerMalformed`."""
    parts = expect(tlv, SEQUENCE_TAG).children()
    if not 1 <= len(parts) <= 2:
        raise DerMalformed("an AlgorithmIdentifier has one or two parts", offset=tlv.start)
    return as_oid(parts[0]), b"".join(part.raw for part in parts[1:])
