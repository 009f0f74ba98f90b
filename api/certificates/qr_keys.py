# SPDX-License-Identifier: Apache-2.0
"""The bare keys that sign QR statements, as the trust list names them: kid, scope, period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from keys import KeyKind, parse_public_key
from verify import Json, QrKey, qr_key_id

from ..database.tables_identity import qr_keys as table
from ..database.tables_identity import stored_time
from .errors import NotInitialised
from .model import whole_second
from .own import own_key
from .ports import CertificatePorts

TERM = timedelta(days=5 * 365)
"""How long a key may sign.  What it signed stays good for as long as the trust list names it."""


def create(ports: CertificatePorts, label: str, *, algorithm: str, kind: KeyKind) -> None:
    """Make and record one key, unless it is there."""
    key = own_key(ports.vault, label, kind)
    at = whole_second(ports.clock())
    values: dict[str, Any] = {
        "kid": qr_key_id(key.spki),
        "algorithm": algorithm,
        "key_label": label,
        "spki": key.spki,
        "sign_from": at,
        "sign_until": at + TERM,
        "revoked_at": None,
    }
    with ports.ledger.transaction() as tx:
        known = tx.connection.execute(select(table.c.kid).where(table.c.key_label == label)).first()
        if known is not None:
            return
        tx.connection.execute(insert(table).values(values))
        tx.commit_row(
            "qr_keys",
            values["kid"],
            committed(values),
            kind="qr_key.listed",
            body={"kid": values["kid"], "algorithm": algorithm},
        )


def key_id(connection: Connection, label: str) -> str:
    """The kid of the key under this label; raises :class:`NotInitialised`."""
    kid = connection.execute(select(table.c.kid).where(table.c.key_label == label)).scalar_one_or_none()
    if kid is None:
        raise NotInitialised(label)
    return str(kid)


def listed(
    connection: Connection, *, authority: str, authorities: tuple[str, ...], kinds: tuple[str, ...]
) -> tuple[QrKey, ...]:
    """Every key, oldest first.  ``authorities``: codes of the bodies that documents are issued for."""
    rows = connection.execute(select(table).order_by(table.c.sign_from, table.c.kid)).all()
    return tuple(
        QrKey(
            kid=row.kid,
            algorithm=row.algorithm,
            public_key=parse_public_key(bytes(row.spki)),
            authority=authority,
            kinds=kinds,
            sign_from=row.sign_from,
            sign_until=row.sign_until,
            revoked_at=row.revoked_at,
            authorities=authorities,
        )
        for row in rows
    )


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    times: dict[str, Json] = {
        name: stored_time(values[name]) for name in ("sign_from", "sign_until", "revoked_at")
    }
    return {**values, **times, "spki": bytes(values["spki"]).hex()}


def committed_qr_keys(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored key, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.kid, committed(row._asdict())
