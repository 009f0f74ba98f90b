# SPDX-License-Identifier: Apache-2.0
"""Batches as their orderers meet them: order, deliver, start, look, stop for good, resume, take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from ..database.tables_batches import batch_items as items
from ..database.tables_batches import batch_progress as progress
from ..database.tables_batches import batches as table
from ..database.tables_sealing import documents as documents_table
from ..documents import FileAltered, file_sha256, get_file
from ..submissions import Applicant
from . import intake, own_key
from .claiming import drop_open, living_intents
from .errors import BatchInAnotherState, BatchOrderRefused, NoSuchBatch, NoSuchBatchItem
from .model import (
    MOST_ITEMS,
    Added,
    Batch,
    BatchItem,
    BatchKind,
    BatchOrder,
    BatchState,
    ItemState,
    Orderer,
    RawRow,
    Upload,
)
from .own_key import SigningList
from .ports import BatchPorts
from .store import as_batch, as_item, change, read_batch, read_progress, read_row, require_batch_in_log
from .working import Worker

_PAGE = 500
LISTED = 100
"""How many batches are listed, newest first."""
RESULT_COLUMNS = (
    "number",
    "line",
    "key",
    "name",
    "state",
    "document_id",
    "sha256",
    "sm3",
    "ledger_index",
    "problems",
)


class Batches:
    """The one way to many documents."""

    def __init__(self, ports: BatchPorts) -> None:
        self._ports = ports

    # Orders

    def order(self, wanted: BatchOrder, by: Orderer) -> Batch:
        """Open a batch under an agency's seal; the same key brings the same batch."""
        return intake.order(self._ports, wanted, by)

    def add_rows(self, batch_id: str, rows: Sequence[RawRow], by: Orderer) -> Added:
        """Rows of data, a few hundred at once; sent again, they are known."""
        self._mine(batch_id, by)
        return intake.add_rows(self._ports, batch_id, rows)

    def add_files(self, batch_id: str, uploads: Sequence[Upload], by: Orderer) -> Added:
        """Ready files; the same content again is known."""
        self._mine(batch_id, by)
        return intake.add_files(self._ports, batch_id, uploads)

    def start(self, batch_id: str, by: Orderer, *, accept_bad: bool = False) -> Batch:
        """Let the work begin; see :func:`.intake.start`."""
        self._mine(batch_id, by)
        return intake.start(self._ports, batch_id, by, accept_bad=accept_bad)

    def cancel(self, batch_id: str, by: Orderer) -> Batch:
        """End a batch now: when this returns, nothing more is released.  Again changes nothing."""
        with self._ports.ledger.transaction() as tx:
            row = self._read(tx.connection, batch_id, by)
            if row.state != BatchState.CANCELLED.value:
                drop_open(self._ports, tx, batch_id, "cancelled")
                change(
                    tx,
                    row,
                    {
                        "state": BatchState.CANCELLED.value,
                        "ended_at": self._ports.clock(),
                        "changed_by": by.account_id,
                    },
                    kind="batch.cancelled",
                    body={"done": read_progress(tx.connection, batch_id).done},
                )
            return read_batch(tx.connection, batch_id)

    def resume(self, batch_id: str, by: Orderer, *, quota: int | None = None) -> Batch:
        """Go on with a stopped batch, with another quota if one is given."""
        if quota is not None and not 1 <= quota <= MOST_ITEMS:
            raise BatchOrderRefused(
                "quota", f"应为 1–{MOST_ITEMS} / between 1 and {MOST_ITEMS}", "请填写整数 / give a number"
            )
        with self._ports.ledger.transaction() as tx:
            row = self._read(tx.connection, batch_id, by)
            if row.state == BatchState.RUNNING.value:
                return read_batch(tx.connection, batch_id)
            if row.state != BatchState.STOPPED.value:
                raise BatchInAnotherState(row.state)
            values = {
                "state": BatchState.RUNNING.value,
                "problem": None,
                "quota": row.quota if quota is None else quota,
                "changed_by": by.account_id,
            }
            change(tx, row, values, kind="batch.resumed", body={"quota": values["quota"]})
            found = read_batch(tx.connection, batch_id)
        self._ports.wake(batch_id)
        return found

    # Orders for the applicant's own key

    def order_own(
        self, applicant: Applicant, title: str, certificate: bytes, *, key: str | None = None
    ) -> Batch:
        """Open a batch for files that this certificate will seal."""
        return own_key.order_own(self._ports, applicant, title, certificate, key=key)

    def add_own_files(self, batch_id: str, uploads: Sequence[Upload], applicant: Applicant) -> Added:
        """Prepare files for the applicant's key."""
        self._mine(batch_id, _orderer(applicant))
        return own_key.add_own_files(self._ports, batch_id, uploads)

    def signing_list(self, batch_id: str, applicant: Applicant) -> SigningList:
        """The list, and what has to be signed for each file."""
        self._mine(batch_id, _orderer(applicant))
        return own_key.signing_list(self._ports, batch_id)

    def sign_all(
        self,
        batch_id: str,
        applicant: Applicant,
        *,
        list_signature: bytes,
        signatures: Mapping[int, bytes],
    ) -> Batch:
        """Everything signed comes back in one request."""
        self._mine(batch_id, _orderer(applicant))
        return own_key.sign_all(
            self._ports, batch_id, applicant, list_signature=list_signature, signatures=signatures
        )

    # Looking

    def get(self, batch_id: str, by: Orderer) -> Batch:
        """One batch of this orderer.  Raises :class:`NoSuchBatch`, and ``RowAltered`` for an edited one."""
        with self._ports.database.read() as connection:
            row = self._read(connection, batch_id, by)
            require_batch_in_log(connection, row)
            return as_batch(row, read_progress(connection, batch_id))

    def listed(self, by: Orderer, *, own: bool = False) -> tuple[Batch, ...]:
        """The newest batches: of the agency, or with ``own`` those of the login's own key."""
        is_own = table.c.kind == BatchKind.OWN_KEY.value
        whose = (is_own, table.c.account_id == by.account_id) if own else (~is_own,)
        query = select(table).where(table.c.agency == by.agency, *whose)
        query = query.order_by(table.c.created_at.desc(), table.c.id).limit(LISTED)
        with self._ports.database.read() as connection:
            rows = connection.execute(query).all()
            far = select(progress).where(progress.c.batch_id.in_([row.id for row in rows]))
            how_far = {one.batch_id: one for one in connection.execute(far)}
            return tuple(as_batch(row, how_far[row.id]) for row in rows)

    def items(
        self, batch_id: str, by: Orderer, *, after: int = 0, most: int = _PAGE, state: ItemState | None = None
    ) -> tuple[BatchItem, ...]:
        """Items with numbers above ``after``, in their order; at most ``most``."""
        with self._ports.database.read() as connection:
            self._read(connection, batch_id, by)
            query = select(items).where(items.c.batch_id == batch_id, items.c.number > after)
            if state is not None:
                query = query.where(items.c.state == state.value)
            rows = connection.execute(query.order_by(items.c.number).limit(min(most, _PAGE))).all()
        return tuple(as_item(row) for row in rows)

    def results(self, batch_id: str, by: Orderer) -> Iterator[bytes]:
        """Every item as CSV (RFC 4180, UTF-8 with a mark, so that sheets read it), page by page."""
        self._mine(batch_id, by)
        yield "\ufeff".encode() + _csv([RESULT_COLUMNS])
        after = 0
        while page := self.items(batch_id, by, after=after):
            yield _csv([_result(one) for one in page])
            after = page[-1].number

    def file(self, batch_id: str, number: int, by: Orderer) -> tuple[str, bytes]:
        """Name and content of what one item came to.  Raises ``FileAltered`` rather than hand out another."""
        with self._ports.database.read() as connection:
            self._read(connection, batch_id, by)
            query = select(items).where(items.c.batch_id == batch_id, items.c.number == number)
            item = connection.execute(query).one_or_none()
            if item is None or item.state != ItemState.DONE.value:
                raise NoSuchBatchItem(batch_id, number)
            content = get_file(connection, _file_id(connection, item))
        if content is None or file_sha256(content) != item.sha256:
            raise FileAltered(item.document_id or f"{batch_id}/{number}")
        name = f"{item.document_id}.pdf" if item.document_id else item.name
        return name, content

    def orderer_of(self, batch_id: str) -> Orderer:
        """Who ordered it: for the console of the service, which sees every batch."""
        with self._ports.database.read() as connection:
            row = read_row(connection, batch_id)
        return Orderer(row.account_id, row.agency)

    # Working

    def worker(self) -> Worker:
        """A worker of this process; one for each thread."""
        return Worker(self._ports)

    def living_intents(self) -> frozenset[str]:
        """Intents of workers that are in time, here or elsewhere."""
        with self._ports.database.read() as connection:
            return living_intents(connection, self._ports.clock())

    def _mine(self, batch_id: str, by: Orderer) -> None:
        with self._ports.database.read() as connection:
            self._read(connection, batch_id, by)

    def _read(self, connection: Connection, batch_id: str, by: Orderer) -> Row[Any]:
        row = read_row(connection, batch_id)
        mine = row.account_id == by.account_id or row.kind != BatchKind.OWN_KEY.value
        if row.agency != by.agency or not mine:
            raise NoSuchBatch(batch_id)
        return row


def _file_id(connection: Connection, item: Row[Any]) -> str | None:
    if item.document_id is None:
        return str(item.file_id)
    query = select(documents_table.c.file_id).where(documents_table.c.id == item.document_id)
    return connection.execute(query).scalar_one_or_none()


def _orderer(applicant: Applicant) -> Orderer:
    return Orderer(applicant.account_id, applicant.holder)


def _result(one: BatchItem) -> list[object]:
    problems = "; ".join(f"{problem.field}: {problem.rule} → {problem.todo}" for problem in one.problems)
    return [
        one.number,
        one.line,
        _cell(one.key),
        _cell(one.name),
        one.state.value,
        one.document_id or "",
        one.sha256 or "",
        one.sm3 or "",
        "" if one.ledger_index is None else one.ledger_index,
        _cell(problems),
    ]


def _cell(text: str) -> str:
    """A text that no sheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()
