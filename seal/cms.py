# SPDX-License-Identifier: Apache-2.0
"""Write detached CMS signatures: RFC 5652 section 5, with the attributes of ETSI EN 319 122-1 (B-B, B-T).

SignedData version 1 with one SignerInfo.  Certificates and revocation lists are inside, as SETs in DER order
because ISO 32000-1 section 12.8.3.3.1 asks for DER.  SM2 uses the same RFC 5652 identifiers with its own
algorithms, not those of GB/T 35275: one reader for all families.

Everything that does not depend on the content is encoded once per certificate and scheme.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from keys import (
    Digest,
    HashAlgorithm,
    KeyKind,
    KeysError,
    PublicKey,
    Scheme,
    digest,
)
from keys.der import explicit, implicit, integer, octets, oid, sequence, set_of, time
from verify import AUTHORITY_OID

from .certificate import SealingCertificate
from .errors import SignatureMismatch

_DATA: Final = "1.2.840.113549.1.7.1"
_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
_SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
_SIGNATURE_TIMESTAMP: Final = "1.2.840.113549.1.9.16.2.14"  # RFC 3161 appendix A

# The longest signature of each kind: RSA has one length, a DER (r, s) has two integers with a leading zero.
_LONGEST: Final = {
    KeyKind.SM2: 72,
    KeyKind.P256: 72,
    KeyKind.P384: 104,
    KeyKind.RSA2048: 256,
    KeyKind.RSA3072: 384,
    KeyKind.RSA4096: 512,
}


@dataclass(frozen=True, slots=True)
class CmsWriter:
    """Writes signatures of one certificate in one scheme."""

    scheme: Scheme
    public_key: PublicKey
    opening: bytes  # version, digest algorithms, content type
    evidence: bytes  # certificates [0], revocation lists [1]
    signer: bytes  # version, issuer and serial number, digest algorithm
    content_type: bytes
    signing_certificate: bytes
    usual: tuple[bytes, bytes]  # the attributes without time and authority, before and behind the digest

    def attributes(
        self, content: Digest, *, signing_time: datetime | None = None, authority: bytes | None = None
    ) -> bytes:
        """The signed attributes as the key signs them: a SET in DER order, tag 0x31.

        PAdES keeps the time in the signature dictionary and forbids the attribute; everything else has it.
        ``authority``: the statement of :class:`verify.Authority`, encoded.
        """
        if signing_time is None and authority is None:
            before, behind = self.usual
            return before + content.value + behind
        parts = [
            self.content_type,
            _attribute(_MESSAGE_DIGEST, octets(content.value)),
            self.signing_certificate,
        ]
        if signing_time is not None:
            parts.append(_attribute(_SIGNING_TIME, time(signing_time)))
        if authority is not None:
            parts.append(_attribute(AUTHORITY_OID, octets(authority)))
        return set_of(*parts)

    def encode(self, attributes: bytes, signature: bytes, *, timestamp: bytes | None = None) -> bytes:
        """The ContentInfo.  The signature must have been checked before: see :meth:`require`.

        ``timestamp``: a token over the digest of the signature value, as an unsigned attribute (EN 319 122-1
        section 5.3).
        """
        unsigned = (
            b"" if timestamp is None else implicit(1, set_of(_attribute(_SIGNATURE_TIMESTAMP, timestamp)))
        )
        signer = sequence(
            self.signer,
            implicit(0, attributes),
            self.scheme.algorithm_identifier(),
            octets(signature),
            unsigned,
        )
        signed = sequence(self.opening, self.evidence, set_of(signer))
        return sequence(oid(_SIGNED_DATA), explicit(0, signed))

    def longest(self, *, authority: bytes | None = None, timestamp: int = 0) -> int:
        """How long :meth:`encode` can become for attributes without a time; nothing is signed to find out.

        ``timestamp``: octets of the longest token that may be added, 0 when none will be.
        """
        return _longest(self, authority, timestamp)

    def require(self, signature: bytes, attributes: bytes) -> None:
        """The signature is right.  Raises :class:`SignatureMismatch`."""
        try:
            self.public_key.verify(signature, attributes, self.scheme)
        except KeysError as error:
            raise SignatureMismatch from error


@lru_cache(maxsize=256)
def _longest(writer: CmsWriter, authority: bytes | None, timestamp: int) -> int:
    blank = writer.attributes(Digest(writer.scheme.hash, bytes(writer.scheme.hash.size)), authority=authority)
    token = octets(bytes(timestamp)) if timestamp else None
    return len(writer.encode(blank, bytes(_LONGEST[writer.public_key.kind]), timestamp=token))


def cms_writer(sealing: SealingCertificate, scheme: Scheme) -> CmsWriter:
    """The writer for this certificate and this evidence, made once for each."""
    certificate = sealing.certificate
    return _writer(
        certificate.der,
        certificate.issuer.der,
        certificate.serial,
        certificate.public_key,
        tuple(one.der for one in sealing.chain),
        tuple(one.der for one in sealing.crls),
        scheme,
    )


@lru_cache(maxsize=64)
def _writer(
    certificate: bytes,
    issuer: bytes,
    serial: int,
    public_key: PublicKey,
    chain: tuple[bytes, ...],
    crls: tuple[bytes, ...],
    scheme: Scheme,
) -> CmsWriter:
    algorithm = scheme.hash.algorithm_identifier()
    evidence = implicit(0, set_of(*dict.fromkeys((certificate, *chain))))
    if crls:
        evidence += implicit(1, set_of(*dict.fromkeys(crls)))
    content_type = _attribute(_CONTENT_TYPE, oid(_DATA))
    named = _signing_certificate(certificate, scheme.hash)
    # The digest has one length, so it changes neither the order of the attributes nor what stands around it.
    blank = bytes(scheme.hash.size)
    before, _, behind = set_of(content_type, _attribute(_MESSAGE_DIGEST, octets(blank)), named).partition(
        blank
    )
    return CmsWriter(
        scheme=scheme,
        public_key=public_key,
        opening=integer(1) + set_of(algorithm) + sequence(oid(_DATA)),
        evidence=evidence,
        signer=integer(1) + sequence(issuer, integer(serial)) + algorithm,
        content_type=content_type,
        signing_certificate=named,
        usual=(before, behind),
    )


def _signing_certificate(certificate: bytes, algorithm: HashAlgorithm) -> bytes:
    """ESS signing-certificate-v2 (RFC 5035); DER leaves the default SHA-256 out."""
    named = b"" if algorithm is HashAlgorithm.SHA256 else algorithm.algorithm_identifier()
    one = sequence(named, octets(digest(algorithm, certificate).value))
    return _attribute(_SIGNING_CERTIFICATE_V2, sequence(sequence(one)))


def _attribute(identifier: str, value: bytes) -> bytes:
    return sequence(oid(identifier), set_of(value))
