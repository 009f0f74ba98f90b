# SPDX-License-Identifier: Apache-2.0
"""Tables of status: lists about a part, and the head of each authority's numbers.

Complete lists stand in ``crls``.  Rows of ``status_lists`` are committed to the ledger.  ``status_heads``
says nothing that the lists do not say: it is what makes numbers rise by compare-and-swap, and tells every
process that answers kept from before are no longer true.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table

from .tables import UtcTime, metadata

status_lists = Table(
    "status_lists",
    metadata,
    Column("issuer", String(40), primary_key=True),
    Column("scope", String(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("base", Integer),
    Column("der", LargeBinary, nullable=False),
    Column("this_update", UtcTime, nullable=False),
    Column("next_update", UtcTime, nullable=False),
    Index("ix_status_lists_number", "issuer", "number"),
    comment="revocation lists about a part: delta, or part-N; the highest number of a scope is current",
)

status_heads = Table(
    "status_heads",
    metadata,
    Column("issuer", String(40), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    comment="last number of a list of an authority, and how often the state of its certificates changed",
)
