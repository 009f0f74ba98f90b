# SPDX-License-Identifier: Apache-2.0
"""Certificates, revocation lists, and whether a path of them leads to what a verifier trusts."""

from __future__ import annotations

from .certificate import Certificate, parse_certificate
from .check import PathCheck, StatusSource, check_certificate
from .constraints import Purpose
from .crl import Crl, Scope, parse_crl
from .entries import Revoked
from .errors import (
    CertificateMalformed,
    CertificateUnsupported,
    CrlMalformed,
    CrlUnsupported,
    X509Error,
)
from .name import Name, read_name
from .past import check_past_certificate
from .path import TrustedMaterial
from .reports import certificate_report, crl_report

__all__ = [
    "Certificate",
    "CertificateMalformed",
    "CertificateUnsupported",
    "Crl",
    "CrlMalformed",
    "CrlUnsupported",
    "Name",
    "PathCheck",
    "Purpose",
    "Revoked",
    "Scope",
    "StatusSource",
    "TrustedMaterial",
    "X509Error",
    "certificate_report",
    "check_certificate",
    "check_past_certificate",
    "crl_report",
    "parse_certificate",
    "parse_crl",
    "read_name",
]
