# SPDX-License-Identifier: Apache-2.0
"""A brake on guessing: failed logins are counted by source, and by certificate as sent from that source.

In memory and bounded; a restart forgets.  A certificate is public, so failures from one place must not lock
its holder out in another: where the source is known, the certificate alone is never counted.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

from .errors import LoginRefused

MOST_FAILURES = 50
WINDOW = timedelta(minutes=1)
MOST_KEYS = 4096


class Attempts:
    """Counts failures within a sliding minute.  Safe to share between threads."""

    def __init__(self, clock: Callable[[], datetime], *, most: int = MOST_FAILURES) -> None:
        self._clock, self._most = clock, most
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, deque[datetime]] = OrderedDict()

    def require_room(self, *keys: str) -> None:
        """Raise ``too-many-attempts`` when one of the keys failed too often."""
        now = self._clock()
        with self._lock:
            if any(self._count(key, now) >= self._most for key in keys):
                raise LoginRefused("too-many-attempts")

    def failed(self, *keys: str) -> None:
        """Count one failure for each key."""
        now = self._clock()
        with self._lock:
            for key in keys:
                self._failures.setdefault(key, deque(maxlen=self._most)).append(now)
                self._failures.move_to_end(key)
            while len(self._failures) > MOST_KEYS:
                self._failures.popitem(last=False)

    def _count(self, key: str, now: datetime) -> int:
        moments = self._failures.get(key)
        if moments is None:
            return 0
        while moments and moments[0] <= now - WINDOW:
            moments.popleft()
        return len(moments)


def keys_of(source: str, fingerprint: str) -> tuple[str, ...]:
    """What one attempt is counted under."""
    return (source, f"{source} {fingerprint}") if source else (fingerprint,)
