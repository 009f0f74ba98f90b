# SPDX-License-Identifier: Apache-2.0
"""Look-ups and status receipts: what was true of a certificate at a time, with the evidence.

A receipt is made from what was published: the lists that were out at that time, and the entries of the public
log.  The database only says where they are.  Before it is handed out it is checked as its reader will.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from keys import Digest
from seal import complete_form, prepare_form
from verify import (
    Crl,
    Indication,
    Json,
    LogProof,
    StatusReceipt,
    StatusStatement,
    VerifyError,
    canonical_json,
    check_status_receipt,
    parse_certificate,
    parse_crl,
    parse_form,
    parse_json,
    stamped,
)

from ..certificates import CertificateService, IssuedCertificate, find_by_fingerprint, whole_second
from ..database import Database
from ..database.tables import row_commitments
from ..database.tables_identity import certificates
from ..ledger import Ledger
from . import stored
from .errors import NothingKnown, StatusRequestRefused
from .stored import FULL, part

_log = logging.getLogger("yinxin.status")
_SERIAL = re.compile(r"[0-9a-f]{1,40}\Z")
_ISSUER = re.compile(r"[a-z0-9-]{1,40}\Z")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}\Z")
_EVENTS = {
    "certificate.issued": "good",
    "certificate.suspended": "suspended",
    "certificate.resumed": "good",
    "certificate.revoked": "revoked",
}


@dataclass(frozen=True, slots=True)
class ReceiptPorts:
    """What receipts are made with.  ``stamp``: a time stamp over a digest, where there is such a service."""

    database: Database
    ledger: Ledger
    certificates: CertificateService
    clock: Callable[[], datetime]
    stamp: Callable[[Digest], bytes] | None = None


class StateBook:
    """Answers about the state of certificates.  Safe to share between threads."""

    def __init__(self, ports: ReceiptPorts) -> None:
        self._ports = ports

    def look_up(self, *, serial: str = "", issuer: str = "", fingerprint: str = "") -> dict[str, Json]:
        """The state now, without any name of a holder.  Raises :class:`StatusRequestRefused`."""
        with self._ports.database.read() as connection:
            found = self._found(connection, serial, issuer, fingerprint)
        at = whole_second(self._ports.clock())
        if found is None:
            return {"state": "unknown", "at": _shown(at)}
        state, since, reason = found.status(at), None, None
        if state in ("revoked", "suspended"):
            since = min(one for one in (found.held_at, found.revoked_at) if one is not None)
            reason = found.reason if state == "revoked" else "certificateHold"
        return {
            "state": state,
            "at": _shown(at),
            "certificate_id": found.certificate_id,
            "serial": found.serial,
            "issuer": found.issuer,
            "fingerprint": found.fingerprint,
            "not_before": _shown(found.not_before),
            "not_after": _shown(found.not_after),
            "since": None if since is None else _shown(since),
            "reason": reason,
        }

    def receipt_of(self, encoded: bytes, *, at: datetime | None = None) -> bytes:
        """The receipt for a certificate itself, DER or PEM.  Raises :class:`NothingKnown`."""
        try:
            fingerprint = parse_certificate(encoded).fingerprint
        except VerifyError as error:
            raise StatusRequestRefused(
                "file", f"不是证书 / not a certificate: {error}", "请上传一个证书 / upload one certificate"
            ) from error
        found = self._ports.certificates.by_fingerprint(fingerprint)
        if found is None:
            raise NothingKnown("this certificate was not issued here")
        return self.receipt(found.certificate_id, at=at)

    def receipt(self, certificate_id: str, *, at: datetime | None = None) -> bytes:
        """The signed file.  Raises :class:`NothingKnown`, :class:`StatusRequestRefused` for a future time."""
        ports = self._ports
        issued = whole_second(ports.clock())
        moment = issued if at is None else whole_second(at)
        if moment > issued:
            raise StatusRequestRefused(
                "at", "时间不能晚于现在 / a time that is over", "请填写过去的时间 / give a time in the past"
            )
        found = ports.certificates.get(certificate_id)
        statement = self._statement(found, moment, issued)
        record = statement.record()
        sealing = ports.certificates.platform_sealing()
        prepared = prepare_form(record, sealing=sealing, at=issued)
        signature = ports.certificates.platform_signer().sign(prepared.attributes)
        form = parse_form(complete_form(prepared, signature, sealing=sealing))
        assert form.content() == canonical_json(record)
        made = StatusReceipt(statement, form.signature, self._stamp(form.signature)).encode()
        # As its reader will check it, with what its reader will trust.
        report = check_status_receipt(made, trust=ports.certificates.trust(), at=max(issued, ports.clock()))
        if report.indication is not Indication.TOTAL_PASSED:
            codes = ", ".join(reason.code for one in report.signatures for reason in one.reasons)
            raise NothingKnown(f"the evidence of that time does not bear it out: {codes}")
        return made

    def _stamp(self, signature: bytes) -> bytes | None:
        if self._ports.stamp is None:
            return None
        try:
            return self._ports.stamp(stamped(signature))
        except Exception as error:
            # A receipt without a time stamp says so itself; a clock that nobody trusts gives none.
            _log.warning("a status receipt got no time stamp: %s", error)
            return None

    def _statement(self, found: IssuedCertificate, at: datetime, issued: datetime) -> StatusStatement:
        ports = self._ports
        certificate = parse_certificate(found.der)
        chain = tuple(parse_certificate(one) for one in ports.certificates.chain(found.certificate_id))
        with ports.database.read() as connection:
            indexes = _entries(connection, found.certificate_id)
            lists = self._lists(connection, found, at, issued)
        proofs = tuple(ports.ledger.prove(index) for index in indexes)
        standing = _standing(proofs, certificate.fingerprint, at)
        if standing is None:
            raise NothingKnown("at that time the certificate was not issued yet")
        state = standing
        if state != "revoked" and at > certificate.not_after:
            state = "expired"
        elif state != "revoked" and at < certificate.not_before:
            state = "not-yet-valid"
        entry = None
        for one in lists:
            if one.issuer == certificate.issuer and one.this_update <= at:
                entry = one.entries.get(certificate.serial)
                break
        told = state in ("revoked", "suspended") and entry is not None
        return StatusStatement(
            certificate=certificate,
            chain=chain,
            at=at,
            issued=issued,
            state=state,
            since=entry.at if told and entry is not None else None,
            reason=entry.reason if told and entry is not None else None,
            lists=lists,
            entries=proofs,
        )

    def _lists(
        self, connection: Connection, found: IssuedCertificate, at: datetime, issued: datetime
    ) -> tuple[Crl, ...]:
        """Of the certificate and its issuers, as they were out then; and of now, for who signs this."""
        listed: dict[bytes, Crl] = {}

        def add(issuer: str, scope: str, moment: datetime) -> None:
            one = stored.at_time(connection, issuer, scope, moment)
            if one is not None:
                listed.setdefault(one.der, parse_crl(one.der))

        rows = {one.name: one for one in self._ports.certificates.authorities()}
        # The newest that speaks of it: the partition may be ahead of the complete list.
        add(found.issuer, part(found.partition), at)
        add(found.issuer, FULL, at)
        name = rows[found.issuer]
        while not name.root:
            name = rows[name.issuer]
            add(name.name, FULL, at)
        services = [one for one in rows.values() if one.purpose == "services" and one.family == "sm2"]
        for one in services:
            add(one.name, FULL, issued)
            add(one.issuer, FULL, issued)
        return tuple(
            sorted(listed.values(), key=lambda one: (one.this_update, one.number or 0), reverse=True)
        )

    def _found(
        self, connection: Connection, serial: str, issuer: str, fingerprint: str
    ) -> IssuedCertificate | None:
        wanted = _plain(fingerprint)
        if wanted and not serial and not issuer:
            if not _FINGERPRINT.match(wanted):
                raise StatusRequestRefused(
                    "fingerprint", "64位十六进制 / 64 hexadecimal digits", "请核对 / check it"
                )
            return find_by_fingerprint(connection, wanted)
        number = _plain(serial).lstrip("0")
        if wanted or not _SERIAL.match(number) or not _ISSUER.match(issuer):
            raise StatusRequestRefused(
                "serial",
                "序列号(十六进制)与签发机构,或证书指纹 / serial (hexadecimal) and issuer, or fingerprint",
                "请二选一填写 / give one or the other",
            )
        query = select(certificates.c.fingerprint).where(
            certificates.c.issuer == issuer, certificates.c.serial == number
        )
        known = connection.execute(query).scalar_one_or_none()
        return None if known is None else find_by_fingerprint(connection, known)


def _plain(text: str) -> str:
    """Hexadecimal as certificates are shown: with colons, spaces and capitals."""
    return re.sub(r"[\s:]", "", text).lower()


def _entries(connection: Connection, certificate_id: str) -> list[int]:
    query = (
        select(row_commitments.c.entry_index)
        .where(row_commitments.c.table_name == "certificates", row_commitments.c.row_key == certificate_id)
        .order_by(row_commitments.c.entry_index)
    )
    return [int(index) for index in connection.execute(query).scalars()]


def _standing(proofs: tuple[LogProof, ...], fingerprint: str, at: datetime) -> str | None:
    """The last thing that the log says at a time."""
    found = None
    for proof in proofs:
        entry: Any = parse_json(proof.entry)
        state = _EVENTS.get(entry["kind"])
        about = entry["body"].get("fingerprint") == fingerprint
        if state is not None and about and datetime.fromisoformat(entry["at"]) <= at:
            found = state
    return found


def _shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
