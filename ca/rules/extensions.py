# SPDX-License-Identifier: Apache-2.0
"""Rules of the extensions, and of whom they name: exactly what the profile and the order have, byte for byte.

RFC 5280 section 4.2, GB/T 20518-2018 and decision 0010.
"""

from __future__ import annotations

import re
from functools import lru_cache

from keys import KeysError, der
from verify import Certificate, IdentifierInvalid, parse_uscc

from ..alternative_names import MOST_NAMES, AlternativeName, read_names
from ..drafting import (
    AUTHORITY_INFORMATION,
    AUTHORITY_KEY_ID,
    BASIC_CONSTRAINTS,
    CRL_ADDRESSES,
    EXTENDED_KEY_USAGE,
    KEY_USAGE,
    OCSP_NO_CHECK,
    ORGANIZATION_CODE,
    SUBJECT_ALTERNATIVE_NAME,
    Draft,
    authority_information,
    crl_addresses,
    issuer_key_id,
)
from ..errors import DraftRefused, NameRefused
from ..identifiers import IDENTIFIER_OIDS, read_identifier
from ..policies import CERTIFICATE_POLICIES, policies_value, read_policies
from ..profiles import KEY_USAGE_BITS, CodeRule, Usage
from ..shape import RawTbs
from .form import subject_of
from .kinds import ContentRule

_NULL = b"\x05\x00"
_HTTP = re.compile(r"https?://[!-~]{1,255}\Z", re.ASCII)


def _key_usage(order: Draft, raw: RawTbs, found: Certificate) -> bool:
    stated, wanted = raw.extensions.get(KEY_USAGE), order.profile.key_usage_of(found.public_key.family)
    # Byte for byte: a list of named bits has no trailing zeros (X.690 section 11.2.2).
    exact = stated is not None and stated.critical and stated.value == _named_bits(wanted)
    return exact and found.key_usage == wanted


@lru_cache(maxsize=64)
def _named_bits(names: frozenset[str]) -> bytes:
    return der.named_bits([KEY_USAGE_BITS[name] for name in names if name in KEY_USAGE_BITS])


def _usage_pair(order: Draft, _: RawTbs, found: Certificate) -> bool:
    """Signing keys are nobody's but the holder's, encryption keys are escrowed: no key is both."""
    usage = order.profile.usage
    wanted = order.profile.key_usage_of(found.public_key.family)
    return bool(wanted) and wanted <= usage.bits and order.profile.ca is (usage is Usage.AUTHORITY)


def _extended_key_usage(order: Draft, raw: RawTbs, found: Certificate) -> bool:
    """Byte for byte: a purpose that stands twice is one purpose in a set."""
    stated, wanted = raw.extensions.get(EXTENDED_KEY_USAGE), order.profile.extended_key_usage
    if stated is None or not wanted:
        return stated is None and not wanted
    critical = stated.critical is order.profile.critical_purposes
    exact = critical and stated.value == der.sequence(*map(der.oid, wanted))
    return exact and found.extended_key_usage == frozenset(wanted)


def _basic_constraints(order: Draft, raw: RawTbs, found: Certificate) -> bool:
    stated = raw.extensions.get(BASIC_CONSTRAINTS)
    if not order.profile.ca:
        return stated is None and not found.is_ca
    limit = order.profile.path_length
    exact = der.sequence(der.boolean(True), b"" if limit is None else der.integer(limit))
    limited = found.is_ca and found.path_length == limit
    return stated is not None and stated.critical and stated.value == exact and limited


def _no_check(order: Draft, raw: RawTbs, _: Certificate) -> bool:
    stated = raw.extensions.get(OCSP_NO_CHECK)
    return (stated is not None and stated.value == _NULL) if order.profile.no_check else stated is None


def _authority_key_id(order: Draft, raw: RawTbs, found: Certificate) -> bool:
    stated, wanted = raw.extensions.get(AUTHORITY_KEY_ID), issuer_key_id(order.issuer, found.public_key)
    exact = der.sequence(der.implicit(0, der.octets(wanted)))
    return stated is not None and stated.value == exact and found.authority_key_id == wanted


def _crl_address(order: Draft, raw: RawTbs, found: Certificate) -> bool:
    stated = raw.extensions.get(CRL_ADDRESSES)
    if order.issuer is None:
        return stated is None and not found.crl_urls
    if stated is None or tuple(found.crl_urls) != (order.crl_url,) or not _HTTP.match(order.crl_url):
        return False
    return stated.value == crl_addresses(order.crl_url)


def _authority_information(order: Draft, raw: RawTbs, _: Certificate) -> bool:
    stated, urls = raw.extensions.get(AUTHORITY_INFORMATION), (order.ocsp_url, order.issuer_url)
    if not any(urls):
        return stated is None
    if stated is None or order.issuer is None or (order.profile.no_check and order.ocsp_url):
        return False
    return all(not url or _HTTP.match(url) for url in urls) and stated.value == authority_information(*urls)


def _places(order: Draft, raw: RawTbs, _: Certificate) -> bool:
    subject = subject_of(raw.subject)
    return order.profile.places or subject is None or not (subject.state or subject.locality or subject.unit)


def _names(raw: RawTbs) -> tuple[AlternativeName, ...]:
    stated = raw.extensions.get(SUBJECT_ALTERNATIVE_NAME)
    return () if stated is None else read_names(stated.value)


def _alternative_names(order: Draft, raw: RawTbs, _: Certificate) -> bool:
    stated, allowed_kinds = raw.extensions.get(SUBJECT_ALTERNATIVE_NAME), order.profile.alternative_names
    if stated is None:
        return not order.alternative_names and not order.profile.names_required
    try:
        found = _names(raw)
    except (KeysError, NameRefused):
        return False
    return (
        0 < len(found) <= MOST_NAMES
        and len(set(found)) == len(found)
        and found == order.alternative_names
        and stated.value == der.sequence(*(one.encode() for one in found))
        and all(("wildcard" if one.wildcard else one.kind) in allowed_kinds for one in found)
    )


def _common_name(order: Draft, raw: RawTbs, found: Certificate) -> bool:
    if not order.profile.common_name_is_host:
        return True
    try:
        hosts = {one.value for one in _names(raw) if one.kind == "dns"}
    except (KeysError, NameRefused):
        return True  # said by alternative_names
    return not hosts or found.subject.common_name in hosts


def _identifiers(order: Draft, raw: RawTbs, _: Certificate) -> bool:
    stated = {kind: one.value for kind, one in raw.extensions.items() if kind in IDENTIFIER_OIDS}
    if not stated and not order.identifiers:
        return True
    try:
        found = {read_identifier(kind, value) for kind, value in stated.items()}
    except (KeysError, DraftRefused):
        return False
    return (
        found == set(order.identifiers)
        and {one.encode() for one in found} == set(stated.values())
        and all(one.kind in order.profile.identifiers for one in found)
    )


def _policies(order: Draft, raw: RawTbs, _: Certificate) -> bool:
    stated = raw.extensions.get(CERTIFICATE_POLICIES)
    if stated is None:
        return not order.policies
    try:
        found = read_policies(stated.value)
    except (KeysError, DraftRefused):
        return False
    alone = len({one.oid for one in found}) == len(found) > 0
    return alone and found == order.policies and stated.value == policies_value(found)


def _organization_code(order: Draft, raw: RawTbs, found: Certificate) -> bool:
    rule, subject = order.profile.code, subject_of(raw.subject)
    named = subject.uscc if subject else ""
    stated = raw.extensions.get(ORGANIZATION_CODE)
    if stated is None:
        return not named and rule is not CodeRule.REQUIRED
    try:
        code = parse_uscc(der.as_text(der.expect(der.read_only(stated.value), der.PRINTABLE)))
        same = der.printable(code) == stated.value and code == named == found.uscc
    except (KeysError, IdentifierInvalid):
        return False
    return same and rule is not CodeRule.FORBIDDEN


EXTENSIONS: tuple[ContentRule, ...] = (
    ContentRule(
        "key_usage",
        "RFC 5280 4.2.1.3; GB/T 20518-2018",
        "密钥用法须关键且与模板一致",
        "key usage: critical, exactly the profile's",
        _key_usage,
    ),
    ContentRule(
        "usage_pair",
        "GB/T 20518-2018; GB/T 25056",
        "签名与加密不得混用同一密钥",
        "a key signs or encrypts, never both",
        _usage_pair,
    ),
    ContentRule(
        "extended_key_usage",
        "RFC 5280 4.2.1.12; RFC 3161 2.3",
        "扩展密钥用途及其关键性须与模板一致(模板无则不得有)",
        "extended key usage: exactly the profile's and as critical, or none",
        _extended_key_usage,
    ),
    ContentRule(
        "basic_constraints",
        "RFC 5280 4.2.1.9",
        "基本约束与模板不一致",
        "basic constraints differ from the profile",
        _basic_constraints,
    ),
    ContentRule(
        "subject_key_id",
        "RFC 5280 4.2.1.2",
        "主体密钥标识不符",
        "wrong subject key id",
        lambda _, __, found: found.subject_key_id == found.public_key.key_id,
    ),
    ContentRule(
        "no_check",
        "RFC 6960 4.2.2.2.1",
        "id-pkix-ocsp-nocheck 只属于OCSP响应签名证书",
        "id-pkix-ocsp-nocheck belongs to signers of OCSP responses alone",
        _no_check,
    ),
    ContentRule(
        "authority_key_id",
        "RFC 5280 4.2.1.1",
        "签发者密钥标识不符",
        "wrong authority key id",
        _authority_key_id,
    ),
    ContentRule(
        "crl_address",
        "RFC 5280 4.2.1.13",
        "须有一个HTTP的CRL地址(根证书无)",
        "one HTTP address of the CRL; none in a root",
        _crl_address,
    ),
    ContentRule(
        "authority_information",
        "RFC 5280 4.2.2.1",
        "机构信息访问只含所定的HTTP地址(根证书与OCSP证书无)",
        "authority information: the ordered HTTP addresses; none in a root",
        _authority_information,
    ),
    ContentRule(
        "organization_code",
        "GB/T 20518-2018; GB 32100",
        "统一社会信用代码扩展与模板或O不一致",
        "organisation code extension does not fit profile or O",
        _organization_code,
    ),
    ContentRule(
        "identifiers",
        "GB/T 20518-2018; GB 11643; GB 32100",
        "标识扩展与模板或申请不一致,或校验位不符",
        "identifier extensions: allowed, as ordered, with right check characters",
        _identifiers,
    ),
    ContentRule(
        "places",
        "docs 0010",
        "该模板的主体名称不含ST、L、OU",
        "no ST, L or OU in the subject under this profile",
        _places,
    ),
    ContentRule(
        "alternative_names",
        "RFC 5280 4.2.1.6",
        "其他名称与模板或申请不一致",
        "alternative names: as ordered, and of kinds the profile has",
        _alternative_names,
    ),
    ContentRule(
        "common_name",
        "docs 0010",
        "CN须为其中一个域名",
        "CN is one of the host names",
        _common_name,
    ),
    ContentRule(
        "policies",
        "RFC 5280 4.2.1.4",
        "证书策略与申请不一致",
        "certificate policies differ from the order",
        _policies,
    ),
)
