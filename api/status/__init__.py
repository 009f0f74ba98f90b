# SPDX-License-Identifier: Apache-2.0
"""What is told about certificates: revocation lists, answers of OCSP, receipts for a moment."""

from __future__ import annotations

from .errors import ListDoubted, ListNumberTaken, NothingKnown, StatusError, StatusRequestRefused
from .lists import PublishedLists, StatusPorts
from .receipts import ReceiptPorts, StateBook
from .responder import OcspAnswer, Responder, ResponderPorts
from .stored import committed_crls, committed_status_lists
from .watching import EpochWatch

__all__ = [
    "EpochWatch",
    "ListDoubted",
    "ListNumberTaken",
    "NothingKnown",
    "OcspAnswer",
    "PublishedLists",
    "ReceiptPorts",
    "Responder",
    "ResponderPorts",
    "StateBook",
    "StatusError",
    "StatusPorts",
    "StatusRequestRefused",
    "committed_crls",
    "committed_status_lists",
]
