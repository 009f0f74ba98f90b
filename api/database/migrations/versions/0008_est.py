# SPDX-License-Identifier: Apache-2.0
"""Tables of EST, written out as in the first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

TIME = sa.String(length=27)  # UTC text of fixed width


def upgrade() -> None:
    """Devices, secrets, enrolments."""
    op.create_table(
        "est_devices",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("profile", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("holder_name", sa.String(length=200), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("approval", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("registered_at", TIME, nullable=False),
        sa.Column("registered_by", sa.String(length=64), nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_est_devices")),
        comment="devices that may enrol by EST; names as canonical JSON; approval: an officer decides each",
    )
    op.create_table(
        "est_secrets",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.Column("request_sha256", sa.String(length=64), nullable=True),
        sa.Column("enrolment_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["est_devices.id"], name=op.f("fk_est_secrets_device_id_est_devices")
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_est_secrets_enrolment_id_enrolments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_est_secrets")),
        comment="one-time enrolment secrets; request_sha256 is the one request that spent it",
    )
    op.create_index("ix_est_secrets_device_id", "est_secrets", ["device_id", "made_at"], unique=False)
    op.create_table(
        "est_enrolments",
        sa.Column("certificate_id", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("secret_id", sa.String(length=32), nullable=True),
        sa.Column("replaces", sa.String(length=32), nullable=True),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificates.id"],
            name=op.f("fk_est_enrolments_certificate_id_certificates"),
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["est_devices.id"], name=op.f("fk_est_enrolments_device_id_est_devices")
        ),
        sa.ForeignKeyConstraint(
            ["replaces"], ["certificates.id"], name=op.f("fk_est_enrolments_replaces_certificates")
        ),
        sa.ForeignKeyConstraint(
            ["secret_id"], ["est_secrets.id"], name=op.f("fk_est_enrolments_secret_id_est_secrets")
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_est_enrolments")),
        comment="which device a certificate belongs to, and whether a secret or an older certificate "
        "brought it",
    )
    op.create_index(op.f("ix_est_enrolments_device_id"), "est_enrolments", ["device_id"], unique=False)
    op.create_index(op.f("ix_est_enrolments_replaces"), "est_enrolments", ["replaces"], unique=False)
