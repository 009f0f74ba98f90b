# SPDX-License-Identifier: Apache-2.0
"""The signed trust list: the one file that says what a verifier may believe; the list beside it that says how
seals stood; and trust loaded from files."""

from __future__ import annotations

from .body import FORMAT, TrustListBody, TrustListSignature
from .check import check_trust_list
from .document_status import FORMAT as DOCUMENT_STATUS_FORMAT
from .document_status import (
    DocumentStatusFile,
    document_status_body,
    document_status_message,
    encode_document_status,
    parse_document_states,
    parse_document_status,
)
from .document_status_check import check_document_status, require_document_status
from .errors import TrustListInvalid
from .loading import load_trust, sequences_of
from .seal_status import FORMAT as SEAL_STATUS_FORMAT
from .seal_status import (
    check_seal_status,
    encode_seal_status,
    parse_seal_status,
    require_seal_status,
    seal_status_message,
)
from .signed import TrustList, parse_trust_list

__all__ = [
    "DOCUMENT_STATUS_FORMAT",
    "FORMAT",
    "SEAL_STATUS_FORMAT",
    "DocumentStatusFile",
    "TrustList",
    "TrustListBody",
    "TrustListInvalid",
    "TrustListSignature",
    "check_document_status",
    "check_seal_status",
    "check_trust_list",
    "document_status_body",
    "document_status_message",
    "encode_document_status",
    "encode_seal_status",
    "load_trust",
    "parse_document_states",
    "parse_document_status",
    "parse_seal_status",
    "parse_trust_list",
    "require_document_status",
    "require_seal_status",
    "seal_status_message",
    "sequences_of",
]
