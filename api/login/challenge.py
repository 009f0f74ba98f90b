# SPDX-License-Identifier: Apache-2.0
"""The bytes that a login signs, and their one use (docs/decisions/0002).

``yinxin/login/v1\\n`` and canonical JSON: no DER SET begins like that, so a login can never be taken for the
seal on a document, nor the reverse.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, insert, select, update

from verify import JsonMalformed, canonical_json, parse_json

from ..database import Database
from ..database.tables_identity import challenges as table
from ..database.tables_identity import is_id
from ..plugins import CHINA
from .errors import LoginRefused

PREFIX = b"yinxin/login/v1\n"
VALIDITY = timedelta(seconds=120)
NONCE_BYTES = 32
KEPT = timedelta(hours=1)
"""How long an expired challenge is remembered, so that a late answer learns that it is late."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the client signs: exactly ``to_be_signed``, before ``expires_at``."""

    challenge_id: str
    to_be_signed: bytes
    expires_at: datetime


def origin_of(public_url: str) -> str:
    """Scheme, host and port as a browser writes them: lower case, without the scheme's own port."""
    parts = urlsplit(public_url.lower())
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    default = parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme)
    return f"{parts.scheme}://{host}" if default else f"{parts.scheme}://{host}:{parts.port}"


def new_challenge(origin: str, *, challenge_id: str, nonce: bytes, at: datetime) -> Challenge:
    """The challenge that holds these facts."""
    issued = at.replace(microsecond=0)
    expires = issued + VALIDITY
    local = issued.astimezone(CHINA)
    text = f"登录 {origin} ({local:%Y-%m-%d %H:%M:%S} 北京时间),仅用于登录 / log in to {origin}, nothing else"
    facts = {
        "origin": origin,
        "challenge_id": challenge_id,
        "nonce": nonce.hex(),
        "issued_at": _text(issued),
        "expires_at": _text(expires),
        "text": text,
    }
    return Challenge(challenge_id, PREFIX + canonical_json(facts), expires)


def store_challenge(connection: Connection, challenge: Challenge) -> None:
    """Remember one, and forget those that nobody can answer any more."""
    issued = challenge.expires_at - VALIDITY
    connection.execute(delete(table).where(table.c.expires_at < issued - KEPT))
    connection.execute(
        insert(table).values(
            id=challenge.challenge_id,
            to_be_signed=challenge.to_be_signed,
            issued_at=issued,
            expires_at=challenge.expires_at,
            used_at=None,
        )
    )


def consume(database: Database, challenge_id: str, at: datetime) -> bytes:
    """Spend a challenge and return its bytes.  Whoever comes second, however close, is refused."""
    if not is_id(challenge_id):
        raise LoginRefused("challenge-unknown")
    with database.write() as connection:
        spent = connection.execute(
            update(table)
            .where(table.c.id == challenge_id, table.c.used_at.is_(None), table.c.expires_at > at)
            .values(used_at=at)
        )
        row = connection.execute(select(table).where(table.c.id == challenge_id)).one_or_none()
    if spent.rowcount == 1 and row is not None:
        return _authentic(bytes(row.to_be_signed), challenge_id, at)
    if row is None:
        raise LoginRefused("challenge-unknown")
    raise LoginRefused("challenge-expired" if row.used_at is None else "challenge-used")


def _authentic(to_be_signed: bytes, challenge_id: str, at: datetime) -> bytes:
    """The bytes that will be verified must say what the row says: an edited row revives no old signature."""
    try:
        facts = parse_json(to_be_signed.removeprefix(PREFIX))
    except JsonMalformed as error:
        raise LoginRefused("challenge-unknown") from error
    if not to_be_signed.startswith(PREFIX) or not isinstance(facts, dict):
        raise LoginRefused("challenge-unknown")
    if facts.get("challenge_id") != challenge_id or str(facts.get("expires_at")) <= _text(at):
        raise LoginRefused("challenge-unknown")
    return to_be_signed


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
