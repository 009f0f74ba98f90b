# SPDX-License-Identifier: Apache-2.0
"""Tables of EST: registered devices, secrets that each let one of them enrol once, and what came of it.

Every row is committed to the ledger.  A secret is kept as a digest only: who reads this table cannot enrol.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text

from .tables import UtcTime, metadata

est_devices = Table(
    "est_devices",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("profile", String(20), nullable=False),
    Column("label", String(64), nullable=False),
    Column("holder", String(64), nullable=False),
    Column("holder_name", String(200), nullable=False),
    Column("names", Text, nullable=False),
    Column("approval", Boolean(create_constraint=False), nullable=False),
    Column("registered_at", UtcTime, nullable=False),
    Column("registered_by", String(64), nullable=False),
    Column("ended_at", UtcTime),
    Column("ended_by", String(64)),
    comment="devices that may enrol by EST; names as canonical JSON; approval: an officer decides each",
)

est_secrets = Table(
    "est_secrets",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("device_id", String(32), ForeignKey("est_devices.id"), nullable=False),
    Column("secret_sha256", String(64), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
    Column("request_sha256", String(64)),
    Column("enrolment_id", String(32), ForeignKey("enrolments.id")),
    Index("ix_est_secrets_device_id", "device_id", "made_at"),
    comment="one-time enrolment secrets; request_sha256 is the one request that spent it",
)

est_enrolments = Table(
    "est_enrolments",
    metadata,
    Column("certificate_id", String(32), ForeignKey("certificates.id"), primary_key=True),
    Column("device_id", String(32), ForeignKey("est_devices.id"), nullable=False, index=True),
    Column("secret_id", String(32), ForeignKey("est_secrets.id")),
    Column("replaces", String(32), ForeignKey("certificates.id"), index=True),
    Column("request_sha256", String(64), nullable=False),
    Column("at", UtcTime, nullable=False),
    comment="which device a certificate belongs to, and whether a secret or an older certificate brought it",
)
