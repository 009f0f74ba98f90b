# SPDX-License-Identifier: Apache-2.0
"""Time stamps over HTTP (RFC 3161): a trusted clock, serial numbers never twice, a record of each token."""

from __future__ import annotations

from .clock import ClockRules, KernelClock, TrustedClock
from .errors import TimeNotTrusted, TimestampError, TooManyWaiting, TsaUnknown
from .ports import TimestampPorts
from .service import Timestamps
from .store import committed_timestamps

__all__ = [
    "ClockRules",
    "KernelClock",
    "TimeNotTrusted",
    "TimestampError",
    "TimestampPorts",
    "Timestamps",
    "TooManyWaiting",
    "TrustedClock",
    "TsaUnknown",
    "committed_timestamps",
]
