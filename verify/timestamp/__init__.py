# SPDX-License-Identifier: Apache-2.0
"""Time stamps (RFC 3161, GM/T 0033): read them, and judge what they say about a digest."""

from __future__ import annotations

from .check import check_timestamp
from .errors import TimestampMalformed
from .info import Accuracy, TimestampInfo
from .report import ContentDigest, is_timestamp, timestamp_report
from .token import Timestamp, parse_timestamp

__all__ = [
    "Accuracy",
    "ContentDigest",
    "Timestamp",
    "TimestampInfo",
    "TimestampMalformed",
    "check_timestamp",
    "is_timestamp",
    "parse_timestamp",
    "timestamp_report",
]
