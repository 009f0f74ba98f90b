# SPDX-License-Identifier: Apache-2.0
"""Table of time stamps: a row is there before the token is signed, so no serial number is ever given twice.

Rows that belong to a batch are committed to the ledger, a batch at a time.  A row without a batch is a serial
number that was spent for nothing: the process was killed, or the token was never released.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table

from .tables import UtcTime, metadata

timestamps = Table(
    "timestamps",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", String(40), nullable=False),
    Column("certificate", String(64), nullable=False),
    Column("serial", String(40), nullable=False, unique=True),
    Column("policy", String(200), nullable=False),
    Column("digest_algorithm", String(10), nullable=False),
    Column("digest", String(128), nullable=False),
    Column("stamped_at", UtcTime, nullable=False),
    Column("token_sha256", String(64)),
    Column("batch", BigInteger, index=True),
    Index("ix_timestamps_certificate_number", "certificate", "number"),
    comment="every time stamp; certificate is a fingerprint, batch names the ledger entry's group",
)
