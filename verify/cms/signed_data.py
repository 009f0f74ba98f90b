# SPDX-License-Identifier: Apache-2.0
"""SignedData as it stands in the bytes: RFC 5652 section 5 and GB/T 35275 section 8, structure only.

Stricter than the standards: DER throughout, exactly one signer, the version number that the rest implies,
signed attributes in DER order, each type once.  What is verified later is kept as the original bytes.
Certificates and revocation lists stay encoded: one that nobody needs may be of a kind that we do not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keys import KeysError
from keys.der import (
    NULL,
    OCTET_STRING,
    SEQUENCE,
    SET,
    Tlv,
    as_integer,
    as_octets,
    as_oid,
    expect,
    read_only,
)

from .attributes import SignedAttributes, read_signed_attributes
from .errors import CmsMalformed
from .names import DATA, SIGNED_DATA, TIMESTAMP

LARGEST = 4 * 1024 * 1024
MOST_CERTIFICATES = 32
MOST_CRLS = 32
MOST_UNSIGNED = 32
MOST_TIMESTAMPS = 8
_EXPLICIT_0, _EXPLICIT_1, _KEY_ID = 0xA0, 0xA1, 0x80


@dataclass(frozen=True, slots=True)
class AlgorithmIdentifier:
    """``raw`` is the whole element; ``bare`` when its parameters are NULL or absent."""

    oid: str
    raw: bytes
    bare: bool


@dataclass(frozen=True, slots=True)
class SignerId:
    """Which certificate signed: by issuer (the bytes of its Name) and serial number, or by key identifier."""

    issuer: bytes
    serial: int
    key_id: bytes  # empty when by issuer and serial number


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """The one signer.  ``attributes`` is ``None`` when the content itself was signed.

    ``timestamps``: what stands as signature time stamp among the unsigned attributes, unread.
    """

    sid: SignerId
    digest_algorithm: AlgorithmIdentifier
    attributes: SignedAttributes | None
    signature_algorithm: AlgorithmIdentifier
    signature: bytes
    unsigned: tuple[str, ...]  # object identifiers
    timestamps: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedData:
    """Nothing is verified by having one.  ``standard`` tells whose object identifiers it uses."""

    standard: str
    detached: bool
    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    signer: SignerInfo


def parse_signed_data(der: bytes) -> SignedData:
    """Raises :class:`CmsMalformed`."""
    if len(der) > LARGEST:
        raise CmsMalformed(field="(all)", rule=f"at most {LARGEST} bytes")
    try:
        return _content_info(read_only(der))
    except KeysError as error:
        raise CmsMalformed(field="(all)", rule=f"not DER of the right shape: {error}") from error


def _content_info(tlv: Tlv) -> SignedData:
    kind, content = _exactly(expect(tlv, SEQUENCE), 2, "ContentInfo")
    standard = SIGNED_DATA.get(as_oid(kind))
    if standard is None:
        raise CmsMalformed(field="contentType", rule="must be signedData")
    (body,) = _exactly(expect(content, _EXPLICIT_0), 1, "content")
    return _signed_data(expect(body, SEQUENCE), standard)


def _signed_data(tlv: Tlv, standard: str) -> SignedData:
    parts = list(tlv.children())
    if not 4 <= len(parts) <= 6:
        raise CmsMalformed(field="SignedData", rule="four to six elements")
    version, digest_algorithms, encapsulated = as_integer(parts.pop(0)), parts.pop(0), parts.pop(0)
    content_type, detached = _encapsulated(expect(encapsulated, SEQUENCE), standard)
    certificates = list(parts.pop(0).children()) if parts[0].tag == _EXPLICIT_0 else []
    crls = list(parts.pop(0).children()) if parts and parts[0].tag == _EXPLICIT_1 else []
    if len(parts) != 1:
        raise CmsMalformed(field="SignedData", rule="ends with signerInfos")
    if len(certificates) > MOST_CERTIFICATES or len(crls) > MOST_CRLS:
        raise CmsMalformed(field="certificates", rule=f"at most {MOST_CERTIFICATES}, and as many lists")
    signers = expect(parts[0], SET).children()
    if len(signers) != 1:
        raise CmsMalformed(field="signerInfos", rule=f"exactly one signer, not {len(signers)}")
    signer = _signer_info(expect(signers[0], SEQUENCE), content_type)
    listed = [_algorithm(one, "digestAlgorithms") for one in expect(digest_algorithms, SET).children()]
    if signer.digest_algorithm.oid not in [one.oid for one in listed] or not all(one.bare for one in listed):
        raise CmsMalformed(field="digestAlgorithms", rule="must list the digest algorithm of the signer")
    # Section 5.1: other kinds of certificates or lists raise the version; nothing else may.
    other = any(one.tag != SEQUENCE for one in (*certificates, *crls))
    versions = (3, 4, 5) if other else (3,) if signer.sid.key_id else (1,)
    if version not in versions:
        raise CmsMalformed(field="version", rule=f"must be {versions[0]} for what follows")
    return SignedData(standard, detached, _encoded(certificates), _encoded(crls), signer)


def _encoded(elements: Sequence[Tlv]) -> tuple[bytes, ...]:
    """X.509 certificates and CRLs are plain sequences; the other choices are tagged and of no use to us."""
    return tuple(one.raw for one in elements if one.tag == SEQUENCE)


def _encapsulated(tlv: Tlv, standard: str) -> tuple[str, bool]:
    """The type of the content, and whether the content itself stays outside."""
    parts = tlv.children()
    if not 1 <= len(parts) <= 2:
        raise CmsMalformed(field="encapContentInfo", rule="one or two elements")
    content_type = as_oid(parts[0])
    family = DATA.get(content_type)
    if family is None:
        raise CmsMalformed(field="eContentType", rule="must be data")
    if family != standard:
        raise CmsMalformed(field="eContentType", rule="identifiers of RFC 5652 and GB/T 35275 are mixed")
    if len(parts) == 2:
        expect(parts[1], _EXPLICIT_0)
    return content_type, len(parts) == 1


def _signer_info(tlv: Tlv, content_type: str) -> SignerInfo:
    parts = list(tlv.children())
    if not 5 <= len(parts) <= 7:
        raise CmsMalformed(field="SignerInfo", rule="five to seven elements")
    version, sid = as_integer(parts.pop(0)), _signer_id(parts.pop(0))
    if version != (3 if sid.key_id else 1):
        raise CmsMalformed(field="SignerInfo.version", rule="1 by issuer and serial number, 3 by key id")
    digest_algorithm = _algorithm(parts.pop(0), "digestAlgorithm")
    has_attributes = parts[0].tag == _EXPLICIT_0
    attributes = read_signed_attributes(parts.pop(0), content_type) if has_attributes else None
    if not 2 <= len(parts) <= 3:
        raise CmsMalformed(field="SignerInfo", rule="signature algorithm, signature, unsigned attributes")
    signature_algorithm = _algorithm(parts.pop(0), "signatureAlgorithm")
    signature = as_octets(expect(parts.pop(0), OCTET_STRING))
    unsigned = _unsigned(expect(parts[0], _EXPLICIT_1)) if parts else []
    return SignerInfo(
        sid,
        digest_algorithm,
        attributes,
        signature_algorithm,
        signature,
        unsigned=tuple(name for name, _ in unsigned),
        timestamps=_timestamps(unsigned),
    )


def _signer_id(tlv: Tlv) -> SignerId:
    if tlv.tag == _KEY_ID:
        if not tlv.content:
            raise CmsMalformed(field="sid", rule="an empty key identifier")
        return SignerId(b"", 0, tlv.content)
    issuer, serial = _exactly(expect(tlv, SEQUENCE), 2, "sid")
    return SignerId(expect(issuer, SEQUENCE).raw, as_integer(serial), b"")


def _algorithm(tlv: Tlv, field: str) -> AlgorithmIdentifier:
    parts = expect(tlv, SEQUENCE).children()
    if not 1 <= len(parts) <= 2:
        raise CmsMalformed(field=field, rule="an identifier and at most one parameter")
    bare = len(parts) == 1 or (parts[1].tag == NULL and not parts[1].content)
    return AlgorithmIdentifier(as_oid(parts[0]), tlv.raw, bare)


def _unsigned(tlv: Tlv) -> list[tuple[str, Tlv]]:
    """Each attribute's type and its set of values."""
    attributes = tlv.children()
    if len(attributes) > MOST_UNSIGNED:
        raise CmsMalformed(field="unsignedAttrs", rule=f"at most {MOST_UNSIGNED}")
    parts = [_exactly(expect(one, SEQUENCE), 2, "unsignedAttrs") for one in attributes]
    return [(as_oid(name), values) for name, values in parts]


def _timestamps(unsigned: Sequence[tuple[str, Tlv]]) -> tuple[bytes, ...]:
    found = [
        one.raw for name, values in unsigned if name == TIMESTAMP for one in expect(values, SET).children()
    ]
    if len(found) > MOST_TIMESTAMPS:
        raise CmsMalformed(field="signature-time-stamp", rule=f"at most {MOST_TIMESTAMPS}")
    return tuple(found)


def _exactly(tlv: Tlv, count: int, field: str) -> tuple[Tlv, ...]:
    parts = tlv.children()
    if len(parts) != count:
        raise CmsMalformed(field=field, rule=f"{count} elements, not {len(parts)}")
    return parts
