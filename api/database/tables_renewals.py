# SPDX-License-Identifier: Apache-2.0
"""Tables of evidence records: batches of documents under one time stamp, the tokens, each document's lists.

Batches and stamps are committed to the ledger.  A document's lists need not be: they lead to the stamped root
or they are worthless, and a document without them is taken into the next batch.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table

from .tables import UtcTime, metadata

evidence_batches = Table(
    "evidence_batches",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("algorithm", String(10), nullable=False),
    Column("root", String(128), nullable=False),
    Column("documents", Integer, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    comment="documents that were stamped together; root: of their hash tree",
)

evidence_stamps = Table(
    "evidence_stamps",
    metadata,
    Column("batch_id", String(32), ForeignKey("evidence_batches.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("token", LargeBinary, nullable=False),
    Column("stamped_at", UtcTime, nullable=False),
    Column("good_until", UtcTime, nullable=False),
    comment="time stamps of a batch, each over the one before; good_until: its authority's end",
)

evidence_members = Table(
    "evidence_members",
    metadata,
    Column("document_id", String(16), primary_key=True),
    Column("batch_id", String(32), ForeignKey("evidence_batches.id"), nullable=False, index=True),
    Column("lists", LargeBinary, nullable=False),
    comment="the reduced hash tree of each document, a list after the other",
)
