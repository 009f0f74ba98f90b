# SPDX-License-Identifier: Apache-2.0
"""Anti-replay nonces (RFC 8555 section 6.5): made without a trace, spent once.

A nonce is an expiry, random bytes and a MAC over both; only spent ones are rows.
"""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from ..database.tables_acme import acme_nonces as table
from .encoding import from_base64url, to_base64url
from .errors import AcmeRefused
from .ports import AcmePorts

_TIME, _RANDOM, _MAC = 6, 14, 16


def new_nonce(ports: AcmePorts) -> str:
    """A fresh nonce."""
    expires = int((ports.clock() + ports.limits.nonce_life).timestamp())
    body = expires.to_bytes(_TIME, "big") + ports.random(_RANDOM)
    return to_base64url(body + _mac(ports.nonce_secret, body))


def check_nonce(ports: AcmePorts, nonce: object) -> str:
    """Raise :class:`AcmeRefused` unless the nonce is ours, in time, and not spent yet.  Writes nothing."""
    try:
        content = from_base64url(nonce)
    except ValueError:
        raise AcmeRefused("badNonce", "the nonce is not base64url") from None
    body, mac = content[:-_MAC], content[-_MAC:]
    if len(content) != _TIME + _RANDOM + _MAC or not hmac.compare_digest(mac, _mac(ports.nonce_secret, body)):
        raise AcmeRefused("badNonce", "the nonce was not made here")
    now = ports.clock()
    if int.from_bytes(body[:_TIME], "big") <= now.timestamp():
        raise AcmeRefused("badNonce", "the nonce has expired")
    with ports.database.read() as connection:
        spent = connection.execute(select(table.c.nonce).where(table.c.nonce == str(nonce))).first()
    if spent is not None:
        raise AcmeRefused("badNonce", "the nonce was used before")
    return str(nonce)


def spend_nonce(ports: AcmePorts, nonce: str) -> None:
    """Spend a nonce that was checked; of two who try at once, one is refused."""
    # It is remembered for as long as its own expiry would let it pass.
    values = {"nonce": nonce, "expires_at": ports.clock() + ports.limits.nonce_life}
    try:
        with ports.database.write() as connection:
            connection.execute(insert(table).values(values))
    except IntegrityError:
        raise AcmeRefused("badNonce", "the nonce was used before") from None


def sweep_nonces(ports: AcmePorts) -> int:
    """Forget what would be refused for its age; how many."""
    with ports.database.write() as connection:
        return connection.execute(delete(table).where(table.c.expires_at <= ports.clock())).rowcount


def _mac(secret: bytes, body: bytes) -> bytes:
    return hmac.new(secret, b"yinxin/acme-nonce/v1\n" + body, hashlib.sha256).digest()[:_MAC]
