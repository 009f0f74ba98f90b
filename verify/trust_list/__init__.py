# SPDX-License-Identifier: Apache-2.0
"""The signed trust list: the one file that says what a verifier may believe; the list beside it that says how
seals stood; and trust loaded from files."""

from __future__ import annotations

from .body import FORMAT, TrustListBody, TrustListSignature
from .check import check_trust_list
from .errors import TrustListInvalid
from .loading import load_trust
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
    "FORMAT",
    "SEAL_STATUS_FORMAT",
    "TrustList",
    "TrustListBody",
    "TrustListInvalid",
    "TrustListSignature",
    "check_seal_status",
    "check_trust_list",
    "encode_seal_status",
    "load_trust",
    "parse_seal_status",
    "parse_trust_list",
    "require_seal_status",
    "seal_status_message",
]
