# SPDX-License-Identifier: Apache-2.0
"""Reports as others take them: sealed on one page, and the schema of what programs read."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from verify import SCHEMA_PATH, report_schema

from ..verdicts import checked as looked_at
from ..verdicts import etsi_report
from ..wiring import Service
from .access import ServiceOf
from .verification import checked, uploaded

router = APIRouter(tags=["verify"])


@router.get(SCHEMA_PATH)
def schema() -> JSONResponse:
    """JSON Schema, draft 2020-12."""
    return JSONResponse(
        report_schema(),
        media_type="application/schema+json",
        headers={"Cache-Control": "public, max-age=86400"},
    )


@router.post("/api/v1/verify/report.pdf", response_class=Response)
@router.post("/verify/report.pdf", response_class=Response, include_in_schema=False)
async def sealed_report(request: Request, service: ServiceOf) -> Response:
    """Check a file; the answer is one page with the platform's seal, the JSON report inside."""
    name, content = await uploaded(request)
    sheet = await run_in_threadpool(_sealed, service, name, content)
    return Response(
        sheet,
        media_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="report.pdf"'},
    )


@router.post("/api/v1/verify/report.xml", response_class=Response)
async def etsi_xml(request: Request, service: ServiceOf) -> Response:
    """Check a file; the answer is the report in the XML of ETSI TS 119 102-2."""
    name, content = await uploaded(request)
    xml = await run_in_threadpool(_as_xml, service, name, content)
    return Response(xml, media_type="application/xml")


def _as_xml(service: Service, name: str, content: bytes) -> bytes:
    at = service.clock()
    return etsi_report(looked_at(name, content, checked(service, name, content), at))


def _sealed(service: Service, name: str, content: bytes) -> bytes:
    at = service.clock()
    report = checked(service, name, content)
    return service.sealed_sheets.make(looked_at(name, content, report, at)).content
