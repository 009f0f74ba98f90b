# SPDX-License-Identifier: Apache-2.0
"""The public check of a file by upload.  Nothing that is uploaded is kept."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from verify import Report, with_document_state

from ..problems import FileMissing, PartMalformed
from ..wiring import Service
from .access import ServiceOf

router = APIRouter(tags=["verify"])


@router.post("/api/v1/verify")
async def verify(request: Request, service: ServiceOf) -> dict[str, object]:
    """The same report as ``yinxin verify`` gives."""
    name, content = await uploaded(request)
    report = await run_in_threadpool(checked, service, name, content)
    return {"file": name, **report.to_json()}


async def uploaded(request: Request) -> tuple[str, bytes]:
    """Name and content of the one uploaded file."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise PartMalformed("(body)", "应为 multipart/form-data / must be multipart/form-data")
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not (file.filename or file.size):
            raise FileMissing
        return (file.filename or "file")[:200], await file.read()


def checked(service: Service, name: str, content: bytes) -> Report:
    """Check against the trust of this service, at its own time, in a process that has no network; and of a
    document of ours, say how it stands.

    Raises :class:`verify.Unreadable`, :class:`api.ledger.RowAltered` and :class:`api.confined.ChecksBusy`.
    """
    report = service.checks.check(content, trust=service.trust(), at=service.clock(), name=name)
    named, record = (report.facts.get(one) for one in ("record_document_id", "record_digest"))
    if not isinstance(named, str) or not isinstance(record, str):
        return report
    # The process that checked knows no documents, and is not believed: what it named is looked up by digest.
    found = service.document_standings.of_record(named, record)
    if found is None:
        return report
    state, change = found
    return with_document_state(report, state, change, as_of=service.clock())
