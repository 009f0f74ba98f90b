# SPDX-License-Identifier: Apache-2.0
"""The public log and the trust list, as files that anybody may fetch and keep.

Checkpoints, tiles and bundles are the published files themselves (C2SP tlog-tiles): a static server in front
of the service may answer for it from the same folder.
"""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from ..ledger import CosignatureRefused, NotPublished
from .access import ServiceOf

router = APIRouter(tags=["log"])
Index = Annotated[int, Path(ge=0, le=2**53)]
Size = Annotated[int, Query(ge=0, le=2**53)]
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
FOR_SECONDS = {"Cache-Control": "public, max-age=2"}
LARGEST_NOTE = 128 * 1024


@router.get("/trust-list.json")
def trust_list(service: ServiceOf) -> Response:
    """The signed trust list."""
    return Response(
        service.publisher.current(),
        media_type="application/json",
        headers={"Cache-Control": "public, max-age=300"},
    )


@router.get("/log/checkpoint")
def checkpoint(service: ServiceOf) -> Response:
    """The newest signed checkpoint (C2SP tlog-checkpoint), with the cosignatures that came in for it."""
    service.log_publisher.publish()
    return _note(service.log_publisher.files.note(), "checkpoint")


@router.get("/log/checkpoint.witnessed")
def witnessed(service: ServiceOf) -> Response:
    """The newest of the checkpoints that most witnesses cosigned."""
    name = "checkpoint.witnessed"
    return _note(service.log_publisher.files.note(name), name)


@router.get("/log/tile/{path:path}")
def tile(path: str, service: ServiceOf) -> Response:
    """A tile of the SHA-256 tree or a bundle of entries."""
    return _tile(f"tile/{path}", service)


@router.get("/log/sm3/tile/{path:path}")
def sm3_tile(path: str, service: ServiceOf) -> Response:
    """A tile of the SM3 tree."""
    return _tile(f"sm3/tile/{path}", service)


@router.post("/log/cosignatures", status_code=204)
async def cosignatures(request: Request, service: ServiceOf) -> Response:
    """Take the word of witnesses: a checkpoint of this log with their signature lines, as text."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_NOTE:
            raise CosignatureRefused("malformed", f"at most {LARGEST_NOTE} bytes")
    await run_in_threadpool(service.take_cosignatures, bytes(body))
    return Response(status_code=204)


@router.get("/log/entries/{index}")
def entry(index: Index, service: ServiceOf) -> Response:
    """The bytes of one entry."""
    return Response(service.ledger.entry(index), media_type="application/json", headers=FOREVER)


@router.get("/log/proof/{index}")
def proof(index: Index, service: ServiceOf) -> Response:
    """Entry, inclusion proofs and checkpoint in one file that ``yinxin verify`` checks.

    Under the newest head that most witnesses cosigned, where one covers the entry.
    """
    service.log_publisher.publish()  # no head is shown that a restored database would not be held against
    return Response(service.ledger.prove(index, witnessed=True).encode(), media_type="application/json")


@router.get("/log/consistency")
def consistency(old: Size, new: Size, service: ServiceOf) -> dict[str, object]:
    """That the log of size ``new`` begins with the log of size ``old``."""
    path = service.ledger.consistency(old, new)
    return {"old": old, "new": new, "proof": [base64.b64encode(node).decode("ascii") for node in path]}


def _note(note: bytes | None, name: str) -> Response:
    if note is None:
        raise NotPublished(name)
    return Response(note, media_type="text/plain; charset=utf-8", headers=FOR_SECONDS)


def _tile(path: str, service: ServiceOf) -> Response:
    data = service.log_publisher.files.tile(path)
    return Response(data, media_type="application/octet-stream", headers=FOREVER)
