# SPDX-License-Identifier: Apache-2.0
"""The list of document states: made anew with every change of a state, and from time to time.

One row holds the list in force; the ledger holds the digest of each there ever was.  A new list takes what
stood in the one before, and from the rows what came since; the log vouches for both.  Documents that were
only issued since then wait some minutes for their place: they are newer than the list, and it says nothing
of them.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from verify import (
    DOCUMENT_STATE_CODES,
    DocumentChange,
    DocumentStanding,
    DocumentStatusInvalid,
    DocumentStatusList,
    TrustListSignature,
    document_status_body,
    document_status_message,
    encode_document_status,
    parse_document_status,
    require_document_status,
)

from ..database.tables_sealing import documents
from ..database.tables_standings import document_states
from ..database.tables_standings import document_status as table
from ..ledger import Transaction, require_vouched
from . import store
from .errors import DocumentStatusDidNotVerify
from .model import StandingPorts

TERM: Final = timedelta(hours=24)
PATIENCE: Final = timedelta(minutes=5)
"""How long documents that were only issued wait for a new list."""
_AT_ONCE: Final = 400
"""How many ids one statement names: SQLite's oldest limit is 999."""


class DocumentStatusPublisher:
    """Hands out the list in force.  Safe to share between threads."""

    def __init__(self, ports: StandingPorts) -> None:
        self._ports = ports
        self._lock = threading.Lock()
        self._read: tuple[bytes, DocumentStatusList] | None = None  # by SHA-256; perhaps never committed
        self._known: tuple[int, DocumentStatusList] | None = None

    def current(self) -> bytes:
        """The list in force; a new one when there is none, something changed, or the last is half over."""
        with self._ports.database.read() as connection:
            row = _row(connection)
            if row is not None and self._serves(connection, row):
                return bytes(row.document)
        return self._renew()

    def refresh(self) -> None:
        """By the clock; before the first document there is no list."""
        with self._ports.database.read() as connection:
            nothing = (
                _row(connection) is None
                and connection.execute(select(documents.c.id).limit(1)).first() is None
            )
        if not nothing:
            self.current()

    def known(self) -> DocumentStatusList | None:
        """The list in force as this service itself reads it; ``None`` before the first."""
        with self._ports.database.read() as connection:
            sequence = connection.execute(select(table.c.sequence)).scalar()
            with self._lock:
                if self._known is not None and self._known[0] == sequence:
                    return self._known[1]
            row = _row(connection)
        if row is None:
            return None
        found = self._parsed(bytes(row.document))
        with self._lock:
            self._known = (row.sequence, found)
        return found

    def publish(self, tx: Transaction) -> bytes:
        """A new list within the transaction of what it tells.  The caller announced it with an intent."""
        row = _row(tx.connection)
        return self._write(tx, row, self._next(tx, row))

    def _serves(self, connection: Connection, row: Row[Any]) -> bool:
        """A clock that is a little behind the one that issued it makes no new list at each question."""
        now, half = self._ports.clock(), (row.next_update - row.issued) / 2
        if not row.issued - half <= now < row.issued + half:
            return False
        issued = select(documents.c.id).where(documents.c.ledger_index >= row.size)
        newer = documents.alias()
        replaced = (
            select(documents.c.id)
            .join(newer, documents.c.superseded_by == newer.c.id)
            .where(newer.c.ledger_index >= row.size)
        )
        changed = select(document_states.c.id).where(document_states.c.ledger_index >= row.size)
        if any(connection.execute(query.limit(1)).first() for query in (changed, replaced)):
            return False
        waiting = connection.execute(issued.limit(1)).first() is not None
        return not (waiting and now - row.issued > PATIENCE)

    def _next(self, tx: Transaction, row: Row[Any] | None) -> DocumentStatusList:
        before = None
        if row is not None:
            require_vouched(tx.connection, table.name, store.CURRENT, store.committed(row._asdict()))
            before = self._parsed(bytes(row.document))
        start, size = (0 if before is None else before.size), tx.next_index()
        states = bytearray((size + 1) // 2)
        states[: (start + 1) // 2] = b"" if before is None else before.states
        changes: dict[int, DocumentChange] = {} if before is None else dict(before.changes)
        for one in _changed(tx.connection, start):
            index = store.log_index_of(one)
            if index is None or index >= size:
                continue
            store.require_document(tx, one)
            said = store.newest_change(tx, one.id)
            standing, change = store.standing(tx.connection, one, said)
            _set(states, index, standing)
            changes.pop(index, None)
            if change is not None:
                changes[index] = DocumentChange(
                    change.at.replace(microsecond=0), change.reason, change.successor
                )
        told = [one.at for one in changes.values()]
        issued = max([self._ports.clock().replace(microsecond=0), *told])
        return DocumentStatusList(
            sequence=1 if row is None else row.sequence + 1,
            issued=issued,
            next_update=issued + TERM,
            publisher=self._ports.publisher,
            log=self._ports.log,
            size=size,
            states=bytes(states),
            changes=MappingProxyType(changes),
        )

    def _write(self, tx: Transaction, row: Row[Any] | None, listed: DocumentStatusList) -> bytes:
        document = self._signed(listed)
        values: dict[str, Any] = {
            "id": store.CURRENT,
            "sequence": listed.sequence,
            "size": listed.size,
            "document": document,
            "issued": listed.issued,
            "next_update": listed.next_update,
        }
        if row is None:
            tx.connection.execute(insert(table).values(values))
        else:
            tx.connection.execute(update(table).where(table.c.id == store.CURRENT).values(**values))
        tx.commit_row(
            table.name,
            store.CURRENT,
            store.committed(values),
            kind="document_status.published",
            body={"sequence": listed.sequence, "sha256": hashlib.sha256(document).hexdigest()},
        )
        self._keep(document, listed)
        return document

    def _signed(self, listed: DocumentStatusList) -> bytes:
        try:
            body = document_status_body(listed)
            message = document_status_message(body)
            document = encode_document_status(
                body,
                [
                    TrustListSignature(certificate, signer.sign(message))
                    for certificate, signer in self._ports.certificates.trust_list_signers()
                ],
            )
            # A revocation list that is late keeps nobody from saying that a document was revoked.
            require_document_status(
                parse_document_status(document), trust=self._ports.trust(), at=listed.issued
            )
        except DocumentStatusInvalid as error:
            raise DocumentStatusDidNotVerify(error.field, (error.rule,)) from error
        return document

    def _parsed(self, document: bytes) -> DocumentStatusList:
        """The list in a document; the one that was written or read here last is not read again."""
        sha256 = hashlib.sha256(document).digest()
        with self._lock:
            if self._read is not None and self._read[0] == sha256:
                return self._read[1]
        found = parse_document_status(document).listed
        self._keep(document, found)
        return found

    def _keep(self, document: bytes, listed: DocumentStatusList) -> None:
        with self._lock:
            self._read = (hashlib.sha256(document).digest(), listed)

    def _renew(self) -> bytes:
        ports = self._ports
        intent = ports.intents.open("document_status.publish", {"publisher": ports.publisher})
        try:
            with ports.ledger.transaction() as tx:
                row = _row(tx.connection)
                if row is not None and self._serves(tx.connection, row):
                    document = bytes(row.document)  # many asked at once, and one was first
                else:
                    document = self._write(tx, row, self._next(tx, row))
                ports.intents.close(tx, intent, "published")
        except Exception as error:
            ports.intents.fail(intent, type(error).__name__)
            raise
        return document


def _changed(connection: Connection, start: int) -> Iterator[Row[Any]]:
    """Every document about which an entry from ``start`` on says something."""
    fresh = connection.execute(select(documents).where(documents.c.ledger_index >= start)).all()
    yield from fresh
    done = {row.id for row in fresh}
    newer = [row.id for row in fresh]
    said = select(document_states.c.document_id).where(document_states.c.ledger_index >= start)
    changed = connection.execute(said.distinct()).scalars().all()
    for column, ids in ((documents.c.superseded_by, newer), (documents.c.id, list(changed))):
        for at in range(0, len(ids), _AT_ONCE):
            some = select(documents).where(column.in_(ids[at : at + _AT_ONCE]))
            for row in connection.execute(some).all():
                if row.id not in done:
                    done.add(row.id)
                    yield row


def _set(states: bytearray, index: int, standing: DocumentStanding) -> None:
    code = DOCUMENT_STATE_CODES[standing]
    pair = states[index >> 1]
    states[index >> 1] = pair & 0xF0 | code if index & 1 else pair & 0x0F | code << 4


def _row(connection: Connection) -> Row[Any] | None:
    return connection.execute(select(table).where(table.c.id == store.CURRENT)).one_or_none()
