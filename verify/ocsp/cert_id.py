# SPDX-License-Identifier: Apache-2.0
"""CertID: which certificate of which issuer is asked about (RFC 6960 section 4.1.1).

SHA-1 is read and answered: clients of SM2 authorities use it as well (standards.md section 7.2).  It only
names an issuer that is known already, nothing is believed because of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from keys import HashAlgorithm, KeysError, digest, parse_hash
from keys.der import (
    NULL,
    OCTET_STRING,
    SEQUENCE,
    Tlv,
    as_integer,
    as_octets,
    as_oid,
    expect,
    integer,
    null,
    octets,
    oid,
    read_only,
    sequence,
)

from ..x509 import Certificate
from .errors import OcspMalformed

SHA1: Final = "1.3.14.3.2.26"
SHA1_IDENTIFIER: Final = sequence(oid(SHA1), null())
_SHA1_SIZE = 20
LONGEST_SERIAL: Final = 160  # bits


@dataclass(frozen=True, slots=True)
class CertId:
    """``algorithm`` is the AlgorithmIdentifier as received: a response repeats the bytes of the request."""

    algorithm: bytes
    name_hash: bytes
    key_hash: bytes
    serial: int

    def encode(self) -> bytes:
        return sequence(self.algorithm, octets(self.name_hash), octets(self.key_hash), integer(self.serial))

    def is_of(self, issuer: Certificate) -> bool:
        """Was the certificate that is meant issued by this one?"""
        hashed = self._hash(issuer.subject.der), self._hash(_key_bits(issuer))
        return hashed == (self.name_hash, self.key_hash)

    def _hash(self, data: bytes) -> bytes:
        algorithm = _hash_of(read_only(self.algorithm))
        if algorithm is None:
            return hashlib.sha1(data, usedforsecurity=False).digest()
        return digest(algorithm, data).value


def cert_id(issuer: Certificate, serial: int, algorithm: HashAlgorithm | None = None) -> CertId:
    """How to ask for the certificate of this issuer with this serial number; ``None`` means SHA-1."""
    identifier = SHA1_IDENTIFIER if algorithm is None else algorithm.algorithm_identifier()
    blank = CertId(identifier, b"", b"", serial)
    return CertId(identifier, blank._hash(issuer.subject.der), blank._hash(_key_bits(issuer)), serial)


def read_cert_id(tlv: Tlv) -> CertId:
    """Raises :class:`OcspMalformed`, and ``KeysError`` for what is not DER."""
    parts = expect(tlv, SEQUENCE).children()
    if len(parts) != 4:
        raise OcspMalformed(field="CertID", rule="four elements")
    algorithm = _hash_of(parts[0])
    size = _SHA1_SIZE if algorithm is None else algorithm.size
    name_hash, key_hash = (as_octets(expect(one, OCTET_STRING)) for one in parts[1:3])
    serial = as_integer(parts[3])
    if len(name_hash) != size or len(key_hash) != size:
        raise OcspMalformed(field="CertID", rule=f"the hashes have {size} bytes")
    if serial < 0 or serial.bit_length() > LONGEST_SERIAL:
        raise OcspMalformed(field="CertID", rule="the serial number is not negative, at most 20 octets")
    return CertId(parts[0].raw, name_hash, key_hash, serial)


def _hash_of(tlv: Tlv) -> HashAlgorithm | None:
    """``None`` for SHA-1, with NULL or without parameters."""
    parts = expect(tlv, SEQUENCE).children()
    if parts and as_oid(parts[0]) == SHA1:
        if len(parts) > 2 or (len(parts) == 2 and (parts[1].tag != NULL or parts[1].content)):
            raise OcspMalformed(field="hashAlgorithm", rule="parameters are NULL or absent")
        return None
    try:
        return parse_hash(tlv.raw)
    except KeysError as error:
        raise OcspMalformed(field="hashAlgorithm", rule=f"not an allowed digest: {error}") from error


def _key_bits(issuer: Certificate) -> bytes:
    """The value of the BIT STRING subjectPublicKey, without the octet that counts unused bits."""
    return read_only(issuer.public_key.spki).children()[1].content[1:]
