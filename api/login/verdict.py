# SPDX-License-Identifier: Apache-2.0
"""From the verdict on a certificate to the one code that its holder is told.

The verdict is ``verify``'s (RFC 5280 path, validity, revocation, key usage), and its first reason decides.
Nothing but a pass logs in; a reason that this table does not know is ``status-unknown``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from verify import Certificate, Indication, Purpose, Trust, check_certificate

from .errors import LoginRefused

_CODES: Mapping[str, str] = MappingProxyType(
    {
        "CHAIN_UNTRUSTED": "issuer-not-trusted",
        "CHAIN_SIGNATURE_INVALID": "issuer-not-trusted",
        "ISSUER_NOT_CA": "issuer-not-trusted",
        "PATH_TOO_LONG": "issuer-not-trusted",
        "ISSUER_EXPIRED": "issuer-not-trusted",
        "ISSUER_NOT_YET_VALID": "issuer-not-trusted",
        "ISSUER_REVOKED": "issuer-not-trusted",
        "CERTIFICATE_EXPIRED": "certificate-expired",
        "CERTIFICATE_NOT_YET_VALID": "certificate-not-yet-valid",
        "CERTIFICATE_REVOKED": "certificate-revoked",
        "KEY_USAGE": "key-usage",
        "EXTENDED_KEY_USAGE": "key-usage",
        "CRITICAL_EXTENSION_UNKNOWN": "key-usage",
        "CERTIFICATE_ON_HOLD": "certificate-suspended",
        "ISSUER_ON_HOLD": "status-unknown",
        "REVOCATION_UNKNOWN": "status-unknown",
        "ISSUER_REVOCATION_UNKNOWN": "status-unknown",
        "TRUST_LIST_STALE": "status-unknown",
    }
)


def require_usable(certificate: Certificate, trust: Trust, at: datetime) -> None:
    """Raise :class:`LoginRefused` unless this certificate may log in here, now."""
    verdict = check_certificate(certificate, trust, at, purpose=Purpose.LOGIN)
    if verdict.indication is Indication.TOTAL_PASSED:
        return
    first = verdict.reasons[0].code if verdict.reasons else ""
    raise LoginRefused(_CODES.get(first, "status-unknown"))
