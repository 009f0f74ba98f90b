# SPDX-License-Identifier: Apache-2.0
"""Table of time stamps, written out as in the first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TIME = sa.String(length=27)  # UTC text of fixed width


def upgrade() -> None:
    """One table."""
    op.create_table(
        "timestamps",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("authority", sa.String(length=40), nullable=False),
        sa.Column("certificate", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("policy", sa.String(length=200), nullable=False),
        sa.Column("digest_algorithm", sa.String(length=10), nullable=False),
        sa.Column("digest", sa.String(length=128), nullable=False),
        sa.Column("stamped_at", TIME, nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=True),
        sa.Column("batch", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_timestamps")),
        sa.UniqueConstraint("serial", name=op.f("uq_timestamps_serial")),
        comment="every time stamp; certificate is a fingerprint, batch names the ledger entry's group",
    )
    op.create_index(op.f("ix_timestamps_batch"), "timestamps", ["batch"], unique=False)
    op.create_index("ix_timestamps_certificate_number", "timestamps", ["certificate", "number"], unique=False)
