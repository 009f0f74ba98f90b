# SPDX-License-Identifier: Apache-2.0
"""The report on a file that holds an evidence record (``.ers``)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from keys import Digest, HashAlgorithm, KeysError, digest
from keys.der import INTEGER, SEQUENCE, read_only

from ..report import Indication, Reason, Report, SignatureReport, SubIndication, combine
from ..trust import Trust
from .check import FORMAT, ContentDigest, check_evidence_record
from .errors import EvidenceMalformed
from .record import parse_evidence_record

_NOT_GIVEN: Final = Reason(
    "EVIDENCE_CONTENT_NOT_GIVEN",
    "未提供证据记录所证明的文件:请与该文件一起查验",
    "the document that the evidence record is about was not given: check them together",
)


def is_evidence_record(data: bytes) -> bool:
    """Is this DER meant as an evidence record?  A version, algorithms, and a sequence at the end."""
    try:
        parts = read_only(data).children()
        if not 3 <= len(parts) <= 5 or parts[0].tag != INTEGER or parts[0].content != b"\x01":
            return False
        if parts[1].tag != SEQUENCE or parts[-1].tag != SEQUENCE:
            return False
        listed, chains = parts[1].children(), parts[-1].children()
        # A certificate revocation list of version 2 and PKCS #8 hold no sequence of sequences of sequences.
        return all(one.tag == SEQUENCE for one in (*listed, *chains)) and all(
            one.children() and one.children()[0].tag == SEQUENCE for one in chains
        )
    except KeysError:
        return False


def evidence_report(data: bytes, trust: Trust, at: datetime, content: ContentDigest | None) -> Report:
    """The verdict on a record over what ``content`` digests; never a yes with nothing to compare."""
    if content is not None:
        return _report(check_evidence_record(data, content, trust=trust, at=at))
    try:
        parse_evidence_record(data)
    except EvidenceMalformed:
        return _report(check_evidence_record(data, _nothing, trust=trust, at=at))
    sub = SubIndication.SIGNED_DATA_NOT_FOUND
    return _report(SignatureReport(FORMAT, Indication.INDETERMINATE, sub, (_NOT_GIVEN,), {}))


def _nothing(algorithm: HashAlgorithm) -> Digest:
    return digest(algorithm, b"")


def _report(one: SignatureReport) -> Report:
    indication, sub = combine([one])
    return Report(
        kind="evidence-record",
        indication=indication,
        sub_indication=sub,
        signatures=(one,),
        reasons=one.reasons,
        facts=one.facts,
    )
