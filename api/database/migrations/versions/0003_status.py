# SPDX-License-Identifier: Apache-2.0
"""Tables of status, written out as in the first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TIME = sa.String(length=27)  # UTC text of fixed width


def upgrade() -> None:
    """Two tables; heads begin where the complete lists stand."""
    op.create_table(
        "status_lists",
        sa.Column("issuer", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("this_update", TIME, nullable=False),
        sa.Column("next_update", TIME, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "scope", "number", name=op.f("pk_status_lists")),
        comment="revocation lists about a part: delta, or part-N; the highest number of a scope is current",
    )
    op.create_index("ix_status_lists_number", "status_lists", ["issuer", "number"], unique=False)
    op.create_table(
        "status_heads",
        sa.Column("issuer", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", name=op.f("pk_status_heads")),
        comment="last number of a list of an authority, and how often the state of its certificates changed",
    )
    op.execute(
        "INSERT INTO status_heads (issuer, number, epoch) "
        "SELECT issuer, MAX(number), 0 FROM crls GROUP BY issuer"
    )
