# SPDX-License-Identifier: Apache-2.0
"""The rows of the benchmark by name.  Each maker checks its own results and those of its peers first."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..measure import Contest
from .ca import ca_issue_p256_full, ca_issue_rsa_full, ca_issue_sm2_full
from .certificates import cert_issue_sm2
from .documents import pdf_seal_rsa, pdf_seal_sm2, pdf_verify_rsa
from .responder import ca_ocsp_http
from .sm2 import sm2_sign, sm2_verify
from .status import ca_crl_million, ca_ocsp_cached, ca_ocsp_signed_sm2

CONTESTS: Mapping[str, Callable[[bool], Contest]] = {
    "sm2.sign": sm2_sign,
    "sm2.verify": sm2_verify,
    "cert.issue.sm2": cert_issue_sm2,
    "ca.ocsp.cached": ca_ocsp_cached,
    "ca.ocsp.http": ca_ocsp_http,
    "ca.ocsp.signed.sm2": ca_ocsp_signed_sm2,
    "ca.crl.million": ca_crl_million,
    "ca.issue.sm2.full": ca_issue_sm2_full,
    "ca.issue.p256.full": ca_issue_p256_full,
    "ca.issue.rsa.full": ca_issue_rsa_full,
    "pdf.seal.sm2": pdf_seal_sm2,
    "pdf.seal.rsa": pdf_seal_rsa,
    "pdf.verify.rsa": pdf_verify_rsa,
}

__all__ = ["CONTESTS"]
