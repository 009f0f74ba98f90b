# SPDX-License-Identifier: Apache-2.0
"""Certificates (RFC 5280 section 4, GB/T 20518-2018): structure only, nothing is verified by reading one.

Sliced, not re-encoded: ``tbs`` are the very bytes that were signed. The same path for SM2, RSA and ECDSA. The
algorithm inside the signed part and beside the signature must be the same bytes, so that nobody can choose
another one afterwards. SM2 with NULL or without parameters is one algorithm.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from keys import KeysError, KeyUnsupported, PublicKey, Scheme, parse_public_key, parse_scheme
from keys.der import (
    INTEGER,
    SEQUENCE,
    Tlv,
    as_bits,
    as_integer,
    as_octets,
    as_time,
    expect,
    read_only,
)

from . import extensions as ext
from .encoding import der_of
from .errors import CertificateMalformed, CertificateUnsupported, X509Error
from .extensions import Extension
from .name import Name, read_name
from .organization_code import code_of

LARGEST: Final = 64 * 1024
LONGEST_SERIAL: Final = 160  # bits
_LABELS = (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE")
_CACHED = 512
_VERSION_3 = 2
_VERSION, _ISSUER_ID, _SUBJECT_ID, _EXTENSIONS = 0xA0, 0x81, 0x82, 0xA3

UNDERSTOOD: Final = frozenset(
    {
        ext.SUBJECT_KEY_ID,
        ext.KEY_USAGE,
        ext.BASIC_CONSTRAINTS,
        ext.CRL_DISTRIBUTION_POINTS,
        ext.AUTHORITY_KEY_ID,
        ext.EXTENDED_KEY_USAGE,
        # No policy is demanded, so every policy is acceptable: RFC 5280 section 6.1.1 (c) "any-policy".
        ext.CERTIFICATE_POLICIES,
        "2.5.29.17",  # subject alternative name: further names of the holder
        "2.5.29.18",  # issuer alternative name
        ext.ORGANIZATION_CODE,
    }
)
BINDING: Final = frozenset({ext.NAME_CONSTRAINTS, ext.POLICY_CONSTRAINTS})
"""They bind whether they are marked critical or not: overlooking them would widen an authority."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says.  Two are equal when their bytes are."""

    der: bytes = field(repr=False)
    tbs: bytes = field(compare=False, repr=False)
    signature: bytes = field(compare=False, repr=False)
    scheme: Scheme = field(compare=False)
    """How the issuer signed it."""
    serial: int = field(compare=False)
    issuer: Name = field(compare=False)
    subject: Name = field(compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    public_key: PublicKey = field(compare=False)
    key_usage: frozenset[str] | None = field(compare=False)
    """Names of RFC 5280 section 4.2.1.3; ``None`` when the certificate does not say."""
    extended_key_usage: frozenset[str] | None = field(compare=False)
    is_ca: bool = field(compare=False)
    path_length: int | None = field(compare=False)
    subject_key_id: bytes | None = field(compare=False)
    authority_key_id: bytes | None = field(compare=False)
    crl_urls: tuple[str, ...] = field(compare=False)
    critical_unknown: tuple[str, ...] = field(compare=False)
    """Extensions that must be understood and are not: no path through this certificate is good."""
    uscc: str | None = field(compare=False)
    fingerprint: str = field(compare=False)
    """SHA-256 of ``der``, lower-case hexadecimal."""


def parse_certificate(encoded: bytes) -> Certificate:
    """From DER, or from PEM with one certificate.

    Raises :class:`CertificateMalformed` or :class:`CertificateUnsupported`.
    """
    try:
        return _parse(der_of(encoded, labels=_LABELS, largest=LARGEST))
    except KeyUnsupported as error:
        raise CertificateUnsupported(f"证书算法不受支持 certificate: {error}") from error
    except KeysError as error:
        raise CertificateMalformed(f"不是证书 not a certificate: {error}") from error
    except X509Error as error:
        raise CertificateMalformed(f"不是证书 not a certificate: {error.rule}") from error


@lru_cache(maxsize=_CACHED)
def _parse(der: bytes) -> Certificate:
    parts = expect(read_only(der), SEQUENCE).children()
    if len(parts) != 3:
        raise X509Error("a certificate has three parts")
    tbs, algorithm, signature = parts
    fields = list(expect(tbs, SEQUENCE).children())
    version = _version(fields)
    if len(fields) < 6:
        raise X509Error("the signed part is incomplete")
    serial, inner, issuer, validity, subject, spki, *rest = fields
    if expect(inner, SEQUENCE).raw != algorithm.raw:
        raise X509Error("the signature algorithm differs inside and outside the signed part")
    issuer_name = read_name(issuer)
    if not issuer_name.attributes:
        raise X509Error("the issuer has no name")
    subject_name = read_name(subject)
    not_before, not_after = _validity(validity)
    found = _extensions(rest, version)
    uses = found.get(ext.KEY_USAGE)
    purposes = found.get(ext.EXTENDED_KEY_USAGE)
    constraints = found.get(ext.BASIC_CONSTRAINTS)
    is_ca, path_length = ext.basic_constraints(constraints.value) if constraints else (False, None)
    own_id, issuer_id = found.get(ext.SUBJECT_KEY_ID), found.get(ext.AUTHORITY_KEY_ID)
    addresses, code = found.get(ext.CRL_DISTRIBUTION_POINTS), found.get(ext.ORGANIZATION_CODE)
    return Certificate(
        der=der,
        tbs=tbs.raw,
        signature=as_bits(signature),
        scheme=parse_scheme(algorithm.raw),
        serial=_serial(serial),
        issuer=issuer_name,
        subject=subject_name,
        not_before=not_before,
        not_after=not_after,
        public_key=parse_public_key(spki.raw),
        key_usage=ext.key_usage(uses.value) if uses else None,
        extended_key_usage=ext.object_identifiers(purposes.value) if purposes else None,
        is_ca=is_ca,
        path_length=path_length,
        subject_key_id=as_octets(read_only(own_id.value)) if own_id else None,
        authority_key_id=ext.authority_key_id(issuer_id.value) if issuer_id else None,
        crl_urls=ext.distribution_urls(addresses.value) if addresses else (),
        critical_unknown=_unknown(found),
        uscc=code_of(code.value if code else None, subject_name.organization),
        fingerprint=hashlib.sha256(der).hexdigest(),
    )


def _version(fields: list[Tlv]) -> int:
    """0 when absent, which means version 1; takes the member away."""
    if not fields or fields[0].tag != _VERSION:
        return 0
    version = as_integer(read_only(fields.pop(0).content))
    if version != _VERSION_3:
        raise X509Error("only versions 1 and 3 exist in practice")
    return version


def _serial(tlv: Tlv) -> int:
    serial = as_integer(expect(tlv, INTEGER))
    if serial < 0 or serial.bit_length() > LONGEST_SERIAL:
        raise X509Error("the serial number is not negative and has at most 20 octets")
    return serial


def _validity(tlv: Tlv) -> tuple[datetime, datetime]:
    times = expect(tlv, SEQUENCE).children()
    if len(times) != 2:
        raise X509Error("the validity has two times")
    return as_time(times[0]), as_time(times[1])


def _extensions(rest: list[Tlv], version: int) -> Mapping[str, Extension]:
    tags = [part.tag for part in rest]
    if tags != sorted(set(tags)) or not set(tags) <= {_ISSUER_ID, _SUBJECT_ID, _EXTENSIONS}:
        raise X509Error("members follow that a certificate does not have")
    if not tags or tags[-1] != _EXTENSIONS:
        return {}
    if version != _VERSION_3:
        raise X509Error("extensions need version 3")
    return ext.read_extensions(read_only(rest[-1].content))


def _unknown(found: Mapping[str, Extension]) -> tuple[str, ...]:
    return tuple(
        identifier
        for identifier, extension in found.items()
        if (extension.critical and identifier not in UNDERSTOOD) or identifier in BINDING
    )
