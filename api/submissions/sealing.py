# SPDX-License-Identifier: Apache-2.0
"""Complete a submission with the signatures that the applicant's key made elsewhere.

Everything is checked before anything is stored: the certificate once more, each signature against it, each
output reopened by :mod:`verify`.  Then, in one transaction, the sealed files take the place of the prepared
ones, the submission is filed under its number, and the receipt exists.  Killed before that, the submission is
still prepared and the same call may be made again; killed after it, the same call finds it filed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from keys import KeysError
from seal import PreparedForm, PreparedPdf, SealError, SealingCertificate, complete_form, complete_pdf
from verify import Certificate, Indication, Report

from ..database.tables_sealing import submissions as table
from ..documents import (
    RECEIPT,
    RECEIPT_CODE,
    RECEIPT_TITLE,
    Filed,
    IssueOrder,
    SealedFile,
    compose_receipt,
    file_sha256,
    get_file,
    next_number,
)
from ..ledger import Transaction
from ..plugins import CHINA
from .certificate import check_sealing_certificate
from .checking import SealedFiles, check_sealed
from .errors import NoSuchSubmission, SignatureRefused, SignaturesIncomplete, SubmissionExpired
from .expiring import expire_one
from .model import FORM_ITEM, Applicant, State, Submission
from .ports import SubmissionPorts
from .store import change, read_items, read_row, read_submission, replace_file


class _FiledMeanwhile(Exception):
    """Another request filed this submission while this one was sealing its receipt."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is stored of a prepared submission, read in one moment."""

    row: Row[Any]
    items: tuple[Row[Any], ...]
    contents: Mapping[str, bytes | None]


def seal(
    ports: SubmissionPorts, submission_id: str, signatures: Mapping[str, bytes], applicant: Applicant
) -> Submission:
    """File a prepared submission.  Once filed, every further call returns it unchanged."""
    at = ports.clock()
    before = _read(ports, submission_id, applicant)
    if before.row.state == State.PREPARED.value and before.row.expires_at <= at:
        expire_one(ports, submission_id, at)
        raise SubmissionExpired(submission_id)
    if before.row.state == State.EXPIRED.value:
        raise SubmissionExpired(submission_id)
    if before.row.state != State.PREPARED.value:
        return _answer(ports, submission_id)
    # 1. Exactly one signature for every item, and a certificate that is still good.
    _require_complete(before.items, signatures)
    certificate = check_sealing_certificate(
        before.row.certificate, applicant, trust=ports.trust(), at=at, owner=ports.certificate_owner
    )
    # 2. Embed, then let the reader decide.
    sealing = ports.evidence(certificate)
    sealed = {
        item.id: _complete(item, before.contents[item.id], signatures[item.id], sealing=sealing)
        for item in before.items
    }
    _require_passed(ports, submission_id, sealed, certificate=certificate, at=at)
    # 3. From here nothing is refused any more: number, receipt, one transaction.
    filed = _filed(ports, before, sealed, at=at)

    def within(tx: Transaction, receipt_id: str) -> None:
        if read_row(tx.connection, submission_id).state != State.PREPARED.value:
            raise _FiledMeanwhile
        for item in before.items:
            replace_file(tx.connection, item, ports.random(16).hex(), sealed[item.id])
        values = {
            "state": State.SEALED.value,
            "number": filed.number,
            "sealed_at": at,
            "receipt_id": receipt_id,
            "ledger_index": tx.next_index(),
        }
        change(
            tx,
            submission_id,
            values,
            kind="submission.sealed",
            body={
                "form": filed.form,
                "number": filed.number,
                "receipt_id": receipt_id,
                "sha256": [one.sha256 for one in filed.files],
            },
        )

    order = IssueOrder(
        type=RECEIPT,
        title=RECEIPT_TITLE,
        code=RECEIPT_CODE,
        made=compose_receipt(filed),
        seal=ports.platform_seal(),
        at=at,
        submission_id=submission_id,
    )
    try:
        ports.issuing.issue(order, within=within)
    except _FiledMeanwhile:
        return _meanwhile(ports, submission_id)
    return _answer(ports, submission_id)


def _read(ports: SubmissionPorts, submission_id: str, applicant: Applicant) -> _Prepared:
    with ports.database.read() as connection:
        row = read_row(connection, submission_id)
        if row.applicant != applicant.holder:
            raise NoSuchSubmission(submission_id)
        items = read_items(connection, submission_id)
        contents = {one.id: get_file(connection, one.file_id) for one in items}
    return _Prepared(row, items, contents)


def _answer(ports: SubmissionPorts, submission_id: str) -> Submission:
    with ports.database.read() as connection:
        return read_submission(connection, submission_id)


def _meanwhile(ports: SubmissionPorts, submission_id: str) -> Submission:
    found = _answer(ports, submission_id)
    if found.state is State.EXPIRED:
        raise SubmissionExpired(submission_id)
    return found


def _require_complete(items: tuple[Row[Any], ...], signatures: Mapping[str, bytes]) -> None:
    wanted = [item.id for item in items]
    missing = [item_id for item_id in wanted if item_id not in signatures]
    unknown = sorted(signatures.keys() - set(wanted))
    if missing or unknown:
        raise SignaturesIncomplete(missing=missing, unknown=unknown)


def _complete(
    item: Row[Any], content: bytes | None, signature: bytes, *, sealing: SealingCertificate
) -> bytes:
    state = json.loads(item.prepared)
    try:
        if item.kind == FORM_ITEM:
            return complete_form(PreparedForm.restore(state, content or b""), signature, sealing=sealing)
        return complete_pdf(PreparedPdf.restore(state, content or b""), signature, sealing=sealing)
    except (SealError, KeysError) as error:
        raise SignatureRefused(item.id, str(error)) from error


def _require_passed(
    ports: SubmissionPorts,
    submission_id: str,
    sealed: Mapping[str, bytes],
    *,
    certificate: Certificate,
    at: datetime,
) -> None:
    files = SealedFiles.of(_answer(ports, submission_id), certificate.der, sealed)
    for item_id, report in check_sealed(files, trust=ports.trust(), at=at).items():
        if report.indication is not Indication.TOTAL_PASSED:
            raise SignatureRefused(item_id, words_of(report))


def words_of(report: Report) -> str:
    """Why a report is no pass, for people."""
    reasons = [*report.reasons, *(reason for part in report.signatures for reason in part.reasons)]
    return "; ".join(f"{reason.zh} / {reason.en}" for reason in reasons) or report.indication.value


def _next_number(tx: Transaction, day: str) -> str:
    """The next number of the day that no submission has: a counter set back by hand is walked past."""
    while True:
        number = f"SB{day}{next_number(tx.connection, f'submission/{day}'):06d}"
        if tx.connection.execute(select(table.c.id).where(table.c.number == number)).first() is None:
            return number


def _filed(ports: SubmissionPorts, before: _Prepared, sealed: Mapping[str, bytes], *, at: datetime) -> Filed:
    row = before.row
    day = f"{at.astimezone(CHINA):%Y%m%d}"
    with ports.ledger.transaction() as tx:
        number = _next_number(tx, day)
    agencies = ports.seals.listed(row.agency) if row.agency is not None else ()
    return Filed(
        submission_id=row.id,
        number=number,
        form=row.form,
        form_title=next(item.title for item in before.items if item.kind == FORM_ITEM),
        applicant=row.applicant,
        applicant_name=row.applicant_name,
        addressed_to=agencies[0].holder_name if agencies else "",
        sealed_at=at,
        files=tuple(
            SealedFile(item.title, len(sealed[item.id]), file_sha256(sealed[item.id]))
            for item in before.items
        ),
    )
