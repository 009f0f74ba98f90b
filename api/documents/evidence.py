# SPDX-License-Identifier: Apache-2.0
"""What the service can prove about one document on record, each part by itself.

Who issued it: the signed statement of its QR code, and the seal on the stored file with the certificate
behind it, judged as for whoever uploads that file: the page is never greener than that.  Unaltered: the
record has the digest that was signed, the page's facts have the digest that the record names, the file has
the digest that is in the public log.  In the log: the inclusion proof against the newest checkpoint.  All are
checked with :mod:`verify`, exactly as a stranger would; an edit in the database turns one of them into a no.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from keys import HashAlgorithm, digest
from relying import Body, Face
from verify import (
    DocumentStanding,
    Indication,
    JsonMalformed,
    LogProof,
    Report,
    Trust,
    Unreadable,
    check_log_proof,
    check_pdf,
    check_qr,
    parse_json,
)

from ..ledger import Ledger, LedgerError
from .committed import parse_face
from .editions import Edition
from .files import file_sha256

_RECORDED = ("ecert_id", "type", "title", "issuer", "issuer_name", "holder", "holder_name", "valid_until")
_LOGGED = ("ecert_id", "type", "seal_id", "sha256", "sm3")
_STATEMENT_HOLDS = {
    "QR_GENUINE",
    "QR_EXPIRED",
    "QR_LOGGED_BEFORE_REVOCATION",
    "TRUST_LIST_STALE",
    "CLOCK_BEHIND",
    "DOCUMENT_STATUS_STALE",
    *(f"DOCUMENT_{state.name}" for state in DocumentStanding),
}
"""A statement that has run out, or whose document was revoked, is still a genuine one: the answer on the
present status says so."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A document as it lies in the database, read in one moment; nothing is checked by having one."""

    row: Row[Any]
    content: bytes | None
    edition: Edition | None
    predecessor: str | None
    successor: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """``None`` stands for what cannot be decided now."""

    stated: bool | None  # the statement of the QR code
    sealed: bool | None  # the seal on the stored file
    seal_words: str  # why the seal is no yes, and what to do
    unaltered: bool
    logged: bool | None
    log_size: int | None
    log_words: str  # why the proof is no yes, and what to do
    witnesses: tuple[
        tuple[str, str], ...
    ]  # name and time (UTC, as in reports) of who cosigned the checkpoint
    face: Face | None  # only when the signed record vouches for it
    record: Body | None
    statement: Report  # on the signed text of the QR code

    @property
    def issued(self) -> bool | None:
        """Statement and seal: both prove who issued it, or nobody says so."""
        both = (self.stated, self.sealed)
        return False if False in both else None if None in both else True


def gather(kept: Kept, *, ledger: Ledger, trust: Trust, at: datetime) -> Evidence:
    """Check everything; never raises, whatever stands in the row."""
    row = kept.row
    statement = _statement(row.qr_text, ledger=ledger, trust=trust, at=at)
    record = _record(row, statement.facts)
    face = _face(row, record)
    proof = _proof(ledger, row.ledger_index)
    logged, report = _logged(row, proof, trust=trust, at=at)
    size = report.facts.get("size") if report is not None and logged is not False else None
    same_file = kept.content is not None and file_sha256(kept.content) == row.sha256
    same_file = same_file and _edition_stands(kept.edition)
    same_entry = proof is not None and _entry_agrees(kept, proof.entry)
    sealed, words = _seal(kept.content if same_file else None, trust=trust, at=at)
    return Evidence(
        stated=_stated(row, statement),
        sealed=sealed,
        seal_words=words,
        unaltered=record is not None and face is not None and same_file and same_entry,
        logged=logged,
        log_size=size if isinstance(size, int) else None,
        log_words="" if report is None or logged else " ".join(one.zh for one in report.reasons),
        witnesses=_witnesses(report),
        face=face,
        record=record,
        statement=statement,
    )


def _statement(text: str, *, ledger: Ledger, trust: Trust, at: datetime) -> Report:
    """The check of the code; for one whose key was revoked, with the log's word on when it was announced."""
    report = check_qr(text, trust=trust, at=at)
    index = report.facts.get("log_index")
    if not isinstance(index, int) or "QR_KEY_REVOKED" not in {reason.code for reason in report.reasons}:
        return report
    proof = _proof(ledger, index)
    return report if proof is None else check_qr(text, trust=trust, at=at, proof=proof.encode())


def _seal(content: bytes | None, *, trust: Trust, at: datetime) -> tuple[bool | None, str]:
    """The verdict of the check of the file, and its words; a file that is not the one on record has none."""
    if content is None:
        return None, "存档文件与登记不一致,无法核验印章"
    try:
        report = check_pdf(content, trust=trust, at=at)
    except Unreadable as error:
        return False, str(error)
    if report.indication is Indication.TOTAL_PASSED:
        return True, ""
    passed = Indication.TOTAL_PASSED
    parts = [one.reasons for one in report.signatures if one.indication is not passed]
    reasons = [*report.reasons, *(reason for part in parts for reason in part)]
    words = " / ".join(f"{reason.zh} {reason.en}" for reason in reasons)
    return (False if report.indication is Indication.TOTAL_FAILED else None), words


def _stated(row: Row[Any], statement: Report) -> bool | None:
    facts = statement.facts
    if facts and (facts["document_id"], facts["document_kind"]) != (row.id, row.type):
        return False
    holds = {reason.code for reason in statement.reasons} <= _STATEMENT_HOLDS
    if statement.indication is Indication.INDETERMINATE and not holds:
        return None
    return holds


def _record(row: Row[Any], stated: Mapping[str, Any]) -> Body | None:
    """The record, if it is the one that was signed and the row agrees with it."""
    if digest(HashAlgorithm.SHA256, row.record.encode()).value.hex() != stated.get("record_digest"):
        return None
    try:
        record = parse_json(row.record.encode())
    except JsonMalformed:
        return None
    if not isinstance(record, dict) or record.get("document_id") != row.id:
        return None
    agrees = all(record.get(name) == getattr(row, name) for name in _RECORDED)
    return record if agrees and record.get("issued_at") == f"{row.issued_at:%Y-%m-%dT%H:%M:%SZ}" else None


def _face(row: Row[Any], record: Body | None) -> Face | None:
    if record is None or record.get("face_sha256") != file_sha256(row.face.encode()):
        return None
    return parse_face(row.face)


def _proof(ledger: Ledger, index: int) -> LogProof | None:
    try:
        return ledger.prove(index, witnessed=True)
    except LedgerError:
        return None


def _logged(
    row: Row[Any], proof: LogProof | None, *, trust: Trust, at: datetime
) -> tuple[bool | None, Report | None]:
    if proof is None:
        return False, None
    report = check_log_proof(proof.encode(), trust=trust, at=at)
    if not _is_issue_of(row, proof.entry) or report.indication is Indication.TOTAL_FAILED:
        return False, report
    return (True if report.indication is Indication.TOTAL_PASSED else None), report


def _witnesses(report: Report | None) -> tuple[tuple[str, str], ...]:
    """Each witness once, with the time of its newest word."""
    told = [] if report is None else report.facts.get("witnessed_by")
    newest: dict[str, str] = {}
    for one in told if isinstance(told, list) else []:
        if isinstance(one, dict):
            name, at = str(one.get("witness")), str(one.get("at"))
            newest[name] = max(at, newest.get(name, ""))
    return tuple(sorted(newest.items()))


def _body(entry: bytes) -> Mapping[str, Any]:
    """What the entry says about the document that it issues; nothing for any other entry."""
    try:
        value = parse_json(entry)
    except JsonMalformed:
        return {}
    if not isinstance(value, dict) or value.get("kind") != "document.issued":
        return {}
    body = value.get("body")
    return body if isinstance(body, dict) else {}


def _is_issue_of(row: Row[Any], entry: bytes) -> bool:
    return bool(_body(entry).get("document_id") == row.id)


def _entry_agrees(kept: Kept, entry: bytes) -> bool:
    body, row, edition = _body(entry), kept.row, kept.edition
    ofd = (None, None) if edition is None else (edition.sha256, edition.sm3)
    return (
        body.get("document_id") == row.id
        and all(body.get(name) == getattr(row, name) for name in _LOGGED)
        and (body.get("ofd_sha256"), body.get("ofd_sm3")) == ofd
    )


def _edition_stands(edition: Edition | None) -> bool:
    """What is stored is what is on record, where there is an edition at all."""
    if edition is None:
        return True
    return edition.content is not None and file_sha256(edition.content) == edition.sha256
