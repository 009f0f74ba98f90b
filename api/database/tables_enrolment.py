# SPDX-License-Identifier: Apache-2.0
"""Tables of enrolment: codes that let somebody apply, applications, and who approved them.

Every row is committed to the ledger.  A code is kept as a digest only: who reads this table cannot apply.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from .tables import UtcTime, metadata

enrolment_codes = Table(
    "enrolment_codes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("code_sha256", String(64), nullable=False, unique=True),
    Column("profile", String(20), nullable=False),
    Column("account_id", String(32), ForeignKey("accounts.id")),
    Column("holder", String(64), nullable=False),
    Column("holder_name", String(200), nullable=False),
    Column("agency", String(18), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("enrolment_id", String(32)),
    comment="who may apply without a login, for exactly which certificate; enrolment_id is what came of it",
)

enrolments = Table(
    "enrolments",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False, index=True),
    Column("profile", String(20), nullable=False),
    Column("shape", String(8), nullable=False),
    Column("channel", String(8), nullable=False),
    Column("state", String(10), nullable=False),
    Column("needed", Integer, nullable=False),
    Column("account_id", String(32), ForeignKey("accounts.id"), index=True),
    Column("holder", String(64), nullable=False, index=True),
    Column("holder_name", String(200), nullable=False),
    Column("agency", String(18), nullable=False),
    Column("names", Text, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("rsa_request", LargeBinary),
    Column("key_id", String(40), nullable=False),
    Column("code_id", String(32), ForeignKey("enrolment_codes.id")),
    Column("submitted_at", UtcTime, nullable=False),
    Column("submitted_by", String(64), nullable=False),
    Column("decided_at", UtcTime),
    Column("decided_by", String(64)),
    Column("reason", Text),
    Column("failure", String(64)),
    Column("certificate_id", String(32)),
    Column("bundle_id", String(32)),
    Index("ix_enrolments_state", "state", "agency"),
    comment="applications for certificates; shape single or bundle; names as canonical JSON",
)

enrolment_approvals = Table(
    "enrolment_approvals",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("enrolment_id", String(32), ForeignKey("enrolments.id"), nullable=False),
    Column("officer", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("given_at", UtcTime, nullable=False),
    UniqueConstraint("enrolment_id", "officer", name="uq_enrolment_approvals_officer"),
    comment="one approval by one person, each at most once",
)
