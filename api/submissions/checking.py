# SPDX-License-Identifier: Apache-2.0
"""Check sealed files: each genuine, sealed by this applicant, and all of them belonging together.

:mod:`verify` says whether a file is what its signer sealed.  Here is asked whether it is *this* submission:
signed with the applicant's certificate, the form stating what the database says was filed, each attachment
beginning with the upload that the form names.  Run before a submission is stored and again before it is
decided: a file that somebody swapped in between is found even if it is genuine in itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from relying import Body
from verify import (
    FormMalformed,
    Indication,
    Reason,
    Report,
    SubIndication,
    Trust,
    Unreadable,
    check_form,
    check_pdf,
    parse_form,
)

from .model import FORM_ITEM, Applicant, Item, Submission, form_record

_MISSING = Reason(
    "FILE_MISSING", "平台上已没有这个文件,请与平台联系", "the file is gone: contact the platform"
)
_OTHER_SIGNER = Reason(
    "SIGNER_IS_ANOTHER",
    "签章不是申请人所用证书作出的",
    "sealed with another certificate than the applicant's",
)
_OTHER_RECORD = Reason(
    "RECORD_DIFFERS",
    "签章表单的内容与登记的申报内容不一致",
    "the sealed form does not state what was filed",
)
_OTHER_UPLOAD = Reason(
    "ATTACHMENT_DIFFERS",
    "附件不是签章表单所列的文件",
    "the attachment is not the upload that the sealed form names",
)


@dataclass(frozen=True, slots=True)
class SealedFiles:
    """A submission with what is stored for each item (``None``: nothing), and the certificate it names."""

    submission: Submission
    fingerprint: str  # of the applicant's certificate
    contents: Mapping[str, bytes | None]

    @classmethod
    def of(
        cls, submission: Submission, certificate: bytes, contents: Mapping[str, bytes | None]
    ) -> SealedFiles:
        """With the certificate as it is stored (DER)."""
        return cls(submission, hashlib.sha256(certificate).hexdigest(), contents)


def check_sealed(files: SealedFiles, *, trust: Trust, at: datetime) -> dict[str, Report]:
    """The verdict on each item, by item id.  Never raises, whatever is stored."""
    uploads = _uploads(files)
    return {item.item_id: _check(files, item, uploads, trust=trust, at=at) for item in files.submission.items}


def _check(
    files: SealedFiles, item: Item, uploads: Mapping[str, Body] | None, *, trust: Trust, at: datetime
) -> Report:
    content = files.contents.get(item.item_id)
    if content is None:
        return _refused(item.kind, _MISSING)
    try:
        check = check_form if item.kind == FORM_ITEM else check_pdf
        report = check(content, trust=trust, at=at)
    except Unreadable as error:
        return _refused(item.kind, Reason("UNREADABLE", str(error), "the file cannot be read"))
    found = tuple(_findings(files, item, content, report=report, uploads=uploads))
    if not found or report.indication is Indication.TOTAL_FAILED:
        return report
    return replace(
        report,
        indication=Indication.TOTAL_FAILED,
        sub_indication=SubIndication.SIG_CONSTRAINTS_FAILURE,
        reasons=(*report.reasons, *found),
    )


def _findings(
    files: SealedFiles, item: Item, content: bytes, *, report: Report, uploads: Mapping[str, Body] | None
) -> Iterator[Reason]:
    if files.fingerprint not in {_signer(one.facts) for one in report.signatures}:
        yield _OTHER_SIGNER
    if uploads is None:
        yield _OTHER_RECORD
    elif item.kind != FORM_ITEM and not _is_upload(uploads.get(item.name), content):
        yield _OTHER_UPLOAD


def _signer(facts: Mapping[str, Any]) -> str:
    signer = facts.get("signer")
    return str(signer.get("fingerprint", "")) if isinstance(signer, Mapping) else ""


def _uploads(files: SealedFiles) -> Mapping[str, Body] | None:
    """What the sealed form says about each attachment; ``None`` when it does not state this submission."""
    one = files.submission
    form = next((files.contents.get(item.item_id) for item in one.items if item.kind == FORM_ITEM), None)
    try:
        record = parse_form(form or b"").record
    except FormMalformed:
        return None
    expected = form_record(
        one.submission_id,
        one.form,
        Applicant(one.account_id, one.applicant, one.applicant_name),
        data=one.data,
        attached=(),
        at=one.prepared_at,
    )
    named = record.get("attachments")
    if {**record, "attachments": []} != expected or not isinstance(named, list):
        return None
    uploads = {str(entry["slot"]): entry for entry in named if isinstance(entry, dict) and "slot" in entry}
    attached = {item.name for item in one.items if item.kind != FORM_ITEM}
    return uploads if uploads.keys() == attached else None


def _is_upload(named: Body | None, content: bytes) -> bool:
    """Sealing only appends: the sealed file begins with the upload."""
    size = named.get("size") if named is not None else None
    if named is None or not isinstance(size, int) or not 0 < size < len(content):
        return False
    return hashlib.sha256(content[:size]).hexdigest() == named.get("sha256")


def _refused(kind: str, reason: Reason) -> Report:
    return Report(
        kind=kind,
        indication=Indication.TOTAL_FAILED,
        sub_indication=SubIndication.FORMAT_FAILURE,
        reasons=(reason,),
    )
