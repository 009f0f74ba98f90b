# SPDX-License-Identifier: Apache-2.0
"""SES_Signature: GB/T 38540-2020 clause 7 (V4), GM/T 0031-2025 (V5), GM/T 0031-2014 (V1).

Two elements are V1, where certificate and algorithm are inside TBS_Sign; four or five are V4 or V5, which the
embedded seal tells apart.  In every version the raw TBS_Sign is what was signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from keys.der import BIT_STRING, GENERALIZED_TIME, OCTET_STRING, SEQUENCE, Tlv

from .deviations import Deviation
from .errors import SesMalformed
from .extensions import signed_extensions
from .model import ElectronicSeal, SesSignature, Signed
from .reading import Reading, read_strictly_first
from .seal import parse_seal, stamp
from .times import read_words

LARGEST: Final = 4 * 1024 * 1024
_TOKEN_STARTS: Final = SEQUENCE


def parse_ses_signature(der: bytes, *, padded: bool = False) -> SesSignature:
    """The signature that these bytes, all of them, are.  Raises :class:`SesMalformed`.

    ``padded``: zeros may follow, as they do in the /Contents of a PDF.
    """
    if padded:
        der = _unpadded(der)
    if len(der) > LARGEST:
        raise SesMalformed(field="SES_Signature", rule=f"at most {LARGEST} bytes")
    octets = bytes(der)
    return read_strictly_first(lambda reading: _read(reading, octets))


def is_ses_signature(data: bytes) -> bool:
    """Is this meant as a seal signature: two SEQUENCEs deep, a version and then a seal?

    For choosing a reader by content; whether it can be read is another question.
    """
    at = 0
    for tag in (SEQUENCE, SEQUENCE, 0x02, SEQUENCE, SEQUENCE):
        if data[at : at + 1] != bytes((tag,)) or len(data) < at + 2:
            return False
        length, begin = data[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            if not 1 <= count <= 8:
                return False
            length, begin = int.from_bytes(data[begin : begin + count]), begin + count
        at = begin + length if tag == 0x02 else begin
    # SES_Header follows in SES_SealInfo; a certificate or a CMS has no "ES" there.
    return b"\x16\x02ES" in data[at : at + 16]


def _unpadded(der: bytes) -> bytes:
    """The first element, if only zeros follow it."""
    if len(der) < 2:
        return der
    length, begin = der[1], 2
    if length & 0x80:
        begin += length & 0x7F
        length = int.from_bytes(der[2:begin])
    end = begin + length
    if len(der) > end and not any(der[end:]):
        return der[:end]
    return der


def _read(reading: Reading, der: bytes) -> SesSignature:
    tlv = reading.root(der, "SES_Signature")
    parts = reading.parts(tlv, "SES_Signature", 2, 5)
    if len(parts) == 3:
        raise SesMalformed(field="SES_Signature", rule="2, 4 or 5 elements, not 3")
    if len(parts) == 2:
        return _version_1(reading, tlv, parts)
    tbs = reading.parts(parts[0], "TBS_Sign", 5, 6)
    seal = _seal(tbs[1])
    stated = reading.integer(tbs[0], "TBS_Sign.version")
    version = seal.version
    if seal.version == 1:
        version = 5 if stated == 5 else 4
        reading.note(Deviation.SEAL_OF_OTHER_VERSION)
    if stated != version:
        reading.note(Deviation.VERSION_OTHER)
    return SesSignature(
        der=tlv.raw,
        version=version,
        stated_version=stated,
        seal=seal,
        signed_at=reading.time(tbs[2], "TBS_Sign.timeInfo", GENERALIZED_TIME),
        time_token=None,
        data_hash=reading.bits(tbs[3], "TBS_Sign.dataHash"),
        property_info=reading.text(tbs[4], "TBS_Sign.propertyInfo"),
        extensions=signed_extensions(reading, tbs[5]) if len(tbs) == 6 else (),
        signed=Signed(
            content=parts[0].raw,
            certificate=reading.certificate(parts[1], "SES_Signature.cert"),
            algorithm=reading.algorithm(parts[2], "SES_Signature.signatureAlgID"),
            signature=reading.bits(parts[3], "SES_Signature.signature"),
            certificate_raw=parts[1].raw,
            algorithm_raw=parts[2].raw,
        ),
        timestamp=stamp(reading, parts[4], "SES_Signature.timeStamp") if len(parts) == 5 else None,
        deviations=tuple(reading.odd),
    )


def _version_1(reading: Reading, tlv: Tlv, parts: Sequence[Tlv]) -> SesSignature:
    tbs = reading.parts(parts[0], "TBS_Sign", 7, 8)
    seal = _seal(tbs[1])
    stated = reading.integer(tbs[0], "TBS_Sign.version")
    if seal.version != 1:
        reading.note(Deviation.SEAL_OF_OTHER_VERSION)
    if stated != 1:
        reading.note(Deviation.VERSION_OTHER)
    # One more element can only be extDatas, whose place nobody has told: wherever it has its tag.
    rest = [one for one in tbs[5:] if not one.tag & 0x80]
    tagged = [one for one in tbs[5:] if one.tag & 0x80]
    if len(rest) != 2 or len(tagged) > 1:
        raise SesMalformed(field="TBS_Sign", rule="certificate and algorithm at the end")
    signed_at, token = _time_info(reading, tbs[2])
    return SesSignature(
        der=tlv.raw,
        version=1,
        stated_version=stated,
        seal=seal,
        signed_at=signed_at,
        time_token=token,
        data_hash=reading.bits(tbs[3], "TBS_Sign.dataHash"),
        property_info=reading.text(tbs[4], "TBS_Sign.propertyInfo"),
        extensions=signed_extensions(reading, tagged[0]) if tagged else (),
        signed=Signed(
            content=parts[0].raw,
            certificate=reading.certificate(rest[0], "TBS_Sign.cert"),
            algorithm=reading.algorithm(rest[1], "TBS_Sign.signatureAlgorithm"),
            signature=reading.bits(parts[1], "SES_Signature.signature"),
            certificate_raw=rest[0].raw,
            algorithm_raw=rest[1].raw,
        ),
        timestamp=None,
        deviations=tuple(reading.odd),
    )


def _seal(tlv: Tlv) -> ElectronicSeal:
    """The embedded seal, by the same reader as the one in a file; its deviations are its own."""
    try:
        return parse_seal(tlv.raw)
    except SesMalformed as error:
        raise SesMalformed(field=f"eseal: {error.field}", rule=error.rule) from error


def _time_info(reading: Reading, tlv: Tlv) -> tuple[datetime | None, bytes | None]:
    """timeInfo of V1: a BIT STRING with a time in words, or with a time-stamp token."""
    name = "TBS_Sign.timeInfo"
    if tlv.tag not in (BIT_STRING, OCTET_STRING):
        reading.note(Deviation.TIME_TYPE)
        return reading.time(tlv, name, tlv.tag), None
    content = reading.bits(tlv, name)
    if content[:1] == bytes((_TOKEN_STARTS,)) and not content[:14].isdigit() and len(content) > 40:
        return None, content
    found = read_words(content)
    if found is None:
        reading.note(Deviation.TIME_TEXT)
        return None, None
    reading.note(*found[1])
    return found[0], None
