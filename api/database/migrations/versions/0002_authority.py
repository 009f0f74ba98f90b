# SPDX-License-Identifier: Apache-2.0
"""Tables of authority, and what certificates gain: bundle, usage, partition of the CRL, suspension."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.String(length=27)  # UTC text of fixed width
ENDED = "revoked_at IS NOT NULL OR held_at IS NOT NULL"


def upgrade() -> None:
    """New tables, then new columns."""
    tables()
    with op.batch_alter_table("certificates") as batch:
        batch.add_column(sa.Column("bundle_id", sa.String(length=32), nullable=True))
        batch.add_column(sa.Column("usage", sa.String(length=10), nullable=False, server_default="sign"))
        batch.add_column(sa.Column("partition", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("held_at", TIME, nullable=True))
        batch.add_column(sa.Column("held_by", sa.String(length=64), nullable=True))
        batch.add_column(sa.Column("invalidity_date", TIME, nullable=True))
        batch.add_column(sa.Column("replaces", sa.String(length=32), nullable=True))
    for column in ("bundle_id", "replaces", "not_after"):
        op.create_index(op.f(f"ix_certificates_{column}"), "certificates", [column], unique=False)
    op.create_index(
        "ix_certificates_ended",
        "certificates",
        ["issuer", "partition"],
        unique=False,
        sqlite_where=sa.text(ENDED),
        postgresql_where=sa.text(ENDED),
    )


def tables() -> None:
    """In an order that satisfies every reference."""
    op.create_table(
        "authorities",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("family", sa.String(length=8), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("issuer", sa.String(length=40), nullable=False),
        sa.Column("partitions", sa.Integer(), nullable=False),
        sa.Column("null_parameters", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("ceremony_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_authorities")),
        sa.UniqueConstraint("position", name=op.f("uq_authorities_position")),
        comment="authorities as their ceremony made them; a root is its own issuer and has no purpose",
    )
    op.create_table(
        "bundles",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("profile", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("holder_name", sa.String(length=200), nullable=False),
        sa.Column("order_digest", sa.String(length=64), nullable=False),
        sa.Column("escrow_key_id", sa.String(length=64), nullable=True),
        sa.Column("envelope", sa.LargeBinary(), nullable=True),
        sa.Column("csr_response", sa.LargeBinary(), nullable=True),
        sa.Column("replaces", sa.String(length=32), nullable=True),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_bundles_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundles")),
        comment="certificates of one holder that live and end together; the signing key opens the envelope",
    )
    for column in ("account_id", "holder", "order_digest", "escrow_key_id", "replaces"):
        op.create_index(op.f(f"ix_bundles_{column}"), "bundles", [column], unique=False)
    op.create_table(
        "certificate_notices",
        sa.Column("certificate_id", sa.String(length=32), nullable=False),
        sa.Column("days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("not_after", TIME, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificates.id"],
            name=op.f("fk_certificate_notices_certificate_id_certificates"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_certificate_notices_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("certificate_id", "days", name=op.f("pk_certificate_notices")),
        comment="holders told that a certificate ends within so many days, each once",
    )
    op.create_index(
        "ix_certificate_notices_account", "certificate_notices", ["account_id", "at"], unique=False
    )
