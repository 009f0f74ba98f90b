# SPDX-License-Identifier: Apache-2.0
"""Counts and channels of grants; approval before use, mandates, and uses that were counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

TIME = sa.String(length=27)  # UTC text of fixed width


def upgrade() -> None:
    """Grants that were given before have neither: every channel, no limit."""
    op.add_column("grants", sa.Column("most_uses", sa.Integer(), nullable=True))
    op.add_column("grants", sa.Column("channels", sa.Text(), nullable=True))
    op.create_table(
        "use_policies",
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("approvers", sa.Integer(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["seal_id"], ["seals.id"], name=op.f("fk_use_policies_seal_id_seals")),
        sa.PrimaryKeyConstraint("seal_id", name=op.f("pk_use_policies")),
        comment="how many persons approve each use of a seal; a seal without a row needs no approval",
    )
    op.create_table(
        "use_requests",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("asker", sa.String(length=64), nullable=False),
        sa.Column("agency", sa.String(length=18), nullable=False),
        sa.Column("document_type", sa.String(length=50), nullable=False),
        sa.Column("case_number", sa.String(length=100), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approvers", sa.Integer(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("valid_until", TIME, nullable=True),
        sa.ForeignKeyConstraint(["seal_id"], ["seals.id"], name=op.f("fk_use_requests_seal_id_seals")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_use_requests")),
        comment="use of a seal that was asked for: for what, how often, why, and what was decided",
    )
    for column in ("asker", "seal_id", "state"):
        op.create_index(op.f(f"ix_use_requests_{column}"), "use_requests", [column], unique=False)
    op.create_table(
        "use_request_steps",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("statement_sha256", sa.String(length=64), nullable=False),
        sa.Column("signed_by", sa.String(length=10), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["use_requests.id"], name=op.f("fk_use_request_steps_request_id_use_requests")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_use_request_steps")),
        sa.UniqueConstraint("request_id", "number", name="uq_use_request_steps_number"),
        sa.UniqueConstraint("statement_sha256", name=op.f("uq_use_request_steps_statement_sha256")),
        comment="each step of a request with the statement that its actor, "
        "or the platform naming the actor, signed",
    )
    op.create_table(
        "seal_mandates",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=18), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("prepared", sa.Text(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("prepared_at", TIME, nullable=False),
        sa.Column("prepared_by", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", TIME, nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.Column("revoked_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["seal_id"], ["seals.id"], name=op.f("fk_seal_mandates_seal_id_seals")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_mandates")),
        comment="mandates: the holder of a seal lets a named person use it; sealed is the file that says so",
    )
    for column in ("agent", "seal_id"):
        op.create_index(op.f(f"ix_seal_mandates_{column}"), "seal_mandates", [column], unique=False)
    op.create_table(
        "use_counts",
        sa.Column("right_id", sa.String(length=32), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("right_id", "act", name=op.f("pk_use_counts")),
        comment="uses of counted grants, approvals and mandates: by each act, and (act empty) by all",
    )
    op.create_table(
        "use_grounds",
        sa.Column("use_id", sa.String(length=32), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["use_id"], ["seal_uses.id"], name=op.f("fk_use_grounds_use_id_seal_uses")),
        sa.PrimaryKeyConstraint("use_id", name=op.f("pk_use_grounds")),
        comment="the statement of authority that went into what was sealed by one use",
    )
