# SPDX-License-Identifier: Apache-2.0
"""Certificates that end soon, and telling their holders: at 30 days, 7 days and 1 day, each once.

A bundle is one thing and told of once.  Who has renewed already is not told, nor is anybody without account.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, exists, insert, select

from ..database.tables_authority import certificate_notices as table
from ..database.tables_identity import certificates
from . import store
from .model import SIGN, IssuedCertificate, Notice
from .ports import CertificatePorts

DAYS = (30, 7, 1)
"""Each with the stretch down to the next one: nobody is told of thirty days when seven are left."""


def expiring(connection: Connection, at: datetime, days: int) -> tuple[IssuedCertificate, ...]:
    """Good and suspended ones that end within so many days, the first to end first."""
    query = (
        select(certificates)
        .where(
            certificates.c.revoked_at.is_(None),
            certificates.c.not_after > at,
            certificates.c.not_after <= at + timedelta(days=days),
        )
        .order_by(certificates.c.not_after, certificates.c.id)
    )
    return tuple(store.certificate_of(row) for row in connection.execute(query))


def send_notices(ports: CertificatePorts) -> int:
    """Tell whoever is to be told now; how many notices that were."""
    at = ports.clock()
    sent = 0
    with ports.database.write() as connection:
        for days, least in zip(DAYS, (*DAYS[1:], 0), strict=True):
            told: set[str] = set()
            rows: list[dict[str, Any]] = []
            for row in connection.execute(_due(at, days, least)):
                if row.bundle_id in told:
                    continue
                if row.bundle_id is not None:
                    told.add(row.bundle_id)
                rows.append(
                    {
                        "certificate_id": row.id,
                        "days": days,
                        "account_id": row.account_id,
                        "not_after": row.not_after,
                        "at": at,
                    }
                )
            if rows:
                connection.execute(insert(table), rows)
            sent += len(rows)
    return sent


def notices_of(connection: Connection, account_id: str) -> tuple[Notice, ...]:
    """What one account was told, the newest first."""
    query = (
        select(table, certificates.c.profile)
        .join(certificates, certificates.c.id == table.c.certificate_id)
        .where(table.c.account_id == account_id)
        .order_by(table.c.at.desc(), table.c.certificate_id, table.c.days)
    )
    return tuple(
        Notice(row.certificate_id, row.profile, row.days, row.not_after, row.at)
        for row in connection.execute(query)
    )


def _due(at: datetime, days: int, least: int) -> Any:
    successor = certificates.alias("successor")
    member = certificates.alias("member")
    return (
        select(certificates)
        .where(
            certificates.c.account_id.is_not(None),
            certificates.c.usage == SIGN,
            certificates.c.revoked_at.is_(None),
            certificates.c.not_after > at + timedelta(days=least),
            certificates.c.not_after <= at + timedelta(days=days),
            ~exists().where(
                and_(successor.c.replaces == certificates.c.id, successor.c.revoked_at.is_(None))
            ),
            ~exists().where(
                and_(
                    table.c.days == days,
                    table.c.certificate_id == member.c.id,
                    (member.c.id == certificates.c.id) | (member.c.bundle_id == certificates.c.bundle_id),
                )
            ),
        )
        .order_by(certificates.c.issuer.desc(), certificates.c.id)
    )
