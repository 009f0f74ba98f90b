# SPDX-License-Identifier: Apache-2.0
"""Tables of enrolment, written out as in the first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TIME = sa.String(length=27)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "enrolment_codes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("profile", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("holder_name", sa.String(length=200), nullable=False),
        sa.Column("agency", sa.String(length=18), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("enrolment_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_enrolment_codes_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_codes")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_enrolment_codes_code_sha256")),
        comment=(
            "who may apply without a login, for exactly which certificate; enrolment_id is what came of it"
        ),
    )
    op.create_table(
        "enrolments",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("profile", sa.String(length=20), nullable=False),
        sa.Column("shape", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("holder_name", sa.String(length=200), nullable=False),
        sa.Column("agency", sa.String(length=18), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("rsa_request", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("code_id", sa.String(length=32), nullable=True),
        sa.Column("submitted_at", TIME, nullable=False),
        sa.Column("submitted_by", sa.String(length=64), nullable=False),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("failure", sa.String(length=64), nullable=True),
        sa.Column("certificate_id", sa.String(length=32), nullable=True),
        sa.Column("bundle_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_enrolments_account_id")),
        sa.ForeignKeyConstraint(["code_id"], ["enrolment_codes.id"], name=op.f("fk_enrolments_code_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
        comment="applications for certificates; shape single or bundle; names as canonical JSON",
    )
    for column in ("account_id", "digest", "holder"):
        op.create_index(op.f(f"ix_enrolments_{column}"), "enrolments", [column], unique=False)
    op.create_index("ix_enrolments_state", "enrolments", ["state", "agency"], unique=False)
    op.create_table(
        "enrolment_approvals",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("enrolment_id", sa.String(length=32), nullable=False),
        sa.Column("officer", sa.String(length=32), nullable=False),
        sa.Column("given_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_enrolment_approvals_enrolment_id")
        ),
        sa.ForeignKeyConstraint(["officer"], ["accounts.id"], name=op.f("fk_enrolment_approvals_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_approvals")),
        sa.UniqueConstraint("enrolment_id", "officer", name="uq_enrolment_approvals_officer"),
        comment="one approval by one person, each at most once",
    )
