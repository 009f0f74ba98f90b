# SPDX-License-Identifier: Apache-2.0
"""Rows of certificates, read and written within the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, select, update

from verify import Certificate, Json, parse_certificate

from ..database.tables_identity import certificates as table
from ..database.tables_identity import is_id, stored_time
from ..ledger import Transaction
from .errors import NoSuchCertificate, NotInitialised
from .model import IssuedCertificate

_TIMES = ("not_before", "not_after", "issued_at", "revoked_at")


def get_certificate(connection: Connection, certificate_id: str) -> IssuedCertificate:
    """One certificate; raises :class:`NoSuchCertificate`."""
    found = _first(connection, table.c.id == certificate_id) if is_id(certificate_id) else None
    if found is None:
        raise NoSuchCertificate(certificate_id)
    return found


def find_by_fingerprint(connection: Connection, fingerprint: str) -> IssuedCertificate | None:
    """The certificate with this SHA-256 fingerprint, if it was issued here."""
    return _first(connection, table.c.fingerprint == fingerprint)


def find_by_label(connection: Connection, label: str) -> IssuedCertificate | None:
    """The newest certificate for one of our own keys that is not revoked."""
    return _first(connection, table.c.key_label == label, table.c.revoked_at.is_(None))


def find_by_order(connection: Connection, order_digest: str, at: datetime) -> IssuedCertificate | None:
    """What the same order brought before, while it is good."""
    return _first(
        connection,
        table.c.order_digest == order_digest,
        table.c.revoked_at.is_(None),
        table.c.not_after > at,
    )


def find_by_key(connection: Connection, key_id: str) -> tuple[IssuedCertificate, ...]:
    """Every certificate for one public key."""
    return tuple(_certificate(row) for row in connection.execute(_newest_first(table.c.key_id == key_id)))


def list_certificates(connection: Connection) -> tuple[IssuedCertificate, ...]:
    """Every certificate, oldest first."""
    query = select(table).order_by(table.c.issued_at, table.c.id)
    return tuple(_certificate(row) for row in connection.execute(query))


def authority_certificate(connection: Connection, name: str) -> Certificate:
    """The certificate of an authority or platform key; raises :class:`NotInitialised`."""
    found = find_by_label(connection, name)
    if found is None:
        raise NotInitialised(name)
    return parse_certificate(found.der)


def insert_certificate(tx: Transaction, values: dict[str, Any]) -> int:
    """Store one and commit it to the ledger.  The public entry names no holder."""
    tx.connection.execute(insert(table).values(values))
    return tx.commit_row(
        "certificates",
        values["id"],
        committed(values),
        kind="certificate.issued",
        body={
            "certificate_id": values["id"],
            "issuer": values["issuer"],
            "serial": values["serial"],
            "fingerprint": values["fingerprint"],
            "profile": values["profile"],
        },
    )


def mark_revoked(
    tx: Transaction, certificate_id: str, ended: dict[str, Any], body: dict[str, Json]
) -> IssuedCertificate:
    """Write the end of one certificate and commit the new row to the ledger."""
    tx.connection.execute(update(table).where(table.c.id == certificate_id).values(ended))
    row = tx.connection.execute(select(table).where(table.c.id == certificate_id)).one()
    tx.commit_row("certificates", row.id, committed(row._asdict()), kind="certificate.revoked", body=body)
    return _certificate(row)


def revoked_by(connection: Connection, issuer: str) -> tuple[IssuedCertificate, ...]:
    """Everything that one authority revoked: expired ones too, for old signatures are checked by it."""
    query = select(table).where(table.c.issuer == issuer, table.c.revoked_at.is_not(None))
    return tuple(_certificate(row) for row in connection.execute(query.order_by(table.c.serial)))


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    times: dict[str, Json] = {name: stored_time(values[name]) for name in _TIMES}
    return {**values, **times, "der": bytes(values["der"]).hex()}


def committed_certificates(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored certificate, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.id, committed(row._asdict())


def _first(connection: Connection, *conditions: ColumnElement[bool]) -> IssuedCertificate | None:
    row = connection.execute(_newest_first(*conditions).limit(1)).one_or_none()
    return None if row is None else _certificate(row)


def _newest_first(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(table).where(*conditions).order_by(table.c.issued_at.desc(), table.c.id)


def _certificate(row: Row[Any]) -> IssuedCertificate:
    return IssuedCertificate(
        certificate_id=row.id,
        issuer=row.issuer,
        serial=row.serial,
        profile=row.profile,
        key_label=row.key_label,
        account_id=row.account_id,
        holder=row.holder,
        holder_name=row.holder_name,
        fingerprint=row.fingerprint,
        der=bytes(row.der),
        not_before=row.not_before,
        not_after=row.not_after,
        issued_at=row.issued_at,
        revoked_at=row.revoked_at,
        reason=row.reason,
    )
