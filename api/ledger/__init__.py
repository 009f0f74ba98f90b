# SPDX-License-Identifier: Apache-2.0
"""The public log of the service: written with every act, checked against the database, proven to anybody."""

from __future__ import annotations

from .checking import check_ledger
from .errors import (
    CosignatureRefused,
    EntryRefused,
    HistoryMoved,
    IntentClosed,
    LedgerError,
    LogBehind,
    LogDamaged,
    LogOtherwise,
    NoSuchEntry,
    NoSuchRange,
    NotCommitted,
    NotPublished,
    RowAltered,
    TransactionOver,
)
from .files import LogFiles
from .findings import Finding, FindingKind, LedgerFindings
from .growth import Transaction
from .intents import Intent, Intents, committed_intents
from .ledger import Ledger
from .publishing import LogPublisher, Published
from .rows import Source
from .signing import LogSigners
from .subjects import (
    Concern,
    concern_of,
    entries_with_reference,
    history_head,
    history_of,
    numbers_of,
)
from .vouching import require_vouched

__all__ = [
    "Concern",
    "CosignatureRefused",
    "EntryRefused",
    "Finding",
    "FindingKind",
    "HistoryMoved",
    "Intent",
    "IntentClosed",
    "Intents",
    "Ledger",
    "LedgerError",
    "LedgerFindings",
    "LogBehind",
    "LogDamaged",
    "LogFiles",
    "LogOtherwise",
    "LogPublisher",
    "LogSigners",
    "NoSuchEntry",
    "NoSuchRange",
    "NotCommitted",
    "NotPublished",
    "Published",
    "RowAltered",
    "Source",
    "Transaction",
    "TransactionOver",
    "check_ledger",
    "committed_intents",
    "concern_of",
    "entries_with_reference",
    "history_head",
    "history_of",
    "numbers_of",
    "require_vouched",
]
