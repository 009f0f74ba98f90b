# SPDX-License-Identifier: Apache-2.0
"""The schema of a report, for whoever reads reports by program."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from verify import SCHEMA_PATH, report_schema

router = APIRouter(tags=["verify"])


@router.get(SCHEMA_PATH)
def schema() -> JSONResponse:
    """JSON Schema, draft 2020-12."""
    return JSONResponse(
        report_schema(),
        media_type="application/schema+json",
        headers={"Cache-Control": "public, max-age=86400"},
    )
