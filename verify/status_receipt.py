# SPDX-License-Identifier: Apache-2.0
"""The status receipt: what was true of a certificate at a time, with everything that says so, in one file.

Canonical JSON ``{"format": "yinxin-status-receipt/1", "receipt", "signature": CMS, "timestamp": token}``. The
receipt holds the certificate, its issuers, the time and the state; the revocation lists that were out at that
time; and the entries of the public log about it, each with its proof. Whoever reads it years later needs a
trust list alone. The signature speaks for the authority, the time stamp (RFC 3161, over the signature) proves
that it was there in time, and neither is believed about the state: that is worked out from the lists and
compared with the log.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from keys import Digest, HashAlgorithm, digest

from .canonical import Json, JsonMalformed, canonical_json, parse_json
from .cms import check_signed_data
from .errors import VerifyError
from .ledger import LogProof, check_log_proof, parse_log_proof
from .report import Indication, Reason, Report, SignatureReport, SubIndication, combine
from .timestamp import TimestampMalformed, check_timestamp, parse_timestamp
from .trust import Trust
from .x509 import Certificate, Crl, Purpose, check_certificate, parse_certificate, parse_crl
from .x509.facts import holder_facts
from .x509.findings import Finding, failed, judged, unsure
from .x509.moments import shown

FORMAT: Final = "yinxin-status-receipt/1"
LARGEST_FILE: Final = 32 * 1024 * 1024
MOST_CHAIN: Final = 5
MOST_LISTS: Final = 16
MOST_ENTRIES: Final = 64
STATES: Final = ("good", "suspended", "revoked", "expired", "not-yet-valid")
_EVENTS: Final = {
    "certificate.issued": "good",
    "certificate.suspended": "suspended",
    "certificate.resumed": "good",
    "certificate.revoked": "revoked",
}
_MEMBERS = {"format", "receipt", "signature", "timestamp"}
_FIELDS = {"at", "certificate", "chain", "entries", "issued", "lists", "reason", "since", "state"}
_EVIDENCE = "X.509 status"
_PROVEN = Reason(
    "STATUS_PROVEN",
    "吊销列表与公开日志均证明该证书当时的状态",
    "revocation lists and the public log prove the state at that time",
)


class StatusReceiptMalformed(VerifyError):
    """Not a status receipt.  ``field`` is the JSON member, ``rule`` what it broke."""

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"status receipt refused: {field}: {rule}")
        self.field, self.rule = field, rule


@dataclass(frozen=True, slots=True)
class StatusStatement:
    """What the authority states and shows: structure only, nothing is proven by having one."""

    certificate: Certificate
    chain: tuple[Certificate, ...]  # its issuer first, the root last
    at: datetime
    issued: datetime
    state: str
    since: datetime | None
    reason: str | None
    lists: tuple[Crl, ...]
    entries: tuple[LogProof, ...]

    def record(self) -> dict[str, Json]:
        """As it is signed."""
        return {
            "at": shown(self.at),
            "certificate": _text(self.certificate.der),
            "chain": [_text(one.der) for one in self.chain],
            "entries": [_text(one.encode()) for one in self.entries],
            "issued": shown(self.issued),
            "lists": [_text(one.der) for one in self.lists],
            "reason": self.reason,
            "since": None if self.since is None else shown(self.since),
            "state": self.state,
        }


@dataclass(frozen=True, slots=True)
class StatusReceipt:
    """``signature``: detached CMS over the canonical record; ``timestamp``: a token over its SM3 digest."""

    statement: StatusStatement
    signature: bytes
    timestamp: bytes | None = None

    def encode(self) -> bytes:
        """The file."""
        return canonical_json(
            {
                "format": FORMAT,
                "receipt": self.statement.record(),
                "signature": _text(self.signature),
                "timestamp": None if self.timestamp is None else _text(self.timestamp),
            }
        )


def stamped(signature: bytes) -> Digest:
    """What the time stamp of a receipt is over."""
    return digest(HashAlgorithm.SM3, signature)


def parse_status_receipt(data: bytes) -> StatusReceipt:
    """Raises :class:`StatusReceiptMalformed`."""
    try:
        value = parse_json(data, max_bytes=LARGEST_FILE)
    except JsonMalformed as error:
        raise StatusReceiptMalformed(field="(file)", rule=str(error)) from error
    if not isinstance(value, dict) or set(value) != _MEMBERS or value["format"] != FORMAT:
        raise StatusReceiptMalformed(field="(file)", rule=f"an object {FORMAT} with {sorted(_MEMBERS)}")
    record = value["receipt"]
    if not isinstance(record, dict) or set(record) != _FIELDS:
        raise StatusReceiptMalformed(field="receipt", rule=f"an object with exactly {sorted(_FIELDS)}")
    stamp = value["timestamp"]
    receipt = StatusReceipt(
        _statement(record),
        _bytes(value["signature"], "signature"),
        None if stamp is None else _bytes(stamp, "timestamp"),
    )
    if receipt.encode() != data:
        raise StatusReceiptMalformed(
            field="(file)", rule="not canonical JSON (RFC 8785), or a second spelling"
        )
    return receipt


def check_status_receipt(data: bytes, *, trust: Trust, at: datetime) -> Report:
    """Is this receipt genuine, and do its own proofs bear it out?  Never raises for any bytes.

    It passes when it is true, whatever it says: ``facts["state"]`` is the answer, not the indication.
    """
    try:
        receipt = parse_status_receipt(data)
    except StatusReceiptMalformed as error:
        reason = Reason(
            "STATUS_RECEIPT_MALFORMED",
            f"状态凭证格式不符({error.field}):文件被改动或不完整",
            f"not a status receipt, or altered: {error.field}: {error.rule}",
        )
        return Report(
            kind="status-receipt",
            indication=Indication.TOTAL_FAILED,
            sub_indication=SubIndication.FORMAT_FAILURE,
            reasons=(reason,),
        )
    said = receipt.statement
    known = replace(
        trust,
        intermediates=(*trust.intermediates, *said.chain),
        crls=(*trust.crls, *said.lists),
        next_update=None,  # looked at once, by the time of the check and not by times long past
    )
    stamp, existed = _stamp(receipt, known, at)
    parts = [
        *([] if stamp is None else [stamp]),
        _signature(receipt, known, at, existed),
        _evidence(said, known),
        *_entries(said, trust, at),
    ]
    reasons: list[Reason] = []
    indication, sub = combine(parts)
    if trust.ends is not None and at > trust.ends and indication is Indication.TOTAL_PASSED:
        indication, sub = Indication.INDETERMINATE, SubIndication.TRY_LATER
        reasons.append(
            Reason(
                "TRUST_LIST_STALE",
                "信任列表已过更新期限,请获取最新列表后再验",
                f"the trust list was due for renewal at {shown(trust.ends)}; fetch a fresh one",
            )
        )
    return Report(
        kind="status-receipt",
        indication=indication,
        sub_indication=sub,
        signatures=tuple(parts),
        reasons=tuple(reasons),
        facts={
            "certificate": holder_facts(said.certificate),
            "at": shown(said.at),
            "state": said.state,
            "since": None if said.since is None else shown(said.since),
            "reason": said.reason,
            "issued": shown(said.issued),
            "proven_to_exist": None if existed is None else shown(existed),
        },
    )


def _stamp(
    receipt: StatusReceipt, trust: Trust, at: datetime
) -> tuple[SignatureReport | None, datetime | None]:
    """The verdict on the time stamp, and the time at which the receipt is proven to have existed.

    Its own certificate is judged at its own time: lists of then are in the receipt, and newer ones in the
    trust still count against it.
    """
    if receipt.timestamp is None:
        return None, None
    try:
        moment = parse_timestamp(receipt.timestamp).info.at
    except TimestampMalformed:
        moment = at
    report = check_timestamp(receipt.timestamp, stamped(receipt.signature), trust, min(moment, at))
    passed = report.indication is Indication.TOTAL_PASSED and moment <= at
    if report.indication is Indication.TOTAL_PASSED and moment > at:
        late = unsure(
            SubIndication.TIMESTAMP_ORDER_FAILURE,
            "TIMESTAMP_FROM_FUTURE",
            "时间戳所载时间晚于查验时间,请检查时钟",
            "the time stamp is of a time after the check; check the clock",
        )
        return judged(report.format, [late], _PROVEN, report.facts), None
    return report, moment if passed else None


def _signature(
    receipt: StatusReceipt, trust: Trust, at: datetime, existed: datetime | None
) -> SignatureReport:
    content = canonical_json(receipt.statement.record())

    def content_digest(algorithm: HashAlgorithm) -> Digest:
        return digest(algorithm, content)

    report = check_signed_data(
        receipt.signature,
        trust=trust,
        at=existed or at,
        purpose=Purpose.SEAL,
        content_digest=content_digest,
    )
    if existed is not None or report.indication is not Indication.INDETERMINATE:
        return report
    missing = Reason(
        "TIMESTAMP_MISSING",
        "凭证没有可信的时间戳,不能证明签名在证书到期或吊销之前已经存在;请向签发机构重新获取凭证",
        "the receipt has no time stamp that counts, so nothing proves that it was signed before the "
        "certificate ended: ask the authority for a new receipt",
    )
    return replace(report, reasons=(*report.reasons, missing))


def _evidence(said: StatusStatement, trust: Trust) -> SignatureReport:
    """The state by the lists, and by the log, against the state that is stated."""
    # What was known then: a later list knows more (a hold that became a revocation has the date of the hold).
    then = replace(trust, crls=tuple(one for one in said.lists if one.this_update <= said.at))
    report = check_certificate(said.certificate, then, said.at, purpose=Purpose.CERTIFICATE)
    found = list(_contradictions(said, report))
    later = check_certificate(said.certificate, trust, said.at, purpose=Purpose.CERTIFICATE)
    # Of its issuers everything counts that is known today: whoever had such a key could sign any list.
    found += [
        failed(SubIndication.REVOKED, reason.code, reason.zh, reason.en)
        for reason in later.reasons
        if reason.code == "ISSUER_REVOKED"
    ]
    facts: dict[str, Json] = {
        "revocation": report.facts.get("revocation"),
        "chain": report.facts.get("chain"),
        "log": _by_log(said),
        "known_today": later.facts.get("revocation"),
    }
    return judged(_EVIDENCE, found, _PROVEN, facts)


def _contradictions(said: StatusStatement, report: SignatureReport) -> Iterator[Finding]:
    codes = {reason.code for reason in report.reasons}
    listed = report.facts.get("revocation")
    standing = str(listed.get("status")) if isinstance(listed, dict) else "unknown"
    if codes & {"CHAIN_UNTRUSTED", "CHAIN_SIGNATURE_INVALID"}:
        yield Finding(report.indication, report.sub_indication or SubIndication.NO_POE, report.reasons[0])
        return
    if standing == "unknown":
        yield unsure(
            SubIndication.TRY_LATER,
            "STATUS_NOT_SHOWN",
            "凭证所附吊销列表不能证明该证书当时的状态",
            "the lists in the receipt do not show the state of the certificate at that time",
        )
    elif (by_lists := _state(said, standing)) != said.state:
        yield _contradicted("吊销列表", "the revocation lists", by_lists)
    by_log = _by_log(said)
    if by_log is None:
        yield unsure(
            SubIndication.SIGNED_DATA_NOT_FOUND,
            "STATUS_NOT_IN_LOG",
            "凭证未附该证书签发的日志条目",
            "the receipt does not show the entry of the log that says when the certificate was issued",
        )
    elif (by_entries := _state(said, _STANDINGS[by_log])) != said.state:
        yield _contradicted("公开日志", "the public log", by_entries)
    others = [
        Finding(report.indication, report.sub_indication, reason)
        for reason in report.reasons
        if reason.code.startswith("ISSUER_") and report.sub_indication is not None
    ]
    yield from others


_STANDINGS = {"good": "good", "suspended": "on-hold", "revoked": "revoked"}


def _state(said: StatusStatement, standing: str) -> str:
    """The gravest that is true."""
    if standing == "revoked":
        return "revoked"
    if said.at > said.certificate.not_after:
        return "expired"
    if said.at < said.certificate.not_before:
        return "not-yet-valid"
    return "suspended" if standing == "on-hold" else "good"


def _contradicted(zh: str, en: str, state: str) -> Finding:
    return failed(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        "STATUS_CONTRADICTED",
        f"凭证所述状态与{zh}不符(应为 {state}),请勿采信",
        f"{en} say {state}, the receipt says something else: do not rely on it",
    )


def _by_log(said: StatusStatement) -> str | None:
    """The last thing that the log says of the certificate at the time; ``None`` if it was not issued then."""
    found = None
    for proof in sorted(said.entries, key=lambda one: one.index):
        event = _event(proof, said.certificate)
        if event is not None and event[0] <= said.at:
            found = event[1]
    return found


def _event(proof: LogProof, certificate: Certificate) -> tuple[datetime, str] | None:
    try:
        entry = parse_json(proof.entry)
    except JsonMalformed:
        return None
    body = entry.get("body") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(body, dict):
        return None
    state = _EVENTS.get(str(entry.get("kind")))
    if state is None or body.get("fingerprint") != certificate.fingerprint:
        return None
    try:
        return _moment(entry.get("at"), "entry"), state
    except StatusReceiptMalformed:
        return None


def _entries(said: StatusStatement, trust: Trust, at: datetime) -> Iterator[SignatureReport]:
    for proof in said.entries:
        # The head of this moment: witnesses look at it later.
        timeless = replace(trust, next_update=None, expires=None, quorum=0)
        yield from check_log_proof(proof.encode(), trust=timeless, at=at).signatures


def _statement(record: Mapping[str, Json]) -> StatusStatement:
    state, reason, since = record["state"], record["reason"], record["since"]
    if state not in STATES:
        raise StatusReceiptMalformed(field="state", rule=f"one of {', '.join(STATES)}")
    if reason is not None and not (isinstance(reason, str) and reason.isalpha() and len(reason) <= 30):
        raise StatusReceiptMalformed(field="reason", rule="a reason of RFC 5280, or null")
    if (since is None) is not (state in ("good", "expired", "not-yet-valid")):
        raise StatusReceiptMalformed(field="since", rule="there exactly when suspended or revoked")
    try:
        return StatusStatement(
            certificate=parse_certificate(_bytes(record["certificate"], "certificate")),
            chain=tuple(parse_certificate(one) for one in _listed(record["chain"], "chain", MOST_CHAIN)),
            at=_moment(record["at"], "at"),
            issued=_moment(record["issued"], "issued"),
            state=str(state),
            since=None if since is None else _moment(since, "since"),
            reason=reason,
            lists=tuple(parse_crl(one) for one in _listed(record["lists"], "lists", MOST_LISTS)),
            entries=tuple(
                parse_log_proof(one) for one in _listed(record["entries"], "entries", MOST_ENTRIES)
            ),
        )
    except StatusReceiptMalformed:
        raise
    except VerifyError as error:
        raise StatusReceiptMalformed(field="receipt", rule=str(error)) from error


def _listed(value: Json, field: str, most: int) -> Sequence[bytes]:
    if not isinstance(value, list) or len(value) > most:
        raise StatusReceiptMalformed(field=field, rule=f"a list of at most {most}")
    return [_bytes(one, f"{field}[{place}]") for place, one in enumerate(value)]


def _moment(value: Json | None, field: str) -> datetime:
    try:
        found = datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise StatusReceiptMalformed(field=field, rule="a time like 2026-08-01T04:00:00Z") from None
    if shown(found) != value:
        raise StatusReceiptMalformed(field=field, rule="a time like 2026-08-01T04:00:00Z")
    return found


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(value: Json, field: str) -> bytes:
    if not isinstance(value, str):
        raise StatusReceiptMalformed(field=field, rule="base64 text")
    try:
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise StatusReceiptMalformed(field=field, rule="not base64") from None
