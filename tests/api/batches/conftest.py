# SPDX-License-Identifier: Apache-2.0
"""Batches over real rooms: an officer with a grant, tiny PDF files, workers whose deaths a test decides."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from api.batches import (
    PROTECTED,
    Batch,
    Batches,
    BatchKind,
    BatchOrder,
    BatchPorts,
    ItemState,
    Orderer,
    RowFormat,
    RowReader,
    Upload,
    Worker,
)
from api.database.tables import intents as intents_table
from api.database.tables_batches import batch_items as items_table
from api.database.tables_editions import document_editions
from api.database.tables_sealing import documents as documents_table
from api.database.tables_sealing import files as files_table
from api.desk import protected_rows
from api.ledger import FindingKind, check_ledger

A3 = "11510106DEM9A00331"
E01, E02, E07 = "91510100DEM001017Y", "91510104DEM001025K", "91510106DEM001076Q"
SHEET = "credit_sheet"


def tiny_pdf(number: int, *, pad: int = 0) -> bytes:
    """The smallest file that may be sealed; another one for each number."""
    words = b"%%no %d" % number + b" " * pad
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> /Contents 4 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(words), words),
    )
    out, places = bytearray(b"%PDF-1.7\n"), []
    for index, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (index, one)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % one for one in places)
    out += b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def csv_of(rows: Sequence[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


class Killed(BaseException):
    """The process ends here: no handler of ours runs."""


class Desk:
    """An officer who orders batches, and as many workers as a test wants."""

    def __init__(self, rooms: Any) -> None:
        self.rooms = rooms
        self.by = Orderer("officer-1", A3)
        self.seal = rooms.seal_of()
        self.ports = BatchPorts(
            database=rooms.database,
            ledger=rooms.ledger,
            intents=rooms.intents,
            modules=rooms.modules,
            seals=rooms.seals,
            warrants=rooms.warrants,
            issuing=rooms.issuing,
            trust=rooms.ports.trust,
            evidence=rooms.ports.evidence,
            certificate_owner=rooms.ports.certificate_owner,
            clock=rooms.clock,
            random=rooms.random,
            monotonic=time.monotonic,
            worker="test/1/1",
            allowance=rooms.warrants,
        )
        self.batches = Batches(self.ports)

    def grant(self, *types: str) -> None:
        now = self.rooms.clock()
        self.rooms.grants.give(
            self.seal.seal_id,
            self.by.account_id,
            document_types=types or ("file", SHEET, "construction_permit"),
            period=(now - timedelta(minutes=1), now + timedelta(days=30)),
            by="test",
        )

    def order(self, kind: BatchKind = BatchKind.FILES, **more: Any) -> Batch:
        facts: dict[str, Any] = {"seal_id": self.seal.seal_id, "title": "样例批次", **more}
        if kind is BatchKind.DOCUMENTS:
            facts.setdefault("document_type", SHEET)
        return self.batches.order(BatchOrder(kind=kind, **facts), self.by)

    def files(self, numbers: Iterable[int], **more: Any) -> Batch:
        """A batch of tiny files, delivered and not started."""
        batch = self.order(**more)
        uploads = [Upload(f"{number:05d}.pdf", tiny_pdf(number)) for number in numbers]
        self.batches.add_files(batch.batch_id, uploads, self.by)
        return self.get(batch)

    def rows(self, content: bytes, form: RowFormat = RowFormat.CSV, **more: Any) -> Batch:
        """A batch of rows, delivered and not started."""
        batch = self.order(BatchKind.DOCUMENTS, **more)
        self.deliver(batch, content, form)
        return self.get(batch)

    def deliver(self, batch: Batch, content: bytes, form: RowFormat = RowFormat.CSV) -> Any:
        reader = RowReader(form)
        return self.batches.add_rows(batch.batch_id, [*reader.feed(content), *reader.finish()], self.by)

    def start(self, batch: Batch, **more: Any) -> Batch:
        return self.batches.start(batch.batch_id, self.by, **more)

    def get(self, batch: Batch) -> Batch:
        return self.batches.get(batch.batch_id, self.by)

    def items(self, batch: Batch, state: ItemState | None = None) -> Any:
        return self.batches.items(batch.batch_id, self.by, state=state)

    def worker(self, name: str = "test/1/1", *, gone: Sequence[str] = (), **ports: Any) -> Worker:
        """Another process: ``gone`` are those that it knows to be dead."""
        changed = replace(self.ports, worker=name, is_gone=lambda one: one in gone, **ports)
        return Batches(changed).worker()

    def open_intents(self) -> int:
        return self.count(intents_table.c.outcome.is_(None))

    def count(self, *conditions: Any) -> int:
        with self.rooms.database.read() as connection:
            return int(connection.execute(select(func.count()).where(*conditions)).scalar_one())

    def problems(self) -> list[Any]:
        """What the check of the database against the ledger finds."""
        sources = {**protected_rows(), **PROTECTED}
        found = check_ledger(self.rooms.database, self.rooms.ledger.log_keys(), sources)
        known = FindingKind.NOT_COMPARED
        return [one for one in found.findings if one.kind is not known or one.table in sources]

    def require_once(self, batch: Batch, wanted: int) -> None:
        """Every document once: as many results as items, no two the same, no file without owner, no gap."""
        with self.rooms.database.read() as connection:
            rows = connection.execute(
                select(items_table)
                .where(items_table.c.batch_id == batch.batch_id)
                .order_by(items_table.c.number)
            ).all()
            every = connection.execute(select(items_table.c.file_id, items_table.c.source_file_id)).all()
            editions = set(connection.execute(select(document_editions.c.file_id)).scalars())
            files = set(connection.execute(select(files_table.c.id)).scalars())
            documents = connection.execute(select(documents_table)).all()
        done = [one for one in rows if one.state == ItemState.DONE.value]
        assert [one.number for one in rows] == list(range(1, len(rows) + 1))
        assert len(done) == len({one.sha256 for one in done}) == wanted
        owned = {one for row in every for one in row} | editions
        assert files == (owned | {one.file_id for one in documents}) - {None}
        made = [one.document_id for one in done if one.document_id]
        assert sorted(made) == sorted(one.id for one in documents if one.officer == self.by.account_id)
        assert self.open_intents() == 0
        assert self.problems() == []


@pytest.fixture
def desk(rooms: Any) -> Desk:
    made = Desk(rooms)
    made.grant()
    return made
