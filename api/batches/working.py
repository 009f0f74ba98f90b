# SPDX-License-Identifier: Apache-2.0
"""One chunk from claim to record: the same code in the service, at the console and on every worker.

1. claim (lease) · 2. order, seal and grant asked again · 3. prepare · 4. announce (intents, uses) · 5. make ·
6. record (rows, entries, ends of the intents, the chunk) in one transaction

Killed before 4, nothing happened; before 6, open intents tell what may have been signed, nobody holds it, and
whoever takes the chunk closes them and does it again; after 6, everything is there and the chunk is over.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from keys import KeysError
from verify import canonical_json

from ..database.tables_batches import batch_chunks as chunks
from ..database.tables_batches import batch_items as items
from ..database.tables_batches import batch_progress as progress
from ..ledger import HistoryMoved, Intent, LedgerError, RowAltered, Transaction
from ..seals import NoSuchSeal, SealNotUsable, SealUseRefused, Use, require_usable
from .blocks import require_blocks
from .claiming import (
    Chunk,
    claim,
    cut,
    drop_open,
    end_chunk,
    finish_if_over,
    has_open_work,
    release,
    renew,
    require_lease,
    settle,
    use_of_batch,
)
from .documents import DocumentMaker
from .errors import BatchStopped, LeaseLost
from .making import Announced, Maker, Preparation, Settled, judged
from .model import BatchKind, BatchState, ItemState, Problem
from .own_key import OwnKeyMaker
from .ports import BatchPorts
from .ready_files import FileMaker
from .store import change, read_row, require_batch_in_log

FIRST_SIZE, SMALLEST_SIZE, LARGEST_SIZE = 8, 8, 200
SECONDS = 2.0
"""How long a chunk should take: progress shows, and what a crash costs stays small."""
_RESUME = "问题解决后请继续该批次 / resume the batch when this is solved"
_log = logging.getLogger("yinxin.batches")


@dataclass(slots=True)
class Pace:
    """How many items the next chunk takes, from how long the last one took."""

    size: int = FIRST_SIZE

    def note(self, done: int, seconds: float) -> None:
        """At most twice as many as before."""
        if done < 1:
            return
        fitting = int(SECONDS * done / max(seconds, 0.001))
        self.size = max(SMALLEST_SIZE, min(fitting, 2 * self.size, LARGEST_SIZE))


class Worker:
    """Works chunks off, one after the other.  One for each thread."""

    def __init__(self, ports: BatchPorts) -> None:
        self._ports, self._pace = ports, Pace()

    def work_once(self, batch_id: str | None = None) -> int:
        """One chunk; how many items it settled, 0 when there was nothing to do for this worker.

        What stops every item (a locked vault, a damaged log) gives the chunk back and is raised.
        """
        started = self._ports.monotonic()
        chunk = claim(self._ports, self._pace.size, batch_id=batch_id)
        if chunk is None:
            return 0
        done = work(self._ports, chunk)
        self._pace.note(done, self._ports.monotonic() - started)
        return max(done, 1)

    def work_off(self, batch_id: str | None = None) -> int:
        """Chunks until there is none for this worker; how many items."""
        total = 0
        while done := self.work_once(batch_id):
            total += done
        return total

    def is_over(self, batch_id: str) -> bool:
        """Has nobody anything left to do for this batch?"""
        return not has_open_work(self._ports, batch_id)


def work(ports: BatchPorts, chunk: Chunk) -> int:
    """Everything after the claim; how many items were settled."""
    try:
        return _Work(ports, chunk).run()
    except LeaseLost:
        return 0  # somebody else has it, or the batch was cancelled: nothing was recorded
    except BatchStopped as stopped:
        _stop(ports, chunk, Problem(stopped.field, stopped.rule, stopped.todo))
        return 0
    except SealNotUsable as error:  # while the chunk was made: nothing of it is released
        _stop(ports, chunk, Problem("seal_id", f"{error.zh} / {error.en}", _RESUME))
        return 0
    except (IntegrityError, HistoryMoved):
        # The same version of a document was issued, or a record entered, beside this batch: done again.
        release(ports, chunk, "issued-meanwhile", tried=True)
        return 0
    except Exception as error:
        # A vault, a database or a log that does not answer blames no item; whatever else does.
        outside = isinstance(error, KeysError | LedgerError | OperationalError)
        release(ports, chunk, "failed", tried=not outside)
        _log.error("a chunk was given back", extra={"event": "batch", "error": type(error).__name__})
        raise


class _Work:
    def __init__(self, ports: BatchPorts, chunk: Chunk) -> None:
        self._ports, self._chunk = ports, chunk
        self._renewed = ports.monotonic()
        self._use: Use | None = None  # of an agency's seal

    def run(self) -> int:
        # 2. What was ordered is what is stored, and may still be done.
        with self._ports.database.read() as connection:
            batch = read_row(connection, self._chunk.batch_id)
            waiting = self._waiting(connection, batch)
        maker = self._maker(batch)
        # 3. What can be refused is refused before anything is announced.
        prepared = maker.prepare(waiting, self._chunk.last)
        settled = list(prepared.settled)
        # 4. Evidence before the signature.
        announced = self._announce(batch, maker, prepared)
        # 5. Each by itself: what stops one stops no other.
        made: list[tuple[Announced, Intent, Any]] = []
        for one, intent in announced:
            self._keep_lease()
            with judged(one.item, settled):
                made.append((one, intent, maker.make(one, intent)))
        # 6. Together or not at all.
        self._record(maker, announced, made, [one for one in settled if one.item.number <= self._chunk.last])
        return len(waiting)

    def _waiting(self, connection: Connection, batch: Row[Any]) -> Sequence[Row[Any]]:
        try:
            require_batch_in_log(connection, batch)
            require_blocks(connection, batch, self._chunk.first, self._chunk.last)
        except RowAltered as error:
            raise BatchStopped(
                "batch",
                "数据库中的批次内容与公开日志不符 / the stored batch is not what the public log says",
                "请运营人员运行 yinxin log check / have the operator run yinxin log check",
            ) from error
        query = select(items).where(
            items.c.batch_id == batch.id,
            items.c.number >= self._chunk.first,
            items.c.number <= self._chunk.last,
            items.c.state == ItemState.WAITING.value,
        )
        return list(connection.execute(query.order_by(items.c.number)).all())

    def _maker(self, batch: Row[Any]) -> Maker:
        ports = self._ports
        if batch.kind == BatchKind.OWN_KEY.value:
            return OwnKeyMaker(ports, batch)
        try:
            self._use = use_of_batch(ports, batch)
            warrant = ports.warrants.authorise(self._use)
            seal = ports.seals.open(batch.seal_id)
            require_usable(
                seal,
                trust=ports.trust(),
                at=ports.clock(),
                ledger=ports.ledger,
                document_type=batch.document_type,
                officer=batch.account_id,
            )
        except SealUseRefused as error:
            raise BatchStopped(
                "seal_id", f"授权不再允许用印 / the grant does not allow it now: {error.code}", _RESUME
            ) from error
        except SealNotUsable as error:
            raise BatchStopped("seal_id", f"{error.zh} / {error.en}", _RESUME) from error
        except (NoSuchSeal, RowAltered) as error:
            raise BatchStopped("seal_id", "印章或授权不可用 / no usable seal or grant", _RESUME) from error
        kind = DocumentMaker if batch.kind == BatchKind.DOCUMENTS.value else FileMaker
        return kind(ports, batch, seal, warrant)

    def _announce(
        self, batch: Row[Any], maker: Maker, prepared: Preparation
    ) -> list[tuple[Announced, Intent]]:
        ports, ready = self._ports, list(prepared.ready)
        with ports.ledger.transaction() as tx:
            require_lease(tx, self._chunk)
            last = prepared.last
            uses = self._take_uses(tx, batch, len(ready))
            if uses < len(ready):
                # The rest waits for another quota; what was refused beyond it is refused then.
                last, ready = ready[uses].item.number - 1, ready[:uses]
            if last < self._chunk.first:
                raise BatchStopped(
                    "quota",
                    "用印次数已用完 / the seal may not be used more often",
                    "请提高次数后继续该批次 / allow more uses, then resume the batch",
                )
            self._chunk = cut(tx, self._chunk, last, at=ports.clock())
            intents = ports.intents.open_within(tx, maker.act, [one.facts for one in ready])
            if ready:
                tx.connection.execute(
                    update(items)
                    .where(items.c.batch_id == batch.id, items.c.number == bindparam("which"))
                    .values(intent_id=bindparam("announced")),
                    [
                        {"which": one.item.number, "announced": intent.id}
                        for one, intent in zip(ready, intents, strict=True)
                    ],
                )
            tx.connection.execute(
                update(chunks)
                .where(chunks.c.batch_id == batch.id, chunks.c.first == self._chunk.first)
                .values(uses=uses, deadline=ports.clock() + ports.lease)
            )
        return list(zip(ready, intents, strict=True))

    def _take_uses(self, tx: Transaction, batch: Row[Any], wanted: int) -> int:
        """How many seals may be used now, of the order's own quota and of the grant's."""
        batch = read_row(tx.connection, batch.id)
        used = progress.c.batch_id == batch.id
        if batch.quota is not None:
            so_far = tx.connection.execute(select(progress.c.used).where(used)).scalar_one()
            wanted = max(0, min(wanted, batch.quota - so_far))
        if wanted and self._use is not None:
            wanted = self._ports.allowance.take(tx, self._use, wanted)
        if wanted:
            tx.connection.execute(update(progress).where(used).values(used=progress.c.used + wanted))
        return wanted

    def _keep_lease(self) -> None:
        now = self._ports.monotonic()
        if now - self._renewed > self._ports.lease.total_seconds() / 3:
            renew(self._ports, self._chunk)
            self._renewed = now

    def _record(
        self,
        maker: Maker,
        announced: Sequence[tuple[Announced, Intent]],
        made: Sequence[tuple[Announced, Intent, Any]],
        settled: Sequence[Settled],
    ) -> None:
        ports, chunk = self._ports, self._chunk
        done = {one.item.number for one, _, _ in made}
        with ports.ledger.transaction() as tx:
            require_lease(tx, chunk)
            if made:
                maker.record(tx, [(one, result) for one, _, result in made])
            ports.intents.close_all(tx, [intent for _, intent, _ in made], "sealed")
            left = [intent for one, intent in announced if one.item.number not in done]
            ports.intents.end_left(tx, [one.id for one in left], "refused")
            for lost in settled:
                settle(tx, chunk.batch_id, lost.item.number, lost.state, lost.problems, at=ports.clock())
            tx.connection.execute(
                update(progress)
                .where(progress.c.batch_id == chunk.batch_id)
                .values(done=progress.c.done + len(made))
            )
            end_chunk(ports, tx, chunk, unused=len(announced) - len(made))
            finish_if_over(ports, tx, chunk.batch_id)


def _stop(ports: BatchPorts, chunk: Chunk, problem: Problem) -> None:
    """Nobody goes on with this batch until somebody resumes it."""
    release(ports, chunk, "stopped")
    with ports.ledger.transaction() as tx:
        row = read_row(tx.connection, chunk.batch_id)
        if row.state != BatchState.RUNNING.value:
            return
        drop_open(ports, tx, row.id, "stopped")
        change(
            tx,
            row,
            {"state": BatchState.STOPPED.value, "problem": canonical_json(problem.as_json()).decode()},
            kind="batch.stopped",
            body={"field": problem.field},
        )
