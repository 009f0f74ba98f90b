# SPDX-License-Identifier: Apache-2.0
"""Batches: one order, up to a million documents, each made exactly once.

:class:`Batches` is the face for whoever orders; :class:`Worker` does the work, wherever it runs.
"""

from __future__ import annotations

from .claiming import living_intents
from .errors import (
    BatchEmpty,
    BatchError,
    BatchExpired,
    BatchHasBadRows,
    BatchInAnotherState,
    BatchKeyTaken,
    BatchOrderRefused,
    BatchStopped,
    BatchTooLarge,
    LeaseLost,
    ListSignatureRefused,
    NoSuchBatch,
    NoSuchBatchItem,
    UploadAltered,
)
from .model import (
    FILE,
    MOST_ITEMS,
    Added,
    Batch,
    BatchItem,
    BatchKind,
    BatchOrder,
    BatchState,
    ItemState,
    Orderer,
    Place,
    Problem,
    Progress,
    RawRow,
    Upload,
)
from .own_key import MOST_SIGNED, SigningList, ToSign
from .ports import Allowance, BatchPorts, Unlimited
from .reading import RowFormat, RowReader
from .room import RESULT_COLUMNS, Batches
from .store import BATCHES, ITEMS, committed_batches, committed_items
from .working import Worker

PROTECTED = {BATCHES: committed_batches, ITEMS: committed_items}
"""Tables that the ledger protects, for ``yinxin log check``."""

__all__ = [
    "FILE",
    "MOST_ITEMS",
    "MOST_SIGNED",
    "PROTECTED",
    "RESULT_COLUMNS",
    "Added",
    "Allowance",
    "Batch",
    "BatchEmpty",
    "BatchError",
    "BatchExpired",
    "BatchHasBadRows",
    "BatchInAnotherState",
    "BatchItem",
    "BatchKeyTaken",
    "BatchKind",
    "BatchOrder",
    "BatchOrderRefused",
    "BatchPorts",
    "BatchState",
    "BatchStopped",
    "BatchTooLarge",
    "Batches",
    "ItemState",
    "LeaseLost",
    "ListSignatureRefused",
    "NoSuchBatch",
    "NoSuchBatchItem",
    "Orderer",
    "Place",
    "Problem",
    "Progress",
    "RawRow",
    "RowFormat",
    "RowReader",
    "SigningList",
    "ToSign",
    "Unlimited",
    "Upload",
    "UploadAltered",
    "Worker",
    "living_intents",
]
