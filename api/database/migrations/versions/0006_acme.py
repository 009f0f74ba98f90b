# SPDX-License-Identifier: Apache-2.0
"""Tables of ACME, written out as in the first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TIME = sa.String(length=27)  # UTC text of fixed width


def upgrade() -> None:
    """In an order that satisfies every reference."""
    op.create_table(
        "acme_keys",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("holder_name", sa.String(length=200), nullable=False),
        sa.Column("domains", sa.Text(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_acme_keys_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acme_keys")),
        comment="keys for external account binding; domains as JSON; mac encrypted under a vault secret",
    )
    op.create_index(op.f("ix_acme_keys_account_id"), "acme_keys", ["account_id"])
    op.create_table(
        "acme_accounts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("jwk", sa.Text(), nullable=False),
        sa.Column("thumbprint", sa.String(length=43), nullable=False),
        sa.Column("contacts", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["acme_keys.id"], name=op.f("fk_acme_accounts_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acme_accounts")),
        sa.UniqueConstraint("thumbprint", name=op.f("uq_acme_accounts_thumbprint")),
        comment="ACME accounts; the public key as canonical JWK, found by its RFC 7638 thumbprint",
    )
    op.create_index(op.f("ix_acme_accounts_key_id"), "acme_accounts", ["key_id"])
    orders()
    proofs()
    op.create_table(
        "acme_nonces",
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_acme_nonces")),
        comment="nonces that were spent and have not expired by themselves",
    )
    op.create_index(op.f("ix_acme_nonces_expires_at"), "acme_nonces", ["expires_at"])


def orders() -> None:
    """What clients ask for."""
    op.create_table(
        "acme_orders",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("identifiers", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("replaces", sa.String(length=120), nullable=True),
        sa.Column("request", sa.LargeBinary(), nullable=True),
        sa.Column("valid_until", TIME, nullable=True),
        sa.Column("certificate_id", sa.String(length=32), nullable=True),
        sa.Column("renewal_id", sa.String(length=120), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["acme_accounts.id"], name=op.f("fk_acme_orders_account_id")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificates.id"], name=op.f("fk_acme_orders_certificate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acme_orders")),
        comment="ACME orders; request and valid_until are fixed before anything is signed",
    )
    for column in ("account_id", "status", "replaces", "certificate_id", "renewal_id"):
        op.create_index(op.f(f"ix_acme_orders_{column}"), "acme_orders", [column])


def proofs() -> None:
    """Authorizations and their challenges."""
    op.create_table(
        "acme_authorizations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("order_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=253), nullable=False),
        sa.Column("wildcard", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("proven_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["acme_orders.id"], name=op.f("fk_acme_authorizations_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["acme_accounts.id"], name=op.f("fk_acme_authorizations_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acme_authorizations")),
        comment="who may have certificates for a name; committed to the ledger once proven",
    )
    for column in ("order_id", "name"):
        op.create_index(op.f(f"ix_acme_authorizations_{column}"), "acme_authorizations", [column])
    op.create_table(
        "acme_challenges",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("authorization_id", sa.String(length=32), nullable=False),
        sa.Column("type", sa.String(length=12), nullable=False),
        sa.Column("token", sa.String(length=43), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["authorization_id"],
            ["acme_authorizations.id"],
            name=op.f("fk_acme_challenges_authorization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acme_challenges")),
        comment="ways to prove a name; those in processing are taken up again after a crash",
    )
    for column in ("authorization_id", "status"):
        op.create_index(op.f(f"ix_acme_challenges_{column}"), "acme_challenges", [column])
