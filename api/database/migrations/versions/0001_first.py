# SPDX-License-Identifier: Apache-2.0
"""The first schema: every table, and the triggers that keep the ledger's tables append-only.

Written out, not taken from the metadata: this step must do the same in ten years.  Alembic has no words for
triggers, so they are plain SQL for each database.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.String(length=27)  # UTC text of fixed width
APPEND_ONLY = ("ledger_entries", "ledger_nodes", "ledger_checkpoints", "row_commitments")


def upgrade() -> None:
    """Tables, then triggers."""
    tables()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$"
        )
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
            )
        return
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            )


def tables() -> None:
    """In an order that satisfies every reference."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("agency", sa.String(length=18), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("subject", name=op.f("uq_accounts_subject")),
        comment="who may log in; roles as canonical JSON; agency is empty for applicants",
    )
    op.create_table(
        "challenges",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("to_be_signed", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenges")),
        comment="login challenges, each good for one answer",
    )
    op.create_index(op.f("ix_challenges_expires_at"), "challenges", ["expires_at"], unique=False)
    op.create_table(
        "crls",
        sa.Column("issuer", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("this_update", TIME, nullable=False),
        sa.Column("next_update", TIME, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "number", name=op.f("pk_crls")),
        comment="every revocation list ever signed; the highest number of an issuer is current",
    )
    op.create_table(
        "files",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        comment="sealed and prepared files",
    )
    op.create_table(
        "intents",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("ledger_index", sa.Integer(), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("closed_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intents")),
        comment="what was about to be signed; open ones are abandoned at the next start",
    )
    op.create_index(op.f("ix_intents_outcome"), "intents", ["outcome"], unique=False)
    op.create_table(
        "ledger_checkpoints",
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_ledger_checkpoints")),
        comment="one signed head of the log for each transaction",
    )
    op.create_table(
        "ledger_entries",
        sa.Column("entry_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entry_index", name=op.f("pk_ledger_entries")),
        comment="the public log: canonical JSON of each entry, dense from 0",
    )
    op.create_table(
        "ledger_nodes",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("node_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "node_index", name=op.f("pk_ledger_nodes")),
        comment="hashes of complete subtrees; level 0 is the leaf hash",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "qr_keys",
        sa.Column("kid", sa.String(length=8), nullable=False),
        sa.Column("algorithm", sa.String(length=8), nullable=False),
        sa.Column("key_label", sa.String(length=64), nullable=False),
        sa.Column("spki", sa.LargeBinary(), nullable=False),
        sa.Column("sign_from", TIME, nullable=False),
        sa.Column("sign_until", TIME, nullable=False),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_qr_keys")),
        sa.UniqueConstraint("key_label", name=op.f("uq_qr_keys_key_label")),
        comment="bare keys that sign QR statements, as the trust list names them",
    )
    op.create_table(
        "records",
        sa.Column("module", sa.String(length=50), nullable=False),
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("entered_at", TIME, nullable=False),
        sa.Column("entered_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("module", "kind", "key", "version", name=op.f("pk_records")),
        comment="entered by the core for a relying module; never updated, only followed by a higher version",
    )
    op.create_table(
        "row_commitments",
        sa.Column("entry_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("table_name", sa.String(length=50), nullable=False),
        sa.Column("row_key", sa.String(length=400), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entry_index", name=op.f("pk_row_commitments")),
        comment="what the public entry of a protected row commits to; the salt never leaves this table",
    )
    op.create_index(
        "ix_row_commitments_row", "row_commitments", ["table_name", "row_key", "entry_index"], unique=False
    )
    op.create_table(
        "seals",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=18), nullable=False),
        sa.Column("holder_name", sa.String(length=200), nullable=False),
        sa.Column("key_kind", sa.String(length=16), nullable=False),
        sa.Column("key_label", sa.String(length=100), nullable=False),
        sa.Column("certificate_id", sa.String(length=64), nullable=False),
        sa.Column("design", sa.Text(), nullable=False),
        sa.Column("svg", sa.Text(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seals")),
        sa.UniqueConstraint("key_label", name=op.f("uq_seals_key_label")),
        comment="agency seals: holder, design, key in the vault, certificate",
    )
    op.create_index(op.f("ix_seals_holder"), "seals", ["holder"], unique=False)
    op.create_table(
        "sequences",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sequences")),
        comment="running numbers; a number is spent even if the act after it fails",
    )
    op.create_table(
        "serials",
        sa.Column("issuer", sa.String(length=40), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("reserved_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "serial", name=op.f("pk_serials")),
        comment="every serial number ever reserved, in hexadecimal; spent even if nothing was signed",
    )
    op.create_table(
        "submissions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("applicant", sa.String(length=64), nullable=False),
        sa.Column("applicant_name", sa.String(length=200), nullable=False),
        sa.Column("form", sa.String(length=50), nullable=False),
        sa.Column("agency", sa.String(length=18), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("idempotency_key", sa.String(length=100), nullable=True),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("prepared_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=True),
        sa.Column("sealed_at", TIME, nullable=True),
        sa.Column("receipt_id", sa.String(length=16), nullable=True),
        sa.Column("ledger_index", sa.Integer(), nullable=True),
        sa.Column("document_id", sa.String(length=16), nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint("account_id", "idempotency_key", name="uq_submissions_idempotency"),
        sa.UniqueConstraint("number", name=op.f("uq_submissions_number")),
        comment="what an applicant prepared, sealed and filed",
    )
    op.create_index(op.f("ix_submissions_agency"), "submissions", ["agency"], unique=False)
    op.create_index(op.f("ix_submissions_applicant"), "submissions", ["applicant"], unique=False)
    op.create_index(op.f("ix_submissions_state"), "submissions", ["state"], unique=False)
    op.create_table(
        "trust_lists",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("issued", TIME, nullable=False),
        sa.Column("next_update", TIME, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_trust_lists")),
        comment="every trust list ever published",
    )
    op.create_table(
        "certificates",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("issuer", sa.String(length=40), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("profile", sa.String(length=20), nullable=False),
        sa.Column("key_label", sa.String(length=64), nullable=True),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("holder_name", sa.String(length=200), nullable=False),
        sa.Column("order_digest", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("not_before", TIME, nullable=False),
        sa.Column("not_after", TIME, nullable=False),
        sa.Column("issued_at", TIME, nullable=False),
        sa.Column("issued_by", sa.String(length=64), nullable=False),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.Column("revoked_by", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=30), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_certificates_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_certificates_fingerprint")),
        sa.UniqueConstraint("issuer", "serial", name="uq_certificates_serial"),
        comment="issued certificates; key_label names a key of ours in the vault (authorities, platform)",
    )
    op.create_index(op.f("ix_certificates_account_id"), "certificates", ["account_id"], unique=False)
    op.create_index(op.f("ix_certificates_holder"), "certificates", ["holder"], unique=False)
    op.create_index(op.f("ix_certificates_key_id"), "certificates", ["key_id"], unique=False)
    op.create_index(op.f("ix_certificates_key_label"), "certificates", ["key_label"], unique=False)
    op.create_index(op.f("ix_certificates_order_digest"), "certificates", ["order_digest"], unique=False)
    op.create_table(
        "documents",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("type", sa.String(length=50), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("ecert_id", sa.String(length=120), nullable=False),
        sa.Column("issuer", sa.String(length=18), nullable=False),
        sa.Column("issuer_name", sa.String(length=200), nullable=False),
        sa.Column("serial", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("holder_name", sa.String(length=200), nullable=False),
        sa.Column("submission_id", sa.String(length=32), nullable=True),
        sa.Column("seal_id", sa.String(length=32), nullable=True),
        sa.Column("officer", sa.String(length=64), nullable=True),
        sa.Column("face", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("qr_text", sa.Text(), nullable=False),
        sa.Column("file_id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("issued_at", TIME, nullable=False),
        sa.Column("valid_until", sa.String(length=10), nullable=True),
        sa.Column("superseded_by", sa.String(length=16), nullable=True),
        sa.Column("ledger_index", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_documents_file_id")),
        sa.ForeignKeyConstraint(["seal_id"], ["seals.id"], name=op.f("fk_documents_seal_id")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_documents_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("ecert_id", name=op.f("uq_documents_ecert_id")),
        sa.UniqueConstraint("submission_id", "type", name="uq_documents_submission"),
        sa.UniqueConstraint("type", "issuer", "serial", "version", name="uq_documents_version"),
        comment="issued documents: face, record, QR statement, sealed file",
    )
    op.create_index(op.f("ix_documents_holder"), "documents", ["holder"], unique=False)
    op.create_index(op.f("ix_documents_submission_id"), "documents", ["submission_id"], unique=False)
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("officer", sa.String(length=64), nullable=False),
        sa.Column("document_types", sa.Text(), nullable=False),
        sa.Column("valid_from", TIME, nullable=False),
        sa.Column("valid_until", TIME, nullable=False),
        sa.Column("granted_at", TIME, nullable=False),
        sa.Column("granted_by", sa.String(length=64), nullable=False),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.Column("revoked_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["seal_id"], ["seals.id"], name=op.f("fk_grants_seal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        comment="who may use which seal, for which document types, when",
    )
    op.create_index(op.f("ix_grants_officer"), "grants", ["officer"], unique=False)
    op.create_index(op.f("ix_grants_seal_id"), "grants", ["seal_id"], unique=False)
    op.create_table(
        "mandates",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("given_at", TIME, nullable=False),
        sa.Column("given_by", sa.String(length=64), nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_mandates_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandates")),
        comment="which enterprise a person may act for; an ended one is followed by a new row",
    )
    op.create_index("ix_mandates_account_uscc", "mandates", ["account_id", "uscc"], unique=False)
    op.create_table(
        "submission_items",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("submission_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("prepared", sa.Text(), nullable=True),
        sa.Column("digest_algorithm", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=128), nullable=False),
        sa.Column("file_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_submission_items_file_id")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_submission_items_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_items")),
        sa.UniqueConstraint("submission_id", "position", name="uq_submission_items_position"),
        comment="the form and each attachment; file_id is the prepared file, then the sealed one",
    )
    op.create_index(
        op.f("ix_submission_items_submission_id"), "submission_items", ["submission_id"], unique=False
    )
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("certificate_id", sa.String(length=32), nullable=False),
        sa.Column("mandate_id", sa.String(length=32), nullable=True),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificates.id"], name=op.f("fk_sessions_certificate_id")
        ),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandates.id"], name=op.f("fk_sessions_mandate_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sessions")),
        comment="logins in force; the token itself is known to its holder only",
    )
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"], unique=False)
