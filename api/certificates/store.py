# SPDX-License-Identifier: Apache-2.0
"""Rows of certificates, read and written within the caller's transaction.

A row is changed, or a new one made after it, only while the public log vouches for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, or_, select, update

from ca import RevocationReason
from keys import KeyFamily
from verify import Certificate, Json, parse_certificate

from ..database.tables_identity import certificates as table
from ..database.tables_identity import is_id, stored_time
from ..ledger import Transaction, require_vouched
from .errors import NoSuchCertificate, NotInitialised
from .model import IssuedCertificate

_TIMES = ("not_before", "not_after", "issued_at", "revoked_at", "held_at", "invalidity_date")
_AT_ONCE = 400
"""How many values one query names: SQLite's oldest limit is 999."""


@dataclass(frozen=True, slots=True)
class StatusRow:
    """What a list or an answer says about one certificate that is not good."""

    certificate_id: str
    serial: int
    partition: int
    not_after: datetime
    held_at: datetime | None
    revoked_at: datetime | None
    reason: str  # certificateHold while it is only suspended
    invalidity_date: datetime | None

    @property
    def since(self) -> datetime:
        """Since when nothing it signed counts: what was revoked out of a suspension, since that."""
        moments = [one for one in (self.held_at, self.revoked_at) if one is not None]
        return min(moments)


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


def find_by_orders(
    connection: Connection, digests: Collection[str], at: datetime
) -> dict[str, IssuedCertificate]:
    """What the same orders brought before, while it is good: by the digest of the order."""
    found: dict[str, IssuedCertificate] = {}
    for some in _parts(digests):
        query = _newest_first(
            table.c.order_digest.in_(some), table.c.revoked_at.is_(None), table.c.not_after > at
        )
        for row in connection.execute(query):
            found.setdefault(row.order_digest, certificate_of(row))
    return found


def find_by_keys(connection: Connection, key_ids: Collection[str]) -> dict[str, list[Any]]:
    """What is known of every certificate for these public keys, by the id of the key."""
    known = (
        table.c.key_id,
        table.c.holder,
        table.c.account_id,
        table.c.profile,
        table.c.held_at,
        table.c.revoked_at,
        table.c.reason,
    )
    found: dict[str, list[Any]] = {}
    for some in _parts(key_ids):
        for row in connection.execute(select(*known).where(table.c.key_id.in_(some)).distinct()):
            found.setdefault(row.key_id, []).append(row)
    return found


def list_certificates(connection: Connection) -> tuple[IssuedCertificate, ...]:
    """Every certificate, oldest first."""
    query = select(table).order_by(table.c.issued_at, table.c.id)
    return tuple(certificate_of(row) for row in connection.execute(query))


def authority_certificate(connection: Connection, name: str) -> Certificate:
    """The certificate of an authority or platform key; raises :class:`NotInitialised`."""
    found = find_by_label(connection, name)
    if found is None:
        raise NotInitialised(name)
    return parse_certificate(found.der)


def insert_certificates(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Store them and commit each to the ledger.  The public entries name no holder."""
    if not rows:
        return
    tx.connection.execute(insert(table), list(rows))
    for values in rows:
        tx.commit_row(
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


def living_together(connection: Connection, which: str) -> tuple[Row[Any], ...]:
    """The rows that a certificate or bundle id names: a bundle's all, the signing one first.

    Raises :class:`NoSuchCertificate`.
    """
    rows: list[Row[Any]] = []
    if is_id(which):
        one = connection.execute(select(table).where(table.c.id == which)).one_or_none()
        bundle = which if one is None else one.bundle_id
        if bundle is None:
            rows = [one] if one is not None else []
        else:
            query = select(table).where(table.c.bundle_id == bundle)
            rows = sorted(connection.execute(query), key=_place)
    if not rows:
        raise NoSuchCertificate(which)
    return tuple(rows)


def require_believed(connection: Connection, rows: Sequence[Row[Any]]) -> None:
    """Raises :class:`api.ledger.RowAltered` for a row that the public log does not vouch for."""
    for row in rows:
        require_vouched(connection, "certificates", row.id, committed(row._asdict()))


def change(tx: Transaction, row: Row[Any], new: dict[str, Any], *, kind: str, more: dict[str, Json]) -> None:
    """Write a new state of one certificate and commit to it; the caller asked :func:`require_believed`."""
    tx.connection.execute(update(table).where(table.c.id == row.id).values(new))
    tx.commit_row(
        "certificates",
        row.id,
        committed({**row._asdict(), **new}),
        kind=kind,
        body={
            "certificate_id": row.id,
            "issuer": row.issuer,
            "serial": row.serial,
            "fingerprint": row.fingerprint,
            **more,
        },
    )


def status_rows(
    connection: Connection, authority: str, partition: int | None = None
) -> tuple[StatusRow, ...]:
    """Everything that one authority suspended or revoked, by serial number: expired ones too, for old
    signatures are checked by it."""
    query = select(
        table.c.id,
        table.c.serial,
        table.c.partition,
        table.c.not_after,
        table.c.held_at,
        table.c.revoked_at,
        table.c.reason,
        table.c.invalidity_date,
    ).where(table.c.issuer == authority, or_(table.c.revoked_at.is_not(None), table.c.held_at.is_not(None)))
    if partition is not None:
        query = query.where(table.c.partition == partition)
    rows = (
        StatusRow(
            certificate_id=row.id,
            serial=int(row.serial, 16),
            partition=row.partition,
            not_after=row.not_after,
            held_at=row.held_at,
            revoked_at=row.revoked_at,
            reason=row.reason or RevocationReason.CERTIFICATE_HOLD.value,
            invalidity_date=row.invalidity_date,
        )
        for row in connection.execute(query)
    )
    return tuple(sorted(rows, key=lambda one: one.serial))


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    times: dict[str, Json] = {name: stored_time(values[name]) for name in _TIMES}
    return {**values, **times, "der": bytes(values["der"]).hex()}


def committed_certificates(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored certificate, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.id, committed(row._asdict())


def in_order(rows: Sequence[Row[Any]]) -> tuple[IssuedCertificate, ...]:
    """Members of a bundle: SM2 signing, encryption and others after it."""
    return tuple(certificate_of(row) for row in sorted(rows, key=_place))


def _place(row: Row[Any]) -> tuple[bool, bool, str]:
    """In a bundle: SM2 signing, other signing, encryption."""
    family = parse_certificate(bytes(row.der)).public_key.family
    return (row.usage != "sign", family is not KeyFamily.SM2, row.id)


def _parts(values: Collection[str]) -> Iterator[list[str]]:
    every = sorted(set(values))
    for start in range(0, len(every), _AT_ONCE):
        yield every[start : start + _AT_ONCE]


def _first(connection: Connection, *conditions: ColumnElement[bool]) -> IssuedCertificate | None:
    row = connection.execute(_newest_first(*conditions).limit(1)).one_or_none()
    return None if row is None else certificate_of(row)


def _newest_first(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(table).where(*conditions).order_by(table.c.issued_at.desc(), table.c.id)


def certificate_of(row: Row[Any]) -> IssuedCertificate:
    """What the rest of the service knows of a row."""
    return as_certificate(row._asdict())


def as_certificate(row: Mapping[str, Any]) -> IssuedCertificate:
    """The same of the values of a row."""
    return IssuedCertificate(
        certificate_id=row["id"], der=bytes(row["der"]), **{name: row[name] for name in _TOLD}
    )


_TOLD = tuple(one.name for one in fields(IssuedCertificate) if one.name not in ("certificate_id", "der"))
