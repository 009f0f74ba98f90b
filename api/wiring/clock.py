# SPDX-License-Identifier: Apache-2.0
"""The clocks of this machine: UTC, one that is never set, and what the kernel says of its own accuracy."""

from __future__ import annotations

import ctypes
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, ClassVar

from ..timestamps import KernelClock

STA_UNSYNC = 0x0040
TIME_ERROR = 5


class _Timex(ctypes.Structure):
    """``struct timex`` of adjtimex(2), 64-bit and 32-bit alike: its longs are the machine's."""

    _fields_: ClassVar[list[Any]] = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),  # larger than the rest of it on every machine
    ]


def now() -> datetime:
    """The service's clock."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that nobody sets; it runs on while the machine sleeps, where there is such a one."""
    return time.clock_gettime(_STEADY)


def kernel_clock() -> KernelClock | None:
    """What the kernel says of its clock, or ``None`` where it says nothing (no Linux, or not allowed)."""
    ask = _adjtimex()
    if ask is None:
        return None
    said = _Timex(modes=0)  # only asks
    state = ask(ctypes.byref(said))
    if state < 0:
        return None
    return KernelClock(
        synchronised=state != TIME_ERROR and not said.status & STA_UNSYNC,
        most_error=timedelta(microseconds=max(int(said.maxerror), 0)),
    )


@cache
def _adjtimex() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None


_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
