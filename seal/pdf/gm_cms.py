# SPDX-License-Identifier: Apache-2.0
"""Write SignedData of GB/T 35275-2017 for GM.sm2cms.detached: SM2 and SM3 under GM identifiers.

Two forms.  Detached with signed attributes is what we emit by default: it is what the sub-filter says, it
names the certificate, and the statement of authority has a place among what is signed.  The digest of the
protected bytes as content, without attributes, is how one product in production fills the same sub-filter;
readers that know only that form get it on request.  Identifiers of the two families are never mixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from keys import SM2_SM3, Digest, HashAlgorithm, KeysError, PublicKey, Scheme, digest
from keys.der import explicit, implicit, integer, null, octets, oid, sequence, set_of, time
from verify import AUTHORITY_OID

from ..certificate import SealingCertificate
from ..errors import SignatureMismatch

_SIGNED_DATA: Final = "1.2.156.10197.6.1.4.2.2"
_DATA: Final = "1.2.156.10197.6.1.4.2.1"
_SM2_SIGNATURE: Final = "1.2.156.10197.1.301.1"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
_SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
_SIGNATURE_TIMESTAMP: Final = "1.2.840.113549.1.9.16.2.14"
_SM3: Final = HashAlgorithm.SM3.algorithm_identifier()
_LONGEST_SIGNATURE: Final = 72


@dataclass(frozen=True, slots=True)
class GmCmsWriter:
    """Writes signatures of one SM2 certificate in one form."""

    public_key: PublicKey
    certificate: bytes
    issuer_and_serial: bytes
    evidence: bytes  # certificates [0], revocation lists [1]
    has_attributes: bool
    scheme: Scheme = SM2_SM3

    def attributes(
        self, content: Digest, *, signing_time: datetime | None = None, authority: bytes | None = None
    ) -> bytes:
        """What the key signs: the attributes as a SET in DER order, or the digest itself.

        A PDF keeps the time in its signature dictionary; a form has no other place for it.
        """
        if not self.has_attributes:
            return content.value
        named = sequence(_SM3, octets(digest(HashAlgorithm.SM3, self.certificate).value))
        parts = [
            _attribute(_CONTENT_TYPE, oid(_DATA)),
            _attribute(_MESSAGE_DIGEST, octets(content.value)),
            _attribute(_SIGNING_CERTIFICATE_V2, sequence(sequence(named))),
        ]
        if signing_time is not None:
            parts.append(_attribute(_SIGNING_TIME, time(signing_time)))
        if authority is not None:
            parts.append(_attribute(AUTHORITY_OID, octets(authority)))
        return set_of(*parts)

    def encode(self, attributes: bytes, signature: bytes, *, timestamp: bytes | None = None) -> bytes:
        """The ContentInfo; ``timestamp`` is a token over the digest of the signature value."""
        unsigned = (
            b"" if timestamp is None else implicit(1, set_of(_attribute(_SIGNATURE_TIMESTAMP, timestamp)))
        )
        signer = sequence(
            integer(1),
            self.issuer_and_serial,
            _SM3,
            implicit(0, attributes) if self.has_attributes else b"",
            sequence(oid(_SM2_SIGNATURE), null()),
            octets(signature),
            unsigned,
        )
        content = b"" if self.has_attributes else explicit(0, octets(attributes))
        signed = sequence(
            integer(1), set_of(_SM3), sequence(oid(_DATA), content), self.evidence, set_of(signer)
        )
        return sequence(oid(_SIGNED_DATA), explicit(0, signed))

    def longest(self, *, authority: bytes | None = None, timestamp: int = 0) -> int:
        """How long :meth:`encode` can become; nothing is signed to find out."""
        blank = self.attributes(Digest(HashAlgorithm.SM3, bytes(32)), authority=authority)
        token = octets(bytes(timestamp)) if timestamp else None
        return len(self.encode(blank, bytes(_LONGEST_SIGNATURE), timestamp=token))

    def require(self, signature: bytes, attributes: bytes) -> None:
        """The signature is right.  Raises :class:`SignatureMismatch`."""
        try:
            self.public_key.verify(signature, attributes, self.scheme)
        except KeysError as error:
            raise SignatureMismatch from error


def gm_cms_writer(sealing: SealingCertificate, *, attributes: bool) -> GmCmsWriter:
    """The writer for this certificate and this evidence, made once for each."""
    certificate = sealing.certificate
    return _writer(
        certificate.der,
        sequence(certificate.issuer.der, integer(certificate.serial)),
        certificate.public_key,
        tuple(one.der for one in sealing.chain),
        tuple(one.der for one in sealing.crls),
        attributes,
    )


@lru_cache(maxsize=64)
def _writer(
    certificate: bytes,
    issuer_and_serial: bytes,
    public_key: PublicKey,
    chain: tuple[bytes, ...],
    crls: tuple[bytes, ...],
    attributes: bool,
) -> GmCmsWriter:
    evidence = implicit(0, set_of(*dict.fromkeys((certificate, *chain))))
    if crls:
        evidence += implicit(1, set_of(*dict.fromkeys(crls)))
    return GmCmsWriter(public_key, certificate, issuer_and_serial, evidence, attributes)


def _attribute(identifier: str, value: bytes) -> bytes:
    return sequence(oid(identifier), set_of(value))
