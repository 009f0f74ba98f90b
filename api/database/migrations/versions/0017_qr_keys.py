# SPDX-License-Identifier: Apache-2.0
"""Keys of QR statements end with a reason, and may be bound to sign only together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

TIME = sa.String(length=27)  # UTC text of fixed width


def upgrade() -> None:
    """Empty for keys that are there: their entries in the ledger say nothing of either."""
    op.add_column("qr_keys", sa.Column("revocation_reason", sa.String(length=40), nullable=True))
    op.add_column("qr_keys", sa.Column("dual_from", TIME, nullable=True))
