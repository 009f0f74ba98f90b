# SPDX-License-Identifier: Apache-2.0
"""Tables of the life of seals: lives, the made seals (editions), the steps, the uses, the published list.

``seals`` (:mod:`.tables_sealing`) holds what is used for sealing now; it follows the edition in use.  Every
row is committed to the ledger.  JSON is stored as canonical text (RFC 8785).
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from .tables import UtcTime, metadata

seal_lives = Table(
    "seal_lives",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("code", String(14), nullable=False, index=True),
    Column("type", String(30), nullable=False),
    Column("holder", String(18), nullable=False, index=True),
    Column("holder_name", String(200), nullable=False),
    Column("key_kind", String(16), nullable=False),
    Column("design", Text, nullable=False),
    Column("certificates", Text, nullable=False),
    Column("valid_until", UtcTime),
    Column("state", String(12), nullable=False, index=True),
    Column("change", String(10), nullable=False),
    Column("change_design", Text),
    Column("change_reason", String(40)),
    Column("suspended_by", String(10), nullable=False),
    Column("edition", Integer, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("applied_at", UtcTime, nullable=False),
    Column("applied_by", String(64), nullable=False),
    Column("change_by", String(64)),
    comment="one seal under one code, from application to destruction; edition: the one in use, or 0",
)

seal_editions = Table(
    "seal_editions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("seal_id", String(32), ForeignKey("seal_lives.id"), nullable=False),
    Column("edition", Integer, nullable=False),
    Column("key_label", String(100), nullable=False, unique=True),
    Column("certificate_id", String(64), nullable=False),
    Column("design", Text, nullable=False),
    Column("svg", Text, nullable=False),
    Column("esl", LargeBinary, nullable=False),
    Column("esl_sha256", String(64), nullable=False, unique=True),
    Column("esl_sm3", String(64), nullable=False),
    Column("valid_from", UtcTime, nullable=False),
    Column("valid_until", UtcTime, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("history", Text, nullable=False),
    Column("closing", String(6), nullable=False, index=True),
    UniqueConstraint("seal_id", "edition", name="uq_seal_editions_edition"),
    comment="each made seal and its published history; closing: due until key and certificate end",
)

seal_steps = Table(
    "seal_steps",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seal_id", String(32), ForeignKey("seal_lives.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("step", String(20), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("side", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("statement", LargeBinary, nullable=False),
    Column("statement_sha256", String(64), nullable=False, unique=True),
    Column("signed_by", String(10), nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    UniqueConstraint("seal_id", "number", name="uq_seal_steps_number"),
    comment="each step with the statement that its actor, or the platform naming the actor, signed",
)

seal_uses = Table(
    "seal_uses",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seal_id", String(32), ForeignKey("seal_lives.id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("officer", String(64)),
    Column("document_type", String(50), nullable=False),
    Column("document_id", String(32)),
    Column("sha256", String(64)),
    Column("documents", Integer, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("denied_at", UtcTime),
    Column("denied_by", String(64)),
    Index("ix_seal_uses_seal", "seal_id", "at"),
    comment="what the holder of a seal sees of its uses; denied: the holder said not me",
)

seal_status = Table(
    "seal_status",
    metadata,
    Column("id", String(10), primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("issued", UtcTime, nullable=False),
    Column("next_update", UtcTime, nullable=False),
    comment="the one list in force; the ledger keeps the digest of each",
)
