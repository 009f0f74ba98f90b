# SPDX-License-Identifier: Apache-2.0
"""Prepare a submission: check everything, compute what the applicant's key has to sign, store it once.

The applicant's key never comes here (invariant 1): this side computes digests, the applicant's side signs.
Every check runs before the first row is written; one transaction writes all rows, or none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from keys import HashAlgorithm, digest
from relying import Body, Form, Order
from seal import SealError, SealingCertificate, prepare_form, prepare_pdf
from verify import canonical_json

from ..database.tables_sealing import submission_items, submissions
from ..documents import put_file
from ..plugins import ADDRESSEE
from .certificate import check_sealing_certificate
from .errors import AttachmentRefused, IdempotencyConflict, SlotsWrong, SubmissionExpired, UnknownAgency
from .model import Applicant, Attached, Filing, State, Submission, form_record
from .ports import SubmissionPorts
from .store import change, read_submission

FORM_ITEM = "form"


@dataclass(frozen=True, slots=True)
class _PreparedItem:
    kind: str
    name: str
    title: str
    state: Body
    digest_algorithm: str
    digest: str
    content: bytes


def prepare(ports: SubmissionPorts, filing: Filing, applicant: Applicant) -> Submission:
    """Check and store; the same idempotency key brings back what was prepared the first time."""
    fingerprint = _fingerprint(filing)
    if (before := _earlier(ports, filing, applicant, fingerprint)) is not None:
        return before
    at = ports.clock()
    form = ports.modules.form(filing.form)
    data = ports.modules.check_form(filing.form, filing.data)
    _check_slots(form, filing.files)
    agency = _addressee(ports, form, data)
    certificate = check_sealing_certificate(
        filing.certificate, applicant, trust=ports.trust(), at=at, owner=ports.certificate_owner
    )
    _rehearse(ports, form, applicant, agency=agency, data=data, at=at)
    submission_id = ports.random(16).hex()
    sealing = ports.evidence(certificate)
    record = form_record(
        submission_id,
        form.name,
        applicant,
        data=data,
        attached=tuple(
            Attached(name, len(content), _sha256(content)) for name, content in sorted(filing.files.items())
        ),
        at=at,
    )
    items = _prepare_items(form, filing.files, record, sealing=sealing, at=at)
    values: dict[str, Any] = {
        "id": submission_id,
        "account_id": applicant.account_id,
        "applicant": applicant.holder,
        "applicant_name": applicant.name,
        "form": form.name,
        "agency": agency,
        "data": canonical_json(data).decode(),
        "certificate": certificate.der,
        "state": State.PREPARED.value,
        "idempotency_key": filing.idempotency_key,
        "request_digest": fingerprint,
        "prepared_at": at,
        "expires_at": at + timedelta(minutes=ports.minutes_to_sign),
    }
    with ports.ledger.transaction() as tx:
        # Two requests with one key: the second finds what the first stored.
        if (stored := _stored(tx.connection, filing, applicant)) is not None:
            submission_id = _same(stored, fingerprint)
        else:
            tx.connection.execute(insert(submissions).values(values))
            for position, item in enumerate(items):
                _insert_item(ports, tx.connection, submission_id, position, item)
            change(
                tx,
                submission_id,
                {},
                kind="submission.prepared",
                body={"form": form.name, "digests": [item.digest for item in items]},
            )
    with ports.database.read() as connection:
        return read_submission(connection, submission_id)


def _check_slots(form: Form, files: Mapping[str, bytes]) -> None:
    known = {slot.name for slot in form.slots}
    missing = [slot.name for slot in form.slots if slot.required and slot.name not in files]
    unknown = sorted(files.keys() - known)
    if missing or unknown:
        raise SlotsWrong(missing=missing, unknown=unknown)


def _addressee(ports: SubmissionPorts, form: Form, data: Body) -> str | None:
    if not form.issues:
        return None
    agency = str(data[ADDRESSEE])
    if not ports.seals.listed(agency):
        raise UnknownAgency(agency)
    return agency


def _rehearse(
    ports: SubmissionPorts, form: Form, applicant: Applicant, *, agency: str | None, data: Body, at: datetime
) -> None:
    """Compose what approval would issue and throw it away: what cannot be issued is refused today."""
    if form.issues and agency:
        ports.modules.compose(
            form.issues, Order(holder=applicant.holder, issuer=agency, data=data, sequence=1, at=at)
        )


def _prepare_items(
    form: Form, files: Mapping[str, bytes], record: Body, *, sealing: SealingCertificate, at: datetime
) -> list[_PreparedItem]:
    prepared = prepare_form(record, sealing=sealing, at=at)
    items = [
        _PreparedItem(
            kind="form",
            name=FORM_ITEM,
            title=form.zh,
            state=prepared.state(),
            digest_algorithm=prepared.digest.algorithm.value,
            digest=prepared.digest.value.hex(),
            content=prepared.content,
        )
    ]
    for slot in form.slots:
        if slot.name not in files:
            continue
        try:
            pdf = prepare_pdf(
                files[slot.name], sealing=sealing, at=at, placement=None, appearance=None, reason=form.zh
            )
        except SealError as error:
            raise AttachmentRefused(slot.name, why=error) from error
        items.append(
            _PreparedItem(
                kind="pdf",
                name=slot.name,
                title=slot.zh,
                state=pdf.state(),
                digest_algorithm=pdf.digest.algorithm.value,
                digest=pdf.digest.value.hex(),
                content=pdf.data,
            )
        )
    return items
