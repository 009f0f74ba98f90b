# SPDX-License-Identifier: Apache-2.0
"""Publish the trust list (docs/decisions/0003): signed anew when it says something new, or is half over.

A list is announced in the ledger, signed by its custodians, reopened by :func:`verify.check_trust_list`
against the roots that we know, and stored with its number and entry in one transaction, before anybody sees
it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from verify import (
    Indication,
    Json,
    Report,
    Trust,
    TrustListBody,
    TrustListSignature,
    check_trust_list,
)

from ..certificates import CertificateService
from ..database import Database
from ..database.tables_identity import stored_time
from ..database.tables_identity import trust_lists as table
from ..ledger import Intents, Ledger, Transaction
from .errors import ListDidNotVerify

TERM = timedelta(days=7)
END = timedelta(days=21)
"""After its term a list is due, which verifiers say; after this it is over, and nothing passes with it."""
_BEGINNING = datetime.fromisoformat("2000-01-01T00:00:00Z")


@dataclass(frozen=True, slots=True)
class PublicationPorts:
    """What publishing works with."""

    database: Database
    ledger: Ledger
    intents: Intents
    certificates: CertificateService
    publisher: str  # name of the authority
    clock: Callable[[], datetime]


class TrustPublisher:
    """Hands out the current list.  Safe to share between threads."""

    def __init__(self, ports: PublicationPorts) -> None:
        self._ports = ports
        self._publishing = threading.Lock()

    def current(self) -> bytes:
        """The newest list; a new one when the last says something else or is half over."""
        ports, at = self._ports, self._ports.clock()
        content = _content(ports.certificates.trust(), ports.publisher)
        with ports.database.read() as connection:
            newest = _newest(connection)
        if newest is not None and _serves(newest, content, at):
            return bytes(newest.document)
        with self._publishing:
            return self._publish(at)

    def _publish(self, at: datetime) -> bytes:
        ports = self._ports
        intent = ports.intents.open("trust_list.publish", {"publisher": ports.publisher})
        try:
            with ports.ledger.transaction() as tx:
                # Read once more with the writer's turn: nothing can be committed after this and be left out,
                # and of two that publish at once the second finds what the first said.
                trust, newest = ports.certificates.trust(), _newest(tx.connection)
                content = _content(trust, ports.publisher)
                if newest is not None and _serves(newest, content, at):
                    ports.intents.close(tx, intent, "published-meanwhile")
                    return bytes(newest.document)
                document = self._write(tx, trust, newest, at)
                ports.intents.close(tx, intent, "published")
                return document
        except Exception as error:
            ports.intents.fail(intent, type(error).__name__)
            raise

    def publish(self, tx: Transaction) -> bytes:
        """A new list in the transaction that changes what it says; the caller announced the change."""
        trust = self._ports.certificates.trust_within(tx.connection)
        return self._write(tx, trust, _newest(tx.connection), self._ports.clock())

    def _write(self, tx: Transaction, trust: Trust, newest: Row[Any] | None, at: datetime) -> bytes:
        publisher = self._ports.publisher
        body = _body(trust, publisher, sequence=newest.sequence + 1 if newest else 1, at=at)
        document = self._signed(body)
        _require_passed(check_trust_list(document, trust=trust, at=at))
        values: dict[str, Any] = {
            "sequence": body.sequence,
            "content_sha256": _content(trust, publisher),
            "document": document,
            "issued": body.issued,
            "next_update": body.next_update,
        }
        tx.connection.execute(insert(table).values(values))
        tx.commit_row(
            "trust_lists",
            str(body.sequence),
            committed(values),
            kind="trust_list.published",
            body={"sequence": body.sequence, "sha256": hashlib.sha256(document).hexdigest()},
        )
        return document

    def _signed(self, body: TrustListBody) -> bytes:
        message = body.signed_bytes()
        return body.encode(
            [
                TrustListSignature(certificate, signer.sign(message))
                for certificate, signer in self._ports.certificates.trust_list_signers()
            ]
        )


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    times: dict[str, Json] = {name: stored_time(values[name]) for name in ("issued", "next_update")}
    return {**values, **times, "document": hashlib.sha256(values["document"]).hexdigest()}


def committed_trust_lists(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored list, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield str(row.sequence), committed(row._asdict())


def _body(trust: Trust, publisher: str, *, sequence: int, at: datetime) -> TrustListBody:
    issued = at.replace(microsecond=0)
    return TrustListBody(
        sequence=sequence,
        issued=issued,
        next_update=issued + TERM,
        expires=issued + END,
        publisher=publisher,
        hosts=trust.hosts,
        anchors=trust.anchors,
        intermediates=trust.intermediates,
        crls=trust.crls,
        qr_keys=trust.qr_keys,
        log_keys=trust.log_keys,
        seal_makers=trust.seal_makers,
        witnesses=trust.witnesses,
        quorum=trust.quorum,
        document_status=trust.document_status_source,
    )


def _content(trust: Trust, publisher: str) -> str:
    """What the list says, without when it says so."""
    timeless = _body(trust, publisher, sequence=1, at=_BEGINNING)
    return hashlib.sha256(timeless.signed_bytes()).hexdigest()


def _newest(connection: Connection) -> Row[Any] | None:
    return connection.execute(select(table).order_by(table.c.sequence.desc()).limit(1)).one_or_none()


def _serves(row: Row[Any], content: str, at: datetime) -> bool:
    half: datetime = row.issued + (row.next_update - row.issued) / 2
    return bool(row.content_sha256 == content) and row.issued <= at < half


def _require_passed(report: Report) -> None:
    if report.indication is not Indication.TOTAL_PASSED:
        codes = [reason.code for reason in report.reasons]
        codes += [reason.code for one in report.signatures for reason in one.reasons]
        raise ListDidNotVerify(report.indication.value, tuple(codes))
