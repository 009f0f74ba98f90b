# SPDX-License-Identifier: Apache-2.0
"""Orders come in, and their items: each checked as it arrives, each stored once.

A delivery that broke off is simply sent again: what came before with the same content is known.  A line that
is sent again with another content takes the place of what it was.  Nothing is signed before the start.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from verify import canonical_json

from ..database.tables_batches import batch_items as items
from ..database.tables_batches import batch_progress as progress
from ..database.tables_batches import batches as table
from ..documents import drop_file, put_file
from ..ledger import Transaction
from . import blocks
from .checking import Checked, FileRules, RowRules
from .claiming import use_of
from .errors import (
    BatchEmpty,
    BatchHasBadRows,
    BatchInAnotherState,
    BatchKeyTaken,
    BatchOrderRefused,
    BatchTooLarge,
)
from .model import (
    FILE,
    MOST_ITEMS,
    Added,
    Batch,
    BatchKind,
    BatchOrder,
    BatchState,
    ItemState,
    Orderer,
    Place,
    Problem,
    RawRow,
    Upload,
)
from .ports import BatchPorts
from .ready_files import appearance_of
from .store import BATCHES, as_batch, change, committed, problems_text, read_progress, read_row

_LONGEST_TITLE = 200
_AT_ONCE = 400
_FIRST_MM, _LAST_MM = 0.0, 5000.0


def order(ports: BatchPorts, wanted: BatchOrder, by: Orderer) -> Batch:
    """Open a batch, or give back the one that this key opened before.

    Raises what the order, the seal or the grant refuses; a refused use of a seal is in the ledger.
    """
    _require_order(wanted)
    digest = _digest(wanted, by)
    if (before := _earlier(ports, wanted.idempotency_key, digest, by)) is not None:
        return before
    seal = ports.seals.get(wanted.seal_id)
    if wanted.kind is BatchKind.DOCUMENTS:
        ports.modules.document(wanted.document_type)
    use = use_of(by, wanted.seal_id, seal.holder, wanted.document_type, title=wanted.title)
    ports.warrants.authorise(use)
    values: dict[str, Any] = {
        "kind": wanted.kind.value,
        "title": wanted.title,
        "account_id": by.account_id,
        "agency": by.agency,
        "document_type": wanted.document_type,
        "seal_id": wanted.seal_id,
        "placement": canonical_json(wanted.place.as_json()).decode(),
        "certificate": None,
        "quota": wanted.quota,
        "expires_at": None,
    }
    return insert_batch(ports, values, key=wanted.idempotency_key, digest=digest, by=by)


def insert_batch(
    ports: BatchPorts, values: dict[str, Any], *, key: str | None, digest: str, by: Orderer
) -> Batch:
    """The row of a new batch and its entry; the one that the same key made a moment ago, if any."""
    row: dict[str, Any] = {
        "id": ports.random(16).hex(),
        **values,
        "idempotency_key": key,
        "request_digest": digest,
        "state": BatchState.FILLING.value,
        "problem": None,
        "total": 0,
        "bad": 0,
        "blocks": None,
        "list_signature": None,
        "created_at": ports.clock(),
        "started_at": None,
        "ended_at": None,
        "changed_by": by.account_id,
    }
    with ports.ledger.transaction() as tx:
        stored = _stored(tx.connection, key, by)
        if stored is not None:
            return _same(tx.connection, stored, digest)
        tx.connection.execute(insert(table).values(row))
        tx.connection.execute(
            insert(progress).values(
                batch_id=row["id"], received=0, bad=0, cursor=1, done=0, refused=0, failed=0, used=0
            )
        )
        tx.commit_row(
            BATCHES,
            row["id"],
            committed(row),
            kind="batch.ordered",
            body={
                "batch_id": row["id"],
                "act": row["kind"],
                "type": row["document_type"],
                "seal_id": row["seal_id"],
            },
        )
        return as_batch(read_row(tx.connection, row["id"]), read_progress(tx.connection, row["id"]))


def add_rows(ports: BatchPorts, batch_id: str, rows: Sequence[RawRow]) -> Added:
    """Check rows and store them; at most a few hundred at once."""
    batch = _filling(ports, batch_id, BatchKind.DOCUMENTS)
    rules = RowRules(ports.modules, batch.document_type, ports.seals.get(batch.seal_id).holder, ports.clock())
    return store_items(ports, batch_id, [rules.check(one) for one in rows])


def add_files(ports: BatchPorts, batch_id: str, uploads: Iterable[Upload]) -> Added:
    """Check ready files and store them; as many at once as memory takes."""
    batch = _filling(ports, batch_id, BatchKind.FILES)
    usable = ports.seals.open(batch.seal_id)
    place = Place.parse(json.loads(batch.placement))
    rules = FileRules(
        usable.sealing,
        place,
        usable.drawing,
        appearance_of(usable.design),
        ports.clock(),
        usable.esl,
    )
    return store_items(ports, batch_id, [rules.check(0, one) for one in uploads])


def start(ports: BatchPorts, batch_id: str, by: Orderer, *, accept_bad: bool = False) -> Batch:
    """Fix the items and let the work begin.  A second click finds it begun.

    Raises :class:`BatchHasBadRows` unless the good ones may go on alone, :class:`BatchEmpty`.
    """
    with ports.ledger.transaction() as tx:
        row, how_far = read_row(tx.connection, batch_id), read_progress(tx.connection, batch_id)
        if row.state in (BatchState.RUNNING.value, BatchState.DONE.value):
            return as_batch(row, how_far)
        if row.state != BatchState.FILLING.value or row.kind == BatchKind.OWN_KEY.value:
            raise BatchInAnotherState(row.state)
        if how_far.received == how_far.bad:
            raise BatchEmpty
        if how_far.bad and not accept_bad:
            raise BatchHasBadRows(how_far.bad)
        begin(ports, tx, row, by, more={})
        found = as_batch(read_row(tx.connection, batch_id), how_far)
    ports.wake(batch_id)
    return found


def begin(ports: BatchPorts, tx: Transaction, row: Row[Any], by: Orderer, *, more: dict[str, Any]) -> None:
    """From filling to running: the digests of the items become part of the order."""
    how_far = read_progress(tx.connection, row.id)
    fixed = blocks.digests(tx.connection, row.id, how_far.received)
    change(
        tx,
        row,
        {
            "state": BatchState.RUNNING.value,
            "total": how_far.received,
            "bad": how_far.bad,
            "blocks": fixed,
            "started_at": ports.clock(),
            "changed_by": by.account_id,
            **more,
        },
        kind="batch.started",
        body={
            "items": how_far.received - how_far.bad,
            "items_sha256": hashlib.sha256(fixed.encode()).hexdigest(),
        },
    )


def _require_order(wanted: BatchOrder) -> None:
    title, place = wanted.title.strip(), wanted.place
    if not title or len(title) > _LONGEST_TITLE or not title.isprintable():
        raise BatchOrderRefused(
            "title",
            f"须为 1–{_LONGEST_TITLE} 个字符 / 1-{_LONGEST_TITLE} characters",
            "请给批次起一个名称 / give the batch a title",
        )
    if wanted.quota is not None and not 1 <= wanted.quota <= MOST_ITEMS:
        raise BatchOrderRefused(
            "quota",
            f"用印次数上限为 1–{MOST_ITEMS} / between 1 and {MOST_ITEMS}",
            "请填写整数,或留空 / give a whole number, or leave it out",
        )
    if (wanted.kind is BatchKind.FILES) != (wanted.document_type == FILE):
        raise BatchOrderRefused(
            "document_type",
            "按数据签发须指明文书种类,就绪文件不须 / rows need a document type, ready files have none",
            "请填写业务模块声明的文书种类 / name a document type that a module declares",
        )
    inside = all(_FIRST_MM <= one <= _LAST_MM for one in (place.x_mm, place.y_mm))
    if not (inside and 0 <= place.page < 2000):
        raise BatchOrderRefused(
            "place",
            "页码或位置超出范围 / page or position out of range",
            "页码从 1 起,位置以毫米计 / pages count from 1, positions in millimetres",
        )
    if wanted.idempotency_key is not None and not _is_key(wanted.idempotency_key):
        raise BatchOrderRefused(
            "idempotency_key",
            "应为 1–100 个可打印的 ASCII 字符 / 1-100 printable ASCII characters",
            "请换一个请求编号 / use another key",
        )


def _is_key(key: str) -> bool:
    return 0 < len(key) <= 100 and key.isascii() and key.isprintable()


def _digest(wanted: BatchOrder, by: Orderer) -> str:
    said = canonical_json(
        {
            "kind": wanted.kind.value,
            "seal_id": wanted.seal_id,
            "title": wanted.title,
            "document_type": wanted.document_type,
            "place": wanted.place.as_json(),
            "quota": wanted.quota,
            "agency": by.agency,
        }
    )
    return hashlib.sha256(said).hexdigest()


def _earlier(ports: BatchPorts, key: str | None, digest: str, by: Orderer) -> Batch | None:
    with ports.database.read() as connection:
        stored = _stored(connection, key, by)
        return None if stored is None else _same(connection, stored, digest)


def _stored(connection: Connection, key: str | None, by: Orderer) -> Row[Any] | None:
    if key is None:
        return None
    query = select(table).where(table.c.account_id == by.account_id, table.c.idempotency_key == key)
    return connection.execute(query).one_or_none()


def _same(connection: Connection, stored: Row[Any], digest: str) -> Batch:
    if stored.request_digest != digest:
        raise BatchKeyTaken
    return as_batch(stored, read_progress(connection, stored.id))


def _filling(ports: BatchPorts, batch_id: str, kind: BatchKind) -> Row[Any]:
    with ports.database.read() as connection:
        row = read_row(connection, batch_id)
    if row.state != BatchState.FILLING.value or row.kind != kind.value:
        raise BatchInAnotherState(row.state)
    return row


def store_items(ports: BatchPorts, batch_id: str, checked: Sequence[Checked]) -> Added:
    """One transaction for one delivery; the sequencer makes the numbers dense."""
    with ports.database.write() as connection:
        row, how_far = read_row(connection, batch_id), read_progress(connection, batch_id)
        if row.state != BatchState.FILLING.value:
            raise BatchInAnotherState(row.state)
        delivery = Delivery(ports, connection, batch_id, received=how_far.received, bad=how_far.bad)
        delivery.take(checked)
        connection.execute(
            update(progress)
            .where(progress.c.batch_id == batch_id)
            .values(received=delivery.received, bad=delivery.bad)
        )
        return delivery.added


class Delivery:
    """Items of one delivery, within one transaction."""

    def __init__(
        self, ports: BatchPorts, connection: Connection, batch_id: str, *, received: int, bad: int
    ) -> None:
        self._ports, self._connection, self._batch_id = ports, connection, batch_id
        self.received, self.bad = received, bad
        self.added = Added(0, 0, 0)
        self._fresh: list[dict[str, Any]] = []

    def take(self, checked: Sequence[Checked]) -> None:
        """Store what is new, replace what was sent again, and say of the rest that it is known."""
        lines = [one.line for one in checked if one.line]
        by_line = {row.line: row for row in self._found(items.c.line, lines)}
        keys = [one.key for one in checked if one.key]
        by_key = {row.item_key: row.line for row in self._found(items.c.item_key, keys)}
        for one in checked:
            self._one(one, by_line, by_key)
        if self._fresh:
            self._connection.execute(insert(items), self._fresh)

    def _found(self, column: Any, wanted: Sequence[Any]) -> list[Row[Any]]:
        rows: list[Row[Any]] = []
        for start in range(0, len(wanted), _AT_ONCE):
            query = select(items).where(
                items.c.batch_id == self._batch_id, column.in_(wanted[start : start + _AT_ONCE])
            )
            rows += self._connection.execute(query).all()
        return rows

    def _one(self, one: Checked, by_line: Mapping[int, Row[Any]], by_key: dict[str, int]) -> None:
        before = by_line.get(one.line)
        taken = by_key.get(one.key) if one.key else None
        if taken is not None and (before is None or before.line != taken):
            if not one.line:  # a file: the same content, or the same key, came before
                self.added = replace(self.added, known=self.added.known + 1)
                return
            one = replace(one, problems=(_duplicate(taken),))
        if (
            before is not None
            and not one.problems
            and (before.digest, before.item_key) == (one.digest, one.key)
        ):
            self.added = replace(self.added, known=self.added.known + 1)
            return
        values = self._values(one)
        if before is None:
            if self.received >= MOST_ITEMS:
                raise BatchTooLarge(MOST_ITEMS)
            self.received += 1
            values["number"] = self.received
            values["line"] = values["line"] or self.received
            values["item_key"] = values["item_key"] or f"!{values['line']}"
            self._fresh.append(values)
            by_key[values["item_key"]] = values["line"]
        else:
            self._replace(before, values)
        state = ItemState.BAD if one.problems else ItemState.WAITING
        self.bad += (state is ItemState.BAD) - (before is not None and before.state == ItemState.BAD.value)
        self.added = replace(
            self.added,
            accepted=self.added.accepted + (state is ItemState.WAITING),
            bad=self.added.bad + (state is ItemState.BAD),
        )

    def _replace(self, before: Row[Any], values: dict[str, Any]) -> None:
        del values["line"]
        values["item_key"] = values["item_key"] or f"!{before.line}"
        self._connection.execute(
            update(items)
            .where(items.c.batch_id == self._batch_id, items.c.number == before.number)
            .values(values)
        )
        if before.source_file_id is not None:
            drop_file(self._connection, before.source_file_id)

    def _values(self, one: Checked) -> dict[str, Any]:
        """Every column, so that many go in one statement."""
        source = None
        if one.content is not None and not one.problems:
            source = self._ports.random(16).hex()
            put_file(self._connection, source, one.content)
        return {
            "batch_id": self._batch_id,
            "line": one.line,
            "item_key": one.key if not one.problems or one.key.startswith("!") else "",
            "name": one.name,
            "digest": one.digest,
            "body": None if one.problems else one.body,
            "source_file_id": source,
            "state": (ItemState.BAD if one.problems else ItemState.WAITING).value,
            "problem": problems_text(one.problems),
            "prepared": one.prepared,
        }


def _duplicate(line: int) -> Problem:
    return Problem(
        "key",
        f"与第 {line} 行的编号或内容相同 / the same key or content as line {line}",
        "请删去重复的行,或填写不同的 key / leave it out, or give it a key of its own",
    )
