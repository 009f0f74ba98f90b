# SPDX-License-Identifier: Apache-2.0
"""The bare keys that sign QR statements, as the trust list names them: kid, scope, period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select

from keys import KeyKind, parse_public_key
from verify import Json, QrKey, qr_key_id

from ..database.tables_identity import qr_keys as table
from ..database.tables_identity import stored_time
from ..ledger import Transaction
from .errors import NotInitialised, QrKeyRefused
from .model import whole_second
from .own import own_key
from .ports import CertificatePorts

TERM = timedelta(days=365)
"""How long a key may sign.  What it signed stays good for as long as the trust list names it."""
LABELS = {"SM2": "qr-sm2", "ES256": "qr-es256"}
"""Label in the vault of the first key of each algorithm; later ones have a number after it."""
KINDS = {"SM2": KeyKind.SM2, "ES256": KeyKind.P256}


def create(ports: CertificatePorts, algorithm: str) -> None:
    """Make and record the first key of this algorithm, unless it is there."""
    own_key(ports.vault, LABELS[algorithm], KINDS[algorithm])
    with ports.ledger.transaction() as tx:
        if not of_algorithm(tx.connection, algorithm):
            record(ports, tx, algorithm, at=whole_second(ports.clock()))


def record(
    ports: CertificatePorts, tx: Transaction, algorithm: str, *, at: datetime, dual: bool = False
) -> str:
    """Make and record one more key, in the transaction; its kid.  ``dual``: it never signs alone.

    A key that a crash left without its row is found again by its label.
    """
    count = len(of_algorithm(tx.connection, algorithm))
    label = LABELS[algorithm] if count == 0 else f"{LABELS[algorithm]}-{count + 1}"
    key = own_key(ports.vault, label, KINDS[algorithm])
    values: dict[str, Any] = {
        "kid": qr_key_id(key.spki),
        "algorithm": algorithm,
        "key_label": label,
        "spki": key.spki,
        "sign_from": at,
        "sign_until": at + TERM,
        "revoked_at": None,
        "revocation_reason": None,
        "dual_from": at if dual else None,
    }
    tx.connection.execute(insert(table).values(values))
    tx.commit_row(
        "qr_keys",
        values["kid"],
        committed(values),
        kind="qr_key.listed",
        body={"kid": values["kid"], "algorithm": algorithm},
    )
    return str(values["kid"])


def of_algorithm(connection: Connection, algorithm: str) -> list[Row[Any]]:
    """Every key of this algorithm, the newest first."""
    query = select(table).where(table.c.algorithm == algorithm)
    return list(connection.execute(query.order_by(table.c.sign_from.desc(), table.c.kid)))


def in_use(connection: Connection, algorithm: str, at: datetime, *, dual: bool = False) -> Row[Any]:
    """The key that signs now; ``dual``: together with one of the other algorithm.

    Raises :class:`NotInitialised` when there never was one, :class:`QrKeyRefused` when all are over.
    """
    alone = or_(table.c.dual_from.is_(None), table.c.dual_from > at)
    query = select(table).where(
        table.c.algorithm == algorithm,
        table.c.revoked_at.is_(None),
        table.c.sign_from <= at,
        table.c.sign_until > at,
        *(() if dual else (alone,)),
    )
    # Of two that began in the same second, the one that was followed ends first.
    newest = query.order_by(table.c.sign_from.desc(), table.c.sign_until.desc(), table.c.kid).limit(1)
    found = connection.execute(newest).first()
    if found is None:
        if not of_algorithm(connection, algorithm):
            raise NotInitialised(LABELS[algorithm])
        raise QrKeyRefused("none-in-use")
    return found


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
            dual_from=row.dual_from,
            revocation_reason=row.revocation_reason or "",
        )
        for row in rows
    )


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    times: dict[str, Json] = {
        name: stored_time(values[name]) for name in ("sign_from", "sign_until", "revoked_at")
    }
    told: dict[str, Json] = {**values, **times, "spki": bytes(values["spki"]).hex()}
    dual = told.pop("dual_from", None)
    if dual is not None:
        told["dual_from"] = stored_time(values["dual_from"])
    if told.get("revocation_reason") is None:
        # Entries from before these two columns do not have them.
        told.pop("revocation_reason", None)
    return told


def committed_qr_keys(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored key, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.kid, committed(row._asdict())
