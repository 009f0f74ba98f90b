# SPDX-License-Identifier: Apache-2.0
"""The two trees of the public log, and what witnesses said of its heads.

Append-only by triggers, as the other tables of the ledger.  A row of ``ledger_hashes`` is what one
transaction added to one level of one tree: a batch of a thousand entries adds some twenty rows, not four
thousand.
"""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text

from .tables import UtcTime, metadata

ledger_hashes = Table(
    "ledger_hashes",
    metadata,
    Column("tree", String(8), primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
    comment="hashes of complete subtrees, 32 bytes each, side by side from number start; level 0: leaves",
)

ledger_cosignatures = Table(
    "ledger_cosignatures",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("line", String(700), primary_key=True),
    Column("witness", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    comment="signature lines of witnesses under the head of this size",
)
