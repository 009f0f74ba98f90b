# SPDX-License-Identifier: Apache-2.0
"""The public log and the trust list, as files that anybody may fetch and keep."""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from .access import ServiceOf

router = APIRouter(tags=["log"])
Index = Annotated[int, Path(ge=0, le=2**53)]
Size = Annotated[int, Query(ge=0, le=2**53)]


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
    """The newest signed checkpoint (C2SP tlog-checkpoint)."""
    return Response(service.ledger.checkpoint(), media_type="text/plain; charset=utf-8")


@router.get("/log/entries/{index}")
def entry(index: Index, service: ServiceOf) -> Response:
    """The bytes of one entry."""
    return Response(
        service.ledger.entry(index),
        media_type="application/json",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


@router.get("/log/proof/{index}")
def proof(index: Index, service: ServiceOf) -> Response:
    """Entry, inclusion proof and checkpoint in one file that ``yinxin verify`` checks."""
    return Response(service.ledger.prove(index).encode(), media_type="application/json")


@router.get("/log/consistency")
def consistency(old: Size, new: Size, service: ServiceOf) -> dict[str, object]:
    """That the log of size ``new`` begins with the log of size ``old``."""
    path = service.ledger.consistency(old, new)
    return {"old": old, "new": new, "proof": [base64.b64encode(node).decode("ascii") for node in path]}
