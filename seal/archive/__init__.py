# SPDX-License-Identifier: Apache-2.0
"""Make and renew evidence records (RFC 4998): one time stamp for up to a million documents."""

from __future__ import annotations

from .errors import ArchiveRefused
from .records import (
    first_record,
    record_of,
    refreshed_record,
    rehash_leaf,
    rehashed_record,
    renewal_leaf,
    renewed_record,
    stamp_root,
)
from .tree import ArchiveTree

__all__ = [
    "ArchiveRefused",
    "ArchiveTree",
    "first_record",
    "record_of",
    "refreshed_record",
    "rehash_leaf",
    "rehashed_record",
    "renewal_leaf",
    "renewed_record",
    "stamp_root",
]
