# SPDX-License-Identifier: Apache-2.0
"""Values out of a database that somebody else may have written into."""

from __future__ import annotations

from typing import Any

from ..errors import KeyCentreDamaged


def stored_bytes(value: Any) -> bytes:
    """Raises :class:`KeyCentreDamaged` where SQLite holds something else in a column of bytes."""
    if not isinstance(value, bytes | memoryview):
        raise KeyCentreDamaged("a value in its database is of another kind")
    return bytes(value)


def bytes_or_none(value: Any) -> bytes | None:
    """The same, or nothing."""
    return None if value is None else stored_bytes(value)
