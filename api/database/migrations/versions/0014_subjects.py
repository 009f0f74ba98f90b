# SPDX-License-Identifier: Apache-2.0
"""Histories of subjects: which entry of the log has which number in whose history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


TABLE = "subject_entries"


def upgrade() -> None:
    """Entries that were written before belong to no history: they say so themselves."""
    table()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_{act.lower()} BEFORE {act} ON {TABLE} "
            "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        )


def table() -> None:
    """Numbers of entries, unique for each subject."""
    op.create_table(
        "subject_entries",
        sa.Column("entry_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=18), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reference_salt", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("entry_index", name=op.f("pk_subject_entries")),
        sa.UniqueConstraint("code", "sequence", name="uq_subject_entries_sequence"),
        comment="numbers of entries in the history of a subject, as their leaves say; "
        "reference: the number of the decision behind an entry, of which the leaf has a salted digest",
    )
    op.create_index(op.f("ix_subject_entries_reference"), "subject_entries", ["reference"], unique=False)
