# SPDX-License-Identifier: Apache-2.0
"""What certifies: requests, profiles, drafts, lints, certificates, revocation lists.

request -> profile -> draft -> lint -> issue.  Nothing here reads a clock, a file or a source of randomness.
"""

from __future__ import annotations

from .crl import ListKind, Resumed, Revocation, RevocationReason, make_crl
from .drafting import Draft, draft, new_serial
from .errors import (
    CaError,
    DraftRefused,
    Finding,
    IssueFailed,
    LintRefused,
    NameRefused,
    NoSuchProfile,
    NotLinted,
    RequestRefused,
    SerialRefused,
)
from .issuing import issue
from .linting import Linted, lint
from .long_crl import CrlSink, ListedRow, WrittenCrl, write_long_crl
from .ocsp import (
    CertificateStatus,
    OcspFailure,
    OcspRefused,
    OcspRequest,
    make_ocsp_failure,
    make_ocsp_response,
    parse_ocsp_path,
    parse_ocsp_request,
)
from .profiles import PROFILES, CodeRule, Profile, profile
from .request import Request, make_request, parse_request
from .subject import SubjectName
from .timestamping import (
    LARGEST_TIMESTAMP_REQUEST,
    TimestampFailure,
    TimestampRefused,
    TimestampRequest,
    make_timestamp,
    make_timestamp_failure,
    make_timestamp_response,
    parse_timestamp_request,
)

__all__ = [
    "LARGEST_TIMESTAMP_REQUEST",
    "PROFILES",
    "CaError",
    "CertificateStatus",
    "CodeRule",
    "CrlSink",
    "Draft",
    "DraftRefused",
    "Finding",
    "IssueFailed",
    "LintRefused",
    "Linted",
    "ListKind",
    "ListedRow",
    "NameRefused",
    "NoSuchProfile",
    "NotLinted",
    "OcspFailure",
    "OcspRefused",
    "OcspRequest",
    "Profile",
    "Request",
    "RequestRefused",
    "Resumed",
    "Revocation",
    "RevocationReason",
    "SerialRefused",
    "SubjectName",
    "TimestampFailure",
    "TimestampRefused",
    "TimestampRequest",
    "WrittenCrl",
    "draft",
    "issue",
    "lint",
    "make_crl",
    "make_ocsp_failure",
    "make_ocsp_response",
    "make_request",
    "make_timestamp",
    "make_timestamp_failure",
    "make_timestamp_response",
    "new_serial",
    "parse_ocsp_path",
    "parse_ocsp_request",
    "parse_request",
    "parse_timestamp_request",
    "profile",
    "write_long_crl",
]
