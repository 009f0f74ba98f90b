# SPDX-License-Identifier: Apache-2.0
"""Many files under one confirmation, with a key that only the applicant commands (hash and return).

The files are prepared here; what has to be signed for all of them goes out in one answer, with a list that
names each file.  List and files are signed where the key is, and come back in one request.  Every signature
is checked before anything is embedded; then the files are completed like the items of any other batch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from keys import KeysError, default_scheme
from relying import Body, Json
from seal import PreparedPdf, SealRefused, complete_pdf, prepare_pdf
from verify import canonical_json, check_pdf, parse_certificate

from ..database.tables_batches import batch_items as items
from ..ledger import Intent, Transaction
from ..submissions import Applicant, check_sealing_certificate
from .checking import Checked, derived_key, key_problems, refusal, shown_name
from .errors import (
    BatchEmpty,
    BatchExpired,
    BatchInAnotherState,
    BatchOrderRefused,
    BatchTooLarge,
    ListSignatureRefused,
)
from .intake import begin, insert_batch, store_items
from .making import Announced, Preparation
from .model import FILE, Added, Batch, BatchKind, BatchState, ItemState, Orderer, Upload
from .ports import BatchPorts
from .ready_files import announce_files, record_files, require_passed, source_of
from .store import as_batch, read_progress, read_row

MOST_SIGNED = 5_000
"""Files under one confirmation: they are in one answer and one request."""


@dataclass(frozen=True, slots=True)
class ToSign:
    """What the applicant's key signs for one file: exactly these bytes."""

    number: int
    name: str
    digest_algorithm: str
    digest: str
    to_be_signed: bytes


@dataclass(frozen=True, slots=True)
class SigningList:
    """What is shown, and signed as well: ``text`` is canonical JSON (RFC 8785)."""

    batch: Batch
    text: bytes
    items: Sequence[ToSign]


def order_own(
    ports: BatchPorts, applicant: Applicant, title: str, certificate: bytes, *, key: str | None = None
) -> Batch:
    """Open a batch for files that this certificate will seal.  Raises what the certificate violates."""
    if not 0 < len(title.strip()) <= 200 or not title.isprintable():
        raise BatchOrderRefused(
            "title", "须为 1–200 个字符 / 1-200 characters", "请填写名称 / give it a title"
        )
    at = ports.clock()
    parsed = check_sealing_certificate(
        certificate, applicant, trust=ports.trust(), at=at, owner=ports.certificate_owner
    )
    values: dict[str, Any] = {
        "kind": BatchKind.OWN_KEY.value,
        "title": title.strip(),
        "account_id": applicant.account_id,
        "agency": applicant.holder,
        "document_type": FILE,
        "seal_id": None,
        "placement": None,
        "certificate": parsed.der,
        "quota": None,
        "expires_at": at + timedelta(minutes=ports.minutes_to_sign),
    }
    said = canonical_json(
        {"title": title.strip(), "certificate": parsed.fingerprint, "for": applicant.holder}
    )
    return insert_batch(ports, values, key=key, digest=hashlib.sha256(said).hexdigest(), by=_by(applicant))


def add_own_files(ports: BatchPorts, batch_id: str, uploads: Sequence[Upload]) -> Added:
    """Prepare files and keep them; a bad one is reported and left out of the list."""
    with ports.database.read() as connection:
        row, how_far = read_row(connection, batch_id), read_progress(connection, batch_id)
    _require_open(row, ports.clock())
    if how_far.received + len(uploads) > MOST_SIGNED:
        raise BatchTooLarge(MOST_SIGNED)
    sealing = ports.evidence(parse_certificate(bytes(row.certificate)))
    at = ports.clock()

    def prepare(upload: Upload) -> Checked:
        source = hashlib.sha256(upload.content).hexdigest()
        name, problems = shown_name(upload.name), [*key_problems(upload.key)]
        try:
            made = prepare_pdf(
                upload.content, sealing=sealing, at=at, placement=None, appearance=None, reason=row.title
            )
        except SealRefused as refused:
            problems.append(refusal(refused))
        if problems:
            return Checked(0, f"!{source}", name, source, problems=tuple(problems))
        return Checked(
            0,
            upload.key or derived_key(source),
            name,
            hashlib.sha256(made.data).hexdigest(),
            content=made.data,
            prepared=canonical_json(made.state()).decode(),
        )

    return store_items(ports, batch_id, [prepare(one) for one in uploads])


def signing_list(ports: BatchPorts, batch_id: str) -> SigningList:
    """Everything that has to be signed, in one answer."""
    with ports.database.read() as connection:
        row = read_row(connection, batch_id)
        _require_open(row, ports.clock())
        return _list(connection, row)


def sign_all(
    ports: BatchPorts,
    batch_id: str,
    applicant: Applicant,
    *,
    list_signature: bytes,
    signatures: Mapping[int, bytes],
) -> Batch:
    """Take the signed list and a signature for each file; the files are completed from here on.

    Raises :class:`ListSignatureRefused`, with nothing stored, for the first that does not fit.
    """
    at = ports.clock()
    with ports.database.read() as connection:
        row = read_row(connection, batch_id)
        if row.state in (BatchState.RUNNING.value, BatchState.DONE.value):
            return as_batch(row, read_progress(connection, batch_id))
        _require_open(row, at)
        wanted = _list(connection, row)
    certificate = check_sealing_certificate(
        bytes(row.certificate), applicant, trust=ports.trust(), at=at, owner=ports.certificate_owner
    )
    if not wanted.items:
        raise BatchEmpty
    if signatures.keys() != {one.number for one in wanted.items}:
        raise ListSignatureRefused("signatures")
    key = certificate.public_key
    _require(key, list_signature, wanted.text, "list_signature")
    for one in wanted.items:
        _require(key, signatures[one.number], one.to_be_signed, f"signatures.{one.number}")
    with ports.ledger.transaction() as tx:
        now = read_row(tx.connection, batch_id)
        if now.state != BatchState.FILLING.value:
            return as_batch(now, read_progress(tx.connection, batch_id))
        if _list(tx.connection, now).text != wanted.text:
            raise ListSignatureRefused("list_signature")  # a file was added meanwhile
        tx.connection.execute(
            update(items)
            .where(items.c.batch_id == batch_id, items.c.number == bindparam("which"))
            .values(signature=bindparam("value")),
            [{"which": number, "value": value.hex()} for number, value in signatures.items()],
        )
        begin(ports, tx, now, _by(applicant), more={"list_signature": list_signature.hex()})
        found = as_batch(read_row(tx.connection, batch_id), read_progress(tx.connection, batch_id))
    ports.wake(batch_id)
    return found


class OwnKeyMaker:
    """Completes files with the signatures that came back."""

    act = "file.complete"

    def __init__(self, ports: BatchPorts, batch: Row[Any]) -> None:
        self._ports, self._batch = ports, batch
        self._at, self._trust = ports.clock(), ports.trust()
        self._sealing = ports.evidence(parse_certificate(bytes(batch.certificate)))

    def prepare(self, waiting: Sequence[Row[Any]], last: int) -> Preparation:
        """What was prepared, and for whose key."""
        certificate = hashlib.sha256(bytes(self._batch.certificate)).hexdigest()
        return announce_files(
            self._ports,
            waiting,
            last,
            lambda item: {
                "batch_id": item.batch_id,
                "certificate_sha256": certificate,
                "prepared_sha256": item.digest,
            },
        )

    def make(self, one: Announced, _intent: Intent) -> bytes:
        """Embed the signature and reopen."""
        item = one.item
        prepared = PreparedPdf.restore(json.loads(item.prepared), source_of(one))
        sealed = complete_pdf(prepared, bytes.fromhex(item.signature), sealing=self._sealing)
        require_passed(check_pdf(sealed, trust=self._trust, at=self._at))
        return sealed

    def record(self, tx: Transaction, made: Sequence[tuple[Announced, bytes]]) -> None:
        """The completed files take the place of the prepared ones."""
        record_files(self._ports, tx, made, at=self._at, seal_id=None)


def _list(connection: Connection, row: Row[Any]) -> SigningList:
    query = select(items.c.number, items.c.name, items.c.prepared).where(
        items.c.batch_id == row.id, items.c.state == ItemState.WAITING.value
    )
    found = [_to_sign(one) for one in connection.execute(query.order_by(items.c.number))]
    said: Body = {
        "format": "yinxin-batch-list/1",
        "batch_id": row.id,
        "title": row.title,
        "applicant": row.agency,
        "certificate_sha256": hashlib.sha256(bytes(row.certificate)).hexdigest(),
        "count": len(found),
        "items": [_said(one) for one in found],
    }
    batch = as_batch(row, read_progress(connection, row.id))
    return SigningList(batch, canonical_json(said), found)


def _to_sign(row: Any) -> ToSign:
    state = json.loads(row.prepared)
    return ToSign(
        row.number, row.name, state["digest_algorithm"], state["digest"], bytes.fromhex(state["attributes"])
    )


def _said(one: ToSign) -> Json:
    return {
        "number": one.number,
        "name": one.name,
        "digest_algorithm": one.digest_algorithm,
        "digest": one.digest,
        "to_be_signed_sha256": hashlib.sha256(one.to_be_signed).hexdigest(),
    }


def _require(key: Any, signature: bytes, message: bytes, field: str) -> None:
    try:
        key.verify(signature, message, default_scheme(key.kind))
    except KeysError as error:
        raise ListSignatureRefused(field) from error


def _require_open(row: Row[Any], at: datetime) -> None:
    if row.kind != BatchKind.OWN_KEY.value or row.state != BatchState.FILLING.value:
        raise BatchInAnotherState(row.state)
    if row.expires_at <= at:
        raise BatchExpired


def _by(applicant: Applicant) -> Orderer:
    return Orderer(applicant.account_id, applicant.holder)
