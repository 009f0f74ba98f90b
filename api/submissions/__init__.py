# SPDX-License-Identifier: Apache-2.0
"""Submissions: what an applicant fills in, attaches and seals with a key that never comes here.

Prepared on this side, signed on the applicant's, completed on this side, answered by a receipt.
"""

from __future__ import annotations

from .certificate import Owner, check_sealing_certificate
from .checking import SealedFiles, check_sealed
from .errors import (
    AttachmentRefused,
    AttachmentsDoubtful,
    IdempotencyConflict,
    IdempotencyKeyMalformed,
    NoSuchItem,
    NoSuchSubmission,
    SealingCertificateRefused,
    SignatureRefused,
    SignaturesIncomplete,
    SlotsWrong,
    SubmissionError,
    SubmissionExpired,
    UnknownAgency,
)
from .model import FILED, FORM_ITEM, Applicant, Filing, Item, State, Submission
from .ports import AgencySeals, SubmissionPorts
from .room import Submissions
from .sealing import words_of
from .store import change, committed_submissions, read_row
from .store import require_in_log as require_submission_in_log

__all__ = [
    "FILED",
    "FORM_ITEM",
    "AgencySeals",
    "Applicant",
    "AttachmentRefused",
    "AttachmentsDoubtful",
    "Filing",
    "IdempotencyConflict",
    "IdempotencyKeyMalformed",
    "Item",
    "NoSuchItem",
    "NoSuchSubmission",
    "Owner",
    "SealedFiles",
    "SealingCertificateRefused",
    "SignatureRefused",
    "SignaturesIncomplete",
    "SlotsWrong",
    "State",
    "Submission",
    "SubmissionError",
    "SubmissionExpired",
    "SubmissionPorts",
    "Submissions",
    "UnknownAgency",
    "change",
    "check_sealed",
    "check_sealing_certificate",
    "committed_submissions",
    "read_row",
    "require_submission_in_log",
    "words_of",
]
