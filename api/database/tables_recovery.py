# SPDX-License-Identifier: Apache-2.0
"""Tables of key recovery, on the service's side: requests, approvals, notices to holders.

Rows of ``recoveries`` are committed to the ledger.  The keys themselves are in the key centre's own database
(docs/decisions/0012); an envelope opens for its recipient alone.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from .tables import UtcTime, metadata

recoveries = Table(
    "recoveries",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key_id", String(32), nullable=False, index=True),
    Column("bundle_id", String(32)),
    Column("holder", String(64), nullable=False),
    Column("account_id", String(32), index=True),
    Column("purpose", String(8), nullable=False),
    Column("reason", Text, nullable=False),
    Column("requested_by", String(64), nullable=False),
    Column("recipient", LargeBinary, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("request_sha256", String(64), nullable=False, unique=True),
    Column("entry_index", Integer, nullable=False),
    Column("requested_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("completed_at", UtcTime),
    Column("completed_by", String(64)),
    Column("envelope", LargeBinary),
    Column("head_size", Integer),
    Column("head_sha256", String(64)),
    comment="requests to recover an escrowed encryption key, and what came of them",
)

recovery_approvals = Table(
    "recovery_approvals",
    metadata,
    Column("recovery_id", String(32), ForeignKey("recoveries.id"), primary_key=True),
    Column("agent", String(64), primary_key=True),
    Column("signature", LargeBinary, nullable=False),
    Column("given_at", UtcTime, nullable=False),
    comment="signatures of recovery agents over the request; the key centre judges them",
)

recovery_notices = Table(
    "recovery_notices",
    metadata,
    Column("recovery_id", String(32), ForeignKey("recoveries.id"), primary_key=True),
    Column("happened", String(16), primary_key=True),
    Column("account_id", String(32), nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_recovery_notices_account", "account_id", "at"),
    comment="what holders are told about recoveries of their keys",
)
