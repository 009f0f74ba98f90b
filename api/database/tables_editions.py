# SPDX-License-Identifier: Apache-2.0
"""Table of editions: the same issued document in a further file format, with its own seal.

Rows are committed to the ledger with the bytes and digests of their files, as those of ``documents`` are.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table

from .tables import metadata

document_editions = Table(
    "document_editions",
    metadata,
    Column("document_id", String(16), ForeignKey("documents.id"), primary_key=True),
    Column("format", String(8), primary_key=True),
    Column("file_id", String(32), ForeignKey("files.id"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("sm3", String(64), nullable=False),
    comment="an issued document as OFD: the same pages, record and code, sealed by the same seal",
)
