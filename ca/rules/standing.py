# SPDX-License-Identifier: Apache-2.0
"""Rules of standing: does it state what was ordered, and may this issuer certify it, with this key, so long?

RFC 5280 sections 4.1 and 4.2.1.9, GM/T 0015 and decision 0010.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from keys import KeyFamily, allowed
from verify import Certificate

from ..drafting import Draft
from ..shape import RawTbs
from .kinds import ContentRule

CERTIFIED_FAMILIES: Mapping[KeyFamily, frozenset[KeyFamily]] = {
    KeyFamily.SM2: frozenset({KeyFamily.SM2}),
    KeyFamily.RSA: frozenset({KeyFamily.RSA, KeyFamily.ECDSA}),
    KeyFamily.ECDSA: frozenset({KeyFamily.RSA, KeyFamily.ECDSA}),
}
"""Which kinds of keys an authority certifies: national and international algorithms do not mix in a chain."""


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


STANDING: tuple[ContentRule, ...] = (
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
)
