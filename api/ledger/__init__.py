# SPDX-License-Identifier: Apache-2.0
"""The public log of the service: written with every act, checked against the database, proven to anybody."""

from __future__ import annotations

from .checking import check_ledger
from .errors import (
    EntryRefused,
    HistoryMoved,
    IntentClosed,
    LedgerError,
    LogDamaged,
    NoSuchEntry,
    NoSuchRange,
    NotCommitted,
    RowAltered,
    TransactionOver,
)
from .findings import Finding, FindingKind, LedgerFindings
from .growth import Transaction
from .intents import Intent, Intents, committed_intents
from .ledger import Ledger
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
    "LogDamaged",
    "LogSigners",
    "NoSuchEntry",
    "NoSuchRange",
    "NotCommitted",
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
