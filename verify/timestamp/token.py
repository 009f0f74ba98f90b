# SPDX-License-Identifier: Apache-2.0
"""TimeStampToken and TimeStampResp as they stand in the bytes: RFC 3161 section 2.4.2, RFC 5652 section 5.

A token is a SignedData that holds its content.  Its object identifiers are those of RFC 5652 or of GB/T 35275
(GM/T 0033 writes either); the content is TSTInfo in both.  Exactly one signer, with signed attributes, DER
throughout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from keys import KeysError
from keys.der import (
    BIT_STRING,
    INTEGER,
    NULL,
    OCTET_STRING,
    SEQUENCE,
    SET,
    Tlv,
    as_integer,
    as_named_bits,
    as_octets,
    as_oid,
    as_text,
    expect,
    read_only,
)

from ..cms import CmsMalformed, SignedData
from ..cms.attributes import read_signed_attributes
from ..cms.names import SIGNED_DATA
from ..cms.signed_data import AlgorithmIdentifier, SignerId, SignerInfo
from .errors import TimestampMalformed
from .info import TimestampInfo, read_info

TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
LARGEST: Final = 256 * 1024
MOST_CERTIFICATES: Final = 16
MOST_CRLS: Final = 8
_EXPLICIT_0, _EXPLICIT_1, _KEY_ID = 0xA0, 0xA1, 0x80
_GRANTED: Final = (0, 1)  # granted, grantedWithMods
_FAILURES: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "badAlg",
        2: "badRequest",
        5: "badDataFormat",
        14: "timeNotAvailable",
        15: "unacceptedPolicy",
        16: "unacceptedExtension",
        17: "addInfoNotAvailable",
        25: "systemFailure",
    }
)
"""PKIFailureInfo (RFC 3161 section 2.4.2)."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """Nothing is verified by having one.  ``content`` are the bytes of ``info`` that the signer digested."""

    info: TimestampInfo
    content: bytes = field(repr=False)
    signed: SignedData = field(repr=False)
    token: bytes = field(repr=False)


def parse_timestamp(encoded: bytes) -> Timestamp:
    """A token, or a response that grants one, DER.  Raises :class:`TimestampMalformed`."""
    if len(encoded) > LARGEST:
        raise TimestampMalformed(field="(all)", rule=f"at most {LARGEST} bytes")
    try:
        return _token(_granted(read_only(encoded)))
    except (KeysError, CmsMalformed) as error:
        raise TimestampMalformed(field="(all)", rule=f"not DER of the right shape: {error}") from error


def _granted(tlv: Tlv) -> Tlv:
    """The token inside a response; a bare token is itself."""
    parts = expect(tlv, SEQUENCE).children()
    if not parts or parts[0].tag != SEQUENCE:
        return tlv
    status = parts[0].children()
    if not status or as_integer(expect(status[0], INTEGER)) not in _GRANTED:
        raise TimestampMalformed(
            field="status", rule=f"the authority refused to make a time stamp{_why(status[1:])}"
        )
    if len(parts) != 2 or len(status) > 3 or any(one.tag not in (SEQUENCE, BIT_STRING) for one in status[1:]):
        raise TimestampMalformed(field="TimeStampResp", rule="a status and a token")
    return parts[1]


def _why(told: tuple[Tlv, ...]) -> str:
    """What a refusal gives as its reason: PKIFailureInfo by its names, then the words for people."""
    names = [
        _FAILURES.get(bit, f"bit {bit}")
        for one in told
        if one.tag == BIT_STRING
        for bit in sorted(as_named_bits(one))
    ]
    words = [as_text(each) for one in told if one.tag == SEQUENCE for each in one.children()[:1]]
    found = [*names, *(word[:200] for word in words)]
    return f": {': '.join(found)}" if found else ""


def _token(tlv: Tlv) -> Timestamp:
    kind, wrapped = _exactly(expect(tlv, SEQUENCE), 2, "ContentInfo")
    standard = SIGNED_DATA.get(as_oid(kind))
    if standard is None:
        raise TimestampMalformed(field="contentType", rule="must be signedData")
    parts = list(expect(read_only(expect(wrapped, _EXPLICIT_0).content), SEQUENCE).children())
    if not 4 <= len(parts) <= 6:
        raise TimestampMalformed(field="SignedData", rule="four to six elements")
    version, digests, encapsulated = as_integer(parts.pop(0)), parts.pop(0), parts.pop(0)
    if version != 3:
        raise TimestampMalformed(field="version", rule="must be 3, for the content is not data")
    content = _content(encapsulated)
    certificates = parts.pop(0).children() if parts[0].tag == _EXPLICIT_0 else ()
    crls = parts.pop(0).children() if parts and parts[0].tag == _EXPLICIT_1 else ()
    if len(parts) != 1:
        raise TimestampMalformed(field="SignedData", rule="ends with signerInfos")
    if len(certificates) > MOST_CERTIFICATES or len(crls) > MOST_CRLS:
        raise TimestampMalformed(
            field="certificates", rule=f"at most {MOST_CERTIFICATES}, and {MOST_CRLS} lists"
        )
    (one,) = _exactly(expect(parts[0], SET), 1, "signerInfos")
    signer = _signer(expect(one, SEQUENCE))
    listed = [_algorithm(each) for each in expect(digests, SET).children()]
    if [each.oid for each in listed] != [signer.digest_algorithm.oid] or not listed[0].bare:
        raise TimestampMalformed(
            field="digestAlgorithms", rule="must list the digest algorithm of the signer"
        )
    signed = SignedData(
        standard=standard,
        detached=True,  # the content is handed on beside it
        certificates=tuple(expect(each, SEQUENCE).raw for each in certificates),
        crls=tuple(expect(each, SEQUENCE).raw for each in crls),
        signer=signer,
    )
    return Timestamp(read_info(content), content, signed, tlv.raw)


def _content(tlv: Tlv) -> bytes:
    kind, wrapped = _exactly(expect(tlv, SEQUENCE), 2, "encapContentInfo")
    if as_oid(kind) != TST_INFO:
        raise TimestampMalformed(field="eContentType", rule="must be TSTInfo")
    return as_octets(expect(read_only(expect(wrapped, _EXPLICIT_0).content), OCTET_STRING))


def _signer(tlv: Tlv) -> SignerInfo:
    parts = tlv.children()
    if not 6 <= len(parts) <= 7:
        raise TimestampMalformed(field="SignerInfo", rule="six or seven elements")
    sid = _signer_id(parts[1])
    if as_integer(parts[0]) != (3 if sid.key_id else 1):
        raise TimestampMalformed(
            field="SignerInfo.version", rule="1 by issuer and serial number, 3 by key id"
        )
    unsigned = expect(parts[6], _EXPLICIT_1).children() if len(parts) == 7 else ()
    return SignerInfo(
        sid=sid,
        digest_algorithm=_algorithm(parts[2]),
        attributes=read_signed_attributes(expect(parts[3], _EXPLICIT_0), TST_INFO),
        signature_algorithm=_algorithm(parts[4]),
        signature=as_octets(expect(parts[5], OCTET_STRING)),
        unsigned=tuple(as_oid(_exactly(expect(one, SEQUENCE), 2, "unsignedAttrs")[0]) for one in unsigned),
    )


def _signer_id(tlv: Tlv) -> SignerId:
    if tlv.tag == _KEY_ID:
        if not tlv.content:
            raise TimestampMalformed(field="sid", rule="an empty key identifier")
        return SignerId(b"", 0, tlv.content)
    issuer, serial = _exactly(expect(tlv, SEQUENCE), 2, "sid")
    return SignerId(expect(issuer, SEQUENCE).raw, as_integer(serial), b"")


def _algorithm(tlv: Tlv) -> AlgorithmIdentifier:
    parts = expect(tlv, SEQUENCE).children()
    if not 1 <= len(parts) <= 2:
        raise TimestampMalformed(field="algorithm", rule="an identifier and at most one parameter")
    bare = len(parts) == 1 or (parts[1].tag == NULL and not parts[1].content)
    return AlgorithmIdentifier(as_oid(parts[0]), tlv.raw, bare)


def _exactly(tlv: Tlv, count: int, field: str) -> tuple[Tlv, ...]:
    parts = tlv.children()
    if len(parts) != count:
        raise TimestampMalformed(field=field, rule=f"{count} elements, not {len(parts)}")
    return parts
