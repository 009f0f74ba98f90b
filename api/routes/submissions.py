# SPDX-License-Identifier: Apache-2.0
"""Submissions over HTTP: prepared here, signed by the applicant's key elsewhere, completed here."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from relying import Json
from verify import JsonMalformed, parse_json

from ..plugins import RESERVED_PARTS
from ..problems import PartMalformed
from ..submissions import Filing, Item, Submission
from ..wiring import Service
from .access import Right, ServiceOf, SessionOf, require
from .bodies import Base64, Id, RequestBody, from_base64, moment, to_base64
from .documents import links, pack_answer

router = APIRouter(prefix="/api/v1", tags=["submissions"])
MOST_PARTS = 40


class Signature(RequestBody):
    """The signature over one item's ``to_be_signed``."""

    item_id: Id
    signature: Base64


class Signatures(RequestBody):
    """One for each item."""

    signatures: list[Signature]


@router.post("/submissions", status_code=201)
async def prepare(request: Request, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Check everything and answer what has to be signed; nothing is filed yet."""
    require(session, Right.FILE_SUBMISSIONS)
    filing = await _filing(request)
    made = await run_in_threadpool(service.submissions.prepare, filing, service.applicant(session))
    return {**shown(service, made), "items": [_to_sign(one) for one in made.items]}


@router.post("/submissions/{submission_id}/signatures")
def seal(submission_id: Id, body: Signatures, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Embed the signatures, check the results, file, answer with the receipt.  Safe to repeat."""
    require(session, Right.FILE_SUBMISSIONS)
    given = {one.item_id: one.signature for one in body.signatures}
    if len(given) != len(body.signatures):
        raise PartMalformed("signatures", "同一文件有两个签名 / two signatures for one item")
    return shown(service, service.submissions.seal(submission_id, given, service.applicant(session)))


@router.get("/submissions")
def mine(session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """The submissions of this login."""
    require(session, Right.FILE_SUBMISSIONS)
    found = service.submissions.of(service.applicant(session))
    return {"submissions": [shown(service, one) for one in found]}


@router.get("/submissions/{submission_id}")
def one(submission_id: Id, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """One submission of this login."""
    found = service.visible_submission(session, submission_id)
    return {**shown(service, found), "data": found.data}


@router.get("/submissions/{submission_id}/items/{item_id}/file")
def item(submission_id: Id, item_id: Id, session: SessionOf, service: ServiceOf) -> Response:
    """One sealed file, for the applicant and for the agency addressed."""
    found = service.visible_submission(session, submission_id)
    name, content = service.submissions.file(found, item_id)
    kind = "application/json" if name.endswith(".json") else "application/pdf"
    return Response(
        content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.get("/submissions/{submission_id}/evidence-pack")
def evidence_pack(submission_id: Id, session: SessionOf, service: ServiceOf) -> Response:
    """Everything that proves the submission, in one file, for the applicant and for the agency addressed."""
    found = service.visible_submission(session, submission_id)
    return pack_answer(found.number or found.submission_id, service.packs.of_submission(found))


async def _filing(request: Request) -> Filing:
    """The parts of a multipart body; every part still unchecked but for its shape."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise PartMalformed("(body)", "应为 multipart/form-data / must be multipart/form-data")
    texts: dict[str, str] = {}
    files: dict[str, bytes] = {}
    async with request.form(max_files=MOST_PARTS, max_fields=MOST_PARTS) as form:
        for name, value in form.multi_items():
            if name in texts or name in files:
                raise PartMalformed(name, "该部分出现两次 / sent twice")
            if isinstance(value, UploadFile):
                files[name] = await value.read()
            else:
                texts[name] = value
    for name in ("form", "data", "certificate"):
        if name not in texts:
            raise PartMalformed(name, "缺少该部分 / missing")
    if unknown := sorted(texts.keys() - RESERVED_PARTS):
        raise PartMalformed(unknown[0], "未知部分 / unknown part")
    return Filing(
        form=texts["form"],
        data=_json(texts["data"]),
        certificate=_certificate(texts["certificate"]),
        files=files,
        idempotency_key=texts.get("idempotency_key") or None,
        proceed=_proceed(texts.get("proceed", "")),
    )


def _proceed(text: str) -> bool:
    """Explicit, or not at all."""
    if text not in ("", "yes"):
        raise PartMalformed("proceed", "应为 yes 或不填 / yes, or left out")
    return text == "yes"


def _json(text: str) -> Json:
    """Read in one way only: whatever two readers could read differently is refused, with the rule."""
    try:
        return parse_json(text.encode("utf-8", "surrogatepass"))
    except JsonMalformed as error:
        raise PartMalformed(
            "data",
            f"不是严格的 JSON(无重复名称,数值用整数或引号内的小数) / not strict JSON: {error.rule}",
        ) from None


def _certificate(text: str) -> bytes:
    try:
        return from_base64(text)
    except ValueError:
        raise PartMalformed(
            "certificate", "应为 base64 的 DER 证书 / must be base64 of a DER certificate"
        ) from None


def _to_sign(item: Item) -> dict[str, object]:
    return {
        **_item(item),
        "to_be_signed": None if item.to_be_signed is None else to_base64(item.to_be_signed),
    }


def _item(item: Item) -> dict[str, object]:
    return {
        "item_id": item.item_id,
        "kind": item.kind,
        "name": item.name,
        "title": item.title,
        "digest_algorithm": item.digest_algorithm,
        "digest": item.digest,
    }


def shown(service: Service, found: Submission) -> dict[str, object]:
    """A submission as answers carry it."""
    return {
        "submission_id": found.submission_id,
        "form": found.form,
        "number": found.number,
        "state": found.state.value,
        "prepared_at": moment(found.prepared_at),
        "expires_at": moment(found.expires_at),
        "sealed_at": moment(found.sealed_at),
        "reason": found.reason,
        "items": [_item(one) for one in found.items],
        "receipt": links(service, found.receipt_id),
        "document": links(service, found.document_id),
    }
