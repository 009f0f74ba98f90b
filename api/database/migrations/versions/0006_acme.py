# SPDX-License-Identifier: Apache-2.0
"""Tables of acme, written out as in the first schema."""

from __future__ import annotations

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Nothing yet."""
