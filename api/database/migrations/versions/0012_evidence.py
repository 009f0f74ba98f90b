# SPDX-License-Identifier: Apache-2.0
"""The tables of evidence records, written out as in the first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

TIME = sa.String(length=27)  # UTC text of fixed width


def upgrade() -> None:
    """Batches, their time stamps, and what leads each document to them."""
    op.create_table(
        "evidence_batches",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("algorithm", sa.String(length=10), nullable=False),
        sa.Column("root", sa.String(length=128), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_batches")),
        comment="documents that were stamped together; root: of their hash tree",
    )
    op.create_table(
        "evidence_stamps",
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("stamped_at", TIME, nullable=False),
        sa.Column("good_until", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["evidence_batches.id"],
            name=op.f("fk_evidence_stamps_batch_id_evidence_batches"),
        ),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_evidence_stamps")),
        comment="time stamps of a batch, each over the one before; good_until: its authority's end",
    )
    op.create_table(
        "evidence_members",
        sa.Column("document_id", sa.String(length=16), nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("lists", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["evidence_batches.id"],
            name=op.f("fk_evidence_members_batch_id_evidence_batches"),
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_evidence_members")),
        comment="the reduced hash tree of each document, a list after the other",
    )
    op.create_index(op.f("ix_evidence_members_batch_id"), "evidence_members", ["batch_id"], unique=False)
