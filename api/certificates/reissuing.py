# SPDX-License-Identifier: Apache-2.0
"""Mass re-issue: everything that a selection names is renewed, in batches; it can be rehearsed.

What was renewed by an earlier, interrupted run is left out by the next one, so it goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from ca import CaError

from ..accounts import AccountError
from ..database.tables_identity import certificates as table
from ..ledger import RowAltered
from . import bundles, renewing
from .authorities import in_force
from .bundles import BundlePlan
from .errors import CertificateError
from .issuing import Plan, certify_all
from .model import AUTHORITY, IssuedCertificate
from .ports import CertificatePorts
from .selection import parse_selection

BATCH = 100


@dataclass(frozen=True, slots=True)
class Reissue:
    """What a mass re-issue did, or would do."""

    chosen: int  # certificates that the selection names and that are in use
    renewable: int  # of them, with whatever lives together with them
    renewed: tuple[IssuedCertificate, ...]  # none when it was rehearsed
    refused: tuple[tuple[str, str], ...]  # id of the certificate, and why


def reissue(
    ports: CertificatePorts,
    where: str,
    *,
    by: str,
    dry_run: bool,
    progress: Callable[[int, int], None] | None = None,
) -> Reissue:
    """Renew everything that ``where`` names.  ``progress(done, of)`` counts certificates and bundles."""
    conditions, at = parse_selection(where), ports.clock()
    with ports.database.read() as connection:
        rows = _chosen(connection, conditions, at)
    units = list({row.bundle_id or row.id: row.id for row in rows}.values())
    refused: list[tuple[str, str]] = []
    renewed: list[IssuedCertificate] = []
    renewable = done = 0
    for some in _batches(units):
        plans, made = _plans(ports, some, at, by, refused)
        renewable += len(plans)
        if not dry_run:
            renewed.extend(certify_all(ports, plans, also=bundles.recording(made)))
        done += len(some)
        if progress is not None:
            progress(done, len(units))
    return Reissue(len(rows), renewable, tuple(renewed), tuple(refused))


def _plans(
    ports: CertificatePorts, some: Sequence[str], at: datetime, by: str, refused: list[tuple[str, str]]
) -> tuple[list[Plan], list[BundlePlan]]:
    plans: list[Plan] = []
    made: list[BundlePlan] = []
    with ports.database.read() as connection:
        found = in_force(connection)
        for which in some:
            try:
                members, bundle = renewing.plan_renewal(
                    connection, ports.accounts, found, which, at=at, by=by, bundle_id=ports.random(16).hex()
                )
            except (CertificateError, AccountError, CaError, RowAltered) as error:
                refused.append((which, getattr(error, "code", type(error).__name__)))
                continue
            plans.extend(members)
            if bundle is not None:
                made.append(bundle)
    return plans, made


def _chosen(connection: Connection, conditions: Sequence[Any], at: datetime) -> list[Row[Any]]:
    """In use, of a holder, and not renewed already."""
    successor = table.alias("successor")
    renewed = (
        select(successor.c.id)
        .where(
            successor.c.replaces == table.c.id,
            successor.c.revoked_at.is_(None),
            successor.c.not_after > at,
        )
        .exists()
    )
    query = (
        select(table.c.id, table.c.bundle_id)
        .where(
            *conditions,
            table.c.revoked_at.is_(None),
            table.c.not_after > at,
            table.c.key_label.is_(None),
            table.c.usage != AUTHORITY,
            ~renewed,
        )
        .order_by(table.c.not_after, table.c.id)
    )
    return list(connection.execute(query))


def _batches(units: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(units), BATCH):
        yield units[start : start + BATCH]
