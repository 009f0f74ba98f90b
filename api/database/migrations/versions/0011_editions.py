# SPDX-License-Identifier: Apache-2.0
"""The table of editions, written out as in the first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Issued documents as OFD."""
    op.create_table(
        "document_editions",
        sa.Column("document_id", sa.String(length=16), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("file_id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_document_editions_document_id_documents")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_document_editions_file_id_files")),
        sa.PrimaryKeyConstraint("document_id", "format", name=op.f("pk_document_editions")),
        comment="an issued document as OFD: the same pages, record and code, sealed by the same seal",
    )
