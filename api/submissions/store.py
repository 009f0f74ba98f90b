# SPDX-License-Identifier: Apache-2.0
"""Rows of submissions, read and written within the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from relying import Json

from ..database.tables_sealing import submission_items as items_table
from ..database.tables_sealing import submissions as table
from ..ledger import Transaction
from .errors import NoSuchSubmission
from .model import Item, State, Submission

_TIMES = ("prepared_at", "expires_at", "sealed_at", "decided_at")


def read_submission(connection: Connection, submission_id: str) -> Submission:
    """One submission with its items; raises :class:`NoSuchSubmission`."""
    row = connection.execute(select(table).where(table.c.id == submission_id)).one_or_none()
    if row is None:
        raise NoSuchSubmission(submission_id)
    return _submission(row, read_items(connection, submission_id))


def read_items(connection: Connection, submission_id: str) -> tuple[Row[Any], ...]:
    """The item rows of one submission in their order."""
    query = select(items_table).where(items_table.c.submission_id == submission_id)
    return tuple(connection.execute(query.order_by(items_table.c.position)).all())


def list_submissions(connection: Connection, query: Select[Any]) -> tuple[Submission, ...]:
    """The submissions that ``query`` selects, without their items."""
    return tuple(_submission(row, ()) for row in connection.execute(query))


def change(tx: Transaction, submission_id: str, values: dict[str, Any], *, kind: str, body: dict[str, Json]) -> int:
    """Update one submission and commit the new row to the ledger."""
    tx.connection.execute(update(table).where(table.c.id == submission_id).values(values))
    row = tx.connection.execute(select(table).where(table.c.id == submission_id)).one()
    return tx.commit_row(
        "submissions",
        submission_id,
        committed(row._asdict(), read_items(tx.connection, submission_id)),
        kind=kind,
        body={"submission_id": submission_id, **body},
    )


def committed(values: dict[str, Any], items: Sequence[Row[Any]]) -> dict[str, Json]:
    """The row and its items as the ledger commits to them."""
    plain = {name: value for name, value in values.items() if name != "certificate"}
    for name in _TIMES:
        if plain[name] is not None:
            plain[name] = plain[name].isoformat()
    return {
        **plain,
        "certificate": values["certificate"].hex(),
        "items": [
            {"id": one.id, "position": one.position, "kind": one.kind, "name": one.name, "digest": one.digest}
            for one in items
        ],
    }


def committed_submissions(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored submission, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.id, committed(row._asdict(), read_items(connection, row.id))


def _submission(row: Row[Any], items: Sequence[Row[Any]]) -> Submission:
    return Submission(
        submission_id=row.id,
        account_id=row.account_id,
        applicant=row.applicant,
        applicant_name=row.applicant_name,
        form=row.form,
        agency=row.agency,
        data=json.loads(row.data),
        state=State(row.state),
        prepared_at=row.prepared_at,
        expires_at=row.expires_at,
        number=row.number,
        sealed_at=row.sealed_at,
        receipt_id=row.receipt_id,
        ledger_index=row.ledger_index,
        document_id=row.document_id,
        decided_at=row.decided_at,
        reason=row.reason,
        items=tuple(_item(one) for one in items),
    )


def _item(row: Row[Any]) -> Item:
    state = json.loads(row.prepared) if row.prepared else None
    return Item(
        item_id=row.id,
        kind=row.kind,
        name=row.name,
        title=row.title,
        digest_algorithm=row.digest_algorithm,
        digest=row.digest,
        to_be_signed=bytes.fromhex(state["attributes"]) if state else None,
        file_id=row.file_id,
    )
