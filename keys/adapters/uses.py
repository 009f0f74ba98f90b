# SPDX-License-Identifier: Apache-2.0
"""How often each key was used: counted on disk, ahead of the use, for all processes that share a vault.

A process reserves a block of uses with one durable write and spends it in memory. After a crash the rest of
its block stays counted: a number may be too high by one block for each process that died, and is never too
low. A process that ends in order gives its rest back. What a restored backup of the file forgot, it forgot.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from ..algorithms import Scheme
from ..errors import VaultError
from ..ports import Signer
from ..public import PublicKey

USES_FILE: Final = "uses.db"
BLOCK: Final = 1024
_WAITING = 10.0
"""Seconds that another process may hold the file."""
_log = logging.getLogger("yinxin.keys")


class UseBook:
    """Safe to use from several threads and, each with its own book, several processes."""

    def __init__(self, folder: Path, *, block: int = BLOCK) -> None:
        self._path, self._block = folder / USES_FILE, block
        self._lock, self._left = threading.Lock(), Counter[str]()

    def count(self, label: str) -> None:
        """One use.  Raises :class:`VaultError` when it cannot be counted: then the key is not used."""
        with self._lock:
            if self._left[label] == 0:
                self._add(label, self._block)
                self._left[label] = self._block
            self._left[label] -= 1

    def of(self, label: str) -> int:
        """Uses of this key, by whomever; what other processes reserved counts as used."""
        return self.all()[label]

    def all(self) -> Counter[str]:
        """The same for every label that was ever used."""
        with self._lock:
            if not self._path.exists():
                return Counter()
            with self._open() as connection:
                rows = connection.execute("SELECT label, uses FROM uses").fetchall()
            return Counter({label: uses - self._left[label] for label, uses in rows})

    def settle(self) -> None:
        """Give back what this process reserved and did not spend."""
        with self._lock:
            for label, left in self._left.items():
                if left and self._path.exists():
                    self._add(label, -left)
            self._left.clear()

    def _add(self, label: str, number: int) -> None:
        with self._open() as connection:
            connection.execute(
                "INSERT INTO uses VALUES (?, ?)"
                " ON CONFLICT (label) DO UPDATE SET uses = uses + excluded.uses",
                (label, number),
            )

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            # SQLite would make it readable by all; its journals take the rights of this file.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(self._path, timeout=_WAITING, isolation_level=None)
            with contextlib.closing(connection):
                connection.execute("PRAGMA synchronous = EXTRA")
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS uses (label TEXT PRIMARY KEY, uses INTEGER NOT NULL)"
                )
                yield connection
                connection.execute("COMMIT")
        except (OSError, sqlite3.Error) as error:
            raise VaultError(f"uses cannot be counted: {error}", file=USES_FILE) from error


class Usable(Signer, Protocol):
    """A signer that knows the other schemes of its key."""

    def using(self, scheme: Scheme) -> Usable:
        """The same key in another scheme of the allow-list.  Raises :class:`~keys.KeyUnsupported`."""


class CountedSigner:
    """Counts and logs, then signs.  Has no verb that shows the key."""

    __slots__ = ("_book", "_key", "_label")

    def __init__(self, key: Usable, label: str, book: UseBook) -> None:
        self._key, self._label, self._book = key, label, book

    @property
    def public_key(self) -> PublicKey:
        return self._key.public_key

    @property
    def scheme(self) -> Scheme:
        return self._key.scheme

    def using(self, scheme: Scheme) -> CountedSigner:
        """The same key, counted on, in another scheme (PSS).  Raises :class:`~keys.KeyUnsupported`."""
        return CountedSigner(self._key.using(scheme), self._label, self._book)

    def sign(self, message: bytes | memoryview) -> bytes:
        # Counted first: a count that is too high is harmless, one that is too low is not.
        self._book.count(self._label)
        if _log.isEnabledFor(logging.INFO):
            digest = hashlib.sha256(message).hexdigest()
            _log.info(
                "key used",
                extra={
                    "event": "key-used",
                    "label": self._label,
                    "scheme": self._key.scheme.name,
                    "digest": digest,
                },
            )
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"<VaultSigner {self._label} {self._key.public_key.kind}>"
