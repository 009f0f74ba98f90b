# SPDX-License-Identifier: Apache-2.0
"""Tables of the life of seals, written out as in the first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

TIME = sa.String(length=27)  # UTC text of fixed width


def upgrade() -> None:
    """Lives, made seals, steps, uses, the published list."""
    op.create_table(
        "seal_lives",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=14), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("holder", sa.String(length=18), nullable=False),
        sa.Column("holder_name", sa.String(length=200), nullable=False),
        sa.Column("key_kind", sa.String(length=16), nullable=False),
        sa.Column("design", sa.Text(), nullable=False),
        sa.Column("certificates", sa.Text(), nullable=False),
        sa.Column("valid_until", TIME, nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("change", sa.String(length=10), nullable=False),
        sa.Column("change_design", sa.Text(), nullable=True),
        sa.Column("change_reason", sa.String(length=40), nullable=True),
        sa.Column("suspended_by", sa.String(length=10), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("applied_at", TIME, nullable=False),
        sa.Column("applied_by", sa.String(length=64), nullable=False),
        sa.Column("change_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_lives")),
        comment="one seal under one code, from application to destruction; edition: the one in use, or 0",
    )
    op.create_index(op.f("ix_seal_lives_code"), "seal_lives", ["code"], unique=False)
    op.create_index(op.f("ix_seal_lives_holder"), "seal_lives", ["holder"], unique=False)
    op.create_index(op.f("ix_seal_lives_state"), "seal_lives", ["state"], unique=False)
    op.create_table(
        "seal_status",
        sa.Column("id", sa.String(length=10), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("issued", TIME, nullable=False),
        sa.Column("next_update", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_status")),
        comment="the one list in force; the ledger keeps the digest of each",
    )
    op.create_table(
        "seal_editions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("key_label", sa.String(length=100), nullable=False),
        sa.Column("certificate_id", sa.String(length=64), nullable=False),
        sa.Column("design", sa.Text(), nullable=False),
        sa.Column("svg", sa.Text(), nullable=False),
        sa.Column("esl", sa.LargeBinary(), nullable=False),
        sa.Column("esl_sha256", sa.String(length=64), nullable=False),
        sa.Column("esl_sm3", sa.String(length=64), nullable=False),
        sa.Column("valid_from", TIME, nullable=False),
        sa.Column("valid_until", TIME, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("history", sa.Text(), nullable=False),
        sa.Column("closing", sa.String(length=6), nullable=False),
        sa.ForeignKeyConstraint(["seal_id"], ["seal_lives.id"], name=op.f("fk_seal_editions_seal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_editions")),
        sa.UniqueConstraint("esl_sha256", name=op.f("uq_seal_editions_esl_sha256")),
        sa.UniqueConstraint("key_label", name=op.f("uq_seal_editions_key_label")),
        sa.UniqueConstraint("seal_id", "edition", name="uq_seal_editions_edition"),
        comment="each made seal and its published history; closing: due until key and certificate end",
    )
    op.create_index(op.f("ix_seal_editions_closing"), "seal_editions", ["closing"], unique=False)
    op.create_table(
        "seal_steps",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("statement_sha256", sa.String(length=64), nullable=False),
        sa.Column("signed_by", sa.String(length=10), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["seal_id"], ["seal_lives.id"], name=op.f("fk_seal_steps_seal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_steps")),
        sa.UniqueConstraint("seal_id", "number", name="uq_seal_steps_number"),
        sa.UniqueConstraint("statement_sha256", name=op.f("uq_seal_steps_statement_sha256")),
        comment="each step with the statement that its actor, or the platform naming the actor, signed",
    )
    op.create_table(
        "seal_uses",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("officer", sa.String(length=64), nullable=True),
        sa.Column("document_type", sa.String(length=50), nullable=False),
        sa.Column("document_id", sa.String(length=32), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("denied_at", TIME, nullable=True),
        sa.Column("denied_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["seal_id"], ["seal_lives.id"], name=op.f("fk_seal_uses_seal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_uses")),
        comment="what the holder of a seal sees of its uses; denied: the holder said not me",
    )
    op.create_index("ix_seal_uses_seal", "seal_uses", ["seal_id", "at"], unique=False)
