# SPDX-License-Identifier: Apache-2.0
"""A brake on guessing: failed logins are counted by source, and by certificate as sent from that source.

In memory and bounded; a restart forgets.  A certificate is public, so failures from one place must not lock
its holder out in another: where the source is known, the certificate alone is never counted.  A service hall
has one address for everybody, so a source alone is given far more room than one certificate from it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from .errors import LoginRefused

MOST_FAILURES = 50
MOST_FROM_SOURCE = 1000
WINDOW = timedelta(minutes=1)
MOST_KEYS = 4096
Counted: TypeAlias = tuple[str, int]
"""A name that failures are counted under, and how many it may have in the window."""


class Attempts:
    """Counts failures within a sliding minute.  Safe to share between threads."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, deque[datetime]] = OrderedDict()

    def require_room(self, *keys: Counted) -> None:
        """Raise ``too-many-attempts`` when one of the keys failed too often."""
        now = self._clock()
        with self._lock:
            if any(self._count(name, now) >= most for name, most in keys):
                raise LoginRefused("too-many-attempts")

    def failed(self, *keys: Counted) -> None:
        """Count one failure for each key."""
        with self._lock:
            self._note(keys, self._clock())

    def admit(self, *keys: Counted) -> bool:
        """Count once under each key if all of them have room; was there room?"""
        now = self._clock()
        with self._lock:
            if any(self._count(name, now) >= most for name, most in keys):
                return False
            self._note(keys, now)
        return True

    def _note(self, keys: tuple[Counted, ...], now: datetime) -> None:
        for name, most in keys:
            self._failures.setdefault(name, deque(maxlen=most)).append(now)
            self._failures.move_to_end(name)
        while len(self._failures) > MOST_KEYS:
            self._failures.popitem(last=False)

    def _count(self, name: str, now: datetime) -> int:
        moments = self._failures.get(name)
        if moments is None:
            return 0
        while moments and moments[0] <= now - WINDOW:
            moments.popleft()
        return len(moments)


def keys_of(source: str, fingerprint: str) -> tuple[Counted, ...]:
    """What one attempt is counted under."""
    if not source:
        return ((fingerprint, MOST_FAILURES),)
    return ((source, MOST_FROM_SOURCE), (f"{source} {fingerprint}", MOST_FAILURES))
