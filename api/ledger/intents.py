# SPDX-License-Identifier: Apache-2.0
"""Intents: what is about to be signed is in the public log before it is signed.

Opened in a transaction of its own, closed in the transaction of the act.  Killed in between, the intent stays
open and tells; the next start closes it as *abandoned*, and what it announced can no longer be released.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from verify import Json, canonical_json

from ..database import Database
from ..database.tables import intents as table
from .errors import IntentClosed
from .growth import Transaction
from .ledger import Ledger

_AT_ONCE = 400
"""How many ids one statement names: SQLite's oldest limit is 999."""

ABANDONED = "abandoned"
FAILED = "failed"
INTENTS = "intents"
"""The table's name in the ledger's commitments."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One announced act; ``ledger_index`` is the entry that announces it."""

    id: str
    kind: str
    ledger_index: int


class Intents:
    """Opens, closes and abandons intents."""

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

    def open(self, kind: str, body: dict[str, Json]) -> Intent:
        """Announce an act; durable and public once it returns."""
        return self.open_all(kind, [body])[0]

    def open_all(self, kind: str, bodies: Sequence[dict[str, Json]]) -> tuple[Intent, ...]:
        """Announce many acts in one transaction: each with a row and an entry of its own."""
        with self._ledger.transaction() as tx:
            return self.open_within(tx, kind, bodies)

    def open_within(
        self, tx: Transaction, kind: str, bodies: Sequence[dict[str, Json]]
    ) -> tuple[Intent, ...]:
        """The same in a transaction that also notes whose they are; nothing is signed before it ends."""
        rows: list[dict[str, Any]] = []
        for body in bodies:
            intent_id = self._random(16).hex()
            values: dict[str, Any] = {
                "id": intent_id,
                "kind": kind,
                "body": canonical_json(body).decode("utf-8"),
                "opened_at": self._clock(),
                "outcome": None,
                "closed_at": None,
            }
            index = tx.commit_row(
                INTENTS,
                intent_id,
                committed(values),
                kind="intent.opened",
                body={"intent_id": intent_id, "act": kind, "facts": body},
            )
            rows.append({**values, "ledger_index": index})
        if rows:
            tx.connection.execute(insert(table), rows)
        return tuple(Intent(row["id"], kind, row["ledger_index"]) for row in rows)

    def close(self, tx: Transaction, intent: Intent, outcome: str) -> None:
        """End an intent in the transaction of its act.  :class:`IntentClosed`: the act must not happen."""
        self.close_all(tx, [intent], outcome)

    def close_all(self, tx: Transaction, intents: Sequence[Intent], outcome: str) -> None:
        """End many; with one that has ended already, none of the acts may happen."""
        self._end(tx, [one.id for one in intents], outcome, {})

    def fail(self, intent: Intent, code: str) -> None:
        """End an intent whose act did not happen.  Raises :class:`IntentClosed`."""
        self.fail_all([intent], code)

    def fail_all(self, intents: Sequence[Intent], code: str) -> None:
        """End many whose acts did not happen."""
        with self._ledger.transaction() as tx:
            self._end(tx, [one.id for one in intents], FAILED, {"code": code})

    def abandon_open(self, *, but: Collection[str] = ()) -> int:
        """End what a killed process left open; how many there were.  For the start, before any request.

        ``but``: intents of somebody who is known to be still at work.
        """
        with self._ledger.transaction() as tx:
            open_ones = tx.connection.execute(
                select(table.c.id).where(table.c.outcome.is_(None)).order_by(table.c.ledger_index)
            ).scalars()
            left = [str(one) for one in open_ones if one not in but]
            self._end(tx, left, ABANDONED, {})
        return len(left)

    def end_left(self, tx: Transaction, intent_ids: Sequence[str], outcome: str = ABANDONED) -> int:
        """End those that are still open, of work that was lost or thrown away; how many there were."""
        left: list[str] = []
        for start in range(0, len(intent_ids), _AT_ONCE):
            some = intent_ids[start : start + _AT_ONCE]
            query = select(table.c.id).where(table.c.id.in_(some), table.c.outcome.is_(None))
            found = tx.connection.execute(query.order_by(table.c.ledger_index)).scalars()
            left += [str(one) for one in found]
        self._end(tx, left, outcome, {})
        return len(left)

    def _end(self, tx: Transaction, intent_ids: Sequence[str], outcome: str, more: dict[str, Json]) -> None:
        rows: dict[str, Row[Any]] = {}
        for start in range(0, len(intent_ids), _AT_ONCE):
            some = intent_ids[start : start + _AT_ONCE]
            found = tx.connection.execute(
                select(table).where(table.c.id.in_(some), table.c.outcome.is_(None))
            )
            rows.update((row.id, row) for row in found)
        ended = {"outcome": outcome, "closed_at": self._clock()}
        for intent_id in intent_ids:
            row = rows.pop(intent_id, None)
            if row is None:
                raise IntentClosed(intent_id)
            tx.commit_row(
                INTENTS,
                intent_id,
                committed({**row._asdict(), **ended}),
                kind="intent.closed",
                body={"intent_id": intent_id, "act": row.kind, "outcome": outcome, **more},
            )
        for start in range(0, len(intent_ids), _AT_ONCE):
            some = intent_ids[start : start + _AT_ONCE]
            tx.connection.execute(update(table).where(table.c.id.in_(some)).values(ended))


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it; its entry's own number cannot be inside."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
        if name != "ledger_index"
    }


def committed_intents(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored intent, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.id, committed(row._asdict())
