# SPDX-License-Identifier: Apache-2.0
"""Has anything changed since an answer was kept?  Asked before every answer, so it must cost next to nothing.

On SQLite one number of the open file says whether any other connection has committed.  On PostgreSQL the
epochs are read anew at most five times a second.  Either way a revocation by another process is seen well
within two seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from ..database import Database
from . import numbering

EVERY_SECONDS = 0.2


class EpochWatch:
    """The epochs of all authorities.  Safe to share between threads."""

    def __init__(self, database: Database, monotonic: Callable[[], float]) -> None:
        self._database, self._monotonic = database, monotonic
        self._lock = threading.Lock()
        self._version: int | None = None
        self._read_at = float("-inf")
        self._epochs: Mapping[str, int] = {}

    def current(self) -> Mapping[str, int]:
        """As of the newest committed transaction, or (PostgreSQL) of a fifth of a second ago."""
        with self._lock:
            version = self._database.version()
            if version is None:
                fresh = self._monotonic() - self._read_at < EVERY_SECONDS
            else:
                fresh = version == self._version
            if not fresh:
                # The version and the time are taken first: what is committed in between is read again.  They
                # are believed last: when reading fails, the next one reads.
                at = self._monotonic()
                with self._database.read() as connection:
                    self._epochs = numbering.epochs(connection)
                self._read_at, self._version = at, version
            return self._epochs
