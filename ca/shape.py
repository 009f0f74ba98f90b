# SPDX-License-Identifier: Apache-2.0
"""The parts of a TBSCertificate as they stand in its bytes, for the lints that look at spelling.

:class:`verify.Certificate` says what a certificate means; how it is written (PrintableString or UTF8String,
critical or not, NULL or absent) only the bytes say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keys import DerMalformed, der

_VERSION, _EXTENSIONS = 0xA0, 0xA3


@dataclass(frozen=True, slots=True)
class RawExtension:
    """One extension; ``explicit_false`` says that the default was written out, which DER forbids."""

    critical: bool
    value: bytes
    explicit_false: bool = False


@dataclass(frozen=True, slots=True)
class RawTbs:
    """The elements of a TBSCertificate, undecoded where their spelling matters."""

    version: bytes
    serial: int
    algorithm: bytes
    issuer: bytes
    not_before: der.Tlv
    not_after: der.Tlv
    subject: bytes
    spki: bytes
    extensions: Mapping[str, RawExtension]
    repeated: frozenset[str]


def read_tbs(tbs: bytes) -> RawTbs:
    """Split; nothing is judged.  Raises :class:`keys.DerMalformed`.

    The unique identifiers [1] and [2] of RFC 5280 do not fit: there are exactly eight parts.
    """
    parts = der.expect(der.read_only(tbs), der.SEQUENCE).children()
    if len(parts) != 8:
        raise DerMalformed("version, serial, algorithm, issuer, validity, subject, key, extensions")
    version, serial, algorithm, issuer, validity, subject, spki, last = parts
    for structure in (algorithm, issuer, validity, subject, spki):
        der.expect(structure, der.SEQUENCE)
    times = validity.children()
    wrapped = der.expect(last, _EXTENSIONS).children()
    if len(times) != 2 or len(wrapped) != 1:
        raise DerMalformed("two times and one list of extensions")
    found: dict[str, RawExtension] = {}
    repeated = set()
    for element in der.expect(wrapped[0], der.SEQUENCE).children():
        kind, one = _extension(element)
        if kind in found:
            repeated.add(kind)
        found[kind] = one
    return RawTbs(
        version=der.expect(version, _VERSION).raw,
        serial=der.as_integer(serial),
        algorithm=algorithm.raw,
        issuer=issuer.raw,
        not_before=times[0],
        not_after=times[1],
        subject=subject.raw,
        spki=spki.raw,
        extensions=found,
        repeated=frozenset(repeated),
    )


def _extension(element: der.Tlv) -> tuple[str, RawExtension]:
    parts = der.expect(element, der.SEQUENCE).children()
    if len(parts) == 2:
        return der.as_oid(parts[0]), RawExtension(False, der.as_octets(parts[1]))
    if len(parts) != 3:
        raise DerMalformed("an extension has two or three parts")
    critical = der.as_boolean(parts[1])
    return der.as_oid(parts[0]), RawExtension(critical, der.as_octets(parts[2]), not critical)
