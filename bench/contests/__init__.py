# SPDX-License-Identifier: Apache-2.0
"""The rows of the benchmark by name.  Each maker checks its own results and those of its peers first."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..measure import Contest
from .ca import ca_issue_p256_full, ca_issue_rsa_full, ca_issue_sm2_full
from .certificates import cert_issue_sm2
from .documents import pdf_verify_rsa
from .log import log_append, log_check, log_prove
from .responder import ca_ocsp_http
from .seal_lta import seal_pdf_lta
from .seal_ofd import seal_ofd_mass, seal_ofd_sm2
from .seal_pdf import (
    seal_complete,
    seal_pdf_mass,
    seal_pdf_p256,
    seal_pdf_rsa,
    seal_pdf_sm2,
    seal_prepare,
)
from .ses import ses_build, ses_parse
from .sm2 import sm2_sign, sm2_verify
from .status import ca_crl_million, ca_ocsp_cached, ca_ocsp_signed_sm2
from .verify_ofd import verify_ofd
from .verify_path import verify_path_sm2, verify_path_sm2_known
from .verify_pdf import verify_pdf_1page, verify_pdf_20sigs, verify_pdf_200pages, verify_pdf_1000pages
from .verify_qr import verify_qr_es256, verify_qr_sm2

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
    "pdf.verify.rsa": pdf_verify_rsa,
    "ses.build": ses_build,
    "ses.parse": ses_parse,
    "seal.pdf.sm2": seal_pdf_sm2,
    "seal.pdf.p256": seal_pdf_p256,
    "seal.pdf.rsa": seal_pdf_rsa,
    "seal.pdf.lta": seal_pdf_lta,
    "seal.pdf.mass": seal_pdf_mass,
    "seal.ofd.sm2": seal_ofd_sm2,
    "seal.ofd.mass": seal_ofd_mass,
    "seal.prepare": seal_prepare,
    "seal.complete": seal_complete,
    "verify.pdf.1page": verify_pdf_1page,
    "verify.pdf.200pages": verify_pdf_200pages,
    "verify.pdf.20sigs": verify_pdf_20sigs,
    "verify.pdf.1000pages": verify_pdf_1000pages,
    "verify.ofd": verify_ofd,
    "verify.path.sm2": verify_path_sm2,
    "verify.path.sm2.known": verify_path_sm2_known,
    "verify.qr.sm2": verify_qr_sm2,
    "verify.qr.es256": verify_qr_es256,
    "log.append": log_append,
    "log.prove": log_prove,
    "log.check": log_check,
}

__all__ = ["CONTESTS"]
