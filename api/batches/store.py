# SPDX-License-Identifier: Apache-2.0
"""Rows of batches, read and written within the caller's transaction, and as the ledger commits to them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from relying import Json
from verify import canonical_json

from ..database.tables_batches import batch_items as items
from ..database.tables_batches import batch_progress as progress
from ..database.tables_batches import batches as table
from ..database.tables_sealing import moment_text
from ..documents import stored_file
from ..ledger import Transaction, require_vouched
from .errors import BatchInAnotherState, NoSuchBatch
from .model import (
    NEXT,
    Batch,
    BatchItem,
    BatchKind,
    BatchState,
    ItemState,
    Place,
    Problem,
    Progress,
)

BATCHES = "batches"
ITEMS = "batch_items"
"""The tables' names in the ledger's commitments."""


def read_row(connection: Connection, batch_id: str) -> Row[Any]:
    """The row of one batch; raises :class:`NoSuchBatch`."""
    row = connection.execute(select(table).where(table.c.id == batch_id)).one_or_none()
    if row is None:
        raise NoSuchBatch(batch_id)
    return row


def read_progress(connection: Connection, batch_id: str) -> Row[Any]:
    """How far it is."""
    return connection.execute(select(progress).where(progress.c.batch_id == batch_id)).one()


def read_batch(connection: Connection, batch_id: str) -> Batch:
    """One batch; raises :class:`NoSuchBatch`."""
    return as_batch(read_row(connection, batch_id), read_progress(connection, batch_id))


def require_batch_in_log(connection: Connection, row: Row[Any]) -> None:
    """Raise :class:`~api.ledger.RowAltered` unless the public log vouches for this order as it is stored."""
    require_vouched(connection, BATCHES, row.id, committed(row._asdict()))


def change(
    tx: Transaction, before: Row[Any], values: Mapping[str, Any], *, kind: str, body: Mapping[str, Json]
) -> None:
    """Change an order that the log vouches for, and commit to what it is now.

    Raises :class:`BatchInAnotherState` for a state that cannot follow.
    """
    require_batch_in_log(tx.connection, before)
    state = values.get("state")
    if state is not None and BatchState(state) not in NEXT[BatchState(before.state)]:
        raise BatchInAnotherState(before.state)
    tx.connection.execute(update(table).where(table.c.id == before.id).values(**values))
    tx.commit_row(
        BATCHES,
        before.id,
        committed({**before._asdict(), **values}),
        kind=kind,
        body={"batch_id": before.id, **body},
    )


def committed(values: Mapping[str, Any]) -> dict[str, Json]:
    """An order as the ledger commits to it."""
    plain = {
        name: moment_text(value) if isinstance(value, datetime) else value for name, value in values.items()
    }
    certificate = values["certificate"]
    plain["certificate"] = None if certificate is None else bytes(certificate).hex()
    return plain


def committed_batches(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored order, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.id, committed(row._asdict())


def item_key(batch_id: str, number: int) -> str:
    """The key of an item in the ledger's commitments."""
    return f"{batch_id}/{number}"


def committed_item(values: Mapping[str, Any], file: Json) -> dict[str, Json]:
    """A sealed item as the ledger commits to it, with what is recorded of its file."""
    plain = {
        name: moment_text(value) if isinstance(value, datetime) else value for name, value in values.items()
    }
    return {**plain, "file": file}


def committed_items(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every item with a sealed file of its own; the bytes of the file count beside its digests."""
    query = select(items).where(items.c.state == ItemState.DONE.value, items.c.file_id.is_not(None))
    for row in connection.execute(query.order_by(items.c.batch_id, items.c.number)):
        yield (
            item_key(row.batch_id, row.number),
            committed_item(row._asdict(), stored_file(connection, row.file_id)),
        )


def commit_item(
    tx: Transaction, values: Mapping[str, Any], file: Json, *, kind: str, body: dict[str, Json]
) -> int:
    """Commit to an item whose sealed file was just stored."""
    return tx.commit_row(
        ITEMS,
        item_key(values["batch_id"], values["number"]),
        committed_item(values, file),
        kind=kind,
        body=body,
    )


def problems_text(problems: Sequence[Problem]) -> str | None:
    """Problems as stored."""
    return canonical_json([one.as_json() for one in problems]).decode() if problems else None


def as_batch(row: Row[Any], how_far: Row[Any]) -> Batch:
    """What its orderer sees."""
    return Batch(
        batch_id=row.id,
        kind=BatchKind(row.kind),
        title=row.title,
        account_id=row.account_id,
        agency=row.agency,
        document_type=row.document_type,
        seal_id=row.seal_id,
        place=Place.parse(json.loads(row.placement)) if row.placement else Place(),
        quota=row.quota,
        state=BatchState(row.state),
        problem=Problem(**json.loads(row.problem)) if row.problem else None,
        created_at=row.created_at,
        expires_at=row.expires_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        progress=Progress(
            received=how_far.received,
            bad=how_far.bad,
            done=how_far.done,
            refused=how_far.refused,
            failed=how_far.failed,
            used=how_far.used,
        ),
    )


def as_item(row: Row[Any]) -> BatchItem:
    """One item for its orderer."""
    return BatchItem(
        number=row.number,
        line=row.line,
        key=row.item_key,
        name=row.name,
        state=ItemState(row.state),
        problems=tuple(Problem(**one) for one in json.loads(row.problem)) if row.problem else (),
        document_id=row.document_id,
        sha256=row.sha256,
        sm3=row.sm3,
        ledger_index=row.ledger_index,
        done_at=row.done_at,
    )
