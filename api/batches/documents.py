# SPDX-License-Identifier: Apache-2.0
"""Documents of one type from rows of data: the steps of single issuing, for many at once.

A running number is taken once for an item and stays with it: a crash neither wastes nor doubles one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, select, update

from keys import HashAlgorithm, digest
from relying import Composition, DocumentType, Order

from ..approvals import Warrant
from ..database.tables_batches import batch_items as items
from ..database.tables_sealing import documents as documents_table
from ..documents import ISSUE, REHEARSAL, Draft, IssueOrder, Made, file_sha256, intended, next_number
from ..ledger import Intent, Transaction
from ..seals import UsableSeal
from .making import Announced, Preparation, Settled, judged, note_use, write_done
from .ports import BatchPorts

_RENUMBERED = 100
"""Taken numbers that are walked past before something else must be wrong."""


class DocumentMaker:
    """Issues documents."""

    act = ISSUE

    def __init__(self, ports: BatchPorts, batch: Row[Any], seal: UsableSeal, warrant: Warrant) -> None:
        self._ports, self._batch, self._seal, self._warrant = ports, batch, seal, warrant
        self._declared: DocumentType = ports.modules.document(batch.document_type)
        self._at = ports.clock()

    def order_for(self, made: Composition) -> IssueOrder:
        """What one document is issued on."""
        return IssueOrder(
            type=self._declared.name,
            title=self._declared.zh,
            code=self._declared.code,
            made=made,
            seal=self._seal,
            at=self._at,
            officer=self._batch.account_id,
            warrant=self._warrant,
        )

    def prepare(self, waiting: Sequence[Row[Any]], last: int) -> Preparation:
        """Compose everything, first without a number: what is refused spends none."""
        settled: list[Settled] = []
        good: list[Row[Any]] = []
        for item in waiting:
            with judged(item, settled):
                self._compose(item, REHEARSAL)
                good.append(item)
        numbers = self._numbers(good)
        ready: list[Announced] = []
        serials: set[str] = set()
        for item in good:
            with judged(item, settled):
                made = self._compose(item, numbers[item.number])
                if made.serial in serials:
                    # Two versions of one document: the second is drafted when the first is on record.
                    return Preparation(ready, _up_to(settled, item.number - 1), item.number - 1)
                serials.add(made.serial)
                order = self.order_for(made)
                draft = self._ports.issuing.draft(order)
                ready.append(Announced(item, intended(draft, self._seal), (draft, order)))
        return Preparation(ready, settled, last)

    def make(self, one: Announced, intent: Intent) -> Made:
        """Statement, page, seal, check."""
        draft: Draft = one.plan[0]
        return self._ports.issuing.make(draft, self._seal, intent, authority=self._warrant.authority)

    def record(self, tx: Transaction, made: Sequence[tuple[Announced, Made]]) -> None:
        """The documents with their entries, and the items."""
        done: dict[int, dict[str, Any]] = {}
        for one, document in made:
            index = self._ports.issuing.record(tx, document, one.plan[1])
            done[one.item.number] = {
                "document_id": document.draft.document_id,
                "sha256": file_sha256(document.pdf),
                "sm3": digest(HashAlgorithm.SM3, document.pdf).value.hex(),
                "ledger_index": index,
                "done_at": self._at,
            }
        write_done(tx, self._batch.id, done)
        note_use(self._ports, tx, self._warrant, self._seal, len(made), at=self._at)

    def _compose(self, item: Row[Any], sequence: int) -> Composition:
        body = json.loads(item.body)
        order = Order(body["holder"], self._seal.holder, body["data"], sequence, self._at)
        return self._ports.modules.compose(self._declared.name, order)

    def _numbers(self, good: Sequence[Row[Any]]) -> dict[int, int]:
        """The running number of each item, new ones for those that have none: one transaction."""
        numbers = {item.number: item.sequence for item in good}
        lacking = [item for item in good if item.sequence is None]
        if not lacking:
            return numbers
        with self._ports.ledger.transaction() as tx:
            for item in lacking:
                numbers[item.number] = sequence = self._free_number(tx.connection, item)
                tx.connection.execute(
                    update(items)
                    .where(items.c.batch_id == item.batch_id, items.c.number == item.number)
                    .values(sequence=sequence)
                )
        return numbers

    def _free_number(self, connection: Connection, item: Row[Any]) -> int:
        """The next number, past those whose serial is on a document already: a counter may be set back."""
        for _ in range(_RENUMBERED):
            sequence = next_number(connection, f"document/{self._declared.name}")
            made = self._compose(item, sequence)
            if not self._is_known(connection, made.serial):
                return sequence
            if self._compose(item, sequence + 1).serial == made.serial:
                return sequence  # the number makes no serial: this is a new version of a document
        return sequence

    def _is_known(self, connection: Connection, serial: str) -> bool:
        table = documents_table
        query = select(table.c.id).where(
            table.c.type == self._declared.name,
            table.c.issuer == self._seal.holder,
            table.c.serial == serial,
        )
        return connection.execute(query.limit(1)).first() is not None


def _up_to(settled: Sequence[Settled], last: int) -> list[Settled]:
    return [replace(one) for one in settled if one.item.number <= last]
