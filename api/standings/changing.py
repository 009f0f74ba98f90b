# SPDX-License-Identifier: Apache-2.0
"""Change how a document stands: one row, one public entry and the new list, in one transaction.

A state is never taken back silently: what ends a state is another change, and all of them are kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select

from verify import DocumentChange, DocumentStanding, QrMalformed, normalize_document_id

from ..database.tables_sealing import documents
from ..database.tables_standings import document_states as table
from ..documents import DocumentIdMalformed, NoSuchDocument, NotYourDocument
from ..ledger import Transaction, concern_of
from . import store
from .asking import standing_of_record
from .errors import StandingFinal, StandingUnknown
from .model import StandingPorts
from .publishing import DocumentStatusPublisher

LONGEST_DECISION: Final = 200
_REASON = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
_BY_ITSELF: Final = DocumentStanding.SUPERSEDED
"""Follows from a newer version; nobody says it."""


@dataclass(frozen=True, slots=True)
class StandingChange:
    """One change of state; ``decision``: number or name of the decision behind it."""

    document_id: str
    state: DocumentStanding
    at: datetime
    reason: str
    decision: str
    by: str


class DocumentStandings:
    """Changes states and tells them.  Safe to share between threads."""

    def __init__(self, ports: StandingPorts, publisher: DocumentStatusPublisher) -> None:
        self._ports, self._publisher = ports, publisher

    def change(
        self, document_id: str, state: str, *, reason: str, decision: str, by: str, agency: str | None = None
    ) -> StandingChange:
        """Raises :class:`StandingUnknown`, :class:`StandingFinal`, :class:`NoSuchDocument`, and for an
        ``agency`` that did not issue the document :class:`NotYourDocument`."""
        wanted = _checked(state, reason, decision)
        document_id = _normalized(document_id)
        intent = self._ports.intents.open("document_status.publish", {"publisher": self._ports.publisher})
        try:
            with self._ports.ledger.transaction() as tx:
                row = _document(tx.connection, document_id)
                if agency is not None and row.issuer != agency:
                    raise NotYourDocument(document_id)
                store.require_document(tx, row)
                _require_open(tx, row, wanted)
                made = StandingChange(document_id, wanted, self._now(row), reason, decision, by)
                values = self._values(tx.connection, made)
                values["ledger_index"] = tx.next_index()
                tx.connection.execute(insert(table).values(values))
                tx.commit_row(
                    table.name,
                    values["id"],
                    store.committed(values),
                    kind="document.state_changed",
                    body={"document_id": document_id, "state": wanted.value, "reason": reason},
                    concerns=concern_of(row.holder, decision),
                )
                self._publisher.publish(tx)
                self._ports.intents.close(tx, intent, "published")
        except Exception as error:
            self._ports.intents.fail(intent, type(error).__name__)
            raise
        return made

    def of_record(
        self, document_id: str, record_digest: str
    ) -> tuple[DocumentStanding, DocumentChange | None] | None:
        """How the document stands now whose record has this digest; ``None`` when there is no such document.

        Raises :class:`api.ledger.RowAltered`.
        """
        with self._ports.database.read() as connection:
            return standing_of_record(connection, document_id, record_digest)

    def history(self, document_id: str) -> tuple[StandingChange, ...]:
        """Every change of one document, oldest first."""
        query = select(table).where(table.c.document_id == _normalized(document_id)).order_by(table.c.number)
        with self._ports.database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(
            StandingChange(
                row.document_id, DocumentStanding(row.state), row.at, row.reason, row.decision, row.by
            )
            for row in rows
        )

    def _now(self, row: Row[Any]) -> datetime:
        """Another machine's clock may have been ahead: nothing ends before it was issued."""
        issued: datetime = row.issued_at
        return max(self._ports.clock(), issued).replace(microsecond=0)

    def _values(self, connection: Connection, made: StandingChange) -> dict[str, Any]:
        query = select(func.max(table.c.number)).where(table.c.document_id == made.document_id)
        return {
            "id": self._ports.random(16).hex(),
            "document_id": made.document_id,
            "number": 1 + (connection.execute(query).scalar() or 0),
            "state": made.state.value,
            "at": made.at,
            "reason": made.reason,
            "decision": made.decision,
            "by": made.by,
        }


def _checked(state: str, reason: str, decision: str) -> DocumentStanding:
    allowed = [one for one in DocumentStanding if one is not _BY_ITSELF]
    if state not in allowed:
        raise StandingUnknown("state", f"须为其一 one of: {', '.join(allowed)}")
    if not _REASON.fullmatch(reason):
        raise StandingUnknown("reason", "小写英文词和连字符 lower-case words with hyphens")
    if len(decision) > LONGEST_DECISION or not decision.isprintable():
        raise StandingUnknown("decision", f"至多 {LONGEST_DECISION} 字的一行 one line, no longer")
    return DocumentStanding(state)


def _normalized(typed: str) -> str:
    try:
        return normalize_document_id(typed)
    except QrMalformed as error:
        raise DocumentIdMalformed(typed, error.rule) from error


def _document(connection: Connection, document_id: str) -> Row[Any]:
    row = connection.execute(select(documents).where(documents.c.id == document_id)).one_or_none()
    if row is None:
        raise NoSuchDocument(document_id)
    return row


def _require_open(tx: Transaction, row: Row[Any], wanted: DocumentStanding) -> None:
    last = store.newest_change(tx, row.id)
    before = DocumentStanding.NORMAL if last is None else DocumentStanding(last.state)
    if before in store.ENDS or before is wanted:
        raise StandingFinal(row.id, before.value)
