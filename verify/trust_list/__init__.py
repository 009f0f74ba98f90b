# SPDX-License-Identifier: Apache-2.0
"""The signed trust list: the one file that says what a verifier may believe, and trust loaded from files."""

from __future__ import annotations

from .body import FORMAT, TrustListBody, TrustListSignature
from .check import check_trust_list
from .errors import TrustListInvalid
from .loading import load_trust
from .signed import TrustList, parse_trust_list

__all__ = [
    "FORMAT",
    "TrustList",
    "TrustListBody",
    "TrustListInvalid",
    "TrustListSignature",
    "check_trust_list",
    "load_trust",
    "parse_trust_list",
]
