# SPDX-License-Identifier: Apache-2.0
"""What certifies: requests, profiles, drafts, lints, certificates, revocation lists.

request -> profile -> draft -> lint -> issue.  Nothing here reads a clock, a file or a source of randomness.
"""

from __future__ import annotations

from .alternative_names import AlternativeName, NameKind
from .ceremony import DEFAULT_CEREMONY, Ceremony, CeremonyAuthority, parse_ceremony
from .crl import ListKind, Resumed, Revocation, RevocationReason, make_crl
from .drafting import Draft, draft, new_serial
from .errors import (
    AlreadySigned,
    CaError,
    CeremonyRefused,
    DocumentRefused,
    DraftRefused,
    Finding,
    IssueFailed,
    LintRefused,
    NameRefused,
    NoSuchProfile,
    NotLinted,
    ProfilesRefused,
    RequestRefused,
    SerialRefused,
)
from .identifiers import Identifier, IdentifierKind, Tagging
from .issuing import issue
from .law import PROFILES, PURPOSES, parse_profiles, profile
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
from .policies import CertificatePolicy
from .profiles import CodeRule, Profile, Usage
from .request import Request, make_request, parse_request
from .restating import Restated, restate
from .second import SecondLint
from .subject import SubjectName
from .timestamping import (
    LARGEST_TIMESTAMP_REQUEST,
    TimestampFailure,
    TimestampRefused,
    TimestampRequest,
    make_timestamp,
    make_timestamp_failure,
    make_timestamp_request,
    make_timestamp_response,
    parse_timestamp_request,
)

__all__ = [
    "DEFAULT_CEREMONY",
    "LARGEST_TIMESTAMP_REQUEST",
    "PROFILES",
    "PURPOSES",
    "AlreadySigned",
    "AlternativeName",
    "CaError",
    "Ceremony",
    "CeremonyAuthority",
    "CeremonyRefused",
    "CertificatePolicy",
    "CertificateStatus",
    "CodeRule",
    "CrlSink",
    "DocumentRefused",
    "Draft",
    "DraftRefused",
    "Finding",
    "Identifier",
    "IdentifierKind",
    "IssueFailed",
    "LintRefused",
    "Linted",
    "ListKind",
    "ListedRow",
    "NameKind",
    "NameRefused",
    "NoSuchProfile",
    "NotLinted",
    "OcspFailure",
    "OcspRefused",
    "OcspRequest",
    "Profile",
    "ProfilesRefused",
    "Request",
    "RequestRefused",
    "Restated",
    "Resumed",
    "Revocation",
    "RevocationReason",
    "SecondLint",
    "SerialRefused",
    "SubjectName",
    "Tagging",
    "TimestampFailure",
    "TimestampRefused",
    "TimestampRequest",
    "Usage",
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
    "make_timestamp_request",
    "make_timestamp_response",
    "new_serial",
    "parse_ceremony",
    "parse_ocsp_path",
    "parse_ocsp_request",
    "parse_profiles",
    "parse_request",
    "parse_timestamp_request",
    "profile",
    "restate",
    "write_long_crl",
]
