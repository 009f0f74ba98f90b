# SPDX-License-Identifier: Apache-2.0
"""Rows of submissions, read and written within the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from relying import Json

from ..database.tables_sealing import moment_text
from ..database.tables_sealing import submission_items as items_table
from ..database.tables_sealing import submissions as table
from ..documents import drop_file, put_file, recorded_file, stored_file
from ..ledger import Transaction, require_vouched
from .errors import NoSuchSubmission
from .model import Item, State, Submission

_TIMES = ("prepared_at", "expires_at", "sealed_at", "decided_at")


def read_row(connection: Connection, submission_id: str) -> Row[Any]:
    """The row of one submission; raises :class:`NoSuchSubmission`."""
    row = connection.execute(select(table).where(table.c.id == submission_id)).one_or_none()
    if row is None:
        raise NoSuchSubmission(submission_id)
    return row


def read_submission(connection: Connection, submission_id: str) -> Submission:
    """One submission with its items; raises :class:`NoSuchSubmission`."""
    return _submission(read_row(connection, submission_id), read_items(connection, submission_id))


def read_items(connection: Connection, submission_id: str) -> tuple[Row[Any], ...]:
    """The item rows of one submission in their order."""
    query = select(items_table).where(items_table.c.submission_id == submission_id)
    return tuple(connection.execute(query.order_by(items_table.c.position)).all())


def list_submissions(connection: Connection, query: Select[Any]) -> tuple[Submission, ...]:
    """The submissions that ``query`` selects, without their items."""
    return tuple(_submission(row, ()) for row in connection.execute(query))


def replace_file(connection: Connection, item: Row[Any], file_id: str, content: bytes) -> None:
    """The sealed file takes the place of the prepared one."""
    put_file(connection, file_id, content)
    _point_to(connection, item, file_id)


def drop_prepared(connection: Connection, submission_id: str) -> None:
    """Remove the files of a submission that was never sealed."""
    for item in read_items(connection, submission_id):
        _point_to(connection, item, None)


def _point_to(connection: Connection, item: Row[Any], file_id: str | None) -> None:
    values = {"file_id": file_id, "prepared": None}
    connection.execute(update(items_table).where(items_table.c.id == item.id).values(values))
    if item.file_id is not None:
        drop_file(connection, item.file_id)


def change(
    tx: Transaction, submission_id: str, values: Mapping[str, Any], *, kind: str, body: Mapping[str, Json]
) -> int:
    """Update one submission and commit the new row, with the digests of its files, to the ledger."""
    if values:
        tx.connection.execute(update(table).where(table.c.id == submission_id).values(**values))
    row = read_row(tx.connection, submission_id)
    items = read_items(tx.connection, submission_id)
    return tx.commit_row(
        "submissions",
        submission_id,
        committed(row._asdict(), items, [recorded_file(tx.connection, one.file_id) for one in items]),
        kind=kind,
        body={"submission_id": submission_id, **body},
    )


def require_in_log(connection: Connection, submission_id: str) -> None:
    """Raise :class:`~api.ledger.RowAltered` unless the public log vouches for all of a submission."""
    row, items = read_row(connection, submission_id), read_items(connection, submission_id)
    files = [recorded_file(connection, one.file_id) for one in items]
    require_vouched(connection, "submissions", submission_id, committed(row._asdict(), items, files))


def committed(values: dict[str, Any], items: Sequence[Row[Any]], files: Sequence[Json]) -> dict[str, Json]:
    """The row and its items as the ledger commits to them, each item with what is recorded of its file."""
    plain = dict(values)
    for name in _TIMES:
        if plain[name] is not None:
            plain[name] = moment_text(plain[name])
    return {
        **plain,
        "certificate": bytes(values["certificate"]).hex(),
        "items": [
            {
                "id": one.id,
                "position": one.position,
                "kind": one.kind,
                "name": one.name,
                "title": one.title,
                "prepared": one.prepared,
                "digest_algorithm": one.digest_algorithm,
                "digest": one.digest,
                "file_id": one.file_id,
                "file": file,
            }
            for one, file in zip(items, files, strict=True)
        ],
    }


def committed_submissions(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored submission, for the check of the database against the ledger.

    Every column counts, and the bytes of the files: a changed file shows as a changed submission.
    """
    for row in connection.execute(select(table)):
        items = read_items(connection, row.id)
        found = [stored_file(connection, one.file_id) for one in items]
        yield row.id, committed(row._asdict(), items, found)


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
