# SPDX-License-Identifier: Apache-2.0
"""Tables of batches: the order, its items, how far it is, and who works on which stretch of it.

Committed to the ledger: each row of ``batches``, and rows of ``batch_items`` that ended in a sealed file of
their own (a document that was issued is a row of ``documents``).  ``batch_progress`` and ``batch_chunks`` are
bookkeeping: losing them costs time, never a second document.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from .tables import UtcTime, metadata

batches = Table(
    "batches",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("title", String(200), nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("agency", String(64), nullable=False, index=True),
    Column("document_type", String(50), nullable=False),
    Column("seal_id", String(32), ForeignKey("seals.id")),
    Column("placement", Text),
    Column("certificate", LargeBinary),
    Column("quota", Integer),
    Column("idempotency_key", String(100)),
    Column("request_digest", String(64), nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("problem", Text),
    Column("total", Integer, nullable=False),
    Column("bad", Integer, nullable=False),
    Column("blocks", Text),
    Column("list_signature", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("started_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("changed_by", String(64), nullable=False),
    UniqueConstraint("account_id", "idempotency_key", name="uq_batches_idempotency"),
    comment="one order for many documents; blocks: digests over its items, fixed when it starts",
)

batch_progress = Table(
    "batch_progress",
    metadata,
    Column("batch_id", String(32), ForeignKey("batches.id"), primary_key=True),
    Column("received", Integer, nullable=False),
    Column("bad", Integer, nullable=False),
    Column("cursor", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    comment="how far a batch is; cursor: the first item that nobody took yet",
)

batch_items = Table(
    "batch_items",
    metadata,
    Column("batch_id", String(32), ForeignKey("batches.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("line", Integer, nullable=False),
    Column("item_key", String(100), nullable=False),
    Column("name", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", Text),
    Column("source_file_id", String(32), ForeignKey("files.id")),
    Column("prepared", Text),
    Column("signature", Text),
    Column("state", String(8), nullable=False),
    Column("problem", Text),
    Column("sequence", Integer),
    Column("intent_id", String(32)),
    Column("document_id", String(16), ForeignKey("documents.id")),
    Column("file_id", String(32), ForeignKey("files.id")),
    Column("sha256", String(64)),
    Column("sm3", String(64)),
    Column("ledger_index", Integer),
    Column("done_at", UtcTime),
    UniqueConstraint("batch_id", "line", name="uq_batch_items_line"),
    UniqueConstraint("batch_id", "item_key", name="uq_batch_items_key"),
    Index("ix_batch_items_state", "batch_id", "state", "number"),
    comment="one document of a batch: what it is made of until it is made, and what came of it",
)

batch_chunks = Table(
    "batch_chunks",
    metadata,
    Column("batch_id", String(32), ForeignKey("batches.id"), primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
    Column("token", String(32), nullable=False),
    Column("worker", String(200), nullable=False),
    Column("taken_at", UtcTime, nullable=False),
    Column("deadline", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("ended_at", UtcTime),
    Index("ix_batch_chunks_open", "batch_id", "ended_at"),
    comment="who works on which items, and until when; whoever misses the deadline has lost them",
)
