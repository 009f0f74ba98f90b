# SPDX-License-Identifier: Apache-2.0
"""Tables of how documents stand: every change of a state, and the one list in force.

Every row is committed to the ledger.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from .tables import UtcTime, metadata
from .tables_sealing import documents

document_states = Table(
    "document_states",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("document_id", String(16), ForeignKey("documents.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("decision", String(200), nullable=False),
    Column("by", String(64), nullable=False),
    Column("ledger_index", Integer, nullable=False, index=True),
    UniqueConstraint("document_id", "number", name="uq_document_states_number"),
    comment="each change of how a document stands, with the decision behind it",
)

document_status = Table(
    "document_status",
    metadata,
    Column("id", String(10), primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("issued", UtcTime, nullable=False),
    Column("next_update", UtcTime, nullable=False),
    comment="the one list in force; the ledger keeps the digest of each",
)

Index("ix_documents_ledger_index", documents.c.ledger_index)
Index("ix_documents_superseded_by", documents.c.superseded_by)
