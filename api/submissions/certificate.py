# SPDX-License-Identifier: Apache-2.0
"""May this certificate seal for this applicant, now?

Who files for an enterprise seals with the enterprise's certificate: the one that carries its unified social
credit code.  A certificate of the person who acts for it does not do, whosever account it is.  Only a person
who acts for nobody seals with a certificate of their own account.
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
    if applicant.enterprise and certificate.uscc != applicant.holder:
        raise SealingCertificateRefused(
            "certificate-of-another",
            f"须用企业 {applicant.holder} 的签章证书,个人证书或其他企业的证书不能代替"
            " / use the enterprise's sealing certificate, neither a person's nor another enterprise's",
        )
    if not applicant.enterprise and (
        certificate.uscc is not None or owner(certificate) != applicant.account_id
    ):
        raise SealingCertificateRefused(
            "certificate-of-another",
            "证书不属于本人账号 / the certificate was not issued to your own account",
        )
    return certificate
