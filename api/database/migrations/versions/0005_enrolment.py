# SPDX-License-Identifier: Apache-2.0
"""Tables of enrolment, written out as in the first schema."""

from __future__ import annotations

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing yet."""
