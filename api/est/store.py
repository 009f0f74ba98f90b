# SPDX-License-Identifier: Apache-2.0
"""Rows of EST, read and written within the caller's transaction, each committed to the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, select, update

from verify import Json, parse_json

from ..database.tables_est import est_devices, est_enrolments, est_secrets
from ..database.tables_identity import stored_time
from ..ledger import Source, Transaction, require_vouched
from .model import Device

_KEYS: Mapping[str, str] = MappingProxyType(
    {"est_devices": "id", "est_secrets": "id", "est_enrolments": "certificate_id"}
)


def add(tx: Transaction, table: Table, values: dict[str, Any], *, kind: str, body: dict[str, Json]) -> None:
    """A new row and its entry."""
    tx.connection.execute(insert(table).values(values))
    tx.commit_row(table.name, values[_KEYS[table.name]], _committed(values), kind=kind, body=body)


def change(
    tx: Transaction, row: Row[Any], table: Table, values: dict[str, Any], *, kind: str, body: dict[str, Json]
) -> None:
    """Other values in a row that the log vouches for, and their entry."""
    require(tx.connection, table, row)
    key = _KEYS[table.name]
    name = getattr(row, key)
    tx.connection.execute(update(table).where(table.c[key] == name).values(values))
    tx.commit_row(table.name, name, _committed({**row._asdict(), **values}), kind=kind, body=body)


def require(connection: Connection, table: Table, row: Row[Any]) -> None:
    """Raise :class:`api.ledger.RowAltered` unless the public log vouches for the row."""
    require_vouched(connection, table.name, getattr(row, _KEYS[table.name]), _committed(row._asdict()))


def device_row(connection: Connection, device_id: str) -> Row[Any] | None:
    """One device."""
    return connection.execute(select(est_devices).where(est_devices.c.id == device_id)).one_or_none()


def secret_rows(connection: Connection, device_id: str) -> list[Row[Any]]:
    """The secrets of one device, newest first."""
    query = select(est_secrets).where(est_secrets.c.device_id == device_id)
    return list(connection.execute(query.order_by(est_secrets.c.made_at.desc(), est_secrets.c.id).limit(8)))


def secret_row(connection: Connection, secret_id: str) -> Row[Any]:
    """One secret."""
    return connection.execute(select(est_secrets).where(est_secrets.c.id == secret_id)).one()


def enrolment_row(connection: Connection, certificate_id: str) -> Row[Any] | None:
    """Which device a certificate belongs to."""
    query = select(est_enrolments).where(est_enrolments.c.certificate_id == certificate_id)
    return connection.execute(query).one_or_none()


def brought(connection: Connection, secret_id: str) -> bool:
    """Did this secret bring a certificate?"""
    query = select(est_enrolments.c.certificate_id).where(est_enrolments.c.secret_id == secret_id)
    return connection.execute(query.limit(1)).one_or_none() is not None


def renewed(connection: Connection, replaces: str, request_sha256: str) -> str | None:
    """The certificate that the same request for the same renewal brought before."""
    query = select(est_enrolments.c.certificate_id).where(
        est_enrolments.c.replaces == replaces, est_enrolments.c.request_sha256 == request_sha256
    )
    found: str | None = connection.execute(query.limit(1)).scalar_one_or_none()
    return found


def listed(connection: Connection) -> tuple[Device, ...]:
    """Every device, oldest first."""
    query = select(est_devices).order_by(est_devices.c.registered_at, est_devices.c.id)
    return tuple(device_of(row) for row in connection.execute(query))


def device_of(row: Row[Any]) -> Device:
    """The value of a row."""
    names = parse_json(row.names.encode("utf-8"))
    return Device(
        device_id=row.id,
        profile=row.profile,
        label=row.label,
        holder=row.holder,
        holder_name=row.holder_name,
        names=tuple(str(one) for one in names) if isinstance(names, list) else (),
        approval=row.approval,
        registered_at=row.registered_at,
        registered_by=row.registered_by,
        ended_at=row.ended_at,
    )


def _committed(values: Mapping[str, Any]) -> dict[str, Json]:
    return {
        name: stored_time(value) if isinstance(value, datetime) else value for name, value in values.items()
    }


def _source(table: Table) -> Callable[[Connection], Iterator[tuple[str, dict[str, Json]]]]:
    def rows(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
        for row in connection.execute(select(table)):
            yield getattr(row, _KEYS[table.name]), _committed(row._asdict())

    return rows


PROTECTED: Mapping[str, Source] = MappingProxyType(
    {one.name: _source(one) for one in (est_devices, est_secrets, est_enrolments)}
)
"""Every table of this room, for ``yinxin log check``."""
