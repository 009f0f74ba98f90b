# SPDX-License-Identifier: Apache-2.0
"""Sessions: a random token known to its holder, a hash of it here.

Whether a session is in force is asked of the rows that it rests on — certificate, account, mandate — each
time: the end of one of them is the end of the session, in the same transaction and in every process.
What a row says is authenticated with a key from the vault: whoever can only write into the database cannot
give itself a session, nor turn its own into another's.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from verify import Json, canonical_json

from ..accounts import Account, Mandate, Role
from ..certificates import IssuedCertificate
from ..database.tables_identity import accounts, certificates, mandates, stored_time
from ..database.tables_identity import sessions as table
from .errors import NotLoggedIn, SessionEnded, SessionExpired

LONGEST = timedelta(hours=8)
IDLE = timedelta(minutes=30)
TOUCHED = timedelta(minutes=1)
"""How old the time of the last request may be before it is written anew."""
TOKEN_BYTES = 32
_FIXED = (
    "token_sha256",
    "csrf",
    "account_id",
    "certificate_id",
    "mandate_id",
    "started_at",
    "expires_at",
)
_CONTEXT = b"yinxin/session/v1\n"
_TOKEN = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Session:
    """One login in force."""

    token: str = field(repr=False)
    csrf: str = field(repr=False)
    account_id: str
    name: str = field(repr=False)
    subject: str
    roles: frozenset[Role]  # acting for an enterprise, an applicant's only
    agency: str
    acts_for: str | None
    acts_for_name: str
    expires_at: datetime


def start(
    connection: Connection,
    *,
    key: bytes,
    token: bytes,
    csrf: bytes,
    account: Account,
    certificate: IssuedCertificate,
    mandate: Mandate | None,
    at: datetime,
) -> None:
    """Store a session, and forget those that ended a day ago."""
    connection.execute(delete(table).where(table.c.expires_at < at - timedelta(days=1)))
    values: dict[str, Any] = {
        "token_sha256": _hash(token.hex()),
        "csrf": csrf.hex(),
        "account_id": account.account_id,
        "certificate_id": certificate.certificate_id,
        "mandate_id": None if mandate is None else mandate.mandate_id,
        "started_at": at,
        "expires_at": min(at + LONGEST, certificate.not_after),
    }
    mac = _mac(key, values)
    connection.execute(insert(table).values(**values, seen_at=at, ended_at=None, mac=mac))


def read(connection: Connection, token: str, at: datetime, *, key: bytes) -> tuple[Session, bool]:
    """The session of a token, and whether its last use should be written.  Raises :class:`NotLoggedIn`."""
    if not _TOKEN.match(token):
        raise NotLoggedIn
    row = connection.execute(
        select(
            table,
            accounts.c.name,
            accounts.c.subject,
            accounts.c.roles,
            accounts.c.agency,
            accounts.c.closed_at,
            certificates.c.revoked_at,
            certificates.c.held_at,
            mandates.c.uscc,
            mandates.c.ended_at.label("mandate_ended_at"),
        )
        .join(accounts, accounts.c.id == table.c.account_id)
        .join(certificates, certificates.c.id == table.c.certificate_id)
        .outerjoin(mandates, mandates.c.id == table.c.mandate_id)
        .where(table.c.token_sha256 == _hash(token))
    ).one_or_none()
    if row is None or not hmac.compare_digest(row.mac, _mac(key, row._asdict())):
        raise NotLoggedIn
    if any((row.ended_at, row.closed_at, row.revoked_at, row.held_at, row.mandate_ended_at)):
        raise SessionEnded
    if at >= row.expires_at or at >= row.seen_at + IDLE:
        raise SessionExpired
    return _session(row, token), at >= row.seen_at + TOUCHED


def touch(connection: Connection, token: str, at: datetime) -> None:
    """Write the time of the last use; it never goes back."""
    mine = (table.c.token_sha256 == _hash(token), table.c.seen_at < at)
    connection.execute(update(table).where(*mine).values(seen_at=at))


def end(connection: Connection, token: str, at: datetime) -> None:
    """End one session; ending it again changes nothing."""
    if not _TOKEN.match(token):
        return
    mine = (table.c.token_sha256 == _hash(token), table.c.ended_at.is_(None))
    connection.execute(update(table).where(*mine).values(ended_at=at))


def roles_in_force(account_roles: frozenset[Role], *, acts_for: str | None) -> frozenset[Role]:
    """Who acts for an enterprise is its applicant, and neither officer nor operator meanwhile."""
    return account_roles if acts_for is None else account_roles & {Role.APPLICANT}


def _session(row: Row[Any], token: str) -> Session:
    roles = frozenset(Role(role) for role in json.loads(row.roles))
    return Session(
        token=token,
        csrf=row.csrf,
        account_id=row.account_id,
        name=row.name,
        subject=row.subject,
        roles=roles_in_force(roles, acts_for=row.uscc),
        agency="" if row.uscc else row.agency,
        acts_for=row.uscc,
        acts_for_name="",
        expires_at=row.expires_at,
    )


def _mac(key: bytes, values: Mapping[str, Any]) -> str:
    """HMAC-SHA256 over everything that a session rests on and that never changes."""
    fixed: dict[str, Json] = {
        name: stored_time(value) if isinstance(value := values[name], datetime) else value for name in _FIXED
    }
    return hmac.new(key, _CONTEXT + canonical_json(fixed), hashlib.sha256).hexdigest()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
