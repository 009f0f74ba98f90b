# SPDX-License-Identifier: Apache-2.0
"""Has anything changed since an answer was kept?  Asked before every answer, so it must cost next to nothing.

On SQLite one number of the open file says whether any other connection has committed.  On PostgreSQL the
epochs are read anew after each transaction of this process, and five times a second for those of others.
Either way a revocation by another process is seen well within two seconds, and one by this process at once.
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
        self._commits = -1
        self._read_at = float("-inf")
        self._epochs: Mapping[str, int] = {}

    def current(self) -> Mapping[str, int]:
        """As of the newest committed transaction; (PostgreSQL) of others, of a fifth of a second ago."""
        with self._lock:
            version, commits = self._database.version(), self._database.commits
            if version is None:
                soon = self._monotonic() - self._read_at < EVERY_SECONDS
                fresh = soon and commits == self._commits
            else:
                fresh = version == self._version
            if not fresh:
                # The version and the time are taken first: what is committed in between is read again.  They
                # are believed last: when reading fails, the next one reads.
                at = self._monotonic()
                with self._database.read() as connection:
                    self._epochs = numbering.epochs(connection)
                self._read_at, self._version, self._commits = at, version, commits
            return self._epochs
