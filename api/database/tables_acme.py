# SPDX-License-Identifier: Apache-2.0
"""Tables of ACME (RFC 8555): keys for external account binding, accounts, orders, what proves them, nonces.

Rows of ``acme_keys`` and ``acme_accounts``, and of ``acme_authorizations`` once they are proven, are
committed to the ledger.  The MAC secret of a key is encrypted under a secret of the vault.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, LargeBinary, String, Table, Text

from .tables import UtcTime, metadata

acme_keys = Table(
    "acme_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), index=True),
    Column("holder", String(64), nullable=False),
    Column("holder_name", String(200), nullable=False),
    Column("domains", Text, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("ended_at", UtcTime),
    Column("ended_by", String(64)),
    comment="keys for external account binding; domains as JSON; mac encrypted under a vault secret",
)

acme_accounts = Table(
    "acme_accounts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key_id", String(32), ForeignKey("acme_keys.id"), nullable=False, index=True),
    Column("jwk", Text, nullable=False),
    Column("thumbprint", String(43), nullable=False, unique=True),
    Column("contacts", Text, nullable=False),
    Column("status", String(12), nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    comment="ACME accounts; the public key as canonical JWK, found by its RFC 7638 thumbprint",
)

acme_orders = Table(
    "acme_orders",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("acme_accounts.id"), nullable=False, index=True),
    Column("status", String(12), nullable=False, index=True),
    Column("identifiers", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("replaces", String(120), index=True),
    Column("request", LargeBinary),
    Column("valid_until", UtcTime),
    Column("certificate_id", String(32), ForeignKey("certificates.id"), index=True),
    Column("renewal_id", String(120), index=True),
    Column("error", Text),
    comment="ACME orders; request and valid_until are fixed before anything is signed",
)

acme_authorizations = Table(
    "acme_authorizations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("order_id", String(32), ForeignKey("acme_orders.id"), nullable=False, index=True),
    Column("account_id", String(32), ForeignKey("acme_accounts.id"), nullable=False),
    Column("name", String(253), nullable=False, index=True),
    Column("wildcard", Boolean(create_constraint=False), nullable=False),
    Column("status", String(12), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("proven_at", UtcTime),
    comment="who may have certificates for a name; committed to the ledger once proven",
)

acme_challenges = Table(
    "acme_challenges",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("authorization_id", String(32), ForeignKey("acme_authorizations.id"), nullable=False, index=True),
    Column("type", String(12), nullable=False),
    Column("token", String(43), nullable=False),
    Column("status", String(12), nullable=False, index=True),
    Column("changed_at", UtcTime, nullable=False),
    Column("error", Text),
    comment="ways to prove a name; those in processing are taken up again after a crash",
)

acme_nonces = Table(
    "acme_nonces",
    metadata,
    Column("nonce", String(64), primary_key=True),
    Column("expires_at", UtcTime, nullable=False, index=True),
    comment="nonces that were spent and have not expired by themselves",
)
