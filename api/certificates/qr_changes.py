# SPDX-License-Identifier: Apache-2.0
"""New keys of QR codes, and the end of old ones: row, public entry and trust list in one transaction.

A key that is followed by another stays good for what it signed; it may sign for some weeks more, for whoever
did not hear of its successor.  A key that is revoked ends at a time: what the log held before is believed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Row, select, update

from ..database.tables_identity import qr_keys as table
from ..ledger import Transaction, require_vouched
from . import qr_keys
from .errors import QrKeyRefused
from .model import whole_second
from .ports import CertificatePorts

OVERLAP = timedelta(days=30)
"""How long a key may still sign after its successor came."""
Publish: TypeAlias = Callable[[Transaction], object]
"""Publishes the trust list, in the transaction that changed it."""
_REASON = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


def rotate(ports: CertificatePorts, publish: Publish, algorithm: str, *, dual: bool, by: str) -> str:
    """A new key of this algorithm; its kid.  ``dual``: it signs only together with one of the other."""
    if algorithm not in qr_keys.LABELS:
        raise QrKeyRefused("algorithm")

    def change(tx: Transaction, at: datetime) -> str:
        for row in qr_keys.of_algorithm(tx.connection, algorithm):
            if row.revoked_at is None and row.sign_until > at + OVERLAP:
                _require_believed(tx, row)
                _write(tx, row, {"sign_until": at + OVERLAP}, kind="qr_key.replaced", by=by)
        return qr_keys.record(ports, tx, algorithm, at=at, dual=dual)

    return _changed(ports, publish, change, {"algorithm": algorithm, "change": "rotate"})


def revoke(
    ports: CertificatePorts, publish: Publish, kid: str, *, since: datetime | None, reason: str, by: str
) -> str:
    """End a key from a time on, now unless it is said; its kid.

    The key that signs is followed by a new one at once: documents go on being issued.
    """
    if not _REASON.fullmatch(reason):
        raise QrKeyRefused("reason")

    def change(tx: Transaction, at: datetime) -> str:
        row = tx.connection.execute(select(table).where(table.c.kid == kid)).one_or_none()
        if row is None:
            raise QrKeyRefused("unknown")
        _require_believed(tx, row)
        ended = _since(row, since, at)
        _write(tx, row, {"revoked_at": ended, "revocation_reason": reason}, kind="qr_key.revoked", by=by)
        if not any(
            other.revoked_at is None and other.sign_until > at and other.dual_from == row.dual_from
            for other in qr_keys.of_algorithm(tx.connection, row.algorithm)
        ):
            qr_keys.record(ports, tx, row.algorithm, at=at, dual=row.dual_from is not None)
        return kid

    return _changed(ports, publish, change, {"kid": kid, "change": "revoke"})


def _changed(
    ports: CertificatePorts,
    publish: Publish,
    change: Callable[[Transaction, datetime], str],
    facts: dict[str, Any],
) -> str:
    intent = ports.intents.open("qr_key.change", facts)
    try:
        with ports.ledger.transaction() as tx:
            kid = change(tx, whole_second(ports.clock()))
            publish(tx)
            ports.intents.close(tx, intent, "published")
    except Exception as error:
        ports.intents.fail(intent, type(error).__name__)
        raise
    return kid


def _since(row: Row[Any], since: datetime | None, at: datetime) -> datetime:
    """Never later than before: what was not believed is not believed again."""
    ended = at if since is None else since if since.tzinfo is not None else None
    if ended is None or ended > at or ended < row.sign_from:
        raise QrKeyRefused("since")
    ended = whole_second(ended)
    if row.revoked_at is not None and ended >= row.revoked_at:
        raise QrKeyRefused("since")
    return ended


def _require_believed(tx: Transaction, row: Row[Any]) -> None:
    require_vouched(tx.connection, "qr_keys", row.kid, qr_keys.committed(row._asdict()))


def _write(tx: Transaction, row: Row[Any], new: dict[str, Any], *, kind: str, by: str) -> None:
    tx.connection.execute(update(table).where(table.c.kid == row.kid).values(new))
    values = {**row._asdict(), **new}
    told = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in new.items()}
    tx.commit_row(
        "qr_keys",
        row.kid,
        qr_keys.committed(values),
        kind=kind,
        body={"kid": row.kid, "algorithm": row.algorithm, "by": by, **told},
    )
