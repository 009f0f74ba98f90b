# SPDX-License-Identifier: Apache-2.0
"""Tables of status, written out as in the first schema."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nothing yet."""
