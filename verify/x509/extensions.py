# SPDX-License-Identifier: Apache-2.0
"""Extensions of certificates and revocation lists (RFC 5280 section 4.2 and 5.2), read strictly.

An extension stands once. Times, booleans and named bits have one spelling; a critical extension that nobody
here understands is reported by its identifier, and whoever relies on the object must refuse it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from keys import DerMalformed
from keys.der import (
    BOOLEAN,
    INTEGER,
    SEQUENCE,
    Tlv,
    as_boolean,
    as_integer,
    as_named_bits,
    as_octets,
    as_oid,
    expect,
    read_only,
)

SUBJECT_KEY_ID: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
CRL_NUMBER: Final = "2.5.29.20"
REASON_CODE: Final = "2.5.29.21"
DELTA_INDICATOR: Final = "2.5.29.27"
ISSUING_DISTRIBUTION_POINT: Final = "2.5.29.28"
NAME_CONSTRAINTS: Final = "2.5.29.30"
CRL_DISTRIBUTION_POINTS: Final = "2.5.29.31"
CERTIFICATE_POLICIES: Final = "2.5.29.32"
AUTHORITY_KEY_ID: Final = "2.5.29.35"
POLICY_CONSTRAINTS: Final = "2.5.29.36"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
ORGANIZATION_CODE: Final = "1.2.156.10260.4.1.4"

KEY_USAGE_NAMES: Final = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
_MOST_EXTENSIONS = 64
_URI, _FULL_NAME, _POINT = 0x86, 0xA0, 0xA0


@dataclass(frozen=True, slots=True)
class Extension:
    """``value`` is what the OCTET STRING holds."""

    critical: bool
    value: bytes


def read_extensions(tlv: Tlv) -> Mapping[str, Extension]:
    """By identifier.  Raises :class:`~keys.DerMalformed`."""
    found: dict[str, Extension] = {}
    parts = expect(tlv, SEQUENCE).children()
    if not 0 < len(parts) <= _MOST_EXTENSIONS:
        raise DerMalformed(f"1 to {_MOST_EXTENSIONS} extensions, not {len(parts)}", offset=tlv.start)
    for part in parts:
        members = expect(part, SEQUENCE).children()
        critical = len(members) == 3 and as_boolean(members[1])
        if not 2 <= len(members) <= 3:
            raise DerMalformed("an extension has two or three members", offset=part.start)
        identifier = as_oid(members[0])
        if identifier in found:
            raise DerMalformed(f"extension {identifier} stands twice", offset=part.start)
        found[identifier] = Extension(critical, as_octets(members[-1]))
    return found


def key_usage(value: bytes) -> frozenset[str]:
    """The names of RFC 5280 section 4.2.1.3."""
    numbers = as_named_bits(read_only(value))
    if not numbers or max(numbers) >= len(KEY_USAGE_NAMES):
        raise DerMalformed("key usage names at least one use, and none that does not exist")
    return frozenset(KEY_USAGE_NAMES[number] for number in numbers)


def basic_constraints(value: bytes) -> tuple[bool, int | None]:
    """Is it an authority, and how many further authorities may follow it?"""
    parts = list(expect(read_only(value), SEQUENCE).children())
    authority = bool(parts) and parts[0].tag == BOOLEAN and as_boolean(parts.pop(0))
    length = as_integer(parts.pop(0)) if parts and parts[0].tag == INTEGER else None
    if parts or (length is not None and (length < 0 or not authority)):
        raise DerMalformed("basic constraints: an authority, and its path length from 0")
    return authority, length


def authority_key_id(value: bytes) -> bytes | None:
    """The key identifier; the two other members say nothing that a path needs."""
    parts = expect(read_only(value), SEQUENCE).children()
    if any(part.tag not in (0x80, 0xA1, 0x82) for part in parts):
        raise DerMalformed("an authority key identifier has the members 0, 1 and 2")
    return next((part.content for part in parts if part.tag == 0x80), None)


def object_identifiers(value: bytes) -> frozenset[str]:
    """Extended key usage: one or more purposes."""
    found = frozenset(as_oid(part) for part in expect(read_only(value), SEQUENCE).children())
    if not found:
        raise DerMalformed("extended key usage names at least one purpose")
    return found


def distribution_urls(value: bytes) -> tuple[str, ...]:
    """The addresses at which revocation lists are published; other kinds of names are left out."""
    points = expect(read_only(value), SEQUENCE).children()
    return tuple(
        url
        for point in points
        for member in expect(point, SEQUENCE).children()
        if member.tag == _POINT
        for url in point_urls(member)
    )


def point_urls(point: Tlv) -> Iterator[str]:
    """The addresses in a DistributionPointName."""
    for choice in point.children():
        if choice.tag == _FULL_NAME:
            for name in choice.children():
                if name.tag == _URI:
                    yield name.content.decode("ascii", "backslashreplace")
