# SPDX-License-Identifier: Apache-2.0
"""Certificate profiles: what a kind of certificate may do, as data (``profiles.yaml``).

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

from keys import KeyFamily
from verify import Certificate

from .identifiers import IdentifierKind

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
ENCRYPTS = frozenset({"keyEncipherment", "dataEncipherment", "keyAgreement"})
_CANNOT: Mapping[KeyFamily, frozenset[str]] = {
    KeyFamily.SM2: frozenset(),
    KeyFamily.RSA: frozenset({"keyAgreement"}),  # RFC 3279 section 2.3.1
    KeyFamily.ECDSA: frozenset({"keyEncipherment", "dataEncipherment"}),  # RFC 5480 section 3
}
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
"""id-kp-timeStamping: critical and alone (RFC 3161 section 2.3)."""
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
"""id-kp-OCSPSigning (RFC 6960 section 4.2.2.2)."""
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
"""id-kp-serverAuth (RFC 5280 section 4.2.1.12); not critical, for clients take names as the rule."""


class CodeRule(StrEnum):
    """Whether a holder has a unified social credit code."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    FORBIDDEN = "forbidden"  # a person: the code of the employer would let the key speak for the employer


class Usage(StrEnum):
    """What the key does.  One thing: a key that both signs and decrypts would have to be escrowed."""

    SIGN = "sign"
    ENCRYPT = "encrypt"
    AUTHORITY = "authority"

    @property
    def bits(self) -> frozenset[str]:
        """The key usage pair of standards.md section 5.3, and nothing beyond it."""
        return {Usage.SIGN: SIGNS, Usage.ENCRYPT: ENCRYPTS, Usage.AUTHORITY: CERTIFIES}[self]


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
    extended_key_usage: tuple[str, ...] = ()  # complete; none when empty
    no_check: bool = False  # id-pkix-ocsp-nocheck: nobody asks the responder about itself
    purpose: str = ""  # of the issuing authority; none for what a ceremony makes, and for OCSP signers
    usage: Usage = Usage.SIGN
    approvals: int = 1
    pair: str | None = None  # the profile of the encryption certificate beside it
    # Critical: whoever does not know the purpose must not take the key for another one.
    critical_purposes: bool = True
    places: bool = False  # ST, L and OU may stand in the subject
    alternative_names: frozenset[str] = frozenset()  # of dns, wildcard, ip, email
    names_required: bool = False
    common_name_is_host: bool = False  # CN repeats one of the host names
    identifiers: frozenset[IdentifierKind] = frozenset()

    def __hash__(self) -> int:
        # Looked up for every certificate.
        return hash(self.name)

    def until(self, not_before: datetime, issuer: Certificate | None = None) -> datetime:
        """The usual end: ``days`` after the start, and never after the issuer's own end."""
        end = not_before + timedelta(days=self.days)
        return end if issuer is None else min(end, issuer.not_after)

    def key_usage_of(self, family: KeyFamily) -> frozenset[str]:
        """What of the profile's key usage a key of this family can do; all of it, for SM2."""
        return self.key_usage - _CANNOT[family] if self.usage is Usage.ENCRYPT else self.key_usage
