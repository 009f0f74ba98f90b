# SPDX-License-Identifier: Apache-2.0
"""Check a trust list.

Every signature must verify, and its certificate must chain to an anchor of the list; two signers at least,
of two families (:mod:`.signers`): that shows that the list is whole and that one body made all of it, not who
that body is. Whoever knows anchors beforehand demands more: for each key family among those anchors some
signature must chain to one of them. One family is not enough when anchors of two are known, or who breaks one
algorithm could leave the other signature out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from keys import KeyFamily, KeysError, default_scheme

from ..canonical import Json
from ..report import Indication, Reason, Report, SignatureReport, SubIndication, combine
from ..trust import Trust
from ..x509 import Certificate, Purpose, check_certificate
from .body import FORMAT, TrustListBody, TrustListSignature
from .errors import TrustListInvalid
from .members import time_of
from .signed import TrustList, parse_trust_list
from .signers import TOO_FEW, enough_signers

_NOT_FOUND = (SubIndication.NO_CERTIFICATE_CHAIN_FOUND, SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE)


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts on the signatures, and the families of known anchors that none of them reaches."""

    signatures: tuple[SignatureReport, ...]
    unreached: tuple[KeyFamily, ...]


def check_trust_list(data: bytes, *, trust: Trust | None, at: datetime, after: int | None = None) -> Report:
    """The verdict on a trust list; ``trust``: what was known before.  Never raises for any bytes.

    ``after``: the highest sequence of this publisher that was seen before; a lower one is refused.
    """
    try:
        listed = parse_trust_list(data)
    except TrustListInvalid as error:
        reason = Reason(
            "TRUST_LIST_MALFORMED",
            f"信任列表格式不符({error.field}):文件被改动或不完整",
            f"not a trust list, or altered: {error.field}: {error.rule}",
        )
        return Report(
            kind="trust-list",
            indication=Indication.TOTAL_FAILED,
            sub_indication=SubIndication.FORMAT_FAILURE,
            reasons=(reason,),
        )
    judged = judge(listed, known=trust, at=at)
    indication, sub = combine(judged.signatures)
    reasons: list[Reason] = []
    for found_sub, reason in _findings(listed, judged, at, after):
        if found_sub is not None and indication is Indication.TOTAL_PASSED:
            indication, sub = Indication.INDETERMINATE, found_sub
        reasons.append(reason)
    return Report(
        kind="trust-list",
        indication=indication,
        sub_indication=sub,
        signatures=judged.signatures,
        reasons=tuple(reasons),
        facts=_facts(listed.body, known=trust),
    )


def judge(listed: TrustList, *, known: Trust | None, at: datetime) -> Judged:
    """Each signature of the list, at one time."""
    own = Trust(anchors=listed.body.anchors, intermediates=listed.body.intermediates, crls=listed.body.crls)
    roots = {} if known is None else _by_family(own, known)
    reached: set[KeyFamily] = set()
    message = listed.body.signed_bytes()
    reports = []
    for signature in listed.signatures:
        path = path_of(signature.certificate, own, at)
        for family, trust in roots.items():
            from_root = path_of(signature.certificate, trust, at)
            if from_root.sub_indication not in _NOT_FOUND:
                path = from_root
                reached.add(family)
        reports.append(signature_report(signature, message, path))
    return Judged(tuple(reports), tuple(sorted(set(roots) - reached)))


def _by_family(own: Trust, known: Trust) -> dict[KeyFamily, Trust]:
    """For each family among the known anchors, the trust that has only those."""
    families = {one.public_key.family for one in known.anchors}
    return {
        family: replace(
            own,
            anchors=tuple(one for one in known.anchors if one.public_key.family is family),
            crls=(*own.crls, *known.crls),
        )
        for family in sorted(families)
    }


def family_reached(certificate: Certificate, trust: Trust, family: KeyFamily, at: datetime) -> bool:
    """Does this signer chain to an anchor of one family?  Judged or not is another question."""
    roots = tuple(one for one in trust.anchors if one.public_key.family is family)
    return path_of(certificate, replace(trust, anchors=roots), at).sub_indication not in _NOT_FOUND


def path_of(certificate: Certificate, trust: Trust, at: datetime) -> SignatureReport:
    """May this certificate sign lists, judged from these anchors?"""
    return check_certificate(certificate, trust, at, purpose=Purpose.TRUST_LIST)


def signature_report(one: TrustListSignature, message: bytes, path: SignatureReport) -> SignatureReport:
    """The verdict on one signature, whose signer was judged already."""
    key = one.certificate.public_key
    facts: dict[str, Json] = {**path.facts, "algorithm": default_scheme(key.kind).name}
    try:
        key.verify(one.signature, message)
    except KeysError:
        reason = Reason(
            "SIGNATURE_INVALID",
            "签名值验证失败:列表被改动",
            "the signature does not verify: the list was altered",
        )
        return SignatureReport(
            format=FORMAT,
            indication=Indication.TOTAL_FAILED,
            sub_indication=SubIndication.SIG_CRYPTO_FAILURE,
            reasons=(reason,),
            facts=facts,
        )
    return replace(path, format=FORMAT, facts=facts)


def _findings(
    listed: TrustList, judged: Judged, at: datetime, after: int | None
) -> Iterator[tuple[SubIndication | None, Reason]]:
    """What keeps a list with good signatures from passing; without sub-indication it is only said."""
    body = listed.body
    if judged.unreached:
        names = ", ".join(judged.unreached)
        yield (
            SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
            Reason(
                "TRUST_LIST_NOT_ANCHORED",
                f"没有签名可追溯到已知的根证书({names})",
                f"no signature chains to the known root ({names})",
            ),
        )
    if not enough_signers(listed.signatures):
        yield SubIndication.SIG_CONSTRAINTS_FAILURE, TOO_FEW
    if after is not None and body.sequence < after:
        yield SubIndication.SIG_CONSTRAINTS_FAILURE, rollback(body.sequence, after)
    if at > body.expires:
        yield (
            SubIndication.TRY_LATER,
            Reason(
                "TRUST_LIST_EXPIRED",
                "信任列表已失效,请获取最新列表",
                f"the list ended at {time_of(body.expires)}; fetch a fresh one",
            ),
        )
    elif at > body.next_update:
        yield (
            None,
            Reason(
                "TRUST_LIST_STALE",
                "信任列表已过更新期限,尚可使用;请尽快获取最新列表",
                f"the list was due for renewal at {time_of(body.next_update)}; fetch a fresh one",
            ),
        )
    if at < body.issued:
        yield (
            SubIndication.NOT_YET_VALID,
            Reason(
                "TRUST_LIST_FROM_FUTURE",
                "信任列表的签发时间晚于查验时间,请检查时钟",
                f"the list was issued at {time_of(body.issued)}, after the time of the check",
            ),
        )


def rollback(sequence: int, after: int) -> Reason:
    """A list that is older than one that was seen."""
    return Reason(
        "TRUST_LIST_ROLLBACK",
        f"列表序号 {sequence} 低于已见过的 {after}:旧列表不予采信",
        f"sequence {sequence} is lower than {after}, which was seen before",
    )


def _facts(body: TrustListBody, *, known: Trust | None) -> dict[str, Json]:
    return {
        "sequence": body.sequence,
        "issued": time_of(body.issued),
        "next_update": time_of(body.next_update),
        "expires": time_of(body.expires),
        "publisher": body.publisher,
        "hosts": list(body.hosts),
        "anchors": [_named(one) for one in body.anchors],
        "qr_keys": [one.kid for one in body.qr_keys],
        "log_keys": [f"{one.name} ({one.algorithm})" for one in body.log_keys],
        "witnesses": [f"{one.name} ({one.algorithm})" for one in body.witnesses],
        "quorum": body.quorum,
        "anchored_by": "known anchors" if known is not None and known.anchors else "itself",
    }


def _named(certificate: Certificate) -> dict[str, Json]:
    """The fingerprint is what a careful person compares with a printed one."""
    return {"common_name": certificate.subject.common_name, "fingerprint": certificate.fingerprint}
