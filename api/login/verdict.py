# SPDX-License-Identifier: Apache-2.0
"""From the verdict on a certificate to the one code that its holder is told.

The verdict is ``verify``'s (RFC 5280 path, validity, revocation, key usage); nothing but a pass logs in, and
a verdict that this table does not know is ``status-unknown``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from verify import Certificate, Indication, Purpose, SubIndication, Trust, check_certificate

from .errors import LoginRefused

_CODES: Mapping[SubIndication, str] = MappingProxyType(
    {
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND: "issuer-not-trusted",
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE: "issuer-not-trusted",
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE: "issuer-not-trusted",
        SubIndication.SIG_CRYPTO_FAILURE: "issuer-not-trusted",
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE: "issuer-not-trusted",
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: "issuer-not-trusted",
        SubIndication.CHAIN_CONSTRAINTS_FAILURE: "key-usage",
        SubIndication.SIG_CONSTRAINTS_FAILURE: "key-usage",
        SubIndication.REVOKED: "certificate-revoked",
        SubIndication.REVOKED_NO_POE: "certificate-revoked",
        SubIndication.REVOKED_CA_NO_POE: "certificate-revoked",
        SubIndication.EXPIRED: "certificate-expired",
        SubIndication.OUT_OF_BOUNDS_NO_POE: "certificate-expired",
        SubIndication.OUT_OF_BOUNDS_NOT_REVOKED: "certificate-expired",
        SubIndication.NOT_YET_VALID: "certificate-not-yet-valid",
        SubIndication.TRY_LATER: "status-unknown",
    }
)


def require_usable(certificate: Certificate, trust: Trust, at: datetime) -> None:
    """Raise :class:`LoginRefused` unless this certificate may log in here, now."""
    verdict = check_certificate(certificate, trust, at, purpose=Purpose.LOGIN)
    if verdict.indication is Indication.TOTAL_PASSED:
        return
    sub = verdict.sub_indication
    code = "status-unknown" if sub is None else _CODES.get(sub, "status-unknown")
    if code == "certificate-expired" and at < certificate.not_before:
        code = "certificate-not-yet-valid"
    raise LoginRefused(code)
