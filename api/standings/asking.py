# SPDX-License-Identifier: Apache-2.0
"""How the document stands now that a record names: by the rows, for which the log vouches.

Unlike the signed list this is of this moment, and needs no key.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from sqlalchemy import Connection, select

from verify import DocumentChange, DocumentStanding

from ..database.tables_sealing import documents
from ..database.tables_standings import document_states
from ..documents import committed_document, recorded_file
from ..ledger import require_vouched
from . import store


def standing_of_record(
    connection: Connection, document_id: str, record_digest: str
) -> tuple[DocumentStanding, DocumentChange | None] | None:
    """``None``: no document of ours has this record (``record_digest``: SHA-256, lower-case hex).

    Raises :class:`api.ledger.RowAltered`.
    """
    row = connection.execute(select(documents).where(documents.c.id == document_id)).one_or_none()
    if row is None or hashlib.sha256(row.record.encode()).hexdigest() != record_digest:
        return None
    require_vouched(
        connection,
        documents.name,
        row.id,
        committed_document(row._asdict(), recorded_file(connection, row.file_id)),
    )
    query = select(document_states).where(document_states.c.document_id == document_id)
    change = connection.execute(query.order_by(document_states.c.number.desc()).limit(1)).one_or_none()
    if change is not None:
        require_vouched(connection, document_states.name, change.id, store.committed(change._asdict()))
    state, since = store.standing(connection, row, change)
    return state, since and replace(since, at=since.at.replace(microsecond=0))
