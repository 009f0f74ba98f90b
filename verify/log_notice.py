# SPDX-License-Identifier: Apache-2.0
"""The notice of a monitor: there is a new entry about a subject that somebody watches, and here is its proof.

A signed note (C2SP signed-note) with these lines::

    yinxin-log-notice/1
    subject 9151…            the credit code
    sequence 3               number of the entry in its history
    entry 123                number of the entry in the log
    kind record.entered
    noticed 2026-11-23T02:00:00Z
    objection https://…      where to object, or -
    proof BASE64             the log proof file

The proof stands alone: it is judged by the keys of the log, whoever the monitor is.  Who sent the notice is
judged by the keys of the monitor, which are those of a listed witness.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from .canonical import Json
from .completeness import LogEntryMalformed, SubjectLink, parse_log_entry
from .ledger import (
    LedgerError,
    LogProofMalformed,
    NoteMalformed,
    NoteNotTrusted,
    SignedNote,
    check_log_proof,
    parse_log_proof,
    parse_note,
    verified_by,
)
from .report import Indication, Reason, Report, SignatureReport, SubIndication, combine
from .trust import LogKey, Trust

FORMAT = "yinxin-log-notice/1"
_NAMES = ("subject", "sequence", "entry", "kind", "noticed", "objection", "proof")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_LINK = re.compile(r"https?://[!-~]{1,500}", re.ASCII)
_AT = "%Y-%m-%dT%H:%M:%SZ"


class LogNoticeMalformed(LedgerError):
    """Not a notice.  ``field`` is the line, ``rule`` what it broke."""

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"监测通知不合格式 notice refused: {field}: {rule}")
        self.field, self.rule = field, rule


@dataclass(frozen=True, slots=True)
class LogNotice:
    """What a monitor says; nothing is verified by having one.  ``objection`` may be empty."""

    subject: str
    sequence: int
    entry: int
    kind: str
    noticed: datetime
    objection: str
    proof: bytes

    def text(self) -> str:
        """The text that is signed.  Raises :class:`LogNoticeMalformed`."""
        if self.objection and not _LINK.fullmatch(self.objection):
            raise LogNoticeMalformed(field="objection", rule="an address, http or https")
        lines = (
            FORMAT,
            f"subject {self.subject}",
            f"sequence {self.sequence}",
            f"entry {self.entry}",
            f"kind {self.kind}",
            f"noticed {self.noticed.astimezone(UTC).strftime(_AT)}",
            f"objection {self.objection or '-'}",
            f"proof {base64.b64encode(self.proof).decode('ascii')}",
        )
        return "".join(f"{line}\n" for line in lines)


def is_log_notice(data: bytes) -> bool:
    """Does it begin like one?"""
    return data.startswith(FORMAT.encode() + b"\n")


def parse_log_notice(data: bytes) -> tuple[LogNotice, SignedNote]:
    """Raises :class:`LogNoticeMalformed`."""
    try:
        note = parse_note(data)
    except NoteMalformed as error:
        raise LogNoticeMalformed(field="(file)", rule=error.rule) from error
    lines = note.text.rstrip("\n").split("\n")
    if lines[0] != FORMAT or len(lines) != 1 + len(_NAMES):
        raise LogNoticeMalformed(field="(file)", rule=f"{FORMAT}, then {', '.join(_NAMES)}")
    values: dict[str, str] = {}
    for name, line in zip(_NAMES, lines[1:], strict=True):
        if not line.startswith(f"{name} "):
            raise LogNoticeMalformed(field=name, rule=f"the line begins with {name} and a space")
        values[name] = line.removeprefix(f"{name} ")
    try:
        noticed = datetime.strptime(values["noticed"], _AT).replace(tzinfo=UTC)
        proof = base64.b64decode(values["proof"].encode("ascii"), validate=True)
    except ValueError as error:
        raise LogNoticeMalformed(field="noticed or proof", rule="a UTC time; base64") from error
    for name in ("sequence", "entry"):
        if not _NUMBER.fullmatch(values[name]):
            raise LogNoticeMalformed(field=name, rule="a whole number")
    notice = LogNotice(
        subject=values["subject"],
        sequence=int(values["sequence"]),
        entry=int(values["entry"]),
        kind=values["kind"],
        noticed=noticed,
        objection="" if values["objection"] == "-" else values["objection"],
        proof=proof,
    )
    if notice.text() != note.text:
        raise LogNoticeMalformed(field="(file)", rule="each value has one spelling")
    return notice, note


def check_log_notice(data: bytes, *, trust: Trust, at: datetime, monitors: Sequence[LogKey] = ()) -> Report:
    """The proof inside, what the notice says of it, and who says so.  Never raises for any bytes.

    ``monitors``: keys of monitors, beside the witnesses of the trust.
    """
    try:
        notice, note = parse_log_notice(data)
        proof = parse_log_proof(notice.proof)
    except (LogNoticeMalformed, LogProofMalformed) as error:
        reason = Reason("LOG_NOTICE_MALFORMED", "监测通知格式不符", f"not a notice of a monitor: {error}")
        return _report(Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE, (), (reason,), {})
    facts: dict[str, Json] = {
        "subject": notice.subject,
        "sequence": notice.sequence,
        "index": notice.entry,
        "entry_kind": notice.kind,
        "noticed": notice.noticed.strftime(_AT),
        "objection": notice.objection or None,
        "monitors": list(dict.fromkeys(one.name for one in note.signatures)),
    }
    proven = check_log_proof(notice.proof, trust=trust, at=at)
    parts = [*proven.signatures, _said(note, (*trust.witnesses, *monitors))]
    if not _agrees(notice, proof.entry, proof.index):
        reason = Reason(
            "NOTICE_CONTRADICTS_ENTRY",
            "通知所述与日志条目不符",
            "the notice says something else than the entry that it proves",
        )
        return _report(
            Indication.TOTAL_FAILED, SubIndication.SIG_CONSTRAINTS_FAILURE, tuple(parts), (reason,), facts
        )
    indication, sub = combine(parts)
    reasons = tuple(reason for part in parts for reason in part.reasons)
    return _report(indication, sub, tuple(parts), reasons, facts)


def _agrees(notice: LogNotice, leaf: bytes, index: int) -> bool:
    try:
        entry = parse_log_entry(leaf, index)
    except LogEntryMalformed:
        return False
    link: SubjectLink | None = entry.subject
    said = (notice.subject, notice.sequence, notice.entry, notice.kind)
    return link is not None and said == (link.code, link.sequence, index, entry.kind)


def _said(note: SignedNote, keys: Sequence[LogKey]) -> SignatureReport:
    """Whose word the notice is."""
    try:
        signed = verified_by(note, keys)
    except NoteNotTrusted as error:
        reason = Reason("NOTICE_FORGED", "监测通知签名验证失败", str(error))
        return _part(Indication.TOTAL_FAILED, SubIndication.SIG_CRYPTO_FAILURE, reason, ())
    names = {one.name for one in signed}
    listed = {(one.name, one.algorithm) for one in keys if one.name in names}
    if not signed or listed - {(one.name, one.algorithm) for one in signed}:
        reason = Reason(
            "MONITOR_UNKNOWN",
            "没有已知监测方的完整签名;日志证明本身另行判断",
            "no known monitor signed with all its keys; the log proof is judged by itself",
        )
        return _part(Indication.INDETERMINATE, SubIndication.NO_SIGNING_CERTIFICATE_FOUND, reason, signed)
    reason = Reason("NOTICE_SIGNED", "由已知监测方签名", "signed by a known monitor")
    return _part(Indication.TOTAL_PASSED, None, reason, signed)


def _part(
    indication: Indication, sub: SubIndication | None, reason: Reason, signed: Sequence[LogKey]
) -> SignatureReport:
    return SignatureReport(
        format="C2SP-signed-note",
        indication=indication,
        sub_indication=sub,
        reasons=(reason,),
        facts={"signed_by": [f"{one.name} ({one.algorithm})" for one in signed]},
    )


def _report(
    indication: Indication,
    sub: SubIndication | None,
    parts: tuple[SignatureReport, ...],
    reasons: tuple[Reason, ...],
    facts: dict[str, Json],
) -> Report:
    return Report(
        kind="log-notice",
        indication=indication,
        sub_indication=sub,
        signatures=parts,
        reasons=reasons,
        facts=facts,
    )
