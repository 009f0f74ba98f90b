# SPDX-License-Identifier: Apache-2.0
"""The registration authority: who applies for a certificate, who approves it, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping

from ..ledger import Source
from .errors import (
    AnotherPersonNeeded,
    BundlesUnavailable,
    CodeExpired,
    CodeUnknown,
    CodeUsed,
    EnrolmentDecided,
    EnrolmentError,
    EnrolmentRefused,
    NoSuchEnrolment,
    NothingDelivered,
    NotIssuedYet,
    OfficeNeeded,
    OwnEnrolment,
    RenewalRefused,
    StatusQuestionRefused,
    SuspendedByAnother,
)
from .holdings import Holding, Holdings
from .issuance import OwnAuthority
from .model import (
    STATES,
    Approval,
    Channel,
    CodeOrder,
    Enrolment,
    EnrolmentCode,
    EnrolmentOrder,
    Person,
    Shape,
    State,
)
from .packaging import pem, pkcs7
from .ports import EnrolmentPorts, Issuance, Outcome
from .rekeying import RENEWABLE, rekey
from .room import Enrolments
from .rules import ENROLLED, FOR_ACCOUNTS, approvals_needed, concerns, has_pair, may_register, standing
from .store import APPROVALS, CODES, ENROLMENTS, committed_approvals, committed_codes, committed_enrolments

PROTECTED: Mapping[str, Source] = {
    APPROVALS: committed_approvals,
    CODES: committed_codes,
    ENROLMENTS: committed_enrolments,
}
"""Every table of this room that the ledger protects, for ``yinxin log check``."""

__all__ = [
    "ENROLLED",
    "FOR_ACCOUNTS",
    "PROTECTED",
    "RENEWABLE",
    "STATES",
    "AnotherPersonNeeded",
    "Approval",
    "BundlesUnavailable",
    "Channel",
    "CodeExpired",
    "CodeOrder",
    "CodeUnknown",
    "CodeUsed",
    "Enrolment",
    "EnrolmentCode",
    "EnrolmentDecided",
    "EnrolmentError",
    "EnrolmentOrder",
    "EnrolmentPorts",
    "EnrolmentRefused",
    "Enrolments",
    "Holding",
    "Holdings",
    "Issuance",
    "NoSuchEnrolment",
    "NotIssuedYet",
    "NothingDelivered",
    "OfficeNeeded",
    "Outcome",
    "OwnAuthority",
    "OwnEnrolment",
    "Person",
    "RenewalRefused",
    "Shape",
    "State",
    "StatusQuestionRefused",
    "SuspendedByAnother",
    "approvals_needed",
    "concerns",
    "has_pair",
    "may_register",
    "pem",
    "pkcs7",
    "rekey",
    "standing",
]
