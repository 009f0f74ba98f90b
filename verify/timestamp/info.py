# SPDX-License-Identifier: Apache-2.0
"""TSTInfo: what a time stamp states (RFC 3161 section 2.4.2), structure only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from keys import Digest, KeysError, parse_hash
from keys.der import (
    BOOLEAN,
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    Tlv,
    as_boolean,
    as_integer,
    as_octets,
    as_oid,
    as_time,
    expect,
    read_only,
)

from ..x509.extensions import Extension, read_extensions
from .errors import TimestampMalformed

LONGEST_NUMBER: Final = 160  # bits, of serial number and nonce
_TSA, _EXTENSIONS, _MILLIS, _MICROS = 0xA0, 0xA1, 0x80, 0x81
_FRACTION = re.compile(rb"([0-9]{14})\.([0-9]{0,5}[1-9])Z")  # no trailing zero: X.690 clause 11.7


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How far from the truth the time may be, either way."""

    seconds: int = 0
    millis: int = 0
    micros: int = 0

    @property
    def span(self) -> timedelta:
        return timedelta(seconds=self.seconds, milliseconds=self.millis, microseconds=self.micros)


@dataclass(frozen=True, slots=True)
class TimestampInfo:
    """``at``: when the digest existed, give or take ``accuracy``."""

    policy: str
    digest: Digest
    serial: int
    at: datetime
    accuracy: Accuracy | None
    ordering: bool
    nonce: int | None
    critical_unknown: tuple[str, ...]


def read_info(encoded: bytes) -> TimestampInfo:
    """Raises :class:`TimestampMalformed`, and ``KeysError`` for what is not DER."""
    parts = list(expect(read_only(encoded), SEQUENCE).children())
    if len(parts) < 5:
        raise TimestampMalformed(field="TSTInfo", rule="five elements or more")
    version, policy, imprint, serial, moment = parts[:5]
    rest = parts[5:]
    if as_integer(version) != 1:
        raise TimestampMalformed(field="version", rule="must be 1")
    accuracy = _accuracy(rest.pop(0)) if rest and rest[0].tag == SEQUENCE else None
    ordering = bool(rest) and rest[0].tag == BOOLEAN and as_boolean(rest.pop(0))
    nonce = _number(rest.pop(0), "nonce") if rest and rest[0].tag == INTEGER else None
    if rest and rest[0].tag == _TSA:
        read_only(rest.pop(0).content)  # a hint only: the certificate says who it is
    extensions: Mapping[str, Extension] = {}
    if rest and rest[0].tag == _EXTENSIONS:
        # IMPLICIT: the tag stands in place of that of the sequence.
        extensions = read_extensions(read_only(bytes([SEQUENCE]) + rest.pop(0).raw[1:]))
    if rest:
        raise TimestampMalformed(field="TSTInfo", rule="members that a time stamp does not have")
    return TimestampInfo(
        policy=as_oid(policy),
        digest=read_imprint(imprint),
        serial=_number(serial, "serialNumber"),
        at=_moment(moment),
        accuracy=accuracy,
        ordering=ordering,
        nonce=nonce,
        critical_unknown=tuple(name for name, one in extensions.items() if one.critical),
    )


def read_imprint(tlv: Tlv) -> Digest:
    """MessageImprint: an allowed digest of the length that it has."""
    parts = expect(tlv, SEQUENCE).children()
    if len(parts) != 2:
        raise TimestampMalformed(field="messageImprint", rule="an algorithm and a digest")
    value = as_octets(expect(parts[1], OCTET_STRING))
    try:
        return Digest(parse_hash(expect(parts[0], SEQUENCE).raw), value)
    except KeysError as error:
        raise TimestampMalformed(field="messageImprint", rule=str(error)) from error


def _accuracy(tlv: Tlv) -> Accuracy:
    parts = list(tlv.children())
    seconds = as_integer(parts.pop(0)) if parts and parts[0].tag == INTEGER else 0
    millis, micros = (
        as_integer(parts.pop(0), tag=tag) if parts and parts[0].tag == tag else 0
        for tag in (_MILLIS, _MICROS)
    )
    if parts or not 0 <= seconds <= 86_400 or not 0 <= millis <= 999 or not 0 <= micros <= 999:
        raise TimestampMalformed(field="accuracy", rule="seconds of a day, millis and micros up to 999")
    return Accuracy(seconds, millis, micros)


def _number(tlv: Tlv, field: str) -> int:
    number = as_integer(expect(tlv, INTEGER))
    if number.bit_length() > LONGEST_NUMBER or (field == "serialNumber" and number < 0):
        raise TimestampMalformed(field=field, rule="at most 20 octets, a serial number not negative")
    return number


def _moment(tlv: Tlv) -> datetime:
    """GeneralizedTime in UTC, with a fraction of a second where it has one."""
    found = _FRACTION.fullmatch(expect(tlv, GENERALIZED_TIME).content)
    if found is None:
        return as_time(tlv)
    whole = found[1] + b"Z"
    head = as_time(read_only(bytes([GENERALIZED_TIME, len(whole)]) + whole))
    return head.replace(microsecond=int(found[2].ljust(6, b"0")))
