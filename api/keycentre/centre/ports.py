# SPDX-License-Identifier: Apache-2.0
"""What the centre needs from outside."""

from __future__ import annotations

from typing import Protocol


class HeadKeeper(Protocol):
    """Keeps a few bytes outside the database: they show that the database lost its end."""

    def read(self) -> bytes | None:
        """What was kept last; nothing when nothing was."""

    def write(self, data: bytes) -> None:
        """Keep these instead; durable once it returns."""
