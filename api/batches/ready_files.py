# SPDX-License-Identifier: Apache-2.0
"""Ready PDF files: each sealed at the place of the order, reopened, and kept beside its item."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from keys import HashAlgorithm, digest
from seal import Appearance, draw_seal, drawing_pdf, seal_pdf
from verify import Indication, Trust, check_pdf

from ..database.tables_batches import batch_items as items
from ..database.tables_sealing import files
from ..documents import SealDidNotVerify, drop_file, file_sha256, get_file, put_file
from ..ledger import Intent, Transaction
from ..seals import UsableSeal
from .checking import placement_of
from .errors import UploadAltered
from .making import Announced, Preparation, write_done
from .model import Place
from .ports import BatchPorts
from .store import commit_item

MOST_BYTES = 32 * 1024 * 1024
"""Upload bytes of one chunk: it is in memory, twice."""


class FileMaker:
    """Seals files."""

    act = "file.seal"

    def __init__(self, ports: BatchPorts, batch: Row[Any], seal: UsableSeal) -> None:
        self._ports, self._batch, self._seal = ports, batch, seal
        self._place = Place.parse(json.loads(batch.placement))
        self._trust = ports.trust()
        self._at = ports.clock()
        stream, box = drawing_pdf(draw_seal(seal.design))
        self._appearance = Appearance(stream, box)

    def prepare(self, waiting: Sequence[Row[Any]], last: int) -> Preparation:
        """What is to be sealed, as it was uploaded."""
        return announce_files(
            self._ports,
            waiting,
            last,
            lambda item: {
                "batch_id": item.batch_id,
                "seal_id": self._seal.seal_id,
                "sha256": item.digest,
            },
        )

    def make(self, one: Announced, _intent: Intent) -> bytes:
        """Seal and reopen."""
        sealed = seal_pdf(
            read_source(self._ports, one),
            self._seal.signer,
            sealing=self._seal.sealing,
            at=self._at,
            placement=placement_of(self._place, self._seal.design.diameter_mm),
            appearance=self._appearance,
            reason=self._seal.holder_name,
        )
        require_passed(sealed, self._trust, self._at)
        return sealed

    def record(self, tx: Transaction, one: Announced, made: bytes) -> None:
        """The sealed file takes the place of the upload, which it begins with."""
        record_file(self._ports, tx, one, made, at=self._at, seal_id=self._seal.seal_id)


def announce_files(
    ports: BatchPorts,
    waiting: Sequence[Row[Any]],
    last: int,
    facts: Callable[[Row[Any]], dict[str, Any]],
) -> Preparation:
    """As many of the files as memory takes."""
    wanted = [one.source_file_id for one in waiting]
    with ports.database.read() as connection:
        query = select(files.c.id, files.c.size).where(files.c.id.in_(wanted))
        sizes = {row.id: row.size for row in connection.execute(query)}
    ready: list[Announced] = []
    total = 0
    for item in waiting:
        total += sizes.get(item.source_file_id, 0)
        if ready and total > MOST_BYTES:
            return Preparation(ready, (), item.number - 1)
        ready.append(Announced(item, facts(item), None))
    return Preparation(ready, (), last)


def read_source(ports: BatchPorts, one: Announced) -> bytes:
    """The upload, if it is still the one that was ordered."""
    with ports.database.read() as connection:
        content = get_file(connection, one.item.source_file_id)
    if content is None or file_sha256(content) != one.item.digest:
        raise UploadAltered(one.item.number)
    return content


def require_passed(sealed: bytes, trust: Trust, at: datetime) -> None:
    """The reader decides, not the writer.  Raises :class:`SealDidNotVerify`."""
    report = check_pdf(sealed, trust=trust, at=at)
    if report.indication is not Indication.TOTAL_PASSED:
        reasons = [*report.reasons, *(reason for part in report.signatures for reason in part.reasons)]
        raise SealDidNotVerify(report.indication.value, tuple(reason.code for reason in reasons))


def record_file(
    ports: BatchPorts, tx: Transaction, one: Announced, made: bytes, *, at: datetime, seal_id: str | None
) -> None:
    """File, item and entry together."""
    item, file_id = one.item, ports.random(16).hex()
    sha256 = put_file(tx.connection, file_id, made)
    values: dict[str, Any] = {
        "file_id": file_id,
        "sha256": sha256,
        "sm3": digest(HashAlgorithm.SM3, made).value.hex(),
        "ledger_index": tx.next_index(),
        "done_at": at,
    }
    write_done(tx, item, values)
    if item.source_file_id is not None:
        drop_file(tx.connection, item.source_file_id)
    stored = select(items).where(items.c.batch_id == item.batch_id, items.c.number == item.number)
    row = tx.connection.execute(stored).one()._asdict()
    commit_item(
        tx,
        row,
        kind="file.sealed",
        body={
            "batch_id": item.batch_id,
            "number": item.number,
            "seal_id": seal_id,
            "sha256": sha256,
            "sm3": values["sm3"],
        },
    )
