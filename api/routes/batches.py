# SPDX-License-Identifier: Apache-2.0
"""Batches over HTTP: order, deliver rows or files, start, look, take away.

Many files under one confirmation of the applicant's own key are ordered under ``/own-batches``.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import StreamingResponse

from ..accounts import rights_of
from ..batches import (
    FILE,
    MOST_ITEMS,
    MOST_SIGNED,
    Added,
    Batch,
    BatchItem,
    BatchKind,
    BatchOrder,
    ItemState,
    Orderer,
    Place,
    RawRow,
    RowFormat,
    RowReader,
    Upload,
)
from ..login import Session
from ..problems import FileMissing, PartMalformed
from ..wiring import Service
from .access import Right, ServiceOf, SessionOf, require
from .bodies import Base64, Id, RequestBody, Short, moment, to_base64

router = APIRouter(prefix="/api/v1", tags=["batches"])
MOST_FILES = 500
"""Files in one request."""
MOST_ZIPPED = 1_000
_ROWS_AT_ONCE, _BYTES_AT_ONCE = 400, 16 * 1024 * 1024
_FORMATS = {
    "text/csv": RowFormat.CSV,
    "application/jsonl": RowFormat.JSONL,
    "application/x-ndjson": RowFormat.JSONL,
}
Number = Annotated[int, Path(ge=1, le=MOST_ITEMS)]
After = Annotated[int, Query(ge=0, le=MOST_ITEMS)]


class NewBatch(RequestBody):
    """An order for an agency's seal.  ``page`` counts from 1, positions are millimetres."""

    kind: Literal["documents", "files"]
    seal_id: Id
    title: Short
    document_type: Short = FILE
    page: int = Field(1, ge=1, le=2000)
    x_mm: float = Field(140.0, ge=0, le=5000, allow_inf_nan=False)
    y_mm: float = Field(230.0, ge=0, le=5000, allow_inf_nan=False)
    quota: int | None = Field(None, ge=1, le=MOST_ITEMS)
    idempotency_key: str | None = Field(None, max_length=100)


class Start(RequestBody):
    """Whether the good items may go on without the bad ones."""

    accept_bad: bool = False


class Resume(RequestBody):
    """Another quota, if the order's is used up."""

    quota: int | None = Field(None, ge=1, le=MOST_ITEMS)


class NewOwnBatch(RequestBody):
    """An order for a key that only the applicant commands; ``certificate`` is its DER."""

    title: Short
    certificate: Base64
    idempotency_key: str | None = Field(None, max_length=100)


class ItemSignature(RequestBody):
    """The signature over one file's ``to_be_signed``."""

    number: int = Field(ge=1, le=MOST_ITEMS)
    signature: Base64


class SignedList(RequestBody):
    """One confirmation: the signed list, and a signature for each file on it."""

    list_signature: Base64
    signatures: list[ItemSignature] = Field(max_length=MOST_SIGNED)


# Orders of an officer


@router.post("/batches", status_code=201)
def order(body: NewBatch, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Open a batch; the same ``idempotency_key`` brings the same batch."""
    require(session, Right.DECIDE)
    wanted = BatchOrder(
        kind=BatchKind(body.kind),
        seal_id=body.seal_id,
        title=body.title,
        document_type=body.document_type,
        place=Place(body.page - 1, body.x_mm, body.y_mm),
        quota=body.quota,
        idempotency_key=body.idempotency_key,
    )
    return shown(service.batches.order(wanted, orderer(service, session)))


@router.get("/batches")
def listed(session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """The newest batches of this login: its agency's, or its own key's."""
    by = orderer(service, session)
    found = service.batches.listed(by, own=Right.DECIDE not in rights(session))
    return {"batches": [shown(one) for one in found]}


@router.post("/batches/{batch_id}/rows")
async def rows(
    batch_id: Id,
    request: Request,
    session: SessionOf,
    service: ServiceOf,
    first_line: Annotated[int, Query(ge=1, le=10 * MOST_ITEMS)] = 1,
) -> dict[str, int]:
    """Rows as ``text/csv`` or ``application/jsonl``, read as they arrive; safe to repeat.

    Larger inputs come in several requests: each CSV with its header, ``first_line`` the number of its first.
    """
    require(session, Right.DECIDE)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _FORMATS:
        raise PartMalformed("(body)", "应为 text/csv 或 application/jsonl / text/csv or application/jsonl")
    by = orderer(service, session)
    await run_in_threadpool(service.batches.get, batch_id, by)
    reader, total = RowReader(_FORMATS[kind], first_line=first_line), Added(0, 0, 0)
    async for some in _pieces(request, reader):
        added = await run_in_threadpool(service.batches.add_rows, batch_id, some, by)
        total = Added(total.accepted + added.accepted, total.known + added.known, total.bad + added.bad)
    return counted(total)


@router.post("/batches/{batch_id}/files")
async def files(batch_id: Id, request: Request, session: SessionOf, service: ServiceOf) -> dict[str, int]:
    """Ready PDF or OFD files as multipart parts; the same content again is known."""
    require(session, Right.DECIDE)
    by = orderer(service, session)
    return counted(await deliver(request, lambda some: service.batches.add_files(batch_id, some, by)))


@router.post("/batches/{batch_id}/start")
def start(batch_id: Id, body: Start, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Fix the items and begin.  With bad rows: 409, unless the good ones may go on alone."""
    require(session, Right.DECIDE)
    by = orderer(service, session)
    return shown(service.batches.start(batch_id, by, accept_bad=body.accept_bad))


@router.post("/batches/{batch_id}/resume")
def resume(batch_id: Id, body: Resume, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Go on with a batch that stopped."""
    require(session, Right.DECIDE)
    return shown(service.batches.resume(batch_id, orderer(service, session), quota=body.quota))


# Of an officer or an applicant


@router.get("/batches/{batch_id}")
def one(batch_id: Id, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """A batch and how far it is."""
    return shown(service.batches.get(batch_id, orderer(service, session)))


@router.post("/batches/{batch_id}/cancel")
def cancel(batch_id: Id, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """End a batch; when this answers, nothing more is released."""
    return shown(service.batches.cancel(batch_id, orderer(service, session)))


@router.get("/batches/{batch_id}/items")
def items(
    batch_id: Id,
    session: SessionOf,
    service: ServiceOf,
    after: After = 0,
    most: Annotated[int, Query(ge=1, le=500)] = 100,
    state: ItemState | None = None,
) -> dict[str, object]:
    """Items above a number, in their order; ``next`` asks for the page after."""
    found = service.batches.items(batch_id, orderer(service, session), after=after, most=most, state=state)
    return {
        "items": [item_shown(one) for one in found],
        "next": found[-1].number if len(found) == most else None,
    }


@router.get("/batches/{batch_id}/results.csv")
def results(batch_id: Id, session: SessionOf, service: ServiceOf) -> Response:
    """Every item with its result."""
    by = orderer(service, session)
    service.batches.get(batch_id, by)
    return StreamingResponse(
        service.batches.results(batch_id, by),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{batch_id}.csv"'},
    )


@router.get("/batches/{batch_id}/items/{item_number}/file")
def item_file(batch_id: Id, item_number: Number, session: SessionOf, service: ServiceOf) -> Response:
    """What one item came to."""
    name, content = service.batches.file(batch_id, item_number, orderer(service, session))
    end = "ofd" if name.lower().endswith(".ofd") else "pdf"
    return Response(
        content,
        media_type=f"application/{end}",
        headers={"Content-Disposition": f'attachment; filename="{batch_id}-{item_number}.{end}"'},
    )


@router.get("/batches/{batch_id}/files.zip")
def zipped(
    batch_id: Id,
    session: SessionOf,
    service: ServiceOf,
    after: After = 0,
    most: Annotated[int, Query(ge=1, le=MOST_ZIPPED)] = MOST_ZIPPED,
) -> Response:
    """Up to a thousand files above a number, one after the other: never all of them in memory."""
    by = orderer(service, session)
    service.batches.get(batch_id, by)
    return StreamingResponse(
        _zip(service, batch_id, by, after, most),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{batch_id}-{after + 1}.zip"'},
    )


# Orders for the applicant's own key


@router.post("/own-batches", status_code=201)
def order_own(body: NewOwnBatch, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Open a batch of files that this certificate will seal."""
    require(session, Right.FILE_SUBMISSIONS)
    made = service.batches.order_own(
        service.applicant(session), body.title, body.certificate, key=body.idempotency_key
    )
    return shown(made)


@router.post("/own-batches/{batch_id}/files")
async def own_files(batch_id: Id, request: Request, session: SessionOf, service: ServiceOf) -> dict[str, int]:
    """Ready PDF files as multipart parts, prepared for the applicant's key."""
    require(session, Right.FILE_SUBMISSIONS)
    applicant = service.applicant(session)
    return counted(
        await deliver(request, lambda some: service.batches.add_own_files(batch_id, some, applicant))
    )


@router.get("/own-batches/{batch_id}/list")
def signing_list(batch_id: Id, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """What is shown and signed: the list (sign these very bytes), and ``to_be_signed`` for each file."""
    require(session, Right.FILE_SUBMISSIONS)
    found = service.batches.signing_list(batch_id, service.applicant(session))
    return {
        **shown(found.batch),
        "list": to_base64(found.text),
        "items": [
            {
                "number": one.number,
                "name": one.name,
                "digest_algorithm": one.digest_algorithm,
                "digest": one.digest,
                "to_be_signed": to_base64(one.to_be_signed),
            }
            for one in found.items
        ],
    }


@router.post("/own-batches/{batch_id}/signatures")
def sign_all(batch_id: Id, body: SignedList, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Everything signed, in one request; the files are completed from here on.  Safe to repeat."""
    require(session, Right.FILE_SUBMISSIONS)
    given = {one.number: one.signature for one in body.signatures}
    if len(given) != len(body.signatures):
        raise PartMalformed("signatures", "同一文件有两个签名 / two signatures for one file")
    return shown(
        service.batches.sign_all(
            batch_id,
            service.applicant(session),
            list_signature=body.list_signature,
            signatures=given,
        )
    )


def orderer(service: Service, session: Session) -> Orderer:
    """Whose batches this login sees: an officer's agency's, or those of the applicant's own key."""
    if Right.DECIDE in rights(session):
        return Orderer(session.account_id, session.agency)
    return own_orderer(service, session)


def own_orderer(service: Service, session: Session) -> Orderer:
    """The applicant that this login stands for."""
    require(session, Right.FILE_SUBMISSIONS)
    return Orderer(session.account_id, service.applicant(session).holder)


def rights(session: Session) -> frozenset[Right]:
    """What this login may do."""
    return rights_of(session.roles)


async def deliver(request: Request, add: Callable[[list[Upload]], Added]) -> Added:
    """The files of a multipart body, a few megabytes at once."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise PartMalformed("(body)", "应为 multipart/form-data / must be multipart/form-data")
    total, some, size = Added(0, 0, 0), list[Upload](), 0
    async with request.form(max_files=MOST_FILES, max_fields=10) as form:
        found = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        if not found:
            raise FileMissing
        for index, value in enumerate(found, 1):
            some.append(Upload(value.filename or "file", await value.read()))
            size += len(some[-1].content)
            if size >= _BYTES_AT_ONCE or index == len(found):
                added = await run_in_threadpool(add, some)
                total = Added(
                    total.accepted + added.accepted, total.known + added.known, total.bad + added.bad
                )
                some, size = [], 0
    return total


async def _pieces(request: Request, reader: RowReader) -> AsyncIterator[list[RawRow]]:
    waiting: list[RawRow] = []
    async for data in request.stream():
        waiting += reader.feed(data)
        while len(waiting) >= _ROWS_AT_ONCE:
            yield waiting[:_ROWS_AT_ONCE]
            del waiting[:_ROWS_AT_ONCE]
    waiting += reader.finish()
    for start in range(0, len(waiting), _ROWS_AT_ONCE):
        yield waiting[start : start + _ROWS_AT_ONCE]


def _zip(service: Service, batch_id: str, by: Orderer, after: int, most: int) -> Iterator[bytes]:
    out = _Tail()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        left = most
        while left and (
            page := service.batches.items(
                batch_id, by, after=after, most=min(left, 100), state=ItemState.DONE
            )
        ):
            for one in page:
                name, content = service.batches.file(batch_id, one.number, by)
                archive.writestr(f"{one.number:07d}-{name}", content)
                yield out.take()
            after, left = page[-1].number, left - len(page)
    yield out.take()


class _Tail(io.RawIOBase):
    """Takes what a ZIP writer writes and lets it be taken away; it cannot go back."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def take(self) -> bytes:
        held, self._held = bytes(self._held), bytearray()
        return held


def counted(added: Added) -> dict[str, int]:
    """What came of a delivery."""
    return {"accepted": added.accepted, "known": added.known, "bad": added.bad}


def shown(one: Batch) -> dict[str, object]:
    """A batch as answers carry it."""
    far = one.progress
    return {
        "batch_id": one.batch_id,
        "kind": one.kind.value,
        "title": one.title,
        "document_type": one.document_type,
        "seal_id": one.seal_id,
        "state": one.state.value,
        "problem": one.problem.as_json() if one.problem else None,
        "quota": one.quota,
        "created_at": moment(one.created_at),
        "expires_at": moment(one.expires_at),
        "started_at": moment(one.started_at),
        "ended_at": moment(one.ended_at),
        "progress": {
            "received": far.received,
            "bad": far.bad,
            "done": far.done,
            "refused": far.refused,
            "failed": far.failed,
            "used": far.used,
            "ended": far.ended,
        },
    }


def item_shown(one: BatchItem) -> dict[str, object]:
    """An item as answers carry it."""
    return {
        "number": one.number,
        "line": one.line,
        "key": one.key,
        "name": one.name,
        "state": one.state.value,
        "problems": [problem.as_json() for problem in one.problems],
        "document_id": one.document_id,
        "sha256": one.sha256,
        "sm3": one.sm3,
        "ledger_index": one.ledger_index,
        "done_at": moment(one.done_at),
    }
