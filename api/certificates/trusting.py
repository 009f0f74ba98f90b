# SPDX-License-Identifier: Apache-2.0
"""The trust of the service in itself: what a verifier elsewhere reads from the trust list.

Kept in memory and compared with the database on each use, by numbers that only rise: a revocation by another
process is seen as soon as it is committed.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from verify import Crl, DocumentStatusSource, Trust, parse_crl

from ..database.tables_identity import accounts, certificates, crls, qr_keys
from ..database.tables_sealing import grants, seals
from ..database.tables_status import status_heads, status_lists
from . import qr_keys as keys_room
from .authorities import in_force, listed
from .model import AUTHORITY
from .ports import CertificatePorts

SEAL_MAKER_PROFILE = "seal_maker"
DOCUMENT_STATUS_AGE = 86_400
"""Seconds that a list of document states serves."""


class OwnTrust:
    """Builds and keeps one :class:`verify.Trust`.  Safe to share between threads."""

    def __init__(self, ports: CertificatePorts) -> None:
        self._ports = ports
        self._lock = threading.Lock()
        self._kept: tuple[tuple[Any, ...], Trust] | None = None

    def current(self) -> Trust:
        """The trust as of the newest committed transaction."""
        kinds = self._ports.document_types()
        with self._ports.database.read() as connection:
            state = (*_state(connection), kinds)
            with self._lock:
                if self._kept is not None and self._kept[0] == state:
                    return self._kept[1]
                kept = None if self._kept is None else self._kept[1]
            built = self._build(
                connection, kinds, {} if kept is None else {one.der: one for one in kept.crls}
            )
        with self._lock:
            self._kept = (state, built)
        return built

    def within(self, connection: Connection) -> Trust:
        """The trust as the transaction of this connection sees it; not kept, for it may be rolled back."""
        kept = self._kept
        read = {} if kept is None else {one.der: one for one in kept[1].crls}
        return self._build(connection, self._ports.document_types(), read)

    def _build(self, connection: Connection, kinds: tuple[str, ...], read: Mapping[bytes, Crl]) -> Trust:
        ports, found = self._ports, tuple(in_force(connection))
        return Trust(
            anchors=tuple(one.certificate for one in found if one.row.root),
            intermediates=tuple(one.certificate for one in found if not one.row.root),
            # What did not change is not read again: a list may have many entries.
            crls=tuple(read.get(der) or parse_crl(der) for der in self._lists(connection)),
            qr_keys=keys_room.listed(
                connection,
                authority=ports.authority.name,
                authorities=tuple(sorted({ports.authority.uscc, *_agencies(connection)})),
                kinds=kinds,
            ),
            log_keys=ports.ledger.log_keys(),
            witnesses=ports.ledger.witnesses,
            quorum=ports.ledger.quorum,
            hosts=(ports.authority.host,),
            issued=None,
            next_update=None,
            sequence=None,
            source="service",
            seal_makers=tuple(_seal_makers(connection)) or None,
            document_status_source=DocumentStatusSource(
                f"{ports.authority.public_url}/document-status.json", DOCUMENT_STATUS_AGE
            ),
        )

    def _lists(self, connection: Connection) -> Iterator[bytes]:
        """Every complete list, and each partition that is newer: above a size it alone tells at once."""
        for one in listed(connection):
            yield self._ports.status.current(connection, one.name)
            complete = select(func.max(crls.c.number)).where(crls.c.issuer == one.name).scalar_subquery()
            query = select(status_lists.c.scope).where(
                status_lists.c.issuer == one.name,
                status_lists.c.number > complete,
                status_lists.c.base.is_(None),
            )
            for scope in connection.execute(query.distinct().order_by(status_lists.c.scope)).scalars():
                yield self._ports.status.current(connection, one.name, scope)


def _seal_makers(connection: Connection) -> Iterator[str]:
    """Every certificate that ever made seals here, also one that was replaced: its seals are still used."""
    query = select(certificates.c.der).where(certificates.c.profile == SEAL_MAKER_PROFILE)
    for der in connection.execute(query.order_by(certificates.c.id)).scalars():
        yield hashlib.sha256(bytes(der)).hexdigest()


def _agencies(connection: Connection) -> Iterator[str]:
    """Every body that officers decide for, or whose seal somebody was ever allowed to use."""
    yield from connection.execute(
        select(accounts.c.agency).where(accounts.c.agency != "").distinct().order_by(accounts.c.agency)
    ).scalars()
    granted = select(seals.c.holder).join(grants, grants.c.seal_id == seals.c.id)
    yield from connection.execute(granted.distinct().order_by(seals.c.holder)).scalars()


def _state(connection: Connection) -> tuple[Any, ...]:
    """Changes whenever something changes that the trust is built from."""
    numbers = connection.execute(
        select(crls.c.issuer, func.max(crls.c.number)).group_by(crls.c.issuer).order_by(crls.c.issuer)
    ).all()
    heads = select(status_heads.c.issuer, status_heads.c.number).order_by(status_heads.c.issuer)
    own = select(func.count(), func.count(certificates.c.revoked_at)).where(certificates.c.usage == AUTHORITY)
    keys = select(
        qr_keys.c.kid, qr_keys.c.sign_until, qr_keys.c.revoked_at, qr_keys.c.revocation_reason
    ).order_by(qr_keys.c.kid)
    makers = select(func.count()).where(certificates.c.profile == SEAL_MAKER_PROFILE)
    return (
        *((row[0], row[1]) for row in (*numbers, *connection.execute(heads))),
        *connection.execute(own).one(),
        *(tuple(row) for row in connection.execute(keys)),
        *connection.execute(makers).one(),
        *_agencies(connection),
    )
