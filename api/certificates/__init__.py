# SPDX-License-Identifier: Apache-2.0
"""The certificate authority of this service: two hierarchies, orders, revocation, CRLs, its own trust."""

from __future__ import annotations

from .errors import (
    CertificateError,
    NoSuchAuthority,
    NoSuchCertificate,
    NotInitialised,
    OrderRefused,
    RevocationRefused,
)
from .model import Hierarchy, IssuedCertificate, IssueOrder
from .platform import PLATFORM_SEAL, QR_SIGNERS, TRUST_LIST_SIGNERS, TSA_SIGNERS
from .ports import Authority, CertificatePorts
from .qr_keys import committed_qr_keys
from .revocation import committed_crls
from .service import CertificateService
from .store import committed_certificates, find_by_fingerprint, find_by_label

__all__ = [
    "PLATFORM_SEAL",
    "QR_SIGNERS",
    "TRUST_LIST_SIGNERS",
    "TSA_SIGNERS",
    "Authority",
    "CertificateError",
    "CertificatePorts",
    "CertificateService",
    "Hierarchy",
    "IssueOrder",
    "IssuedCertificate",
    "NoSuchAuthority",
    "NoSuchCertificate",
    "NotInitialised",
    "OrderRefused",
    "RevocationRefused",
    "committed_certificates",
    "committed_crls",
    "committed_qr_keys",
    "find_by_fingerprint",
    "find_by_label",
]
