# SPDX-License-Identifier: Apache-2.0
"""Prepare a submission: check everything, compute what the applicant's key has to sign, store it once.

The applicant's key never comes here (invariant 1): this side computes digests, the applicant's side signs.
Every check runs before the first row is written; one transaction writes all rows, or none.

An idempotency key belongs to one account.  What it brings back is what was stored the first time, whatever
happened to the world since; with another content, or for another applicant, it is a conflict.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from relying import Body, Face, Form, Order
from relying import Row as FaceRow
from seal import (
    Channel,
    DormantContent,
    PdfRefused,
    SealingCertificate,
    Severity,
    inspect_pdf,
    prepare_form,
    prepare_pdf,
)
from verify import UseAuthority, VerifyError, canonical_json

from ..database.tables_sealing import submission_items, submissions
from ..documents import REHEARSAL, put_file, rehearse, require_printable
from ..plugins import ADDRESSEE, FieldProblem, FieldsRefused
from .certificate import check_sealing_certificate
from .errors import (
    AttachmentRefused,
    AttachmentsDoubtful,
    IdempotencyConflict,
    IdempotencyKeyMalformed,
    SlotsWrong,
    SubmissionExpired,
    UnknownAgency,
)
from .model import FORM_ITEM, Applicant, Attached, Filing, State, Submission, form_record
from .ports import SubmissionPorts
from .store import change, read_submission

LONGEST_KEY = 100


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
    """Check and store; the same idempotency key brings back what was prepared the first time.

    What was sealed since comes back without items: nothing is left to sign.
    """
    fingerprint = _fingerprint(filing, applicant)
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
    authority = _authority(ports, applicant, form, submission_id)
    doubtful = _inspect(form, filing.files)
    if doubtful and not filing.proceed:
        raise AttachmentsDoubtful(doubtful)
    items = _prepare_items(form, filing.files, record, sealing=sealing, at=at, authority=authority)
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
        # Two requests with one key at the same moment: the second finds what the first stored.
        if (stored := _stored(tx.connection, filing, applicant)) is not None:
            submission_id = _same(stored, fingerprint, at)
        else:
            tx.connection.execute(insert(submissions).values(values))
            for position, item in enumerate(items):
                _insert_item(ports, tx.connection, submission_id, position, item)
            change(
                tx,
                submission_id,
                {},
                kind="submission.prepared",
                body={
                    "form": form.name,
                    "digests": [item.digest for item in items],
                    **({"doubtful": len(doubtful)} if doubtful else {}),
                },
            )
    return _answer(ports, submission_id)


def _fingerprint(filing: Filing, applicant: Applicant) -> str:
    """SHA-256 over everything that was sent, and for whom."""
    key = filing.idempotency_key
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise IdempotencyKeyMalformed
    sent: Body = {
        "form": filing.form,
        "applicant": applicant.holder,
        "data": filing.data,
        "certificate": _sha256(filing.certificate),
        "files": {name: _sha256(content) for name, content in filing.files.items()},
    }
    try:
        return _sha256(canonical_json(sent))
    except VerifyError as error:
        raise FieldsRefused(
            [
                FieldProblem(
                    "data",
                    "应为 JSON,数值用整数或引号内的小数 / JSON without fractions or broken characters",
                    '小数请写成文字,如 "31250.00" / write decimals as text, such as "31250.00"',
                )
            ]
        ) from error


def _earlier(
    ports: SubmissionPorts, filing: Filing, applicant: Applicant, fingerprint: str
) -> Submission | None:
    """What this key prepared before; raises when it cannot be given back."""
    with ports.database.read() as connection:
        stored = _stored(connection, filing, applicant)
    return None if stored is None else _answer(ports, _same(stored, fingerprint, ports.clock()))


def _stored(connection: Connection, filing: Filing, applicant: Applicant) -> Row[Any] | None:
    if filing.idempotency_key is None:
        return None
    return connection.execute(
        select(submissions).where(
            submissions.c.account_id == applicant.account_id,
            submissions.c.idempotency_key == filing.idempotency_key,
        )
    ).one_or_none()


def _same(stored: Row[Any], fingerprint: str, at: datetime) -> str:
    """The id of the stored submission, if it is this one and can still be signed or already was."""
    if stored.request_digest != fingerprint:
        raise IdempotencyConflict(stored.idempotency_key)
    over = stored.state == State.PREPARED.value and stored.expires_at <= at
    if over or stored.state == State.EXPIRED.value:
        raise SubmissionExpired(stored.id)
    return str(stored.id)


def _answer(ports: SubmissionPorts, submission_id: str) -> Submission:
    with ports.database.read() as connection:
        found = read_submission(connection, submission_id)
    return found if found.state is State.PREPARED else replace(found, items=())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _insert_item(
    ports: SubmissionPorts, connection: Connection, submission_id: str, position: int, item: _PreparedItem
) -> None:
    file_id = ports.random(16).hex()
    put_file(connection, file_id, item.content)
    connection.execute(
        insert(submission_items).values(
            id=ports.random(16).hex(),
            submission_id=submission_id,
            position=position,
            kind=item.kind,
            name=item.name,
            title=item.title,
            prepared=canonical_json(item.state).decode(),
            digest_algorithm=item.digest_algorithm,
            digest=item.digest,
            file_id=file_id,
        )
    )


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
    """What approval would issue, and the receipt: what cannot be issued is refused today."""
    if form.issues and agency:
        order = Order(holder=applicant.holder, issuer=agency, data=data, sequence=REHEARSAL, at=at)
        rehearse(ports.modules, form.issues, order)
    require_printable(Face(title=form.zh, rows=(FaceRow("申请人", applicant.name),)), data)


def _authority(ports: SubmissionPorts, applicant: Applicant, form: Form, submission_id: str) -> bytes | None:
    """Who acts for the enterprise, and under which mandate: said inside the signature of its seal."""
    if not applicant.enterprise or ports.mandate is None:
        return None
    mandate = ports.mandate(applicant.account_id, applicant.holder)
    return UseAuthority(
        officer=applicant.account_id,
        agency=applicant.holder,
        document_type=form.name,
        case=submission_id,
        channel=Channel.API.value,
        purpose=form.zh,
        mandate=mandate,
    ).encode()


def _inspect(form: Form, files: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """What the applicant has to know of: slot, and what and where.  What may not be sealed is refused."""
    doubtful: list[tuple[str, str]] = []
    for slot in form.slots:
        if slot.name not in files:
            continue
        try:
            found = inspect_pdf(files[slot.name])
            if refused := [one for one in found if one.severity is Severity.REFUSE]:
                raise DormantContent(refused)
        except PdfRefused as error:
            raise AttachmentRefused(slot.name, code=error.code, why=f"{error.zh} / {error.en}") from error
        doubtful += ((slot.name, f"{one.zh} / {one.en}") for one in found)
    return doubtful


def _prepare_items(
    form: Form,
    files: Mapping[str, bytes],
    record: Body,
    *,
    sealing: SealingCertificate,
    at: datetime,
    authority: bytes | None,
) -> list[_PreparedItem]:
    prepared = prepare_form(record, sealing=sealing, at=at, authority=authority)
    items = [
        _PreparedItem(
            kind=FORM_ITEM,
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
                files[slot.name],
                sealing=sealing,
                at=at,
                placement=None,
                appearance=None,
                reason=form.zh,
                authority=authority,
                inspected=True,
            )
        except PdfRefused as error:
            raise AttachmentRefused(slot.name, code=error.code, why=f"{error.zh} / {error.en}") from error
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
