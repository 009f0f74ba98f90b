# SPDX-License-Identifier: Apache-2.0
"""Who may use which seal: granted, revoked, asked for, refused — each an entry in the ledger.

R-104: the right is per seal, document type, time, count and channel; R-105: traces are kept, of refusals too.
Whether a use is approved as well, or rests on a mandate, :mod:`api.approvals` decides after this.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from relying import Json
from seal import EVERY_CHANNEL, Channel, Grant, GrantRefused, authorise
from verify import canonical_json

from ..database import Database
from ..database.tables_sealing import grants as table
from ..database.tables_sealing import moment_text, seals
from ..ledger import Ledger, require_vouched
from .counting import used_up_to_now
from .errors import GrantMalformed, NoSuchGrant, NoSuchSeal, SealUseRefused

_LONGEST_TYPE = 50
MOST_USES = 1_000_000


@dataclass(frozen=True, slots=True)
class Use:
    """One intended use of a seal."""

    officer: str
    agency: str  # for which the officer acts
    seal_id: str
    holder: str  # of the seal
    document_type: str
    channel: Channel = Channel.DESK
    case: str = ""
    purpose: str = ""
    act: str = ""
    """What is counted: uses that were taken for an act are given back for it."""


class GrantBook:
    """Gives, revokes and consults grants."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        *,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._database, self._ledger = database, ledger
        self._clock, self._random = clock, random

    def give(
        self,
        seal_id: str,
        officer: str,
        *,
        document_types: Sequence[str],
        period: tuple[datetime, datetime],
        by: str,
        most_uses: int | None = None,
        channels: Collection[Channel] = EVERY_CHANNEL,
    ) -> Grant:
        """Allow ``officer`` to use a seal; what a grant allows until the same time is not granted again.

        ``most_uses``: how many documents in all; a grant with a count is always another one.  The caller made
        sure that ``officer`` serves the agency that holds the seal.
        """
        _check(document_types, period)
        _check_count(most_uses, channels)
        grant = Grant(
            id=self._random(16).hex(),
            seal_id=seal_id,
            officer=officer,
            document_types=frozenset(document_types),
            valid_from=period[0],
            valid_until=period[1],
            revoked_at=None,
            most_uses=most_uses,
            channels=frozenset(channels),
        )
        values: dict[str, Any] = {
            "id": grant.id,
            "seal_id": seal_id,
            "officer": officer,
            "document_types": canonical_json(sorted(grant.document_types)).decode(),
            "valid_from": grant.valid_from,
            "valid_until": grant.valid_until,
            "granted_at": self._clock(),
            "granted_by": by,
            "revoked_at": None,
            "revoked_by": None,
            "most_uses": most_uses,
            "channels": None if grant.channels == EVERY_CHANNEL else channels_text(grant.channels),
        }
        with self._ledger.transaction() as tx:
            if tx.connection.execute(select(seals.c.id).where(seals.c.id == seal_id)).first() is None:
                raise NoSuchSeal(seal_id)
            same = tx.connection.execute(
                select(table).where(
                    table.c.seal_id == seal_id,
                    table.c.officer == officer,
                    table.c.document_types == values["document_types"],
                    table.c.valid_from <= grant.valid_from,
                    table.c.valid_until == grant.valid_until,
                    table.c.revoked_at.is_(None),
                    table.c.most_uses.is_(None),
                    table.c.channels.is_(None)
                    if values["channels"] is None
                    else table.c.channels == values["channels"],
                )
            ).first()
            if same is not None and most_uses is None:
                return _grant(same)
            tx.connection.execute(insert(table).values(values))
            tx.commit_row(
                "grants",
                grant.id,
                committed(values),
                kind="grant.given",
                body={
                    "grant_id": grant.id,
                    "seal_id": seal_id,
                    "document_types": list[Json](sorted(grant.document_types)),
                },
            )
        return grant

    def revoke(self, grant_id: str, *, by: str) -> Grant:
        """End a grant now; ending it again changes nothing."""
        with self._ledger.transaction() as tx:
            row = tx.connection.execute(select(table).where(table.c.id == grant_id)).one_or_none()
            if row is None:
                raise NoSuchGrant(grant_id)
            if row.revoked_at is None:
                require_vouched(tx.connection, "grants", grant_id, committed(row._asdict()))
                ended = {"revoked_at": self._clock(), "revoked_by": by}
                tx.connection.execute(update(table).where(table.c.id == grant_id).values(ended))
                tx.commit_row(
                    "grants",
                    grant_id,
                    committed({**row._asdict(), **ended}),
                    kind="grant.revoked",
                    body={"grant_id": grant_id, "seal_id": row.seal_id},
                )
        return self._get(grant_id)

    def authorise(self, use: Use) -> Grant:
        """The grant that covers this use now; a refusal is recorded, then :class:`SealUseRefused` raised.

        A grant that the public log does not vouch for is none: :class:`~api.ledger.RowAltered`.
        """
        try:
            grant = self._covering(use)
            with self._database.read() as connection:
                vouched_grant(connection, grant.id)
            return grant
        except GrantRefused as refusal:
            raise note_refusal(self._ledger, use, refusal.code) from refusal

    def allows(self, use: Use) -> bool:
        """Would :meth:`authorise` agree now?  For showing it beforehand; records nothing."""
        try:
            self._covering(use)
        except GrantRefused:
            return False
        return True

    def _covering(self, use: Use) -> Grant:
        if use.holder != use.agency:
            raise GrantRefused("no-grant")
        return authorise(
            self.of_officer(use.officer),
            officer=use.officer,
            seal_id=use.seal_id,
            document_type=use.document_type,
            at=self._clock(),
            channel=use.channel,
        )

    def of_officer(self, officer: str) -> tuple[Grant, ...]:
        """Every grant ever given to one officer."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(table).where(table.c.officer == officer).order_by(table.c.granted_at, table.c.id)
            ).all()
            return tuple(
                _grant(row, used=0 if row.most_uses is None else used_up_to_now(connection, row.id))
                for row in rows
            )

    def _get(self, grant_id: str) -> Grant:
        with self._database.read() as connection:
            return _grant(connection.execute(select(table).where(table.c.id == grant_id)).one())


def note_refusal(ledger: Ledger, use: Use, code: str) -> SealUseRefused:
    """Put a refusal into the ledger; what it is to be answered with."""
    with ledger.transaction() as tx:
        tx.append(
            "seal.refused",
            {
                "seal_id": use.seal_id,
                "officer": use.officer,
                "document_type": use.document_type,
                "code": code,
            },
        )
    return SealUseRefused(code, seal_id=use.seal_id, document_type=use.document_type)


def vouched_grant(connection: Connection, grant_id: str) -> dict[str, Json]:
    """The row of a grant as the public log vouches for it: :class:`~api.ledger.RowAltered` otherwise."""
    row = connection.execute(select(table).where(table.c.id == grant_id)).one()
    found = committed(row._asdict())
    require_vouched(connection, "grants", grant_id, found)
    return found


def require_known_types(document_types: Sequence[str], known: Sequence[str]) -> None:
    """Raise :class:`GrantMalformed` for a type that nothing here issues: such a grant would never be used."""
    unknown = sorted(set(document_types) - set(known))
    if unknown:
        first, names = unknown[0][:_LONGEST_TYPE], "、".join(sorted(known))
        raise GrantMalformed(
            "document_types",
            f"没有这种文书:{first} / no such document type: {first}",
            f"可填写:{names} / name one of these",
        )


def _check(document_types: Sequence[str], period: tuple[datetime, datetime]) -> None:
    if not document_types or not all(0 < len(name) <= _LONGEST_TYPE for name in document_types):
        raise GrantMalformed(
            "document_types",
            "至少一种文书,名称不超过50个字符 / at least one document type, names of at most 50 characters",
            "请填写业务模块声明的文书种类 / name document types that a module declares",
        )
    if period[0].tzinfo is None or period[1].tzinfo is None or period[1] <= period[0]:
        raise GrantMalformed(
            "valid_until",
            "截止时间须晚于起始时间,且都带时区 / must be after valid_from, both with a time zone",
            "例如 2026-11-23T08:00:00+08:00 / such as 2026-11-23T08:00:00+08:00",
        )


def _check_count(most_uses: int | None, channels: Collection[Channel]) -> None:
    if most_uses is not None and not 1 <= most_uses <= MOST_USES:
        raise GrantMalformed(
            "most_uses",
            f"应为 1–{MOST_USES},不限次数则留空 / between 1 and {MOST_USES}, or none for no limit",
            "请填写可用印的份数 / say how many documents may be sealed",
        )
    if not channels:
        raise GrantMalformed(
            "channels",
            "至少一种用印途径 / at least one channel",
            "可填写 desk、batch、console、api / name some of desk, batch, console, api",
        )


def channels_text(channels: Collection[Channel]) -> str:
    """Canonical JSON."""
    return canonical_json(sorted(one.value for one in channels)).decode()


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it; grants without count and channels as they always were."""
    times = ("valid_from", "valid_until", "granted_at", "revoked_at")
    return {
        name: moment_text(value) if name in times and value is not None else value
        for name, value in values.items()
        if value is not None or name not in ("most_uses", "channels")
    }


def committed_grants(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored grant, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.id, committed(row._asdict())


def _grant(row: Row[Any], *, used: int = 0) -> Grant:
    return Grant(
        id=row.id,
        seal_id=row.seal_id,
        officer=row.officer,
        document_types=frozenset(json.loads(row.document_types)),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        revoked_at=row.revoked_at,
        most_uses=row.most_uses,
        channels=EVERY_CHANNEL
        if row.channels is None
        else frozenset(Channel(one) for one in json.loads(row.channels)),
        used=used,
    )
