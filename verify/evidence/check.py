# SPDX-License-Identifier: Apache-2.0
"""Check an evidence record over a document: RFC 4998 sections 4.3 and 5.3, EN 319 102-1 for its time stamps.

The last time stamp must hold today; each older one at the time of the next, with what it carries itself.  The
first time stamp of the first chain is over the document; each following one in a chain over the token before
it; the first one of a new chain over the document together with all chains before it, in the new digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeAlias

from keys import Digest, HashAlgorithm, digest
from keys.der import sequence

from ..canonical import Json
from ..long_term import Material, Proof, Situation, check_stamp
from ..report import Indication, Reason, SignatureReport, SubIndication
from ..trust import Trust
from ..x509.findings import Finding, failed, judged
from ..x509.moments import shown
from .errors import EvidenceMalformed
from .record import ArchiveTimestamp, EvidenceRecord, parse_evidence_record
from .tree import root_of

FORMAT = "RFC 4998"
ContentDigest: TypeAlias = Callable[[HashAlgorithm], Digest]
_GOOD = Reason(
    "EVIDENCE_PROVEN",
    "证据记录真实、有效:文件在首个时间戳所载时间已经存在,此后未被改动",
    "the evidence record is genuine: the document existed at the first time stamp and was not altered since",
)


def check_evidence_record(
    der: bytes, content: ContentDigest, *, trust: Trust, at: datetime
) -> SignatureReport:
    """The verdict on a record over what ``content`` digests.  Never raises for any bytes.

    Facts: ``proven_time``, ``time_stamps`` (oldest first), ``chains``, ``documents_digest``.
    """
    try:
        record = parse_evidence_record(der)
    except EvidenceMalformed as error:
        malformed = failed(
            SubIndication.FORMAT_FAILURE,
            "EVIDENCE_MALFORMED",
            f"证据记录不合格式({error.field})",
            f"the evidence record is not well-formed: {error.field}: {error.rule}",
        )
        return judged(FORMAT, [malformed], _GOOD, {})
    findings = list(_structure(record))
    reports = _stamps(_leaves(record, content), trust, at)
    for report in reports:
        if report.indication is not Indication.TOTAL_PASSED and report.sub_indication is not None:
            sub = report.sub_indication
            findings.extend(Finding(report.indication, sub, reason) for reason in report.reasons)
    first = record.chains[0][0].timestamp.info
    facts: dict[str, Json] = {
        "proven_time": None if findings else shown(first.at),
        "chains": len(record.chains),
        "time_stamps": [_stamp_fact(one) for one in reports],
        "digest_algorithm": record.chains[0][0].algorithm.value,
    }
    return judged(FORMAT, findings, _GOOD, facts)


def _structure(record: EvidenceRecord) -> Iterator[Finding]:
    for chain in record.chains:
        if len({one.algorithm for one in chain}) > 1:
            yield failed(
                SubIndication.FORMAT_FAILURE,
                "EVIDENCE_ALGORITHMS",
                "同一时间戳链使用了不同的摘要算法",
                "the time stamps of one chain use different digests",
            )
        if chain[0].algorithm not in record.algorithms:
            yield failed(
                SubIndication.FORMAT_FAILURE,
                "EVIDENCE_ALGORITHM_NOT_LISTED",
                "证据记录没有列出时间戳链所用的摘要算法",
                "the record does not list the digest of one of its chains",
            )
    moments = [one.timestamp.info.at for chain in record.chains for one in chain]
    if moments != sorted(moments):
        yield failed(
            SubIndication.TIMESTAMP_ORDER_FAILURE,
            "EVIDENCE_ORDER",
            "证据记录中的时间戳不按时间先后排列",
            "the time stamps of the record are not in the order of their times",
        )


def _leaves(record: EvidenceRecord, content: ContentDigest) -> list[tuple[ArchiveTimestamp, Digest]]:
    """Each time stamp with what must be a leaf of its tree."""
    found: list[tuple[ArchiveTimestamp, Digest]] = []
    for number, chain in enumerate(record.chains):
        algorithm = chain[0].algorithm
        leaf = content(algorithm)
        if number:
            # Section 5.2: the document's hash, then that of all older chains as one sequence.
            older = digest(algorithm, sequence(*record.encoded[:number]))
            leaf = digest(algorithm, leaf.value + older.value)
        for place, one in enumerate(chain):
            if place:
                leaf = digest(algorithm, chain[place - 1].token)
            found.append((one, leaf))
    return found


def _stamps(
    leaves: list[tuple[ArchiveTimestamp, Digest]], trust: Trust, at: datetime
) -> list[SignatureReport]:
    """From the newest to the oldest, for each proves the one before; the answers oldest first."""
    reports: list[SignatureReport] = []
    proofs: tuple[Proof, ...] = ()
    for number, (one, leaf) in reversed(list(enumerate(leaves))):
        root = root_of(one.lists, leaf)
        if root is None:
            reports.append(_not_in_tree(number))
            proofs = ()
            continue
        found, proven = check_stamp(one.token, _only(root), Situation(trust, at, Material(), proofs))
        reports.append(found)
        proofs = () if proven is None else (Proof(proven, Material(), f"time stamp {number + 1}"), *proofs)
    return reports[::-1]


def _only(root: Digest) -> ContentDigest:
    """The root in its own algorithm: a token over another one does not match."""
    return lambda _: root


def _not_in_tree(number: int) -> SignatureReport:
    what_zh, what_en = ("文件", "the document") if not number else ("此前的证据", "the evidence before it")
    reason = Reason(
        "EVIDENCE_OTHER_CONTENT",
        f"第 {number + 1} 个时间戳的散列树中没有{what_zh}:证据记录不是为该文件作的,或文件被改动",
        f"{what_en} is not in the hash tree of time stamp {number + 1}: "
        "the record is about another document, or this one was altered",
    )
    return SignatureReport(FORMAT, Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE, (reason,), {})


def _stamp_fact(report: SignatureReport) -> Json:
    signer = report.facts.get("signer")
    return {
        "time": report.facts.get("time"),
        "indication": report.indication.value,
        "authority": signer.get("common_name") if isinstance(signer, dict) else None,
        "evidence_at": report.facts.get("evidence_at"),
    }
