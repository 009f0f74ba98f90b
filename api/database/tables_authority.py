# SPDX-License-Identifier: Apache-2.0
"""Tables of the certificate authority: authorities, bundles, notices to holders.

Rows of ``authorities`` and ``bundles`` are committed to the ledger.  A bundle is written once, never changed:
its state is that of its members in ``certificates``.  ``certificate_notices`` says what a holder was told.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from .tables import UtcTime, metadata

authorities = Table(
    "authorities",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("family", String(8), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("issuer", String(40), nullable=False),
    Column("partitions", Integer, nullable=False),
    Column("null_parameters", Boolean(create_constraint=False), nullable=False),
    Column("ceremony_sha256", String(64), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("position"),
    comment="authorities as their ceremony made them; a root is its own issuer and has no purpose",
)

bundles = Table(
    "bundles",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("profile", String(20), nullable=False),
    Column("account_id", String(32), ForeignKey("accounts.id"), index=True),
    Column("holder", String(64), nullable=False, index=True),
    Column("holder_name", String(200), nullable=False),
    Column("order_digest", String(64), nullable=False, index=True),
    Column("escrow_key_id", String(64), index=True),
    Column("envelope", LargeBinary),
    Column("csr_response", LargeBinary),
    Column("replaces", String(32), index=True),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", String(64), nullable=False),
    comment="certificates of one holder that live and end together; the signing key opens the envelope",
)

certificate_notices = Table(
    "certificate_notices",
    metadata,
    Column("certificate_id", String(32), ForeignKey("certificates.id"), primary_key=True),
    Column("days", Integer, primary_key=True, autoincrement=False),
    Column("account_id", String(32), ForeignKey("accounts.id")),
    Column("not_after", UtcTime, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_certificate_notices_account", "account_id", "at"),
    comment="holders told that a certificate ends within so many days, each once",
)
