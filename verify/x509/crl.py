# SPDX-License-Identifier: Apache-2.0
"""Revocation lists (RFC 5280 section 5): structure only, nothing is verified by reading one.

Complete lists of one issuer or one of its distribution points, and deltas to them. Indirect lists, and
lists for only some reasons, carry a critical extension that is not understood here, so no status is taken
from them. A serial number stands once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from keys import KeysError, KeyUnsupported, Scheme, parse_scheme
from keys.der import (
    GENERALIZED_TIME,
    INTEGER,
    SEQUENCE,
    UTC_TIME,
    Tlv,
    as_bits,
    as_boolean,
    as_integer,
    as_time,
    expect,
    read_only,
)

from . import extensions as ext
from .encoding import der_of
from .entries import Revoked, read_entries
from .errors import CrlMalformed, CrlUnsupported, X509Error
from .extensions import Extension
from .name import Name, read_name

LARGEST: Final = 64 * 1024 * 1024
LONGEST_NUMBER: Final = 160  # bits
_LABELS = (b"X509 CRL",)
_CACHED, _LARGEST_CACHED = 128, 64 * 1024
_VERSION_2 = 1
_EXTENSIONS = 0xA0
_UNDERSTOOD = frozenset(
    {ext.CRL_NUMBER, ext.AUTHORITY_KEY_ID, ext.DELTA_INDICATOR, ext.ISSUING_DISTRIBUTION_POINT}
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which certificates of the issuer a list is about (issuing distribution point, section 5.2.5)."""

    urls: tuple[str, ...] = ()  # empty: not limited to a distribution point
    only_users: bool = False
    only_authorities: bool = False


@dataclass(frozen=True, slots=True)
class Crl:
    """What a revocation list says.  Two are equal when their bytes are."""

    der: bytes = field(repr=False)
    tbs: bytes = field(compare=False, repr=False)
    signature: bytes = field(compare=False, repr=False)
    scheme: Scheme = field(compare=False)
    issuer: Name = field(compare=False)
    this_update: datetime = field(compare=False)
    next_update: datetime | None = field(compare=False)
    number: int | None = field(compare=False)
    base: int | None = field(compare=False)
    """For a delta: the number of the complete list from which on it tells what changed (section 5.2.4)."""
    authority_key_id: bytes | None = field(compare=False)
    entries: Mapping[int, Revoked] = field(compare=False, repr=False)
    scope: Scope = field(compare=False)
    critical_unknown: tuple[str, ...] = field(compare=False)
    """Extensions, of the list or of an entry, that must be understood and are not: the list is of no use."""
    fingerprint: str = field(compare=False)
    """SHA-256 of ``der``, lower-case hexadecimal."""


def parse_crl(encoded: bytes) -> Crl:
    """From DER, or from PEM with one list.  Raises :class:`CrlMalformed` or :class:`CrlUnsupported`."""
    try:
        der = der_of(encoded, labels=_LABELS, largest=LARGEST)
        return _parse_small(der) if len(der) <= _LARGEST_CACHED else _parse(der)
    except KeyUnsupported as error:
        raise CrlUnsupported(f"吊销列表算法不受支持 revocation list: {error}") from error
    except KeysError as error:
        raise CrlMalformed(f"不是吊销列表 not a revocation list: {error}") from error
    except X509Error as error:
        raise CrlMalformed(f"不是吊销列表 not a revocation list: {error.rule}") from error


def _parse(der: bytes) -> Crl:
    parts = expect(read_only(der), SEQUENCE).children()
    if len(parts) != 3:
        raise X509Error("a revocation list has three parts")
    tbs, algorithm, signature = parts
    fields = list(expect(tbs, SEQUENCE).children())
    version = _version(fields)
    if len(fields) < 3:
        raise X509Error("the signed part is incomplete")
    inner, issuer, this_update = fields[:3]
    if expect(inner, SEQUENCE).raw != algorithm.raw:
        raise X509Error("the signature algorithm differs inside and outside the signed part")
    rest = fields[3:]
    next_update = as_time(rest.pop(0)) if rest and rest[0].tag in (UTC_TIME, GENERALIZED_TIME) else None
    listed = rest.pop(0) if rest and rest[0].tag == SEQUENCE else None
    found: Mapping[str, Extension] = {}
    if rest and rest[0].tag == _EXTENSIONS:
        found = ext.read_extensions(read_only(rest.pop(0).content))
    if rest or (found and version != _VERSION_2):
        raise X509Error("members follow that a revocation list does not have")
    number, key_id = found.get(ext.CRL_NUMBER), found.get(ext.AUTHORITY_KEY_ID)
    base = found.get(ext.DELTA_INDICATOR)
    if base is not None and number is None:
        raise X509Error("a delta list has a number")
    point = found.get(ext.ISSUING_DISTRIBUTION_POINT)
    scope, whole = _scope(point.value) if point else (Scope(), True)
    unknown = [name for name, one in found.items() if one.critical and name not in _UNDERSTOOD]
    if not whole:
        unknown.append(ext.ISSUING_DISTRIBUTION_POINT)
    entries, not_understood = read_entries(listed) if listed else ({}, ())
    unknown.extend(not_understood)
    return Crl(
        der=der,
        tbs=tbs.raw,
        signature=as_bits(signature),
        scheme=parse_scheme(algorithm.raw),
        issuer=read_name(issuer),
        this_update=as_time(this_update),
        next_update=next_update,
        number=_number(number.value) if number else None,
        base=_number(base.value) if base else None,
        authority_key_id=ext.authority_key_id(key_id.value) if key_id else None,
        entries=MappingProxyType(entries),
        scope=scope,
        critical_unknown=tuple(dict.fromkeys(unknown)),
        fingerprint=hashlib.sha256(der).hexdigest(),
    )


_parse_small = lru_cache(maxsize=_CACHED)(_parse)


def _version(fields: list[Tlv]) -> int:
    if not fields or fields[0].tag != INTEGER:
        return 0
    version = as_integer(fields.pop(0))
    if version != _VERSION_2:
        raise X509Error("a version that is written is version 2")
    return version


def _number(value: bytes) -> int:
    number = as_integer(read_only(value))
    if number < 0 or number.bit_length() > LONGEST_NUMBER:
        raise X509Error("the number of a list is not negative and has at most 20 octets")
    return number


def _scope(value: bytes) -> tuple[Scope, bool]:
    """The scope, and whether the list says all that its issuer knows about it."""
    urls: tuple[str, ...] = ()
    flags = {0x81: False, 0x82: False, 0x84: False, 0x85: False}
    whole = True
    for member in expect(read_only(value), SEQUENCE).children():
        if member.tag == 0xA0:
            urls = tuple(ext.point_urls(member))
            whole &= bool(urls)
        elif member.tag in flags:
            flags[member.tag] = as_boolean(member, tag=member.tag)
        elif member.tag == 0x83:
            whole = False  # only some reasons
        else:
            raise X509Error("an issuing distribution point has the members 0 to 5")
    whole &= not flags[0x84] and not flags[0x85]  # indirect, or about attribute certificates
    return Scope(urls, only_users=flags[0x81], only_authorities=flags[0x82]), whole
