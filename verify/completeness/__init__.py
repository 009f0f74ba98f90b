# SPDX-License-Identifier: Apache-2.0
"""Are these all entries about one subject?  Numbers inside the leaves of the public log answer that."""

from __future__ import annotations

from .chains import ChainFault, ChainFaultCode, SubjectChains, SubjectHead
from .leaf import LogEntry, LogEntryMalformed, SubjectLink, parse_log_entry, reference_digest
from .statement import ISSUES as HISTORY_ISSUES
from .statement import HistoryStatement, StatementFault, check_history, parse_history

__all__ = [
    "HISTORY_ISSUES",
    "ChainFault",
    "ChainFaultCode",
    "HistoryStatement",
    "LogEntry",
    "LogEntryMalformed",
    "StatementFault",
    "SubjectChains",
    "SubjectHead",
    "SubjectLink",
    "check_history",
    "parse_history",
    "parse_log_entry",
    "reference_digest",
]
