# SPDX-License-Identifier: Apache-2.0
"""Tables of sealing: records, seals, grants, submissions, issued documents, and the files of both.

JSON is stored as canonical text (RFC 8785), times as UTC text, files as bytes beside the row that owns
them: one transaction holds an act and everything it made, so nothing can be half-written.
Rows of ``records``, ``seals``, ``grants``, ``submissions`` and ``documents`` are committed to the ledger, and
with the last two the bytes and digests of their files.  Of ``sequences`` ``api.documents.numbering`` speaks.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from .tables import UtcTime, metadata


def moment_text(moment: datetime) -> str:
    """A moment as rows are committed with it: the same before it is stored and after it is read back."""
    return moment.astimezone(UTC).isoformat()


records = Table(
    "records",
    metadata,
    Column("module", String(50), primary_key=True),
    Column("kind", String(50), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", Text, nullable=False),
    Column("entered_at", UtcTime, nullable=False),
    Column("entered_by", String(64), nullable=False),
    comment="entered by the core for a relying module; never updated, only followed by a higher version",
)

sequences = Table(
    "sequences",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("last", Integer, nullable=False),
    comment="running numbers; a number is spent even if the act after it fails",
)

files = Table(
    "files",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    comment="sealed and prepared files",
)

seals = Table(
    "seals",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("holder", String(18), nullable=False, index=True),
    Column("holder_name", String(200), nullable=False),
    Column("key_kind", String(16), nullable=False),
    Column("key_label", String(100), nullable=False, unique=True),
    Column("certificate_id", String(64), nullable=False),
    Column("design", Text, nullable=False),
    Column("svg", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", String(64), nullable=False),
    comment="agency seals: holder, design, key in the vault, certificate",
)

grants = Table(
    "grants",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seal_id", String(32), ForeignKey("seals.id"), nullable=False, index=True),
    Column("officer", String(64), nullable=False, index=True),
    Column("document_types", Text, nullable=False),
    Column("valid_from", UtcTime, nullable=False),
    Column("valid_until", UtcTime, nullable=False),
    Column("granted_at", UtcTime, nullable=False),
    Column("granted_by", String(64), nullable=False),
    Column("revoked_at", UtcTime),
    Column("revoked_by", String(64)),
    Column("most_uses", Integer),
    Column("channels", Text),
    comment="who may use which seal, for which document types, when",
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("applicant", String(64), nullable=False, index=True),
    Column("applicant_name", String(200), nullable=False),
    Column("form", String(50), nullable=False),
    Column("agency", String(18), index=True),
    Column("data", Text, nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("idempotency_key", String(100)),
    Column("request_digest", String(64), nullable=False),
    Column("prepared_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("number", String(32), unique=True),
    Column("sealed_at", UtcTime),
    Column("receipt_id", String(16)),
    Column("ledger_index", Integer),
    Column("document_id", String(16)),
    Column("decided_at", UtcTime),
    Column("decided_by", String(64)),
    Column("reason", Text),
    UniqueConstraint("account_id", "idempotency_key", name="uq_submissions_idempotency"),
    comment="what an applicant prepared, sealed and filed",
)

submission_items = Table(
    "submission_items",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("submission_id", String(32), ForeignKey("submissions.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("name", String(50), nullable=False),
    Column("title", String(200), nullable=False),
    Column("prepared", Text),
    Column("digest_algorithm", String(16), nullable=False),
    Column("digest", String(128), nullable=False),
    Column("file_id", String(32), ForeignKey("files.id")),
    UniqueConstraint("submission_id", "position", name="uq_submission_items_position"),
    comment="the form and each attachment; file_id is the prepared file, then the sealed one",
)

documents = Table(
    "documents",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("type", String(50), nullable=False),
    Column("title", String(200), nullable=False),
    Column("ecert_id", String(120), nullable=False, unique=True),
    Column("issuer", String(18), nullable=False),
    Column("issuer_name", String(200), nullable=False),
    Column("serial", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("holder", String(64), nullable=False, index=True),
    Column("holder_name", String(200), nullable=False),
    Column("submission_id", String(32), ForeignKey("submissions.id"), index=True),
    Column("seal_id", String(32), ForeignKey("seals.id")),
    Column("officer", String(64)),
    Column("face", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("qr_text", Text, nullable=False),
    Column("file_id", String(32), ForeignKey("files.id"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("sm3", String(64), nullable=False),
    Column("issued_at", UtcTime, nullable=False),
    Column("valid_until", String(10)),
    Column("superseded_by", String(16)),
    Column("ledger_index", Integer, nullable=False),
    UniqueConstraint("type", "issuer", "serial", "version", name="uq_documents_version"),
    UniqueConstraint("submission_id", "type", name="uq_documents_submission"),
    comment="issued documents: face, record, QR statement, sealed file",
)
