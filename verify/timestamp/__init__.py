# SPDX-License-Identifier: Apache-2.0
"""Time stamps (RFC 3161, GM/T 0033): read them, and judge what they say about a digest."""

from __future__ import annotations

from .check import check_timestamp
from .errors import TimestampMalformed
from .info import Accuracy, TimestampInfo
from .token import Timestamp, parse_timestamp

__all__ = [
    "Accuracy",
    "Timestamp",
    "TimestampInfo",
    "TimestampMalformed",
    "check_timestamp",
    "parse_timestamp",
]
