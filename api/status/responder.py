# SPDX-License-Identifier: Apache-2.0
"""The OCSP responder (RFC 6960, RFC 9654, RFC 5019): one delegated key for each issuing authority.

``good`` is said of certificates that were issued here and of nothing else.  Answers without a nonce are kept
in memory, each with the epoch of its authority: a revocation raises the epoch in its own transaction, and
whatever was kept before is looked at again, and signed anew where the state is another one.  Holders'
certificates are answered for ahead (:meth:`Responder.sign_ahead`).  Nothing is written because
somebody asks.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from ca import (
    CaError,
    CertificateStatus,
    OcspFailure,
    OcspRefused,
    OcspRequest,
    Revocation,
    RevocationReason,
    make_ocsp_failure,
    make_ocsp_response,
    parse_ocsp_path,
    parse_ocsp_request,
    profile,
)
from keys import KeyKind, KeysError, Vault, der
from verify import CertId, Certificate, OcspStanding, cert_id, parse_certificate

from ..certificates import (
    CertificateError,
    CertificateService,
    authority_certificate,
    find_by_label,
    listed_authorities,
    whole_second,
)
from ..database import Database, DatabaseError
from ..database.tables_identity import certificates
from . import numbering
from .watching import EpochWatch

TERM = timedelta(hours=1)
"""How long an answer is good.  A client that keeps it may not hear of a revocation for so long; we hand out a
new one after half of it."""
RENEW = timedelta(days=14)
"""How long before its end the certificate of a responder is followed by another."""
MOST_KEPT = 100_000
MOST_KEPT_BYTES = 256 * 1024 * 1024
"""Of questions and answers together: the same is asked in as many words as somebody likes."""
MOST_ISSUERS = 4096
SIGNED_AHEAD = 1000


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """The bytes of a response, and what HTTP says of them.  ``until`` is there when it may be kept."""

    body: bytes = field(repr=False)
    etag: str = ""
    produced: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: OcspAnswer
    issuer: str
    epoch: int
    again: datetime
    statuses: tuple[CertificateStatus, ...] = field(repr=False)
    responder: str  # fingerprint of its certificate


@dataclass(frozen=True, slots=True)
class ResponderPorts:
    """What the responder works with."""

    database: Database
    vault: Vault
    certificates: CertificateService
    watch: EpochWatch
    clock: Callable[[], datetime]


class Responder:
    """Answers for every issuing authority of the service.  Safe to share between threads."""

    def __init__(self, ports: ResponderPorts, *, most_bytes: int = MOST_KEPT_BYTES) -> None:
        self._ports, self._most_bytes = ports, most_bytes
        self._kept: dict[bytes, _Kept] = {}
        self._kept_bytes = 0
        self._issuers: dict[tuple[bytes, bytes, bytes], str] = {}
        self._lock = threading.Lock()

    def kept(self, asked: bytes) -> OcspAnswer | None:
        """An answer that is still true, for the very bytes of a request or path; never blocks for long."""
        found = self._kept.get(asked)
        if found is None or self._epoch(found.issuer) != found.epoch:
            return None
        return found.answer if self._ports.clock() < found.again else None

    def _epoch(self, issuer: str) -> int | None:
        """``None`` when nobody can tell: then nothing that is kept is said."""
        try:
            return self._ports.watch.current().get(issuer)
        except SQLAlchemyError:
            return None

    def answer(self, body: bytes) -> OcspAnswer:
        """To a POST.  Never raises for any bytes: what cannot be answered is a failure of RFC 6960."""
        return self.kept(body) or self._answered(body, parse_ocsp_request)

    def answer_path(self, path: bytes) -> OcspAnswer:
        """To a GET: what follows ``/ocsp/``, as it was sent."""
        return self.kept(path) or self._answered(path, lambda asked: parse_ocsp_path(asked.decode("ascii")))

    def prepare(self, *, by: str) -> None:
        """Keys and certificates of responders: made where missing, followed by others before they end."""
        for one in self._ports.certificates.authorities():
            if not one.root:
                self._ports.certificates.own_certificate(
                    label_of(one.name),
                    kind=KeyKind.SM2 if one.family == "sm2" else KeyKind.RSA2048,
                    profile=profile("ocsp"),
                    common_name=f"Yinxin OCSP {one.name}",
                    by=by,
                    issuer=one.name,
                    early=RENEW,
                )

    def sign_ahead(self, most: int = SIGNED_AHEAD) -> int:
        """Sign before anybody asks: the plain question (RFC 5019 section 2.1.1, by POST and by GET) about
        holders' certificates, newest first, ``most`` at a time.  How many were signed; a chore.
        """
        ports, signed = self._ports, 0
        with ports.database.read() as connection:
            asked = tuple(_plain_questions(connection, whole_second(ports.clock())))
        for question in asked:
            if signed >= most:
                break
            if self.kept(question) is not None:
                continue
            signed += 1
            if self.answer(question).until is not None:
                path = quote(base64.b64encode(question), safe="").encode("ascii")
                with self._lock:
                    # One answer under two names.
                    self._kept[path] = self._kept[question]
                    self._kept_bytes += len(path)
        return signed

    def _answered(self, asked: bytes, parse: Callable[[bytes], OcspRequest]) -> OcspAnswer:
        try:
            request = parse(asked)
            with self._ports.database.read() as connection:
                return self._signed(connection, asked, request)
        except UnicodeDecodeError:
            return _failure(OcspFailure.MALFORMED_REQUEST)
        except OcspRefused as error:
            return _failure(error.failure)
        except (CaError, KeysError, CertificateError):
            return _failure(OcspFailure.INTERNAL_ERROR)
        except (DatabaseError, SQLAlchemyError):
            return _failure(OcspFailure.TRY_LATER)

    def _signed(self, connection: Connection, asked: bytes, request: OcspRequest) -> OcspAnswer:
        ports = self._ports
        issuer = self._issuer(connection, request.cert_ids)
        responder = find_by_label(connection, label_of(issuer))
        now = whole_second(ports.clock())
        if responder is None or not responder.not_before <= now < responder.not_after:
            raise OcspRefused("the responder has no certificate in force", OcspFailure.TRY_LATER)
        _, epoch = numbering.head(connection, issuer)
        statuses = tuple(_statuses(connection, issuer, request.cert_ids))
        before = self._kept.get(asked)
        still = before is not None and now < before.again and before.responder == responder.fingerprint
        if before is not None and still and before.statuses == statuses:
            # Somebody else's state changed: what is kept says the same still, and needs no signature.
            with self._lock:
                if self._kept.get(asked) is before:
                    self._kept[asked] = replace(before, epoch=epoch)
            return before.answer
        # A clock that was set back: nobody is told of a revocation in the future.
        produced = max([now, *(one.revocation.at for one in statuses if one.revocation is not None)])
        until = min(produced + TERM, responder.not_after)
        body = make_ocsp_response(
            issuer=authority_certificate(connection, issuer),
            responder=parse_certificate(responder.der),
            signer=ports.vault.signer(label_of(issuer)),
            statuses=statuses,
            produced_at=produced,
            this_update=produced,
            next_update=until,
            nonce=request.nonce,
        )
        if request.nonce is not None:
            return OcspAnswer(body)
        answer = OcspAnswer(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', produced, until)
        # What is unknown now may be issued in a moment, and no epoch tells.
        if all(one.standing is not OcspStanding.UNKNOWN for one in statuses):
            with self._lock:
                size = len(asked) + len(body)
                if len(self._kept) >= MOST_KEPT or self._kept_bytes + size > self._most_bytes:
                    self._kept.clear()
                    self._kept_bytes = 0
                if asked not in self._kept:
                    self._kept_bytes += size
                again = produced + (until - produced) / 2
                self._kept[asked] = _Kept(answer, issuer, epoch, again, statuses, responder.fingerprint)
        return answer

    def _issuer(self, connection: Connection, asked: Sequence[CertId]) -> str:
        """The one authority that all of them are about: a delegated key answers for its own issuer only."""
        names = {self._issuer_of(connection, one) for one in asked}
        name = names.pop() if len(names) == 1 else None
        if name is None:
            raise OcspRefused("not of one issuing authority of this service", OcspFailure.UNAUTHORIZED)
        return name

    def _issuer_of(self, connection: Connection, asked: CertId) -> str | None:
        key = (asked.algorithm, asked.name_hash, asked.key_hash)
        found = self._issuers.get(key)
        if found is not None:
            return found
        for one in listed_authorities(connection):
            if not one.root and asked.is_of(_certificate(connection, one.name)):
                with self._lock:
                    if len(self._issuers) >= MOST_ISSUERS:
                        self._issuers.clear()
                    self._issuers[key] = one.name
                return one.name
        return None


def _plain_questions(connection: Connection, at: datetime) -> Iterator[bytes]:
    """The request that a client without wishes sends, for each certificate that may be asked about now."""
    table = certificates
    issuers = {
        one.name: _certificate(connection, one.name) for one in listed_authorities(connection) if not one.root
    }
    query = (
        select(table.c.issuer, table.c.serial)
        .where(table.c.key_label.is_(None), table.c.not_after > at, table.c.issuer.in_(issuers))
        .order_by(table.c.issued_at.desc(), table.c.id)
        .limit(MOST_KEPT // 4)
    )
    for row in connection.execute(query):
        asked = cert_id(issuers[row.issuer], int(row.serial, 16))
        yield der.sequence(der.sequence(der.sequence(der.sequence(asked.encode()))))


def label_of(authority: str) -> str:
    """Of the responder's key in the vault."""
    return f"ocsp-{authority}"


def _certificate(connection: Connection, name: str) -> Certificate:
    return authority_certificate(connection, name)


def _failure(failure: OcspFailure) -> OcspAnswer:
    return OcspAnswer(make_ocsp_failure(failure))


def _statuses(connection: Connection, issuer: str, asked: Sequence[CertId]) -> list[CertificateStatus]:
    table = certificates
    query = select(
        table.c.serial, table.c.revoked_at, table.c.held_at, table.c.reason, table.c.invalidity_date
    ).where(table.c.issuer == issuer, table.c.serial.in_([f"{one.serial:x}" for one in asked]))
    rows = {row.serial: row for row in connection.execute(query)}
    return [_status(one, rows.get(f"{one.serial:x}")) for one in asked]


def _status(asked: CertId, row: Any | None) -> CertificateStatus:
    if row is None:
        return CertificateStatus(asked, OcspStanding.UNKNOWN)
    moments = [one for one in (row.held_at, row.revoked_at) if one is not None]
    if not moments:
        return CertificateStatus(asked, OcspStanding.GOOD)
    reason = RevocationReason(row.reason) if row.revoked_at else RevocationReason.CERTIFICATE_HOLD
    return CertificateStatus(asked, OcspStanding.REVOKED, Revocation(asked.serial, min(moments), reason))
