# SPDX-License-Identifier: Apache-2.0
"""May this certificate seal for this applicant, now?

The sealing certificate of an enterprise carries its unified social credit code; it must be the enterprise
that the login acts for.  A person who acts for nobody seals with a certificate of their own account.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from verify import (
    Certificate,
    Indication,
    Purpose,
    Trust,
    VerifyError,
    check_certificate,
    parse_certificate,
)

from .errors import SealingCertificateRefused
from .model import Applicant

Owner = Callable[[Certificate], str | None]
"""The account that a certificate of this platform was issued to, or ``None``."""


def check_sealing_certificate(
    encoded: bytes, applicant: Applicant, *, trust: Trust, at: datetime, owner: Owner
) -> Certificate:
    """The parsed certificate; raises :class:`SealingCertificateRefused` with its own code."""
    try:
        certificate = parse_certificate(encoded)
    except VerifyError as error:
        raise SealingCertificateRefused("certificate-malformed", str(error)) from error
    verdict = check_certificate(certificate, trust, at, purpose=Purpose.SEAL)
    if verdict.indication is not Indication.TOTAL_PASSED:
        code = verdict.sub_indication.value if verdict.sub_indication else verdict.indication.value
        why = "; ".join(f"{reason.zh} {reason.en}" for reason in verdict.reasons)
        raise SealingCertificateRefused(code, why)
    belongs = (
        certificate.uscc == applicant.holder
        if certificate.uscc is not None
        else owner(certificate) == applicant.account_id
    )
    if not belongs:
        raise SealingCertificateRefused(
            "certificate-of-another",
            "证书不属于本次申报的主体 / the certificate does not belong to the applicant",
        )
    return certificate
