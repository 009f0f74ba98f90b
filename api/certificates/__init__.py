# SPDX-License-Identifier: Apache-2.0
"""The certificate authority of this service: authorities, orders, bundles, lifecycle, its own trust."""

from __future__ import annotations

from .authorities import committed_authorities
from .authorities import listed as listed_authorities
from .bundles import committed_bundles
from .errors import (
    CeremonyContradicted,
    CertificateError,
    EnvelopeRefused,
    NoSuchAuthority,
    NoSuchCertificate,
    NotInitialised,
    OrderRefused,
    QrKeyRefused,
    RevocationRefused,
    SelectionRefused,
)
from .model import (
    AuthorityRow,
    BundleOrder,
    Hierarchy,
    IssuedBundle,
    IssuedCertificate,
    IssueOrder,
    Notice,
    whole_second,
)
from .platform import PLATFORM_SEAL, SEAL_MAKER, TRUST_LIST_SIGNERS, TSA_SIGNERS
from .ports import Authority, CertificatePorts, EscrowedKey, KeyCentre, StatusLists
from .qr_keys import committed_qr_keys
from .reissuing import Reissue
from .service import CertificateService
from .store import (
    StatusRow,
    authority_certificate,
    committed_certificates,
    find_by_fingerprint,
    find_by_label,
    status_rows,
)

__all__ = [
    "PLATFORM_SEAL",
    "SEAL_MAKER",
    "TRUST_LIST_SIGNERS",
    "TSA_SIGNERS",
    "Authority",
    "AuthorityRow",
    "BundleOrder",
    "CeremonyContradicted",
    "CertificateError",
    "CertificatePorts",
    "CertificateService",
    "EnvelopeRefused",
    "EscrowedKey",
    "Hierarchy",
    "IssueOrder",
    "IssuedBundle",
    "IssuedCertificate",
    "KeyCentre",
    "NoSuchAuthority",
    "NoSuchCertificate",
    "NotInitialised",
    "Notice",
    "OrderRefused",
    "QrKeyRefused",
    "Reissue",
    "RevocationRefused",
    "SelectionRefused",
    "StatusLists",
    "StatusRow",
    "authority_certificate",
    "committed_authorities",
    "committed_bundles",
    "committed_certificates",
    "committed_qr_keys",
    "find_by_fingerprint",
    "find_by_label",
    "listed_authorities",
    "status_rows",
    "whole_second",
]
