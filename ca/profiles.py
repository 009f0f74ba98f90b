# SPDX-License-Identifier: Apache-2.0
"""Certificate profiles: what a kind of certificate may do, as data.

GB/T 20518-2018 and GM/T 0015 (reference: standards.md section 5); key usage bits after RFC 5280 section
4.2.1.3, extended key usage after 4.2.1.12.  QR statements are signed by a bare key of the trust list and
need no profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from verify import Certificate

from .errors import NoSuchProfile

KEY_USAGE_BITS: Mapping[str, int] = MappingProxyType(
    {
        "digitalSignature": 0,
        "nonRepudiation": 1,
        "keyEncipherment": 2,
        "dataEncipherment": 3,
        "keyAgreement": 4,
        "keyCertSign": 5,
        "cRLSign": 6,
        "encipherOnly": 7,
        "decipherOnly": 8,
    }
)

CERTIFIES = frozenset({"keyCertSign", "cRLSign"})
SIGNS = frozenset({"digitalSignature", "nonRepudiation"})
TSL_SIGNING = "0.4.0.2231.3.0"
"""id-tsl-kp-tslSigning (ETSI TS 119 612 section 5.7.1): without it every holder of a certificate under the
roots could sign a trust list that chains to them."""
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
"""id-kp-timeStamping: critical and alone (RFC 3161 section 2.3)."""
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
"""id-kp-OCSPSigning (RFC 6960 section 4.2.2.2)."""


class CodeRule(StrEnum):
    """Whether a holder has a unified social credit code."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    FORBIDDEN = "forbidden"  # a person: the code of the employer would let the key speak for the employer


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of certificate.  ``days`` is the longest validity, and the usual one."""

    name: str
    zh: str
    en: str
    ca: bool
    path_length: int | None
    key_usage: frozenset[str]
    days: int
    code: CodeRule
    self_signed: bool = False
    extended_key_usage: tuple[str, ...] = ()  # critical and complete; none when empty
    no_check: bool = False  # id-pkix-ocsp-nocheck: nobody asks the responder about itself

    def until(self, not_before: datetime, issuer: Certificate | None = None) -> datetime:
        """The usual end: ``days`` after the start, and never after the issuer's own end."""
        end = not_before + timedelta(days=self.days)
        return end if issuer is None else min(end, issuer.not_after)


def _authority(name: str, zh: str, en: str, *, path_length: int, years: int, root: bool = False) -> Profile:
    days = years * 365 + years // 4
    return Profile(name, zh, en, True, path_length, CERTIFIES, days, CodeRule.OPTIONAL, root)


def _holder(name: str, zh: str, en: str, code: CodeRule, *only_for: str) -> Profile:
    # Three years: real signing certificates run one to five (standards.md section 5.4).
    return Profile(name, zh, en, False, None, SIGNS, 3 * 365 + 1, code, extended_key_usage=only_for)


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        one.name: one
        for one in (
            _authority("root", "根证书", "Root authority", path_length=1, years=25, root=True),
            _authority("issuing", "签发机构证书", "Issuing authority", path_length=0, years=15),
            _holder("person", "个人证书", "Natural person", CodeRule.FORBIDDEN),
            _holder("enterprise", "企业证书", "Enterprise", CodeRule.REQUIRED),
            _holder("seal", "电子印章证书", "Electronic seal of an agency", CodeRule.REQUIRED),
            _holder("platform", "平台签章证书", "Seal of the platform", CodeRule.REQUIRED),
            _holder(
                "trust_list",
                "信任列表签名证书",
                "Signer of the trust list",
                CodeRule.OPTIONAL,
                TSL_SIGNING,
            ),
            # Its status is not asked for (RFC 6960 section 4.2.2.2.1), so it must not live long.
            Profile(
                "ocsp",
                "OCSP响应签名证书",
                "Signer of OCSP responses",
                False,
                None,
                SIGNS,
                366,
                CodeRule.OPTIONAL,
                extended_key_usage=(OCSP_SIGNING,),
                no_check=True,
            ),
            _holder("tsa", "时间戳签名证书", "Time-stamping authority", CodeRule.OPTIONAL, TIME_STAMPING),
        )
    }
)


def profile(name: str) -> Profile:
    """The profile of this name; raises :class:`NoSuchProfile`."""
    found = PROFILES.get(name)
    if found is None:
        raise NoSuchProfile(name, tuple(PROFILES))
    return found
