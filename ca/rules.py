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

from .drafting import (
    AUTHORITY_KEY_ID,
    BASIC_CONSTRAINTS,
    CRL_ADDRESSES,
    EXTENDED_KEY_USAGE,
    KEY_USAGE,
    LONGEST_SERIAL,
    OCSP_NO_CHECK,
    ORGANIZATION_CODE,
    SUBJECT_KEY_ID,
    Draft,
    issuer_key_id,
)
from .errors import NameRefused
from .profiles import PROFILES, CodeRule
from .shape import RawTbs
from .subject import SubjectName, parse_subject

CRITICAL = frozenset({KEY_USAGE, EXTENDED_KEY_USAGE, BASIC_CONSTRAINTS})
KNOWN = CRITICAL | {SUBJECT_KEY_ID, AUTHORITY_KEY_ID, CRL_ADDRESSES, ORGANIZATION_CODE, OCSP_NO_CHECK}
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
    """A rule about spelling."""

    name: str
    zh: str
    en: str
    holds: Callable[[Draft, RawTbs], bool]


@dataclass(frozen=True, slots=True)
class ContentRule:
    """A rule about meaning."""

    name: str
    zh: str
    en: str
    holds: Callable[[Draft, RawTbs, Certificate], bool]


def _serial(_: Draft, raw: RawTbs) -> bool:
    return raw.serial > 0 and SHORTEST_SERIAL_BITS <= raw.serial.bit_length() < 8 * LONGEST_SERIAL


def _algorithm(order: Draft, raw: RawTbs) -> bool:
    """Licensed authorities write NULL for SM2, and so do we (standards.md section 4.3)."""
    plain = order.scheme.family is not KeyFamily.SM2 or raw.algorithm.endswith(_NULL)
    return plain and raw.algorithm == order.scheme.algorithm_identifier()


def _time_form(_: Draft, raw: RawTbs) -> bool:
    try:
        return all(der.time(der.as_time(one)) == one.raw for one in (raw.not_before, raw.not_after))
    except KeysError:
        return False


@lru_cache(maxsize=64)
def _subject(encoded: bytes) -> SubjectName | None:
    """Three rules look at the same name."""
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
    FormRule("version", "版本应为v3", "version is v3", lambda _, raw: raw.version == _VERSION_3),
    FormRule(
        "serial", "序列号为正数,64位以上,不超过20字节", "serial: positive, 64 bits to 20 octets", _serial
    ),
    FormRule(
        "algorithm",
        "内层签名算法与签发者一致(SM2带NULL)",
        "inner algorithm is the issuer's, NULL for SM2",
        _algorithm,
    ),
    FormRule("time_form", "2049年及以前用UTCTime,之后用GeneralizedTime", "UTCTime through 2049", _time_form),
    FormRule(
        "name_text",
        "主体名称不合规则",
        "the subject breaks the rules for names",
        lambda _, raw: _subject(raw.subject) is not None,
    ),
    FormRule(
        "name_form",
        "C在最前且为PrintableString,其余为UTF8String",
        "C first and Printable, others UTF8",
        _name_form,
    ),
    FormRule(
        "extension_form", "扩展重复或写出默认值", "extension repeated, or a default written", _extension_form
    ),
    FormRule("extension_known", "含模板以外的扩展", "extension that no profile has", _extensions_known),
)


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
    stated = raw.extensions.get(KEY_USAGE)
    return stated is not None and stated.critical and found.key_usage == order.profile.key_usage


def _extended_key_usage(order: Draft, raw: RawTbs, found: Certificate) -> bool:
    """Byte for byte: a purpose that stands twice is one purpose in a set."""
    stated, wanted = raw.extensions.get(EXTENDED_KEY_USAGE), order.profile.extended_key_usage
    if stated is None or not wanted:
        return stated is None and not wanted
    exact = stated.critical and stated.value == der.sequence(*map(der.oid, wanted))
    return exact and found.extended_key_usage == frozenset(wanted)


def _basic_constraints(order: Draft, raw: RawTbs, found: Certificate) -> bool:
    stated = raw.extensions.get(BASIC_CONSTRAINTS)
    if not order.profile.ca:
        return stated is None and not found.is_ca
    limited = found.is_ca and found.path_length == order.profile.path_length
    return stated is not None and stated.critical and limited


def _no_check(order: Draft, raw: RawTbs, _: Certificate) -> bool:
    stated = raw.extensions.get(OCSP_NO_CHECK)
    return (stated is not None and stated.value == _NULL) if order.profile.no_check else stated is None


def _authority_key_id(order: Draft, _: RawTbs, found: Certificate) -> bool:
    return found.authority_key_id == issuer_key_id(order.issuer, found.public_key)


def _crl_address(order: Draft, _: RawTbs, found: Certificate) -> bool:
    if order.issuer is None:
        return not found.crl_urls
    return tuple(found.crl_urls) == (order.crl_url,) and bool(_HTTP.match(order.crl_url))


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
        "profile",
        "证书模板不在本机构之列",
        "not a profile of this authority",
        lambda order, _, __: PROFILES.get(order.profile.name) == order.profile,
    ),
    ContentRule("ordered", "内容与申请不一致", "states something else than was ordered", _ordered),
    ContentRule("issuer_name", "签发者名称与上级证书不一致", "issuer is not the subject above", _issuer_name),
    ContentRule("issuer_authority", "上级证书无权签发", "the issuer may not certify this", _issuer_may),
    ContentRule("scheme", "签名算法与签发密钥不配", "the issuing key does not sign so", _scheme),
    ContentRule(
        "key_kind", "公钥种类不能由该机构签发", "key kind not certified by this authority", _key_kind
    ),
    ContentRule(
        "validity_order",
        "截止时间应晚于起始时间",
        "ends after it begins",
        lambda _, __, found: found.not_before < found.not_after,
    ),
    ContentRule("validity_length", "有效期超过模板规定", "longer than the profile allows", _validity_length),
    ContentRule(
        "validity_nested", "有效期超出上级证书", "not within the validity of the issuer", _validity_nested
    ),
    ContentRule(
        "key_usage", "密钥用法须关键且与模板一致", "key usage: critical, exactly the profile's", _key_usage
    ),
    ContentRule(
        "extended_key_usage",
        "扩展密钥用途须关键且与模板一致(模板无则不得有)",
        "extended key usage: critical, exactly the profile's, or none",
        _extended_key_usage,
    ),
    ContentRule(
        "basic_constraints",
        "基本约束与模板不一致",
        "basic constraints differ from the profile",
        _basic_constraints,
    ),
    ContentRule(
        "subject_key_id",
        "主体密钥标识不符",
        "wrong subject key id",
        lambda _, __, found: found.subject_key_id == found.public_key.key_id,
    ),
    ContentRule(
        "no_check",
        "id-pkix-ocsp-nocheck 只属于OCSP响应签名证书",
        "id-pkix-ocsp-nocheck belongs to signers of OCSP responses alone",
        _no_check,
    ),
    ContentRule("authority_key_id", "签发者密钥标识不符", "wrong authority key id", _authority_key_id),
    ContentRule(
        "crl_address",
        "须有一个HTTP的CRL地址(根证书无)",
        "one HTTP address of the CRL; none in a root",
        _crl_address,
    ),
    ContentRule(
        "organization_code",
        "统一社会信用代码扩展与模板或O不一致",
        "organisation code extension does not fit profile or O",
        _organization_code,
    ),
)
