# SPDX-License-Identifier: Apache-2.0
"""The lints: what must hold for every certificate before a key may sign it.

RFC 5280 section 4, GB/T 20518-2018 and GM/T 0015 as digested in standards.md sections 4.3 and 5.  ``FORM``
looks at the bytes alone; ``CONTENT`` also at the certificate as ``verify`` understands it, which it can only
once the form is right.  None of them looks at how the bytes were written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from keys import KeyFamily, KeysError, allowed, der
from verify import Certificate, IdentifierInvalid, parse_uscc

from .alternative_names import MOST_NAMES, AlternativeName, read_names
from .drafting import (
    AUTHORITY_INFORMATION,
    AUTHORITY_KEY_ID,
    BASIC_CONSTRAINTS,
    CRL_ADDRESSES,
    EXTENDED_KEY_USAGE,
    KEY_USAGE,
    LONGEST_SERIAL,
    OCSP_NO_CHECK,
    ORGANIZATION_CODE,
    SUBJECT_ALTERNATIVE_NAME,
    SUBJECT_KEY_ID,
    Draft,
    authority_information,
    crl_addresses,
    issuer_key_id,
)
from .errors import DraftRefused, Finding, NameRefused
from .identifiers import IDENTIFIER_OIDS, read_identifier
from .policies import CERTIFICATE_POLICIES, policies_value, read_policies
from .profiles import KEY_USAGE_BITS, CodeRule, Usage
from .shape import RawTbs
from .subject import SubjectName, parse_subject

CRITICAL = frozenset({KEY_USAGE, EXTENDED_KEY_USAGE, BASIC_CONSTRAINTS})
KNOWN = (
    CRITICAL
    | IDENTIFIER_OIDS
    | {
        SUBJECT_KEY_ID,
        SUBJECT_ALTERNATIVE_NAME,
        AUTHORITY_KEY_ID,
        AUTHORITY_INFORMATION,
        CERTIFICATE_POLICIES,
        CRL_ADDRESSES,
        ORGANIZATION_CODE,
        OCSP_NO_CHECK,
    }
)
SHORTEST_SERIAL_BITS = 64

CERTIFIED_FAMILIES: Mapping[KeyFamily, frozenset[KeyFamily]] = {
    KeyFamily.SM2: frozenset({KeyFamily.SM2}),
    KeyFamily.RSA: frozenset({KeyFamily.RSA, KeyFamily.ECDSA}),
    KeyFamily.ECDSA: frozenset({KeyFamily.RSA, KeyFamily.ECDSA}),
}
"""Which kinds of keys an authority certifies: national and international algorithms do not mix in a chain."""

_VERSION_3 = bytes.fromhex("a003020102")
_NULL = b"\x05\x00"
_HTTP = re.compile(r"https?://[!-~]{1,255}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class FormRule:
    """A rule about spelling; ``clause`` is where it comes from."""

    name: str
    clause: str
    zh: str
    en: str
    holds: Callable[[Draft, RawTbs], bool]

    def finding(self) -> Finding:
        """What is said when it is broken."""
        return Finding(self.name, self.zh, self.en, self.clause)


@dataclass(frozen=True, slots=True)
class ContentRule:
    """A rule about meaning."""

    name: str
    clause: str
    zh: str
    en: str
    holds: Callable[[Draft, RawTbs, Certificate], bool]

    def finding(self) -> Finding:
        """What is said when it is broken."""
        return Finding(self.name, self.zh, self.en, self.clause)


def _serial(_: Draft, raw: RawTbs) -> bool:
    return raw.serial > 0 and SHORTEST_SERIAL_BITS <= raw.serial.bit_length() < 8 * LONGEST_SERIAL


def _algorithm(order: Draft, raw: RawTbs) -> bool:
    """For SM2 with NULL or without, as this issuer has it; the outer one is written from the same bytes."""
    spelt = order.scheme.family is not KeyFamily.SM2 or raw.algorithm.endswith(_NULL) is order.null_parameters
    return spelt and raw.algorithm == order.algorithm


def _time_form(_: Draft, raw: RawTbs) -> bool:
    try:
        return all(der.time(der.as_time(one)) == one.raw for one in (raw.not_before, raw.not_after))
    except KeysError:
        return False


@lru_cache(maxsize=256)
def _subject(encoded: bytes) -> SubjectName | None:
    """Read anew, once for all rules that look at it."""
    try:
        return parse_subject(encoded)
    except NameRefused:
        return None


def _name_form(_: Draft, raw: RawTbs) -> bool:
    subject = _subject(raw.subject)
    return subject is None or subject.encode() == raw.subject  # None: said by name_text


def _extension_form(_: Draft, raw: RawTbs) -> bool:
    return not raw.repeated and not any(one.explicit_false for one in raw.extensions.values())


def _extensions_known(_: Draft, raw: RawTbs) -> bool:
    # What may be critical has rules of its own about it.
    return all(
        kind in KNOWN and (not one.critical or kind in CRITICAL) for kind, one in raw.extensions.items()
    )


FORM: tuple[FormRule, ...] = (
    FormRule(
        "version",
        "RFC 5280 4.1.2.1",
        "版本应为v3",
        "version is v3",
        lambda _, raw: raw.version == _VERSION_3,
    ),
    FormRule(
        "serial",
        "RFC 5280 4.1.2.2",
        "序列号为正数,64位以上,不超过20字节",
        "serial: positive, 64 bits to 20 octets",
        _serial,
    ),
    FormRule(
        "algorithm",
        "RFC 5280 4.1.2.3; GB/T 20518-2018",
        "内层签名算法与签发者一致(SM2的NULL按机构设置)",
        "inner algorithm is the issuer's; for SM2, NULL as the authority has it",
        _algorithm,
    ),
    FormRule(
        "time_form",
        "RFC 5280 4.1.2.5",
        "2049年及以前用UTCTime,之后用GeneralizedTime",
        "UTCTime through 2049",
        _time_form,
    ),
    FormRule(
        "name_text",
        "GB/T 20518-2018; RFC 5280 A.1",
        "主体名称不合规则",
        "the subject breaks the rules for names",
        lambda _, raw: _subject(raw.subject) is not None,
    ),
    FormRule(
        "name_form",
        "GB/T 20518-2018 5.2.3",
        "次序为C、ST、L、O、OU、CN;C为PrintableString,其余为UTF8String",
        "order C, ST, L, O, OU, CN; C is Printable, the others UTF8",
        _name_form,
    ),
    FormRule(
        "extension_form",
        "RFC 5280 4.2; X.690 11.5",
        "扩展重复或写出默认值",
        "extension repeated, or a default written",
        _extension_form,
    ),
    FormRule(
        "extension_known",
        "GB/T 20518-2018 5.2.4",
        "含模板以外的扩展",
        "extension that no profile has",
        _extensions_known,
    ),
)
UNREADABLE = Finding("structure", "证书结构无法读取", "not the structure of a certificate", "RFC 5280 4.1")
UNREAD = Finding("readable", "验证方无法读取", "verify cannot read it", "RFC 5280 4; GB/T 32918 (SM2 point)")
OUTLAWED = Finding("profile", "证书模板不在本机构之列", "not a profile of this authority", "docs 0010")


def _ordered(order: Draft, raw: RawTbs, found: Certificate) -> bool:
    return (
        raw.subject == order.subject.encode()
        and raw.spki == order.public_key.spki
        and found.public_key == order.public_key
        and found.serial == order.serial
        and (found.not_before, found.not_after) == (order.not_before, order.not_after)
    )


def _issuer_name(order: Draft, raw: RawTbs, _: Certificate) -> bool:
    """Byte for byte: relying parties compare names as DER."""
    return raw.issuer == (raw.subject if order.issuer is None else order.issuer.subject.der)


def _issuer_may(order: Draft, _: RawTbs, __: Certificate) -> bool:
    issuer, wanted = order.issuer, order.profile
    if issuer is None:
        return wanted.self_signed
    if wanted.self_signed or not issuer.is_ca or "keyCertSign" not in (issuer.key_usage or ()):
        return False
    # An authority below needs room for itself; a holder never counts (RFC 5280 section 4.2.1.9).
    below = 0 if wanted.path_length is None else wanted.path_length
    return not wanted.ca or issuer.path_length is None or issuer.path_length > below


def _scheme(order: Draft, _: RawTbs, found: Certificate) -> bool:
    return found.scheme == order.scheme and allowed(order.issuer_key.kind, order.scheme)


def _key_kind(order: Draft, _: RawTbs, found: Certificate) -> bool:
    return found.public_key.family in CERTIFIED_FAMILIES[order.issuer_key.family]


def _validity_length(order: Draft, _: RawTbs, found: Certificate) -> bool:
    return found.not_after - found.not_before <= timedelta(days=order.profile.days)


def _validity_nested(order: Draft, _: RawTbs, found: Certificate) -> bool:
    issuer = order.issuer
    return issuer is None or (issuer.not_before <= found.not_before and found.not_after <= issuer.not_after)


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
    subject = _subject(raw.subject)
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
    rule, subject = order.profile.code, _subject(raw.subject)
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


CONTENT: tuple[ContentRule, ...] = (
    ContentRule(
        "ordered", "docs 0010", "内容与申请不一致", "states something else than was ordered", _ordered
    ),
    ContentRule(
        "issuer_name",
        "RFC 5280 4.1.2.4",
        "签发者名称与上级证书不一致",
        "issuer is not the subject above",
        _issuer_name,
    ),
    ContentRule(
        "issuer_authority",
        "RFC 5280 4.2.1.9, 4.2.1.3",
        "上级证书无权签发",
        "the issuer may not certify this",
        _issuer_may,
    ),
    ContentRule(
        "scheme",
        "RFC 5280 4.1.1.2",
        "签名算法与签发密钥不配",
        "the issuing key does not sign so",
        _scheme,
    ),
    ContentRule(
        "key_kind",
        "GM/T 0015",
        "公钥种类不能由该机构签发",
        "key kind not certified by this authority",
        _key_kind,
    ),
    ContentRule(
        "validity_order",
        "RFC 5280 4.1.2.5",
        "截止时间应晚于起始时间",
        "ends after it begins",
        lambda _, __, found: found.not_before < found.not_after,
    ),
    ContentRule(
        "validity_length",
        "docs 0010",
        "有效期超过模板规定",
        "longer than the profile allows",
        _validity_length,
    ),
    ContentRule(
        "validity_nested",
        "GM/T 0015",
        "有效期超出上级证书",
        "not within the validity of the issuer",
        _validity_nested,
    ),
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
