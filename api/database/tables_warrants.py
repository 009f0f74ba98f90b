# SPDX-License-Identifier: Apache-2.0
"""Tables of who may use a seal: approval before use, sealed mandates, and how often each right was used.

Grants are in :mod:`.tables_sealing`.  Every row is committed to the ledger.  JSON is stored as canonical text
(RFC 8785).
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from .tables import UtcTime, metadata

use_policies = Table(
    "use_policies",
    metadata,
    Column("seal_id", String(32), ForeignKey("seals.id"), primary_key=True),
    Column("approvers", Integer, nullable=False),
    Column("roles", Text, nullable=False),
    Column("days", Integer, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("changed_by", String(64), nullable=False),
    comment="how many persons approve each use of a seal; a seal without a row needs no approval",
)

use_requests = Table(
    "use_requests",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seal_id", String(32), ForeignKey("seals.id"), nullable=False, index=True),
    Column("asker", String(64), nullable=False, index=True),
    Column("agency", String(18), nullable=False),
    Column("document_type", String(50), nullable=False),
    Column("case_number", String(100), nullable=False),
    Column("copies", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("approvers", Integer, nullable=False),
    Column("roles", Text, nullable=False),
    Column("days", Integer, nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("approved_by", Text, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("decided_at", UtcTime),
    Column("valid_until", UtcTime),
    comment="use of a seal that was asked for: for what, how often, why, and what was decided",
)

use_request_steps = Table(
    "use_request_steps",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("request_id", String(32), ForeignKey("use_requests.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("step", String(20), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("state", String(12), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("statement", LargeBinary, nullable=False),
    Column("statement_sha256", String(64), nullable=False, unique=True),
    Column("signed_by", String(10), nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    UniqueConstraint("request_id", "number", name="uq_use_request_steps_number"),
    comment="each step of a request with the statement that its actor, "
    "or the platform naming the actor, signed",
)

seal_mandates = Table(
    "seal_mandates",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seal_id", String(32), ForeignKey("seals.id"), nullable=False, index=True),
    Column("holder", String(18), nullable=False),
    Column("agent", String(64), nullable=False, index=True),
    Column("state", String(12), nullable=False),
    Column("record", Text, nullable=False),
    Column("prepared", Text, nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("sealed", LargeBinary),
    Column("prepared_at", UtcTime, nullable=False),
    Column("prepared_by", String(64), nullable=False),
    Column("sealed_at", UtcTime),
    Column("revoked_at", UtcTime),
    Column("revoked_by", String(64)),
    comment="mandates: the holder of a seal lets a named person use it; sealed is the file that says so",
)

use_counts = Table(
    "use_counts",
    metadata,
    Column("right_id", String(32), primary_key=True),
    Column("act", String(64), primary_key=True),
    Column("used", Integer, nullable=False),
    comment="uses of counted grants, approvals and mandates: by each act, and (act empty) by all",
)

use_grounds = Table(
    "use_grounds",
    metadata,
    Column("use_id", String(32), ForeignKey("seal_uses.id"), primary_key=True),
    Column("authority", Text, nullable=False),
    comment="the statement of authority that went into what was sealed by one use",
)
