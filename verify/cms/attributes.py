# SPDX-License-Identifier: Apache-2.0
"""Signed attributes: RFC 5652 section 11 and RFC 5035 section 3.

What is signed is the set of attributes with the tag of a SET instead of ``[0]`` (section 5.4), taken from the
bytes as received and never encoded again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from keys import HashAlgorithm
from keys.der import OCTET_STRING, SEQUENCE, SET, Tlv, as_integer, as_octets, as_oid, as_time, expect

from ..authority import AUTHORITY_OID
from .errors import CmsMalformed
from .names import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_V2,
    SIGNING_TIME,
)

MOST_ATTRIBUTES = 64
MOST_CERTIFICATE_IDS = 16


@dataclass(frozen=True, slots=True)
class CertificateId:
    """ESSCertIDv2: a digest of a certificate and, where given, its serial number."""

    algorithm: bytes  # AlgorithmIdentifier
    value: bytes
    serial: int | None


@dataclass(frozen=True, slots=True)
class SignedAttributes:
    """``certificate`` names the signing certificate; ``by_sha1`` when only RFC 2634 did, or did as well.

    ``authority``: what should be a statement of authority, judged by whoever reads it.
    """

    to_be_signed: bytes
    message_digest: bytes
    signing_time: datetime | None
    certificate: CertificateId | None
    by_sha1: bool
    authority: bytes | None = None


def read_signed_attributes(tlv: Tlv, content_type: str) -> SignedAttributes:
    """``content_type``: that of the content, which the attributes must repeat.

    Raises :class:`CmsMalformed`, and ``KeysError`` for what is not DER.
    """
    elements = tlv.children()
    if not 0 < len(elements) <= MOST_ATTRIBUTES:
        raise CmsMalformed(field="signedAttrs", rule=f"1 to {MOST_ATTRIBUTES} attributes")
    encoded = [one.raw for one in elements]
    if encoded != sorted(encoded):
        raise CmsMalformed(field="signedAttrs", rule="a SET OF in DER order")
    found: dict[str, tuple[Tlv, ...]] = {}
    for element in elements:
        parts = expect(element, SEQUENCE).children()
        if len(parts) != 2:
            raise CmsMalformed(field="signedAttrs", rule="an attribute is a type and a set of values")
        name = as_oid(parts[0])
        if name in found:
            raise CmsMalformed(field=name, rule="an attribute that occurs twice")
        found[name] = expect(parts[1], SET).children()
    if CONTENT_TYPE not in found or MESSAGE_DIGEST not in found:
        raise CmsMalformed(field="signedAttrs", rule="must hold contentType and messageDigest")
    # Otherwise attributes that were signed for another protocol could be shown as a seal.
    if as_oid(_only(found, CONTENT_TYPE)) != content_type:
        raise CmsMalformed(field="contentType", rule="must be the type of the content")
    return SignedAttributes(
        to_be_signed=bytes([SET]) + tlv.raw[1:],
        message_digest=as_octets(expect(_only(found, MESSAGE_DIGEST), OCTET_STRING)),
        signing_time=as_time(_only(found, SIGNING_TIME)) if SIGNING_TIME in found else None,
        certificate=_certificate(_only(found, SIGNING_CERTIFICATE_V2))
        if SIGNING_CERTIFICATE_V2 in found
        else None,
        by_sha1=SIGNING_CERTIFICATE in found,
        authority=_authority(found[AUTHORITY_OID]) if AUTHORITY_OID in found else None,
    )


def _authority(values: tuple[Tlv, ...]) -> bytes:
    """The octets of the one value; anything else as it stands, which no statement looks like."""
    if len(values) == 1 and values[0].tag == OCTET_STRING:
        return as_octets(values[0])
    return b"".join(one.raw for one in values)


def _only(found: dict[str, tuple[Tlv, ...]], name: str) -> Tlv:
    values = found[name]
    if len(values) != 1:
        raise CmsMalformed(field=name, rule="exactly one value")
    return values[0]


def _certificate(tlv: Tlv) -> CertificateId:
    """The first entry of SigningCertificateV2 is the signer's; later ones only limit the path."""
    parts = expect(tlv, SEQUENCE).children()
    ids = expect(parts[0], SEQUENCE).children() if 1 <= len(parts) <= 2 else ()
    if not 0 < len(ids) <= MOST_CERTIFICATE_IDS:
        raise CmsMalformed(field="signingCertificateV2", rule=f"1 to {MOST_CERTIFICATE_IDS} certificates")
    fields = list(expect(ids[0], SEQUENCE).children())
    algorithm = HashAlgorithm.SHA256.algorithm_identifier()  # DEFAULT
    if fields and fields[0].tag == SEQUENCE:
        algorithm = fields.pop(0).raw
    if not 1 <= len(fields) <= 2:
        raise CmsMalformed(field="signingCertificateV2", rule="a digest and at most an issuer with serial")
    value, serial = as_octets(expect(fields[0], OCTET_STRING)), None
    if len(fields) == 2:
        issuer_serial = expect(fields[1], SEQUENCE).children()
        if len(issuer_serial) != 2:
            raise CmsMalformed(field="signingCertificateV2", rule="issuer and serial number")
        serial = as_integer(issuer_serial[1])
    return CertificateId(algorithm, value, serial)
