# SPDX-License-Identifier: Apache-2.0
"""Tables of key recovery, written out as in the first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TIME = sa.String(length=27)


def upgrade() -> None:
    """Requests, approvals, notices."""
    op.create_table(
        "recoveries",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("bundle_id", sa.String(length=32), nullable=True),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("entry_index", sa.Integer(), nullable=False),
        sa.Column("requested_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("completed_at", TIME, nullable=True),
        sa.Column("completed_by", sa.String(length=64), nullable=True),
        sa.Column("envelope", sa.LargeBinary(), nullable=True),
        sa.Column("head_size", sa.Integer(), nullable=True),
        sa.Column("head_sha256", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recoveries")),
        sa.UniqueConstraint("request_sha256", name=op.f("uq_recoveries_request_sha256")),
        comment="requests to recover an escrowed encryption key, and what came of them",
    )
    op.create_index(op.f("ix_recoveries_key_id"), "recoveries", ["key_id"])
    op.create_index(op.f("ix_recoveries_account_id"), "recoveries", ["account_id"])
    op.create_table(
        "recovery_approvals",
        sa.Column("recovery_id", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["recovery_id"], ["recoveries.id"], name=op.f("fk_recovery_approvals_recovery_id_recoveries")
        ),
        sa.PrimaryKeyConstraint("recovery_id", "agent", name=op.f("pk_recovery_approvals")),
        comment="signatures of recovery agents over the request; the key centre judges them",
    )
    op.create_table(
        "recovery_notices",
        sa.Column("recovery_id", sa.String(length=32), nullable=False),
        sa.Column("happened", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["recovery_id"], ["recoveries.id"], name=op.f("fk_recovery_notices_recovery_id_recoveries")
        ),
        sa.PrimaryKeyConstraint("recovery_id", "happened", name=op.f("pk_recovery_notices")),
        comment="what holders are told about recoveries of their keys",
    )
    op.create_index("ix_recovery_notices_account", "recovery_notices", ["account_id", "at"])
