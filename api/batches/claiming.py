# SPDX-License-Identifier: Apache-2.0
"""Who works on which items: a chunk is a stretch of numbers, lent to one worker until a deadline.

The row of a chunk is the lease.  Its token changes with every claim and is asked for again in the transaction
that records the result, so a worker that was believed dead and comes back records nothing.  Whatever a dead
worker announced and did not record is closed as abandoned by whoever takes its chunk.

A chunk whose worker dies is tried again; one that killed two is halved, until the item that kills is alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from seal import Channel

from ..database.tables_batches import batch_chunks as chunks
from ..database.tables_batches import batch_items as items
from ..database.tables_batches import batch_progress as progress
from ..database.tables_batches import batches as table
from ..ledger import RowAltered, Transaction
from ..seals import Use
from .errors import LeaseLost
from .model import BatchKind, BatchState, ItemState, Orderer, Problem
from .ports import BatchPorts
from .store import change, problems_text, read_progress, read_row, require_batch_in_log

HALVE_AFTER = 2
"""Workers that may die over one chunk before it is halved."""
FAIL_AFTER = 3
"""Workers that may die over one item."""
_NOBODY = ""
_UNTRIED = -1
"""Attempts of a chunk that nobody worked on yet: whoever claims it counts one more."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Items of one batch, lent to this process.  ``token`` proves it."""

    batch_id: str
    first: int
    last: int
    token: str

    @property
    def size(self) -> int:
        """How many items it has."""
        return self.last - self.first + 1


def claim(ports: BatchPorts, size: int, *, batch_id: str | None = None) -> Chunk | None:
    """The next stretch of up to ``size`` items: first what a dead worker left, then what nobody had.

    ``None`` when no running batch has anything for this worker now.
    """
    with ports.database.read() as connection:
        found = [one for one in _running(connection, batch_id) if _has_work(ports, connection, one)]
        candidates = [one.id for one in found if _is_vouched(connection, one.id)]
    for one in candidates:
        with ports.ledger.transaction() as tx:
            if (chunk := _claim(ports, tx, one, size)) is not None:
                return chunk
    return None


def has_open_work(ports: BatchPorts, batch_id: str) -> bool:
    """Is anything left of a running batch, with this worker or any other?"""
    with ports.database.read() as connection:
        return bool(_running(connection, batch_id))


def require_lease(tx: Transaction, chunk: Chunk) -> Row[Any]:
    """The chunk's row if it is still ours.  Raises :class:`LeaseLost`."""
    row = tx.connection.execute(select(chunks).where(_is(chunk))).one_or_none()
    if row is None or row.token != chunk.token or row.ended_at is not None:
        raise LeaseLost
    return row


def renew(ports: BatchPorts, chunk: Chunk) -> None:
    """Another term, for a chunk that takes long.  Raises :class:`LeaseLost`."""
    with ports.ledger.transaction() as tx:
        require_lease(tx, chunk)
        tx.connection.execute(update(chunks).where(_is(chunk)).values(deadline=ports.clock() + ports.lease))


def cut(tx: Transaction, chunk: Chunk, last: int, *, at: datetime) -> Chunk:
    """Keep the items up to ``last``; the rest becomes a chunk that anybody may take."""
    if last < chunk.last:
        tx.connection.execute(update(chunks).where(_is(chunk)).values(last=last))
        _offer(tx.connection, chunk.batch_id, last + 1, chunk.last, attempts=_UNTRIED, at=at)
    return Chunk(chunk.batch_id, chunk.first, last, chunk.token)


def release(ports: BatchPorts, chunk: Chunk, outcome: str, *, tried: bool = False) -> None:
    """Give a chunk back unfinished: what was announced is ended, and it is as if nobody had taken it.

    ``tried``: count it as an attempt all the same, because one of its items may be to blame.
    """
    with ports.ledger.transaction() as tx:
        try:
            row = require_lease(tx, chunk)
        except LeaseLost:
            return
        _end_announced(ports, tx, row, outcome)
        tx.connection.execute(
            update(chunks).where(_is(chunk)).values(**_free(ports, row.attempts - (not tried)))
        )


def end_chunk(ports: BatchPorts, tx: Transaction, chunk: Chunk, *, unused: int) -> None:
    """The chunk is recorded; uses that were announced and not needed go back."""
    tx.connection.execute(update(chunks).where(_is(chunk)).values(ended_at=ports.clock(), uses=0))
    if unused:
        give_back(ports, tx, read_row(tx.connection, chunk.batch_id), unused)


def finish_if_over(ports: BatchPorts, tx: Transaction, batch_id: str) -> bool:
    """In the transaction that ended a chunk: the batch is done when nothing is left of it."""
    row, how_far = read_row(tx.connection, batch_id), read_progress(tx.connection, batch_id)
    if row.state != BatchState.RUNNING.value or how_far.cursor <= row.total or _open(tx.connection, batch_id):
        return False
    change(
        tx,
        row,
        {"state": BatchState.DONE.value, "ended_at": ports.clock()},
        kind="batch.done",
        body={"done": how_far.done, "refused": how_far.refused, "failed": how_far.failed},
    )
    return True


def drop_open(ports: BatchPorts, tx: Transaction, batch_id: str, outcome: str) -> None:
    """Take every chunk away from whoever works on it: of a batch that is cancelled or stopped."""
    for row in _open(tx.connection, batch_id):
        _end_announced(ports, tx, row, outcome)
        tx.connection.execute(
            update(chunks)
            .where(chunks.c.batch_id == batch_id, chunks.c.first == row.first)
            .values(**_free(ports, row.attempts - 1))
        )


def give_back(ports: BatchPorts, tx: Transaction, batch: Row[Any], uses: int) -> None:
    """Uses that did not happen."""
    tx.connection.execute(
        update(progress).where(progress.c.batch_id == batch.id).values(used=progress.c.used - uses)
    )
    if batch.kind != BatchKind.OWN_KEY.value:
        ports.allowance.give_back(tx, use_of_batch(ports, batch), uses)


def use_of_batch(ports: BatchPorts, batch: Row[Any]) -> Use:
    """The use of its seal that a batch is about."""
    holder = ports.seals.get(batch.seal_id).holder
    by = Orderer(batch.account_id, batch.agency)
    use = use_of(by, batch.seal_id, holder, batch.document_type, title=batch.title)
    return replace(use, act=batch.id)


def use_of(by: Orderer, seal_id: str, holder: str, document_type: str, *, title: str) -> Use:
    """One use of a seal as the grants are asked about it; the case is what the batch is called."""
    return Use(
        officer=by.account_id,
        agency=by.agency,
        seal_id=seal_id,
        holder=holder,
        document_type=document_type,
        channel=Channel.BATCH,
        case=title,
    )


def living_intents(connection: Connection, at: datetime) -> frozenset[str]:
    """Intents of chunks whose workers are in time: a start of the service must not end them."""
    query = (
        select(items.c.intent_id)
        .join(
            chunks,
            (chunks.c.batch_id == items.c.batch_id)
            & (items.c.number >= chunks.c.first)
            & (items.c.number <= chunks.c.last),
        )
        .where(chunks.c.ended_at.is_(None), chunks.c.deadline > at, items.c.intent_id.is_not(None))
    )
    return frozenset(connection.execute(query).scalars())


def _running(connection: Connection, batch_id: str | None) -> list[Any]:
    query = select(table.c.id, table.c.total, progress.c.cursor).join(progress)
    query = query.where(table.c.state == BatchState.RUNNING.value)
    if batch_id is not None:
        query = query.where(table.c.id == batch_id)
    return list(connection.execute(query.order_by(table.c.started_at, table.c.id)).all())


def _is_vouched(connection: Connection, batch_id: str) -> bool:
    """An order that somebody edited is left alone; whoever asks for it is told."""
    try:
        require_batch_in_log(connection, read_row(connection, batch_id))
    except RowAltered:
        return False
    return True


def _has_work(ports: BatchPorts, connection: Connection, one: Any) -> bool:
    return one.cursor <= one.total or any(_is_left(ports, row) for row in _open(connection, one.id))


def _open(connection: Connection, batch_id: str) -> list[Row[Any]]:
    query = select(chunks).where(chunks.c.batch_id == batch_id, chunks.c.ended_at.is_(None))
    return list(connection.execute(query.order_by(chunks.c.first)).all())


def _is_left(ports: BatchPorts, row: Row[Any]) -> bool:
    return bool(row.worker == _NOBODY or row.deadline <= ports.clock() or ports.is_gone(row.worker))


def _claim(ports: BatchPorts, tx: Transaction, batch_id: str, size: int) -> Chunk | None:
    row, how_far = read_row(tx.connection, batch_id), read_progress(tx.connection, batch_id)
    if row.state != BatchState.RUNNING.value:
        return None
    for left in _open(tx.connection, batch_id):
        if _is_left(ports, left) and (found := _take_over(ports, tx, left)) is not None:
            return found
    if how_far.cursor > row.total:
        finish_if_over(ports, tx, batch_id)
        return None
    last = min(how_far.cursor + max(size, 1) - 1, row.total)
    token = ports.random(16).hex()
    tx.connection.execute(
        insert(chunks).values(
            batch_id=batch_id,
            first=how_far.cursor,
            last=last,
            attempts=0,
            uses=0,
            ended_at=None,
            **_lease(ports, token),
        )
    )
    tx.connection.execute(update(progress).where(progress.c.batch_id == batch_id).values(cursor=last + 1))
    return Chunk(batch_id, how_far.cursor, last, token)


def _take_over(ports: BatchPorts, tx: Transaction, left: Row[Any]) -> Chunk | None:
    """The chunk of a worker that is gone; nothing when it was the last try of an item."""
    _end_announced(ports, tx, left, "abandoned")
    attempts, last = left.attempts + 1, left.last
    here = chunks.c.batch_id == left.batch_id, chunks.c.first == left.first
    if left.first == left.last and attempts >= FAIL_AFTER:
        _fail(ports, tx, left)
        return None
    if attempts >= HALVE_AFTER and left.first < left.last:
        last = (left.first + left.last) // 2
        _offer(tx.connection, left.batch_id, last + 1, left.last, attempts=_UNTRIED + 1, at=ports.clock())
        attempts = 1
    token = ports.random(16).hex()
    tx.connection.execute(
        update(chunks).where(*here).values(last=last, attempts=attempts, uses=0, **_lease(ports, token))
    )
    return Chunk(left.batch_id, left.first, last, token)


def _lease(ports: BatchPorts, token: str) -> dict[str, Any]:
    at = ports.clock()
    return {"token": token, "worker": ports.worker, "taken_at": at, "deadline": at + ports.lease}


def _free(ports: BatchPorts, attempts: int) -> dict[str, Any]:
    return {"token": "", "worker": _NOBODY, "deadline": ports.clock(), "attempts": attempts, "uses": 0}


def _offer(
    connection: Connection, batch_id: str, first: int, last: int, *, attempts: int, at: datetime
) -> None:
    connection.execute(
        insert(chunks).values(
            batch_id=batch_id,
            first=first,
            last=last,
            token="",
            worker=_NOBODY,
            taken_at=at,
            deadline=at,
            attempts=attempts,
            uses=0,
            ended_at=None,
        )
    )


def _end_announced(ports: BatchPorts, tx: Transaction, chunk: Row[Any], outcome: str) -> None:
    stretch = (
        items.c.batch_id == chunk.batch_id,
        items.c.number >= chunk.first,
        items.c.number <= chunk.last,
        items.c.state == ItemState.WAITING.value,
        items.c.intent_id.is_not(None),
    )
    announced = tx.connection.execute(select(items.c.intent_id).where(*stretch)).scalars()
    if left := [str(one) for one in announced]:
        ports.intents.end_left(tx, left, outcome)
        tx.connection.execute(update(items).where(*stretch).values(intent_id=None))
    if chunk.uses:
        give_back(ports, tx, read_row(tx.connection, chunk.batch_id), chunk.uses)


def _fail(ports: BatchPorts, tx: Transaction, chunk: Row[Any]) -> None:
    """One item that ended every worker that took it."""
    problem = Problem(
        "row",
        f"处理它的进程 {FAIL_AFTER} 次意外终止 / it ended {FAIL_AFTER} processes that worked on it",
        "请检查该条目,另行办理 / look at it, and order it by itself",
    )
    settle(tx, chunk.batch_id, chunk.first, ItemState.FAILED, (problem,), at=ports.clock())
    tx.connection.execute(
        update(chunks)
        .where(chunks.c.batch_id == chunk.batch_id, chunks.c.first == chunk.first)
        .values(ended_at=ports.clock())
    )
    finish_if_over(ports, tx, chunk.batch_id)


def settle(
    tx: Transaction,
    batch_id: str,
    number: int,
    state: ItemState,
    problems: tuple[Problem, ...],
    *,
    at: datetime,
) -> None:
    """An item that will not be done, and why."""
    changed = tx.connection.execute(
        update(items)
        .where(
            items.c.batch_id == batch_id,
            items.c.number == number,
            items.c.state == ItemState.WAITING.value,
        )
        .values(state=state.value, problem=problems_text(problems), done_at=at, intent_id=None)
    )
    if changed.rowcount:
        counter = progress.c.refused if state is ItemState.REFUSED else progress.c.failed
        tx.connection.execute(
            update(progress).where(progress.c.batch_id == batch_id).values({counter: counter + 1})
        )


def _is(chunk: Chunk) -> Any:
    return (chunks.c.batch_id == chunk.batch_id) & (chunks.c.first == chunk.first)
