# SPDX-License-Identifier: Apache-2.0
"""Tables of identity: accounts, mandates, certificates, CRLs, keys of QR statements, logins, trust lists.

Rows of ``accounts``, ``mandates``, ``certificates``, ``crls``, ``qr_keys`` and ``trust_lists`` are committed
to the ledger.  The others are spent once (``serials``, ``challenges``) or end within hours (``sessions``).
No column holds a resident identity number, a private key, or a session token.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from .tables import UtcTime, metadata


def stored_time(moment: datetime | None) -> str | None:
    """A time as rows are committed with it: the same before it is stored and after it is read back."""
    return None if moment is None else moment.astimezone(UTC).isoformat()


_ID = re.compile(r"[0-9a-f]{32}\Z")


def is_id(text: str) -> bool:
    """Could this be the id of a row?  Anything else never reaches the database, which has its own opinions of
    what is text (PostgreSQL refuses NUL, SQLite lone surrogates)."""
    return _ID.match(text) is not None


accounts = Table(
    "accounts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("subject", String(64), nullable=False, unique=True),
    Column("roles", Text, nullable=False),
    Column("agency", String(18), nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("opened_by", String(64), nullable=False),
    Column("closed_at", UtcTime),
    Column("closed_by", String(64)),
    comment="who may log in; roles as canonical JSON; agency is empty for applicants",
)

mandates = Table(
    "mandates",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("uscc", String(18), nullable=False),
    Column("given_at", UtcTime, nullable=False),
    Column("given_by", String(64), nullable=False),
    Column("ended_at", UtcTime),
    Column("ended_by", String(64)),
    Index("ix_mandates_account_uscc", "account_id", "uscc"),
    comment="which enterprise a person may act for; an ended one is followed by a new row",
)

serials = Table(
    "serials",
    metadata,
    Column("issuer", String(40), primary_key=True),
    Column("serial", String(40), primary_key=True),
    Column("reserved_at", UtcTime, nullable=False),
    comment="every serial number ever reserved, in hexadecimal; spent even if nothing was signed",
)

_ENDED = text("revoked_at IS NOT NULL OR held_at IS NOT NULL")

certificates = Table(
    "certificates",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("issuer", String(40), nullable=False),
    Column("serial", String(40), nullable=False),
    Column("profile", String(20), nullable=False),
    Column("key_label", String(64), index=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), index=True),
    Column("holder", String(64), nullable=False, index=True),
    Column("holder_name", String(200), nullable=False),
    Column("order_digest", String(64), nullable=False, index=True),
    Column("key_id", String(40), nullable=False, index=True),
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("der", LargeBinary, nullable=False),
    Column("not_before", UtcTime, nullable=False),
    Column("not_after", UtcTime, nullable=False, index=True),
    Column("issued_at", UtcTime, nullable=False),
    Column("issued_by", String(64), nullable=False),
    Column("revoked_at", UtcTime),
    Column("revoked_by", String(64)),
    Column("reason", String(30)),
    Column("bundle_id", String(32), index=True),
    Column("usage", String(10), nullable=False, server_default="sign"),
    Column("partition", Integer, nullable=False, server_default="0"),
    Column("held_at", UtcTime),
    Column("held_by", String(64)),
    Column("invalidity_date", UtcTime),
    Column("replaces", String(32), index=True),
    UniqueConstraint("issuer", "serial", name="uq_certificates_serial"),
    Index(
        "ix_certificates_ended",
        "issuer",
        "partition",
        sqlite_where=_ENDED,
        postgresql_where=_ENDED,
    ),
    comment="issued certificates; key_label names a key of ours in the vault (authorities, platform)",
)

crls = Table(
    "crls",
    metadata,
    Column("issuer", String(40), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("der", LargeBinary, nullable=False),
    Column("this_update", UtcTime, nullable=False),
    Column("next_update", UtcTime, nullable=False),
    comment="every revocation list ever signed; the highest number of an issuer is current",
)

qr_keys = Table(
    "qr_keys",
    metadata,
    Column("kid", String(8), primary_key=True),
    Column("algorithm", String(8), nullable=False),
    Column("key_label", String(64), nullable=False, unique=True),
    Column("spki", LargeBinary, nullable=False),
    Column("sign_from", UtcTime, nullable=False),
    Column("sign_until", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("revocation_reason", String(40)),
    Column("dual_from", UtcTime),
    comment="bare keys that sign QR statements, as the trust list names them",
)

challenges = Table(
    "challenges",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("to_be_signed", LargeBinary, nullable=False),
    Column("issued_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("used_at", UtcTime),
    comment="login challenges, each good for one answer",
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("csrf", String(64), nullable=False),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("certificate_id", String(32), ForeignKey("certificates.id"), nullable=False),
    Column("mandate_id", String(32), ForeignKey("mandates.id")),
    Column("started_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("ended_at", UtcTime),
    Column("mac", String(64), nullable=False),
    comment="logins in force; the token itself is known to its holder only",
)

trust_lists = Table(
    "trust_lists",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("content_sha256", String(64), nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("issued", UtcTime, nullable=False),
    Column("next_update", UtcTime, nullable=False),
    comment="every trust list ever published",
)
