# SPDX-License-Identifier: Apache-2.0
"""Check a certificate: RFC 5280 section 6, verdicts of ETSI EN 319 102-1 section 5.2.6.

Stricter than the RFC: without a fresh revocation list of each issuer on the path nothing passes, and a trust
whose own time has run out lets nothing pass either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import TypeAlias

from ..canonical import Json
from ..report import Reason, SignatureReport, SubIndication
from .certificate import Certificate
from .constraints import Purpose, called, path_findings
from .crl import Crl
from .facts import chain_facts, holder_facts, status_facts
from .findings import Finding, failed, judged, unsure
from .moments import shown
from .path import Path, PathSearch, TrustedMaterial
from .revocation import Standing, Status, may_sign_lists, status_of, worse_of

FORMAT = "X.509"
StatusSource: TypeAlias = Callable[[Certificate, Certificate, datetime], Status | None]
"""What something else than a revocation list says of a certificate, by its issuer, at a moment."""
PathCheck: TypeAlias = Callable[[Certificate, tuple[Certificate, ...], tuple[Crl, ...]], SignatureReport]
"""Judges a certificate, with the certificates and lists that came with it."""
GOOD = Reason(
    "CERTIFICATE_TRUSTED",
    "证书有效:证书链可追溯到受信任的根,未被吊销",
    "the certificate is valid: it chains to a trusted root and is not revoked",
)


def check_certificate(
    certificate: Certificate,
    trust: TrustedMaterial,
    at: datetime,
    *,
    purpose: Purpose,
    intermediates: Sequence[Certificate] = (),
    crls: Sequence[Crl] = (),
    statuses: StatusSource | None = None,
) -> SignatureReport:
    """The verdict on a certificate at one moment.

    ``intermediates``, ``crls`` and ``statuses`` came with the message: they help to find and to judge a path,
    and are believed only as far as an anchor of ``trust`` vouches for them.
    """
    search = PathSearch(trust, intermediates)
    facts: dict[str, Json] = {"signer": holder_facts(certificate), "chain": []}
    best: SignatureReport | None = None
    for path in search.paths(certificate):
        report = _judge(path, search, at, purpose, (*trust.crls, *crls), statuses, facts)
        if best is None or report.sub_indication is None:
            best = report
        if report.sub_indication is None:
            break
    return no_path(certificate, search, facts) if best is None else best


def _judge(
    path: Path,
    search: PathSearch,
    at: datetime,
    purpose: Purpose,
    crls: Sequence[Crl],
    more: StatusSource | None,
    facts: dict[str, Json],
) -> SignatureReport:
    statuses = path_statuses(path, search, crls, at, more)
    found = [*path_findings(path, at, purpose), *status_findings(path, statuses)]
    trust = search.trust
    if trust.ends is not None and at > trust.ends:
        found.append(
            unsure(
                SubIndication.TRY_LATER,
                "TRUST_LIST_STALE",
                "信任列表已过更新期限,请获取最新列表后再验",
                f"the trust list was due for renewal at {shown(trust.ends)}; fetch a fresh one",
            )
        )
    return judged(FORMAT, found, GOOD, {**facts, **path_facts(path, statuses)})


def path_facts(path: Path, statuses: Sequence[Status]) -> dict[str, Json]:
    """What a report tells about a path and the status of each certificate on it."""
    return {
        "chain": chain_facts(path, statuses),
        "revocation": status_facts(statuses[0] if statuses else None),
    }


def path_statuses(
    path: Path,
    search: PathSearch,
    crls: Sequence[Crl],
    at: datetime,
    more: StatusSource | None,
    *,
    known_by: datetime | None = None,
) -> list[Status]:
    """The status of each certificate on the path but the anchor."""
    found = []
    for one, issuer in pairwise(path):
        signers = _list_signers(issuer, path, search, crls, at)
        listed = status_of(one, issuer, crls, at, signers=signers, known_by=known_by)
        found.append(worse_of(listed, None if more is None else more(one, issuer, at)))
    return found


def status_findings(path: Path, statuses: Sequence[Status]) -> Iterator[Finding]:
    """What the status of each certificate says against the path."""
    for place, (one, status) in enumerate(zip(path, statuses, strict=False)):
        yield from _status_findings(one, status, leaf=place == 0)


def no_path(certificate: Certificate, search: PathSearch, facts: dict[str, Json]) -> SignatureReport:
    """The verdict when nothing leads to an anchor."""
    unknown: dict[str, Json] = {"revocation": {"status": Standing.UNKNOWN.value}}
    return judged(FORMAT, [_no_path(certificate, search.refused)], GOOD, {**facts, **unknown})


def _list_signers(
    issuer: Certificate, path: Path, search: PathSearch, crls: Sequence[Crl], at: datetime
) -> tuple[Certificate, ...]:
    """Other certificates of the same authority whose keys may sign its lists (RFC 5280 section 6.3.3 (f)).

    Each must lead to the anchor of the path, with nothing against it, its own status included.
    """
    return tuple(
        other
        for other in search.namesakes(issuer)
        if may_sign_lists(other) and _leads_to(path[-1], other, search, crls, at)
    )


def _leads_to(
    anchor: Certificate, signer: Certificate, search: PathSearch, crls: Sequence[Crl], at: datetime
) -> bool:
    for path in PathSearch(search.trust, search.carried).paths(signer):
        if path[-1] != anchor or any(path_findings(path, at, Purpose.CERTIFICATE)):
            continue
        # A list signed by the key in question says nothing about that key.
        if all(
            status_of(one, path[place + 1], crls, at).standing is Standing.GOOD
            for place, one in enumerate(path[:-1])
        ):
            return True
    return False


def _no_path(certificate: Certificate, refused: Certificate | None) -> Finding:
    if refused is not None:
        return failed(
            SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
            "CHAIN_SIGNATURE_INVALID",
            f"证书 {called(refused)} 上的颁发者签名验证失败:证书被改动或系伪造,请勿采信",
            f"the issuer's signature on certificate {called(refused)} does not verify: "
            "it was altered or forged, do not rely on it",
        )
    issuer = certificate.issuer.common_name or certificate.issuer.text
    return unsure(
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        "CHAIN_UNTRUSTED",
        f"证书链不能追溯到受信任的根(颁发者 {issuer}),请核对颁发机构或补充其证书链",
        f"no chain leads to a trusted root (issuer {issuer}); check the issuer or add its chain",
    )


def _status_findings(one: Certificate, status: Status, *, leaf: bool) -> Iterator[Finding]:
    who = "证书" if leaf else f"颁发机构证书 {called(one)} "
    subject = "the certificate" if leaf else f"the certificate of the authority {called(one)}"
    if status.standing is Standing.REVOKED and status.revoked is not None:
        yield failed(
            SubIndication.REVOKED,
            "CERTIFICATE_REVOKED" if leaf else "ISSUER_REVOKED",
            f"{who}已于 {shown(status.revoked.at)} 吊销({status.revoked.reason}),请勿采信",
            f"{subject} was revoked at {shown(status.revoked.at)} ({status.revoked.reason}); "
            "do not rely on it",
        )
    elif status.standing is Standing.ON_HOLD and status.revoked is not None:
        yield unsure(
            SubIndication.TRY_LATER,
            "CERTIFICATE_ON_HOLD" if leaf else "ISSUER_ON_HOLD",
            f"{who}自 {shown(status.revoked.at)} 起暂停使用,恢复后再验",
            f"{subject} has been on hold since {shown(status.revoked.at)}; try again when that has ended",
        )
    elif status.standing is Standing.UNKNOWN:
        due = status.crl.next_update if status.crl is not None else None
        zh, en = "没有其颁发者的有效吊销列表", "no usable revocation list of its issuer"
        if due is not None:
            zh, en = f"手头的吊销列表有效期至 {shown(due)}", f"the list at hand is good until {shown(due)}"
        yield unsure(
            SubIndication.TRY_LATER,
            "REVOCATION_UNKNOWN" if leaf else "ISSUER_REVOCATION_UNKNOWN",
            f"{who}的吊销状态未知:{zh},请获取最新吊销列表后再验",
            f"it is not known whether {subject} was revoked: {en}; fetch a fresh one and try again",
        )
