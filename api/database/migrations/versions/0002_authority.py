# SPDX-License-Identifier: Apache-2.0
"""Tables of authority, written out as in the first schema."""

from __future__ import annotations

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Nothing yet."""
