# SPDX-License-Identifier: Apache-2.0
"""The trust of the service in itself: what a verifier elsewhere reads from the trust list.

Kept in memory and compared with the database on each use, by numbers that only rise: a revocation by another
process is seen as soon as it is committed.
"""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import Connection, func, select

from verify import Trust, parse_crl

from ..database.tables_identity import certificates, crls, qr_keys
from . import qr_keys as keys_room
from .authorities import in_force, listed
from .model import AUTHORITY
from .ports import CertificatePorts


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
            built = self._build(connection, kinds)
        with self._lock:
            self._kept = (state, built)
        return built

    def _build(self, connection: Connection, kinds: tuple[str, ...]) -> Trust:
        ports, found = self._ports, tuple(in_force(connection))
        return Trust(
            anchors=tuple(one.certificate for one in found if one.row.root),
            intermediates=tuple(one.certificate for one in found if not one.row.root),
            crls=tuple(parse_crl(ports.status.current(connection, one.name)) for one in listed(connection)),
            qr_keys=keys_room.listed(connection, authority=ports.authority.name, kinds=kinds),
            log_keys=ports.ledger.log_keys(),
            hosts=(ports.authority.host,),
            issued=None,
            next_update=None,
            sequence=None,
            source="service",
        )


def _state(connection: Connection) -> tuple[Any, ...]:
    """Changes whenever something changes that the trust is built from."""
    numbers = connection.execute(
        select(crls.c.issuer, func.max(crls.c.number)).group_by(crls.c.issuer).order_by(crls.c.issuer)
    ).all()
    own = select(func.count(), func.count(certificates.c.revoked_at)).where(certificates.c.usage == AUTHORITY)
    keys = select(func.count(), func.count(qr_keys.c.revoked_at)).select_from(qr_keys)
    return (
        *((row[0], row[1]) for row in numbers),
        *connection.execute(own).one(),
        *connection.execute(keys).one(),
    )
