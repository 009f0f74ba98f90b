# SPDX-License-Identifier: Apache-2.0
"""Which entries of the public log belong to the history of one enterprise, and under which number."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from .tables import metadata

subject_entries = Table(
    "subject_entries",
    metadata,
    Column("entry_index", Integer, primary_key=True, autoincrement=False),
    Column("code", String(18), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("reference", Text, index=True),
    Column("reference_salt", LargeBinary),
    UniqueConstraint("code", "sequence", name="uq_subject_entries_sequence"),
    comment="numbers of entries in the history of a subject, as their leaves say; "
    "reference: the number of the decision behind an entry, of which the leaf has a salted digest",
)
