# SPDX-License-Identifier: Apache-2.0
"""Revocation lists.

A certificate whose state changes and a list that says so appear in one transaction: there is no moment at
which the service knows and the public list does not.  Numbers of an issuer's lists strictly rise, and so do
their times, whatever the clock does.  Fills ``api.certificates``' port.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from ca import Revocation, RevocationReason, make_crl
from keys import Signer, Vault
from verify import Json

from ..certificates import (
    AuthorityRow,
    NoSuchAuthority,
    authority_certificate,
    listed_authorities,
    status_rows,
)
from ..certificates import whole_second as seconds
from ..database import Database
from ..database.tables_identity import crls as table
from ..database.tables_identity import stored_time
from ..ledger import Intents, Ledger, Transaction

TERM = timedelta(days=7)
ROOT_TERM = timedelta(days=366)
ROOT_NOTICE = timedelta(days=90)
"""How long before its end the list of an offline root is due: people have to come together for it."""


@dataclass(frozen=True, slots=True)
class StatusPorts:
    """What the lists are made with; the vault holds the keys of issuing authorities, not of roots."""

    database: Database
    ledger: Ledger
    intents: Intents
    vault: Vault
    clock: Callable[[], datetime]


class PublishedLists:
    """Signs, keeps and finds revocation lists.  Safe to share between threads."""

    def __init__(self, ports: StatusPorts) -> None:
        self._ports = ports

    def publish(self, tx: Transaction, changed: Mapping[str, AbstractSet[int]]) -> None:
        """A new list for each authority, in the caller's transaction; the caller announced it."""
        for name in sorted(changed):
            self._publish(tx, name, self._ports.vault.signer(name), TERM)

    def publish_offline(self, tx: Transaction, authority: str, signer: Signer) -> None:
        """The same with a key that is not here, for the long term of a root."""
        self._publish(tx, authority, signer, ROOT_TERM)

    def current(self, connection: Connection, authority: str, scope: str = "full") -> bytes:
        """The list in force; raises :class:`NoSuchAuthority`."""
        row = _newest(connection, authority) if scope == "full" else None
        if row is None:
            raise NoSuchAuthority(authority)
        return bytes(row.der)

    def refresh(self) -> tuple[str, ...]:
        """A new list for every issuing authority whose list is missing or half over; which ones."""
        ports = self._ports
        names = tuple(name for name, root in self._due() if not root)
        for name in names:
            intent = ports.intents.open("crl.issue", {"issuer": name})
            try:
                with ports.ledger.transaction() as tx:
                    self.publish(tx, {name: frozenset()})
                    ports.intents.close(tx, intent, "issued")
            except Exception as error:
                ports.intents.fail(intent, type(error).__name__)
                raise
        return names

    def stale(self) -> tuple[str, ...]:
        """Authorities whose list is missing or due, roots too: ``yinxin ca ceremony`` signs theirs."""
        return tuple(name for name, _ in self._due())

    def _due(self) -> Iterator[tuple[str, bool]]:
        at = self._ports.clock()
        with self._ports.database.read() as connection:
            for one in listed_authorities(connection):
                row = _newest(connection, one.name)
                if row is None or at >= _due_at(one, row):
                    yield one.name, one.root

    def _publish(self, tx: Transaction, name: str, signer: Signer, term: timedelta) -> None:
        """Sign, store and record the next list of one authority."""
        before = _newest(tx.connection, name)
        rows = status_rows(tx.connection, name)
        # A clock that was set back must not let an older list look newer.
        moments = [seconds(self._ports.clock()), *(one.since for one in rows)]
        this_update = max([*moments, before.this_update] if before is not None else moments)
        number = 1 if before is None else before.number + 1
        values: dict[str, Any] = {
            "issuer": name,
            "number": number,
            "der": make_crl(
                issuer=authority_certificate(tx.connection, name),
                signer=signer,
                number=number,
                this_update=this_update,
                next_update=this_update + term,
                revoked=[Revocation(one.serial, one.since, RevocationReason(one.reason)) for one in rows],
            ),
            "this_update": this_update,
            "next_update": this_update + term,
        }
        tx.connection.execute(insert(table).values(values))
        tx.commit_row(
            "crls",
            _key(name, number),
            committed(values),
            kind="crl.issued",
            body={"issuer": name, "number": number, "sha256": hashlib.sha256(values["der"]).hexdigest()},
        )


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    times: dict[str, Json] = {name: stored_time(values[name]) for name in ("this_update", "next_update")}
    return {**values, **times, "der": bytes(values["der"]).hex()}


def committed_crls(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored list, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield _key(row.issuer, row.number), committed(row._asdict())


def _key(issuer: str, number: int) -> str:
    return f"{issuer}/{number}"


def _newest(connection: Connection, name: str) -> Row[Any] | None:
    query = select(table).where(table.c.issuer == name).order_by(table.c.number.desc()).limit(1)
    return connection.execute(query).one_or_none()


def _due_at(one: AuthorityRow, row: Row[Any]) -> datetime:
    moment: datetime = row.next_update - (ROOT_NOTICE if one.root else TERM / 2)
    return moment
