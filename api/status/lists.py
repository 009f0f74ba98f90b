# SPDX-License-Identifier: Apache-2.0
"""Revocation lists: complete, one for each partition, and deltas.

A certificate whose state changes and a list that says so appear in one transaction: there is no moment at
which the service knows and the public list does not.  Numbers of an issuer's lists strictly rise, and so do
their times, whatever the clock does.  Nothing leaves that :mod:`.rereading` doubts.  Fills
``api.certificates``' port.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO

from sqlalchemy import Connection

from ca import ListKind, Resumed, Revocation, RevocationReason, make_crl, write_long_crl
from keys import Signer, Vault
from verify import Certificate, parse_crl

from ..certificates import (
    Authority,
    AuthorityRow,
    NoSuchAuthority,
    StatusRow,
    authority_certificate,
    listed_authorities,
    status_rows,
)
from ..certificates import whole_second as seconds
from ..database import Database
from ..ledger import Intents, Ledger, Transaction
from . import numbering, stored
from .rereading import HOLD, Entries, Published, require_delta, require_releasable
from .stored import DELTA, FULL, part

TERM = timedelta(days=7)
ROOT_TERM = timedelta(days=366)
ROOT_NOTICE = timedelta(days=90)
"""How long before its end the list of an offline root is due: people have to come together for it."""
DELTA_REACH = timedelta(days=1)
"""A delta starts from a complete list at least this old, where there is one: whoever fetched within a day
needs the delta alone."""
MOST_AT_ONCE = 20_000
"""Entries up to which a complete list and its delta are signed in the revoking transaction.  Above it the
partition tells at once, and the complete list follows by the clock; without partitions it has no limit."""
_PART = re.compile(r"part-(0|[1-9][0-9]{0,4})\Z")


@dataclass(frozen=True, slots=True)
class StatusPorts:
    """What the lists are made with; the vault holds the keys of issuing authorities, not of roots."""

    database: Database
    ledger: Ledger
    intents: Intents
    vault: Vault
    authority: Authority
    clock: Callable[[], datetime]


class PublishedLists:
    """Signs, keeps and finds revocation lists.  Safe to share between threads."""

    def __init__(self, ports: StatusPorts, *, most_at_once: int = MOST_AT_ONCE) -> None:
        self._ports, self._most = ports, most_at_once

    def publish(self, tx: Transaction, changed: Mapping[str, AbstractSet[int]]) -> None:
        """New lists for each authority, in the caller's transaction; the caller announced it.

        No partition at all means every one of them, and the complete list whatever its length.
        """
        rows = {one.name: one for one in listed_authorities(tx.connection)}
        for name in sorted(changed):
            self._publish(tx, rows[name], self._ports.vault.signer(name), changed[name])

    def publish_offline(self, tx: Transaction, authority: str, signer: Signer) -> None:
        """The complete list with a key that is not here, for the long term of a root."""
        rows = {one.name: one for one in listed_authorities(tx.connection)}
        self._publish(tx, rows[authority], signer, frozenset())

    def current(self, connection: Connection, authority: str, scope: str = FULL) -> bytes:
        """The list in force, DER: ``full``, ``delta`` or ``part-N``; raises :class:`NoSuchAuthority`."""
        known = scope in (FULL, DELTA) or _PART.match(scope)
        found = stored.newest(connection, authority, scope) if known else None
        if found is None:
            raise NoSuchAuthority(authority)
        return found.der

    def refresh(self) -> tuple[str, ...]:
        """New lists for every issuing authority of which one is missing or half over; which ones."""
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
                scopes = [FULL, *(part(number) for number in _parts(one))]
                found = [stored.newest_times(connection, one.name, scope) for scope in scopes]
                complete = found[0]
                # A partition that is newer than the complete list: that one is owed.
                if any(
                    times is None
                    or at >= _due_at(one, times[1])
                    or (complete is not None and times[0] > complete[0])
                    for times in found
                ):
                    yield one.name, one.root

    def _publish(
        self, tx: Transaction, one: AuthorityRow, signer: Signer, partitions: AbstractSet[int]
    ) -> None:
        """Sign, re-read, store and record the next lists of one authority."""
        connection = tx.connection
        rows = status_rows(connection, one.name)
        issuing = _Issuing(
            tx, one, authority_certificate(connection, one.name), signer, self._ports.authority
        )
        before = stored.newest(connection, one.name, FULL)
        parts = _parts(one)
        everything = not partitions or before is None
        number = numbering.take(connection, one.name, after=numbering.head(connection, one.name)[0])
        # A clock that was set back must not let an older list look newer.
        latest = [seconds(self._ports.clock()), *(row.since for row in rows)]
        latest += stored.times(connection, one.name)
        this_update = seconds(max(latest))  # what the bytes will say
        until = this_update + (ROOT_TERM if one.root else TERM)
        moment = _Moment(number, this_update, until)
        for chosen in parts if everything else sorted(partitions & set(parts)):
            issuing.partition(chosen, [row for row in rows if row.partition == chosen], moment)
        if everything or not parts or len(rows) <= self._most:
            if not one.root:
                issuing.delta(rows, moment)
            issuing.complete(rows, moment, before)


@dataclass(frozen=True, slots=True)
class _Moment:
    """What lists of one publication share."""

    number: int
    this_update: datetime
    next_update: datetime


@dataclass(frozen=True, slots=True)
class _Issuing:
    """One publication of one authority."""

    tx: Transaction
    row: AuthorityRow
    certificate: Certificate
    signer: Signer
    authority: Authority

    def complete(self, rows: Sequence[StatusRow], moment: _Moment, before: Published | None) -> None:
        kind = ListKind() if self.row.root else ListKind(freshest=self.authority.delta_url(self.row.name))
        encoded = self._listed(rows, moment, kind)
        require_releasable(
            encoded, authority=self.certificate, url="", expected=_expected(rows), before=before
        )
        self._keep(FULL, None, encoded, moment)

    def partition(self, number: int, rows: Sequence[StatusRow], moment: _Moment) -> None:
        # The partition of a serial number that is its own remainder: the address is the certificates' own.
        url = self.authority.crl_url(self.row, number)
        encoded = self._listed(rows, moment, ListKind(url=url))
        before = stored.newest(self.tx.connection, self.row.name, part(number))
        require_releasable(
            encoded, authority=self.certificate, url=url, expected=_expected(rows), before=before
        )
        self._keep(part(number), None, encoded, moment)

    def delta(self, rows: Sequence[StatusRow], moment: _Moment) -> None:
        base = stored.base(self.tx.connection, self.row.name, moment.number, moment.this_update - DELTA_REACH)
        if base is None:
            return  # the first list has nothing before it
        under = parse_crl(base.der).entries
        now = _expected(rows)
        news = [
            row
            for row in rows
            if (was := under.get(row.serial)) is None or (was.at, was.reason) != now[row.serial]
        ]
        ended = [
            Resumed(serial, moment.this_update)
            for serial, was in under.items()
            if was.reason == HOLD and serial not in now
        ]
        encoded = self._changes(news, moment, ListKind(base=base.number), ended)
        before = stored.newest(self.tx.connection, self.row.name, DELTA)
        require_delta(encoded, authority=self.certificate, base=base.der, complete=now, before=before)
        self._keep(DELTA, base.number, encoded, moment)

    def _listed(self, rows: Sequence[StatusRow], moment: _Moment, kind: ListKind) -> bytes:
        """However long it is; :mod:`.rereading` reads it back."""
        sink = BytesIO()
        write_long_crl(
            sink,
            issuer=self.certificate,
            signer=self.signer,
            number=moment.number,
            this_update=moment.this_update,
            next_update=moment.next_update,
            rows=((row.serial, row.since, row.reason, _invalidity(row)) for row in rows),
            kind=kind,
        )
        return sink.getvalue()

    def _changes(
        self, rows: Sequence[StatusRow], moment: _Moment, kind: ListKind, resumed: Sequence[Resumed]
    ) -> bytes:
        return make_crl(
            issuer=self.certificate,
            signer=self.signer,
            number=moment.number,
            this_update=moment.this_update,
            next_update=moment.next_update,
            revoked=[
                Revocation(row.serial, row.since, RevocationReason(row.reason), _invalidity(row))
                for row in rows
            ],
            resumed=resumed,
            kind=kind,
        )

    def _keep(self, scope: str, base: int | None, encoded: bytes, moment: _Moment) -> None:
        stored.keep(
            self.tx,
            {
                "issuer": self.row.name,
                "number": moment.number,
                "der": encoded,
                "this_update": moment.this_update,
                "next_update": moment.next_update,
            },
            scope=scope,
            base=base,
        )


def _parts(one: AuthorityRow) -> range:
    """A single partition is the complete list itself."""
    return range(one.partitions if one.partitions > 1 and not one.root else 0)


def _expected(rows: Sequence[StatusRow]) -> Entries:
    return {row.serial: (seconds(row.since), row.reason) for row in rows}


def _invalidity(row: StatusRow) -> datetime | None:
    """A key is thought lost before it was put on hold or revoked; anything later says nothing."""
    since = row.invalidity_date
    return since if since is not None and since <= row.since else None


def _due_at(one: AuthorityRow, next_update: datetime) -> datetime:
    return next_update - (ROOT_NOTICE if one.root else TERM / 2)
