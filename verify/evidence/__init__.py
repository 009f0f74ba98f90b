# SPDX-License-Identifier: Apache-2.0
"""Evidence records (RFC 4998): one time stamp over a hash tree proves a million documents, and is renewed."""

from __future__ import annotations

from .check import check_evidence_record
from .errors import EvidenceMalformed
from .record import ArchiveTimestamp, EvidenceRecord, parse_evidence_record
from .report import evidence_report, is_evidence_record
from .tree import concatenated, root_of

__all__ = [
    "ArchiveTimestamp",
    "EvidenceMalformed",
    "EvidenceRecord",
    "check_evidence_record",
    "concatenated",
    "evidence_report",
    "is_evidence_record",
    "parse_evidence_record",
    "root_of",
]
