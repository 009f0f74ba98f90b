# SPDX-License-Identifier: Apache-2.0
"""Ready PDF and OFD files: each sealed at the place of the order, reopened, and kept beside its item."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, delete, insert, select

from keys import HashAlgorithm, digest
from seal import Appearance, SealDesign, drawing_pdf, seal_ofd, seal_pdf
from verify import Indication, Report, check_ofd, check_pdf

from ..approvals import Warrant
from ..database.tables_batches import batch_items as items
from ..database.tables_sealing import files
from ..documents import SealDidNotVerify, file_sha256
from ..ledger import Intent, Transaction
from ..seals import UsableSeal, drawing_of
from .checking import is_ofd, placement_of, require_esl
from .errors import UploadAltered
from .making import Announced, Preparation, note_use, write_done
from .model import Place
from .ports import BatchPorts
from .store import commit_item

MOST_BYTES = 32 * 1024 * 1024
"""Upload bytes of one chunk: it is in memory, twice."""


class FileMaker:
    """Seals files."""

    act = "file.seal"

    def __init__(self, ports: BatchPorts, batch: Row[Any], seal: UsableSeal, warrant: Warrant) -> None:
        self._ports, self._batch, self._seal, self._warrant = ports, batch, seal, warrant
        self._place = Place.parse(json.loads(batch.placement))
        self._trust = ports.trust()
        self._at = ports.clock()
        self._appearance = appearance_of(seal.design)

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
        content = source_of(one)
        if is_ofd(content):
            return self._ofd(content)
        sealed = seal_pdf(
            content,
            self._seal.signer,
            sealing=self._seal.sealing,
            at=self._at,
            placement=placement_of(self._place, self._seal.drawing),
            appearance=self._appearance,
            reason=self._seal.holder_name,
            authority=self._warrant.authority,
        )
        require_passed(check_pdf(sealed, trust=self._trust, at=self._at))
        return sealed

    def _ofd(self, content: bytes) -> bytes:
        seal = self._seal
        sealed = seal_ofd(
            content,
            seal.signer,
            esl=require_esl(seal.esl),
            certificate=seal.sealing.certificate,
            at=self._at,
            marks=(placement_of(self._place, seal.drawing),),
            authority=self._warrant.authority,
        )
        # Unlike a PDF an OFD brings no issuers and no lists: whoever checks it has them from the trust list.
        trust = replace(
            self._trust,
            intermediates=(*self._trust.intermediates, *seal.sealing.chain),
            crls=(*self._trust.crls, *seal.sealing.crls),
        )
        require_passed(check_ofd(sealed, trust=trust, at=self._at))
        return sealed

    def record(self, tx: Transaction, made: Sequence[tuple[Announced, bytes]]) -> None:
        """The sealed files take the place of the uploads, which they begin with."""
        record_files(self._ports, tx, made, at=self._at, seal_id=self._seal.seal_id)
        note_use(self._ports, tx, self._warrant, self._seal, len(made), at=self._at)


@lru_cache(maxsize=64)
def appearance_of(design: SealDesign) -> Appearance:
    """The drawing of a seal as it goes into a page; drawn once for each design."""
    return Appearance(*drawing_pdf(drawing_of(design)))


def announce_files(
    ports: BatchPorts,
    waiting: Sequence[Row[Any]],
    last: int,
    facts: Callable[[Row[Any]], dict[str, Any]],
) -> Preparation:
    """As many of the files as memory takes."""
    chosen: list[Row[Any]] = []
    with ports.database.read() as connection:
        query = select(files.c.id, files.c.size).where(
            files.c.id.in_([one.source_file_id for one in waiting])
        )
        sizes = {row.id: row.size for row in connection.execute(query)}
        total = 0
        for item in waiting:
            total += sizes.get(item.source_file_id, 0)
            if chosen and total > MOST_BYTES:
                last = item.number - 1
                break
            chosen.append(item)
        found = select(files.c.id, files.c.content).where(
            files.c.id.in_([one.source_file_id for one in chosen])
        )
        contents = {row.id: bytes(row.content) for row in connection.execute(found)}
    ready = [Announced(item, facts(item), contents.get(item.source_file_id)) for item in chosen]
    return Preparation(ready, (), last)


def source_of(one: Announced) -> bytes:
    """The upload, if it is still the one that was ordered."""
    content: bytes | None = one.plan
    if content is None or file_sha256(content) != one.item.digest:
        raise UploadAltered(one.item.number)
    return content


def require_passed(report: Report) -> None:
    """The reader decides, not the writer.  Raises :class:`SealDidNotVerify`."""
    if report.indication is not Indication.TOTAL_PASSED:
        reasons = [*report.reasons, *(reason for part in report.signatures for reason in part.reasons)]
        raise SealDidNotVerify(report.indication.value, tuple(reason.code for reason in reasons))


def record_files(
    ports: BatchPorts,
    tx: Transaction,
    made: Sequence[tuple[Announced, bytes]],
    *,
    at: datetime,
    seal_id: str | None,
) -> None:
    """Files, items and entries together, in few statements."""
    if not made:
        return
    batch_id = made[0][0].item.batch_id
    stored: list[dict[str, Any]] = []
    done: dict[int, dict[str, Any]] = {}
    first = tx.next_index()
    for index, (one, content) in enumerate(made):
        file_id, sha256 = ports.random(16).hex(), file_sha256(content)
        stored.append({"id": file_id, "sha256": sha256, "size": len(content), "content": content})
        done[one.item.number] = {
            "file_id": file_id,
            "sha256": sha256,
            "sm3": digest(HashAlgorithm.SM3, content).value.hex(),
            "ledger_index": first + index,
            "done_at": at,
        }
    tx.connection.execute(insert(files), stored)
    write_done(tx, batch_id, done)
    tx.connection.execute(delete(files).where(files.c.id.in_([one.item.source_file_id for one, _ in made])))
    query = select(items).where(items.c.batch_id == batch_id, items.c.number.in_(list(done)))
    rows = {row.number: row._asdict() for row in tx.connection.execute(query)}
    for (one, _), file in zip(made, stored, strict=True):
        commit_item(
            tx,
            rows[one.item.number],
            {"sha256": file["sha256"], "size": file["size"], "content": file["sha256"]},
            kind="file.sealed",
            body={
                "batch_id": batch_id,
                "number": one.item.number,
                "seal_id": seal_id,
                "sha256": file["sha256"],
                "sm3": done[one.item.number]["sm3"],
            },
        )
