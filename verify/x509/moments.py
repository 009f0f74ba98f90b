# SPDX-License-Identifier: Apache-2.0
"""One spelling of times in facts and reasons: ISO 8601, UTC, whole seconds."""

from __future__ import annotations

from datetime import UTC, datetime


def shown(moment: datetime) -> str:
    """``2026-08-01T04:00:00Z``."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()}Z"
