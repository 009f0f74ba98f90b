# SPDX-License-Identifier: Apache-2.0
"""The rows of this room as the ledger commits to them, and what the rows say about one document."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from verify import DocumentChange, DocumentStanding, Json, QrError, parse_qr

from ..database.tables_sealing import documents, moment_text
from ..database.tables_standings import document_states, document_status
from ..documents import committed_document, recorded_file
from ..ledger import Transaction, require_vouched

CURRENT: Final = "current"
NEWER: Final = "newer-version"
"""Why a document is superseded, where nothing else was said."""
ENDS: Final = frozenset(
    {DocumentStanding.CANCELLED, DocumentStanding.FORFEITED, DocumentStanding.TRANSFERRED}
)
"""No state follows these."""
_STRONGER: Final = ENDS | {
    DocumentStanding.REVOKED,
    DocumentStanding.LAPSED,
    DocumentStanding.WITHHELD,
    DocumentStanding.SUSPENDED,
    DocumentStanding.OTHER,
}
"""A document in one of these is told as that, also when a newer version came later."""


def committed(values: Mapping[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it: times as text, long bytes as their digest."""
    found: dict[str, Json] = {}
    for name, value in values.items():
        if isinstance(value, datetime):
            found[name] = moment_text(value)
        elif isinstance(value, bytes | memoryview):
            found[name] = hashlib.sha256(value).hexdigest()
        else:
            found[name] = value
    return found


def committed_states(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every change, for the check of the database against the ledger."""
    for row in connection.execute(select(document_states)):
        yield row.id, committed(row._asdict())


def committed_status(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """The list, for the check of the database against the ledger."""
    for row in connection.execute(select(document_status)):
        yield row.id, committed(row._asdict())


def require_document(tx: Transaction, row: Row[Any]) -> None:
    """The log vouches for it, or this transaction wrote it.  Raises :class:`api.ledger.RowAltered`."""
    if not tx.wrote(documents.name, row.id):
        values = committed_document(row._asdict(), recorded_file(tx.connection, row.file_id))
        require_vouched(tx.connection, documents.name, row.id, values)


def newest_change(tx: Transaction, document_id: str) -> Row[Any] | None:
    """The last change of one document, for which the log vouches, or which this transaction wrote."""
    query = select(document_states).where(document_states.c.document_id == document_id)
    row = tx.connection.execute(query.order_by(document_states.c.number.desc()).limit(1)).one_or_none()
    if row is not None and not tx.wrote(document_states.name, row.id):
        require_vouched(tx.connection, document_states.name, row.id, committed(row._asdict()))
    return row


def log_index_of(row: Row[Any]) -> int | None:
    """The place of a document in the list: the log index in its QR statement."""
    try:
        return parse_qr(row.qr_text).statement.log_index
    except QrError:
        return None


def standing(
    connection: Connection, row: Row[Any], change: Row[Any] | None
) -> tuple[DocumentStanding, DocumentChange | None]:
    """How a document stands by its rows; of a normal one there is nothing to tell."""
    said = DocumentStanding.NORMAL if change is None else DocumentStanding(change.state)
    if row.superseded_by is not None and said not in _STRONGER:
        newer = select(documents.c.issued_at).where(documents.c.id == row.superseded_by)
        at = connection.execute(newer).scalar_one_or_none() or row.issued_at
        return DocumentStanding.SUPERSEDED, DocumentChange(at, NEWER, row.superseded_by)
    if change is None or said is DocumentStanding.NORMAL:
        return DocumentStanding.NORMAL, None
    return said, DocumentChange(change.at, change.reason, row.superseded_by)
