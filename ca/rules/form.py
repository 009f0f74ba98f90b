# SPDX-License-Identifier: Apache-2.0
"""Rules of form: how the bytes are spelt, whatever they mean.

RFC 5280 section 4.1, GB/T 20518-2018 section 5.2 and X.690 as digested in standards.md section 4.3.
"""

from __future__ import annotations

from functools import lru_cache

from keys import KeyFamily, KeysError, der

from ..drafting import (
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
)
from ..errors import NameRefused
from ..identifiers import IDENTIFIER_OIDS
from ..policies import CERTIFICATE_POLICIES
from ..shape import RawTbs
from ..subject import SubjectName, parse_subject
from .kinds import FormRule

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

_VERSION_3 = bytes.fromhex("a003020102")
_NULL = b"\x05\x00"


@lru_cache(maxsize=256)
def subject_of(encoded: bytes) -> SubjectName | None:
    """Read anew, once for all rules that look at it."""
    try:
        return parse_subject(encoded)
    except NameRefused:
        return None


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


def _name_form(_: Draft, raw: RawTbs) -> bool:
    subject = subject_of(raw.subject)
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
        lambda _, raw: subject_of(raw.subject) is not None,
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
