# SPDX-License-Identifier: Apache-2.0
"""How documents stand: each change of a state, and the published list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

TIME = sa.String(length=27)  # UTC text of fixed width


def upgrade() -> None:
    """Documents that were issued before are in their normal state, or superseded as their rows say."""
    op.create_table(
        "document_states",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("document_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("decision", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("ledger_index", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_document_states_document_id_documents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_states")),
        sa.UniqueConstraint("document_id", "number", name="uq_document_states_number"),
        comment="each change of how a document stands, with the decision behind it",
    )
    op.create_index(op.f("ix_document_states_ledger_index"), "document_states", ["ledger_index"])
    op.create_table(
        "document_status",
        sa.Column("id", sa.String(length=10), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("issued", TIME, nullable=False),
        sa.Column("next_update", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_status")),
        comment="the one list in force; the ledger keeps the digest of each",
    )
    op.create_index("ix_documents_ledger_index", "documents", ["ledger_index"])
    op.create_index("ix_documents_superseded_by", "documents", ["superseded_by"])
