# SPDX-License-Identifier: Apache-2.0
"""May these certificates stand where they stand?  RFC 5280 section 6.1.3 and 6.1.4, and the purpose.

Stricter: an anchor is held to the same rules as every other issuer, version 1 included.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final

from ..report import SubIndication
from .certificate import Certificate
from .findings import Finding, unsure
from .moments import shown
from .path import Path


class Purpose(StrEnum):
    """What the certificate is used for."""

    SEAL = "seal"
    LOGIN = "login"
    TRUST_LIST = "trust-list"
    CERTIFICATE = "certificate"  # nothing in particular: only the certificate itself is of interest


_USES: Final = {
    Purpose.SEAL: frozenset({"digitalSignature", "nonRepudiation"}),
    Purpose.LOGIN: frozenset({"digitalSignature"}),
    Purpose.TRUST_LIST: frozenset({"digitalSignature"}),
}
"""One of these key usages must be there."""
_TSL_SIGNING: Final = "0.4.0.2231.3.0"
"""id-tsl-kp-tslSigning, ETSI TS 119 612 section 5.7.1."""
_TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
_OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
_DEMANDED: Final = {Purpose.TRUST_LIST: _TSL_SIGNING}
"""This extended key usage must be there, by its own name: anyExtendedKeyUsage is not enough, or every
subscriber of an authority that writes that one could say whom to trust."""
_RESERVED: Final = {
    Purpose.SEAL: frozenset({_TSL_SIGNING}),
    Purpose.LOGIN: frozenset({_TSL_SIGNING, _TIME_STAMPING, _OCSP_SIGNING}),
}
"""Extended key usages of a service: with nothing beside them the certificate is not for this.  Any other
extended key usage only informs: licensed seal certificates carry serverAuth, clientAuth, emailProtection and
timeStamping, some of them critical, and no standard names one for seals (standards.md section 5.3)."""
_MAY_BE_SILENT: Final = frozenset({Purpose.SEAL})
"""Seal certificates without key usage are in circulation; what logs in or signs a list must have it."""


def path_findings(path: Path, at: datetime, purpose: Purpose) -> Iterator[Finding]:
    """What speaks against a path whose signatures verify."""
    for place, one in enumerate(path):
        yield from _understood(one)
        if place:
            yield from _authority(one, path[1:place])
    yield from _valid(path[0], at)
    yield from issuers_valid(path, at)
    yield from _fit_for(path[0], purpose)
    yield from _made_for(path[0], purpose)


def _understood(one: Certificate) -> Iterator[Finding]:
    if one.critical_unknown:
        names = ", ".join(one.critical_unknown)
        yield unsure(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "CRITICAL_EXTENSION_UNKNOWN",
            f"证书 {called(one)} 含有本程序不能理解的关键扩展 {names},请更新程序或另换证书",
            f"certificate {called(one)} has a critical extension that is not understood here: {names}; "
            "update this program or use another certificate",
        )


def _authority(issuer: Certificate, between: Path) -> Iterator[Finding]:
    """``between``: the authorities that stand between this one and the certificate."""
    signs = issuer.key_usage is None or "keyCertSign" in issuer.key_usage
    if not issuer.is_ca or not signs:
        yield unsure(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "ISSUER_NOT_CA",
            f"{called(issuer)} 无权签发证书,请向其签发机构核实",
            f"{called(issuer)} may not issue certificates; ask the authority that certified it",
        )
    below = sum(one.issuer != one.subject for one in between)
    if issuer.path_length is not None and below > issuer.path_length:
        yield unsure(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "PATH_TOO_LONG",
            f"{called(issuer)} 之下的证书链超过其允许的长度",
            f"more authorities stand below {called(issuer)} than its certificate allows",
        )


def _valid(leaf: Certificate, at: datetime) -> Iterator[Finding]:
    if at < leaf.not_before:
        yield unsure(
            SubIndication.OUT_OF_BOUNDS_NO_POE,
            "CERTIFICATE_NOT_YET_VALID",
            f"证书自 {shown(leaf.not_before)} 起生效,请检查时钟或稍后再试",
            f"the certificate is valid from {shown(leaf.not_before)}; check the clock or wait",
        )
    if at > leaf.not_after:
        yield unsure(
            SubIndication.OUT_OF_BOUNDS_NO_POE,
            "CERTIFICATE_EXPIRED",
            f"证书已于 {shown(leaf.not_after)} 到期,请换用新证书;此前的签章须另有时间证明",
            f"the certificate expired at {shown(leaf.not_after)}; use a new one, "
            "and prove by other means that an older signature was made before",
        )


def issuers_valid(path: Path, at: datetime) -> Iterator[Finding]:
    """Every authority on the path must be in its time, the anchor included."""
    for issuer in path[1:]:
        yield from _issuer_valid(issuer, at)


def _issuer_valid(issuer: Certificate, at: datetime) -> Iterator[Finding]:
    if not issuer.not_before <= at <= issuer.not_after:
        early = at < issuer.not_before
        yield unsure(
            SubIndication.OUT_OF_BOUNDS_NO_POE,
            "ISSUER_NOT_YET_VALID" if early else "ISSUER_EXPIRED",
            f"颁发机构证书 {called(issuer)} 的有效期为 {shown(issuer.not_before)} 至 "
            f"{shown(issuer.not_after)},请获取新的证书链",
            f"the certificate of {called(issuer)} is valid from {shown(issuer.not_before)} "
            f"to {shown(issuer.not_after)}; fetch a new chain",
        )


def _fit_for(leaf: Certificate, purpose: Purpose) -> Iterator[Finding]:
    uses = _USES.get(purpose)
    if uses is None:
        return
    fits = purpose in _MAY_BE_SILENT if leaf.key_usage is None else bool(uses & leaf.key_usage)
    if leaf.is_ca or not fits:
        has = "CA" if leaf.is_ca else ", ".join(sorted(leaf.key_usage or ())) or "—"
        yield unsure(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "KEY_USAGE",
            f"证书的密钥用途({has})不允许这种使用,请换用签名证书",
            f"the key usage of the certificate ({has}) does not allow this; use a signing certificate",
        )


def _made_for(leaf: Certificate, purpose: Purpose) -> Iterator[Finding]:
    """Extended key usage, RFC 5280 section 4.2.1.12."""
    stated = leaf.extended_key_usage or frozenset()
    demanded = _DEMANDED.get(purpose)
    if demanded is not None and demanded not in stated:
        yield unsure(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "EXTENDED_KEY_USAGE",
            f"证书 {called(leaf)} 没有签署信任列表的扩展密钥用途({demanded}),其签署的列表不可采信,"
            "请向列表发布机构重新获取列表",
            f"certificate {called(leaf)} lacks the extended key usage for trust lists ({demanded}): "
            "do not rely on a list that it signed, fetch the list again from its publisher",
        )
    if stated and stated <= _RESERVED.get(purpose, frozenset()):
        names = ", ".join(sorted(stated))
        yield unsure(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "EXTENDED_KEY_USAGE",
            f"证书的扩展密钥用途({names})专用于其他服务,不能用于签章或登录,请换用签名证书",
            f"the extended key usage of the certificate ({names}) reserves it for another service, "
            "not for seals or logins; use a signing certificate",
        )


def called(one: Certificate) -> str:
    """The short name of a holder."""
    return one.subject.common_name or one.subject.text or one.fingerprint[:16]
