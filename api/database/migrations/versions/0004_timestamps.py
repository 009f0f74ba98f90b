# SPDX-License-Identifier: Apache-2.0
"""Tables of timestamps, written out as in the first schema."""

from __future__ import annotations

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing yet."""
