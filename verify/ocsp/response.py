# SPDX-License-Identifier: Apache-2.0
"""OCSP responses as they stand in the bytes: RFC 6960 section 4.2, structure only.

Stricter than the RFC: DER throughout, each certificate answered once, limits on everything that is listed.
``tbs`` are the very bytes that were signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from keys import KeysError, Scheme, parse_scheme
from keys.der import (
    ENUMERATED,
    GENERALIZED_TIME,
    OCTET_STRING,
    SEQUENCE,
    Tlv,
    as_bits,
    as_enumerated,
    as_octets,
    as_oid,
    as_time,
    expect,
    read_only,
)

from ..x509 import Name, Revoked, X509Error, read_name
from ..x509.extensions import Extension, read_extensions
from .cert_id import CertId, read_cert_id
from .errors import OcspMalformed

LARGEST: Final = 256 * 1024
MOST_SINGLES: Final = 64
MOST_CERTIFICATES: Final = 8
BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
NONCE: Final = "1.3.6.1.5.5.7.48.1.2"
LONGEST_NONCE: Final = 128  # RFC 9654 section 2.1: what a responder may still send
STATUSES: Final = {
    0: "successful",
    1: "malformedRequest",
    2: "internalError",
    3: "tryLater",
    5: "sigRequired",
    6: "unauthorized",
}
REASONS: Final = {
    0: "unspecified",
    1: "keyCompromise",
    2: "cACompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    6: "certificateHold",
    8: "removeFromCRL",
    9: "privilegeWithdrawn",
    10: "aACompromise",
}


class OcspStanding(StrEnum):
    """CertStatus."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OcspSingle:
    """What is said about one certificate.  ``revoked`` is there exactly when the standing is REVOKED."""

    cert_id: CertId
    standing: OcspStanding
    revoked: Revoked | None
    this_update: datetime
    next_update: datetime | None
    critical_unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OcspResponse:
    """Nothing is verified by having one.  Without ``successful`` only ``status`` says anything."""

    status: str
    tbs: bytes = field(default=b"", repr=False)
    scheme: Scheme | None = None
    signature: bytes = field(default=b"", repr=False)
    responder_name: Name | None = None
    responder_key: bytes | None = None  # SHA-1 of the key
    produced_at: datetime | None = None
    singles: tuple[OcspSingle, ...] = ()
    nonce: bytes | None = None
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    critical_unknown: tuple[str, ...] = ()


def parse_ocsp_response(encoded: bytes) -> OcspResponse:
    """From DER.  Raises :class:`OcspMalformed`."""
    if len(encoded) > LARGEST:
        raise OcspMalformed(field="(all)", rule=f"at most {LARGEST} bytes")
    try:
        return _response(read_only(encoded))
    except (KeysError, X509Error) as error:
        raise OcspMalformed(field="(all)", rule=f"not DER of the right shape: {error}") from error


def _response(tlv: Tlv) -> OcspResponse:
    parts = expect(tlv, SEQUENCE).children()
    if not 1 <= len(parts) <= 2:
        raise OcspMalformed(field="OCSPResponse", rule="one or two elements")
    status = STATUSES.get(as_enumerated(expect(parts[0], ENUMERATED)))
    if status is None:
        raise OcspMalformed(field="responseStatus", rule="a status that exists")
    if (status == "successful") is not (len(parts) == 2):
        raise OcspMalformed(field="responseBytes", rule="there exactly when successful")
    if len(parts) == 1:
        return OcspResponse(status)
    kind, content = _exactly(expect(_inner(parts[1], 0xA0), SEQUENCE), 2, "responseBytes")
    if as_oid(kind) != BASIC:
        raise OcspMalformed(field="responseType", rule="must be id-pkix-ocsp-basic")
    return _basic(expect(read_only(as_octets(expect(content, OCTET_STRING))), SEQUENCE), status)


def _basic(tlv: Tlv, status: str) -> OcspResponse:
    parts = tlv.children()
    if not 3 <= len(parts) <= 4:
        raise OcspMalformed(field="BasicOCSPResponse", rule="three or four elements")
    certificates: Sequence[Tlv] = ()
    if len(parts) == 4:
        certificates = expect(_inner(parts[3], 0xA0), SEQUENCE).children()
        if len(certificates) > MOST_CERTIFICATES:
            raise OcspMalformed(field="certs", rule=f"at most {MOST_CERTIFICATES}")
    fields = list(expect(parts[0], SEQUENCE).children())
    if fields and fields[0].tag == 0xA0:
        # v1 is the default, and DER leaves a default out.
        raise OcspMalformed(field="version", rule="v1, which is not written")
    if not 3 <= len(fields) <= 4:
        raise OcspMalformed(field="ResponseData", rule="three or four elements")
    name, key = _responder(fields[0])
    answers = expect(fields[2], SEQUENCE).children()
    if not 1 <= len(answers) <= MOST_SINGLES:
        raise OcspMalformed(field="responses", rule=f"1 to {MOST_SINGLES}")
    singles = tuple(_single(expect(one, SEQUENCE)) for one in answers)
    if len({one.cert_id for one in singles}) != len(singles):
        raise OcspMalformed(field="responses", rule="each certificate once")
    extensions = _extensions(fields[3], 0xA1) if len(fields) == 4 else {}
    return OcspResponse(
        status=status,
        tbs=parts[0].raw,
        scheme=parse_scheme(expect(parts[1], SEQUENCE).raw),
        signature=as_bits(parts[2]),
        responder_name=name,
        responder_key=key,
        produced_at=_time(fields[1]),
        singles=singles,
        nonce=_nonce(extensions),
        certificates=tuple(expect(one, SEQUENCE).raw for one in certificates),
        critical_unknown=_unknown(extensions, NONCE),
    )


def _responder(tlv: Tlv) -> tuple[Name | None, bytes | None]:
    if tlv.tag == 0xA1:
        return read_name(_inner(tlv, 0xA1)), None
    key = as_octets(expect(_inner(tlv, 0xA2), OCTET_STRING))
    if len(key) != 20:
        raise OcspMalformed(field="responderID", rule="the hash of a key has 20 bytes")
    return None, key


def _single(tlv: Tlv) -> OcspSingle:
    parts = list(tlv.children())
    if not 3 <= len(parts) <= 5:
        raise OcspMalformed(field="SingleResponse", rule="three to five elements")
    certificate, status, this_update, *rest = parts
    standing, revoked = _standing(status)
    next_update = _time(_inner(rest.pop(0), 0xA0)) if rest and rest[0].tag == 0xA0 else None
    extensions = _extensions(rest.pop(0), 0xA1) if rest else {}
    if rest:
        raise OcspMalformed(field="SingleResponse", rule="nextUpdate, then extensions")
    return OcspSingle(
        cert_id=read_cert_id(certificate),
        standing=standing,
        revoked=revoked,
        this_update=_time(this_update),
        next_update=next_update,
        critical_unknown=_unknown(extensions),
    )


def _standing(tlv: Tlv) -> tuple[OcspStanding, Revoked | None]:
    if tlv.tag in (0x80, 0x82):
        if tlv.content:
            raise OcspMalformed(field="certStatus", rule="good and unknown hold nothing")
        return (OcspStanding.GOOD if tlv.tag == 0x80 else OcspStanding.UNKNOWN), None
    parts = expect(tlv, 0xA1).children()
    if not 1 <= len(parts) <= 2:
        raise OcspMalformed(field="revoked", rule="a time, and at most a reason")
    reason = REASONS.get(as_enumerated(_inner(parts[1], 0xA0)) if len(parts) == 2 else 0)
    if reason is None:
        raise OcspMalformed(field="revocationReason", rule="a reason that exists")
    return OcspStanding.REVOKED, Revoked(_time(parts[0]), reason)


def _nonce(extensions: Mapping[str, Extension]) -> bytes | None:
    found = extensions.get(NONCE)
    if found is None:
        return None
    nonce = as_octets(expect(read_only(found.value), OCTET_STRING))
    if not 1 <= len(nonce) <= LONGEST_NONCE:
        raise OcspMalformed(field="nonce", rule=f"1 to {LONGEST_NONCE} bytes")
    return nonce


def _extensions(tlv: Tlv, tag: int) -> Mapping[str, Extension]:
    return read_extensions(_inner(tlv, tag))


def _unknown(extensions: Mapping[str, Extension], *understood: str) -> tuple[str, ...]:
    return tuple(name for name, one in extensions.items() if one.critical and name not in understood)


def _time(tlv: Tlv) -> datetime:
    return as_time(expect(tlv, GENERALIZED_TIME))


def _inner(tlv: Tlv, tag: int) -> Tlv:
    """What an EXPLICIT tag wraps."""
    return read_only(expect(tlv, tag).content)


def _exactly(tlv: Tlv, count: int, field: str) -> tuple[Tlv, ...]:
    parts = tlv.children()
    if len(parts) != count:
        raise OcspMalformed(field=field, rule=f"{count} elements, not {len(parts)}")
    return parts
