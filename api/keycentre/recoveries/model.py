# SPDX-License-Identifier: Apache-2.0
"""A recovery as the service sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ..history import Head
from ..requests import Purpose


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """Whose escrowed key it is."""

    key_id: str
    bundle_id: str | None
    holder: str
    account_id: str | None


@dataclass(frozen=True, slots=True)
class Recovery:
    """A request, who approved it, and what came of it."""

    recovery_id: str
    owner: KeyOwner
    purpose: Purpose
    reason: str = field(repr=False)
    requested_by: str
    request: bytes = field(repr=False)
    request_sha256: str
    entry_index: int
    requested_at: datetime
    expires_at: datetime
    approved_by: tuple[str, ...]
    completed_at: datetime | None
    envelope: bytes | None = field(repr=False)
    head: Head | None

    def state(self, at: datetime) -> str:
        """``completed``, ``expired`` or ``waiting``."""
        if self.completed_at is not None:
            return "completed"
        return "expired" if self.expires_at <= at else "waiting"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a holder is told."""

    recovery_id: str
    happened: str  # requested | completed
    at: datetime
    purpose: Purpose
