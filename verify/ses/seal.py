# SPDX-License-Identifier: Apache-2.0
"""SESeal: GB/T 38540-2020 clause 6 (V4), GM/T 0031-2025 (V5), GM/T 0031-2014 (V1).

The structure decides the version: two elements are V1, five are V5, four are V5 when the header says 5 and
else V4.  Only the known elements are walked, so nothing nests deeper than ten levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from keys.der import (
    BIT_STRING,
    GENERALIZED_TIME,
    IA5,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    UTC_TIME,
    UTF8,
    Tlv,
    sequence,
)

from .deviations import Deviation
from .errors import SesMalformed
from .extensions import CONTEXT_0, seal_extensions
from .model import ElectronicSeal, SealPicture, Signed
from .reading import TEXTS, Reading, read_strictly_first

LARGEST_SEAL: Final = 2 * 1024 * 1024
MOST_SIGNERS: Final = 1024
CACHED: Final = 128
LARGEST_CACHED: Final = 128 * 1024
"""A batch meets the same seal again and again; large ones are read each time."""
_CERTIFICATES, _DIGESTS = 1, 2


def parse_seal(der: bytes) -> ElectronicSeal:
    """The seal that these bytes, all of them, are.  Raises :class:`SesMalformed`."""
    if len(der) > LARGEST_SEAL:
        raise SesMalformed(field="SESeal", rule=f"at most {LARGEST_SEAL} bytes")
    return _cached(bytes(der)) if len(der) <= LARGEST_CACHED else _parse(bytes(der))


def _parse(der: bytes) -> ElectronicSeal:
    return read_strictly_first(lambda reading: _read(reading, der))


_cached = lru_cache(maxsize=CACHED)(_parse)


def _read(reading: Reading, der: bytes) -> ElectronicSeal:
    tlv = reading.root(der, "SESeal")
    if tlv.tag == OCTET_STRING:
        reading.note(Deviation.SEAL_IN_OCTETS)
        tlv = reading.inside(tlv, "SESeal")
    parts = reading.parts(tlv, "SESeal", 2, 5)
    if len(parts) == 3:
        raise SesMalformed(field="SESeal", rule="2, 4 or 5 elements, not 3")
    info = reading.parts(parts[0], "SES_SealInfo", 4, 5)
    vendor, stated = _header(reading, info[0])
    version = _version(len(parts), stated)
    if stated != version:
        reading.note(Deviation.HEADER_VERSION)
    facts = _property(reading, info[2], version)
    signers, digests = _entries(reading, facts.list)
    _listed(reading, facts.list_type, version, certificates=bool(signers), digests=bool(digests))
    expected = UTC_TIME if version == 1 else GENERALIZED_TIME
    created, valid_from, valid_until = (
        reading.time(one, f"SES_ESPropertyInfo.{name}", expected)
        for one, name in zip(facts.times, ("createDate", "validStart", "validEnd"), strict=True)
    )
    return ElectronicSeal(
        der=tlv.raw,
        version=version,
        stated_version=stated,
        vendor=vendor,
        code=reading.text(info[1], "esID"),
        type=facts.type,
        name=facts.name,
        signers=signers,
        signer_digests=digests,
        created=created,
        valid_from=valid_from,
        valid_until=valid_until,
        picture=_picture(reading, info[3]),
        extensions=seal_extensions(reading, info[4]) if len(info) == 5 else (),
        info=parts[0].raw,
        maker=_maker_v1(reading, parts) if version == 1 else _maker(reading, parts),
        timestamp=stamp(reading, parts[4], "SESeal.timeStamp") if len(parts) == 5 else None,
        deviations=tuple(reading.odd),
    )


def _version(elements: int, stated: int) -> int:
    if elements == 2:
        return 1
    return 5 if elements == 5 or stated == 5 else 4


def _header(reading: Reading, tlv: Tlv) -> tuple[str, int]:
    parts = reading.parts(tlv, "SES_Header", 3, 4)
    if len(parts) == 4:
        reading.note(Deviation.HEADER_EXTRA)
    if reading.text(parts[0], "SES_Header.ID") != "ES":
        raise SesMalformed(field="SES_Header.ID", rule='"ES"')
    return reading.text(parts[2], "SES_Header.Vid"), reading.integer(parts[1], "SES_Header.version")


class _Property(NamedTuple):
    """SES_ESPropertyInfo, its list and times still unread."""

    type: int
    name: str
    list_type: int | None
    list: Tlv
    times: Sequence[Tlv]


def _property(reading: Reading, tlv: Tlv, version: int) -> _Property:
    parts = reading.parts(tlv, "SES_ESPropertyInfo", 6, 7)
    list_type = None
    if len(parts) == 7:
        list_type = reading.integer(parts[2], "certListType")
        if version == 1:
            reading.note(Deviation.CERT_LIST_TYPE_FOREIGN)
    elif version != 1:
        reading.note(Deviation.CERT_LIST_TYPE_MISSING)
    return _Property(
        reading.integer(parts[0], "SES_ESPropertyInfo.type"),
        reading.text(parts[1], "SES_ESPropertyInfo.name", UTF8),
        list_type,
        parts[-4],
        parts[-3:],
    )


def _entries(reading: Reading, tlv: Tlv) -> tuple[tuple[bytes, ...], tuple[tuple[str, bytes], ...]]:
    """Certificates and digests of the list, by what stands there: its type is not to be relied upon."""
    name = "certList"
    if tlv.tag in (CONTEXT_0, CONTEXT_0 + 1):
        reading.note(Deviation.CERT_LIST_TAGGED)
        inner = reading.children(tlv, name)
        entries = reading.children(inner[0], name) if len(inner) == 1 and inner[0].constructed else inner
    elif tlv.tag == SEQUENCE:
        entries = reading.children(tlv, name)
    elif tlv.tag in TEXTS or tlv.tag == INTEGER:
        reading.note(Deviation.CERT_LIST_FOREIGN_ENTRY)
        entries = ()
    else:
        raise SesMalformed(field=name, rule=f"a SEQUENCE, not tag {tlv.tag:#04x}")
    if len(entries) > MOST_SIGNERS:
        raise SesMalformed(field=name, rule=f"at most {MOST_SIGNERS} entries")
    certificates: list[bytes] = []
    digests: list[tuple[str, bytes]] = []
    for entry in entries:
        if entry.tag == OCTET_STRING:
            certificates.append(entry.content)
        elif entry.tag == SEQUENCE:
            _constructed_entry(reading, entry, certificates, digests)
        elif entry.tag in TEXTS or entry.tag == INTEGER:
            reading.note(Deviation.CERT_LIST_FOREIGN_ENTRY)
        else:
            raise SesMalformed(field=name, rule=f"certificates or digests, not tag {entry.tag:#04x}")
    return tuple(certificates), tuple(digests)


def _constructed_entry(
    reading: Reading, entry: Tlv, certificates: list[bytes], digests: list[tuple[str, bytes]]
) -> None:
    parts = reading.children(entry, "certList")
    if len(parts) == 2 and parts[1].tag in (OCTET_STRING, BIT_STRING):
        # The name of the algorithm is "SM3" in code and an OID in other places: no real sample is known.
        head = parts[0]
        named = (
            reading.text(head, "CertDigestObj.type", head.tag)
            if head.tag in TEXTS
            else reading.algorithm(head, "CertDigestObj.type")
        )
        digests.append((named, reading.octets(parts[1], "CertDigestObj.value")))
    else:
        certificates.append(reading.certificate(entry, "certList"))


def _listed(
    reading: Reading, list_type: int | None, version: int, *, certificates: bool, digests: bool
) -> None:
    if certificates and digests:
        reading.note(Deviation.CERT_LIST_MIXED)
    if version == 1 or list_type is None:
        return
    if list_type not in (_CERTIFICATES, _DIGESTS):
        reading.note(Deviation.CERT_LIST_TYPE_UNKNOWN)
    elif (list_type == _CERTIFICATES and digests) or (list_type == _DIGESTS and certificates):
        reading.note(Deviation.CERT_LIST_TYPE_WRONG)


def _picture(reading: Reading, tlv: Tlv) -> SealPicture:
    parts = reading.parts(tlv, "SES_ESPictrueInfo", 4, 4)
    picture = SealPicture(
        type=reading.text(parts[0], "SES_ESPictrueInfo.type", IA5),
        data=reading.octets(parts[1], "SES_ESPictrueInfo.data"),
        width=reading.integer(parts[2], "SES_ESPictrueInfo.width"),
        height=reading.integer(parts[3], "SES_ESPictrueInfo.height"),
    )
    if picture.width <= 0 or picture.height <= 0:
        reading.note(Deviation.PICTURE_SIZE)
    return picture


def _maker(reading: Reading, parts: Sequence[Tlv]) -> Signed:
    """V4 and V5: SES_SealInfo alone is signed."""
    info, certificate, algorithm, value = parts[:4]
    return Signed(
        content=info.raw,
        certificate=reading.certificate(certificate, "SESeal.cert"),
        algorithm=reading.algorithm(algorithm, "SESeal.signAlgID"),
        signature=reading.bits(value, "SESeal.signedValue"),
        certificate_raw=certificate.raw,
        algorithm_raw=algorithm.raw,
    )


def _maker_v1(reading: Reading, parts: Sequence[Tlv]) -> Signed:
    """V1: SES_SealInfo, certificate and algorithm are signed, as one SEQUENCE of the three."""
    info, sign_info = parts
    if sign_info.tag == BIT_STRING:
        reading.note(Deviation.SIGN_INFO_IN_BITS)
        sign_info = reading.root(reading.bits(sign_info, "SES_SignInfo"), "SES_SignInfo")
    certificate, algorithm, value = reading.parts(sign_info, "SES_SignInfo", 3, 3)
    return Signed(
        content=sequence(info.raw, certificate.raw, algorithm.raw),
        certificate=reading.certificate(certificate, "SES_SignInfo.cert"),
        algorithm=reading.algorithm(algorithm, "SES_SignInfo.signatureAlgorithm"),
        signature=reading.bits(value, "SES_SignInfo.signData"),
        certificate_raw=certificate.raw,
        algorithm_raw=algorithm.raw,
    )


def stamp(reading: Reading, tlv: Tlv, name: str) -> bytes:
    """``[0] EXPLICIT BIT STRING`` around a time-stamp token; the token bytes as they came."""
    if tlv.tag == CONTEXT_0:
        inner = reading.children(tlv, name)
        if len(inner) == 1 and inner[0].tag in (BIT_STRING, OCTET_STRING):
            return reading.bits(inner[0], name)
        if inner and inner[0].tag != SEQUENCE:
            # IMPLICIT over the token itself: its ContentInfo lost its own tag.
            reading.note(Deviation.TIMESTAMP_IMPLICIT)
            return sequence(tlv.content)
        if len(inner) == 1:
            reading.note(Deviation.TIMESTAMP_IMPLICIT)
            return inner[0].raw
    elif tlv.tag == CONTEXT_0 & ~0x20 and tlv.content:
        reading.note(Deviation.TIMESTAMP_IMPLICIT)
        return tlv.content[1:]
    elif tlv.tag in (BIT_STRING, OCTET_STRING):
        reading.note(Deviation.TIMESTAMP_UNTAGGED)
        return reading.bits(tlv, name)
    raise SesMalformed(field=name, rule="[0] EXPLICIT BIT STRING")
