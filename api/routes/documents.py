# SPDX-License-Identifier: Apache-2.0
"""Issued documents: printing a sheet, the public answer, the file for those it belongs to."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from ..documents import OFD_MIME, PublicAnswer
from ..wiring import Service
from .access import Right, ServiceOf, SessionOf, require
from .bodies import moment

router = APIRouter(tags=["documents"])


@router.post("/api/v1/sheets/{document_type}", status_code=201)
def print_sheet(
    document_type: str, body: dict[str, Any], session: SessionOf, service: ServiceOf
) -> dict[str, object]:
    """Print a self-service document for the holder that this login acts for."""
    require(session, Right.PRINT_SHEETS)
    issued = service.sheets.print(document_type, service.applicant(session).holder, body)
    answer = links(service, issued.document_id)
    assert answer is not None
    return answer


@router.get("/api/v1/documents/{document_id}")
def answer(document_id: str, service: ServiceOf) -> dict[str, object]:
    """The public answer: five lines, facts to compare, what changed."""
    return shown(service.library.lookup(document_id))


@router.get("/documents/{document_id}/file")
def file(document_id: str, session: SessionOf, service: ServiceOf) -> Response:
    """The sealed PDF, for its holder and for officers of the agency that issued it."""
    found = service.visible_document(session, document_id)
    return Response(
        service.library.file(found.document_id),
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{found.document_id}.pdf"'},
    )


@router.get("/documents/{document_id}/document.ofd")
def ofd(document_id: str, session: SessionOf, service: ServiceOf) -> Response:
    """The same document as a sealed OFD, for those who may have the PDF."""
    found = service.visible_document(session, document_id)
    return Response(
        service.library.ofd(found.document_id),
        media_type=OFD_MIME,
        headers={"Content-Disposition": f'attachment; filename="{found.document_id}.ofd"'},
    )


@router.get("/api/v1/documents/{document_id}/evidence-pack")
def evidence_pack(document_id: str, session: SessionOf, service: ServiceOf) -> Response:
    """Everything that proves the document, in one file, for those who may have the PDF."""
    found = service.visible_document(session, document_id)
    return pack_answer(found.document_id, service.packs.of_document(found.document_id))


def pack_answer(name: str, pack: bytes) -> Response:
    """An evidence pack to be kept."""
    disposition = f'attachment; filename="{name}.zip"'
    return Response(pack, media_type="application/zip", headers={"Content-Disposition": disposition})


def links(service: Service, document_id: str | None) -> dict[str, object] | None:
    """Where a document is found."""
    if document_id is None:
        return None
    return {
        "document_id": document_id,
        "ecert_id": service.library.ecert_id(document_id),
        "file_url": f"/documents/{document_id}/file",
        "ofd_url": f"/documents/{document_id}/document.ofd" if service.library.has_ofd(document_id) else None,
        "public_url": service.site.page(document_id),
    }


def shown(found: PublicAnswer) -> dict[str, object]:
    """A public answer as JSON."""
    return {
        "document_id": found.document_id,
        "ecert_id": found.ecert_id,
        "title": found.title,
        "state": found.state.value,
        "issuer": found.issuer,
        "issuer_name": found.issuer_name,
        "issued_at": moment(found.issued_at),
        "ledger_index": found.ledger_index,
        "sha256": found.sha256,
        "sm3": found.sm3,
        "ofd_sha256": found.ofd_sha256,
        "ofd_sm3": found.ofd_sm3,
        "lines": [
            {"name": one.name, "state": one.state, "zh": one.zh, "en": one.en, "detail": one.detail}
            for one in found.lines
        ],
        "facts": [{"zh": row.zh, "value": row.value} for row in found.facts],
        "changes": None if found.changes is None else list(found.changes),
        "successor": found.successor,
        "answered_at": moment(found.answered_at),
    }
