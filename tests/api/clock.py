# SPDX-License-Identifier: Apache-2.0
"""Time that a test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

STARTED = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)


class Clock:
    """Says the same time until somebody moves it."""

    def __init__(self, at: datetime = STARTED) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by
