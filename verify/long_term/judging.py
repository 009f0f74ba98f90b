# SPDX-License-Identifier: Apache-2.0
"""Judge a certificate now, or, when that is no pass, at the time at which its use is proven.

EN 319 102-1 sections 5.5 and 5.6, in this order: at the time of the check; then, for each moment at which the
evidence is proven to have existed, from the earliest to now, at the proven time of the use
(:func:`verify.x509.check_past_certificate`).  The first pass decides.  A revocation before the use that any
of them proves decides too.  Otherwise it stays with the verdict of today: no proof, no help.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ..canonical import Json
from ..ocsp import ocsp_statuses
from ..report import Indication, Reason, SignatureReport, SubIndication
from ..trust import Trust
from ..x509 import Certificate, Purpose, check_certificate, check_past_certificate
from ..x509.moments import shown
from .material import Material, Proof

_DATED = frozenset(
    {
        SubIndication.TRY_LATER,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        SubIndication.REVOKED,
    }
)
"""Verdicts that another moment may change."""

_NOTHING = Material()


@dataclass(frozen=True, slots=True)
class Situation:
    """From where one signature or time stamp is looked at.

    ``material``: all that came with the file.  ``proofs``: the time stamps around it, earliest first.
    """

    trust: Trust
    at: datetime
    material: Material = _NOTHING
    proofs: tuple[Proof, ...] = ()

    def with_(self, carried: Material) -> Situation:
        """With what is inside of the thing that is judged, and so existed whenever that did."""
        proofs = tuple(replace(one, material=one.material.with_(carried)) for one in self.proofs)
        return replace(self, material=self.material.with_(carried), proofs=proofs)


def judge(
    situation: Situation,
    certificate: Certificate,
    carried: Material,
    *,
    purpose: Purpose,
    proven: datetime | None,
) -> SignatureReport:
    """The verdict on the certificate; ``proven``: when its key had been used at the latest.

    Facts ``judged_at`` and ``evidence_at`` are there when the verdict is about the past.
    """
    trust, at = situation.trust, situation.at
    everything = situation.material.with_(carried)
    now = check_certificate(
        certificate,
        trust,
        at,
        purpose=purpose,
        intermediates=everything.certificates,
        crls=everything.crls,
        statuses=ocsp_statuses(everything.ocsps, (*trust.crls, *everything.crls)),
    )
    if now.sub_indication not in _DATED or (trust.ends is not None and at > trust.ends):
        return now
    if proven is None or proven > at:
        return replace(now, reasons=(*now.reasons, _NO_PROOF))
    heard = (*trust.crls, *everything.crls)
    last = now
    for held_at, evidence in _layers(situation, carried):
        if held_at < proven:
            continue
        found = check_past_certificate(
            certificate,
            trust,
            proven,
            held_at=held_at,
            purpose=purpose,
            intermediates=evidence.certificates,
            crls=evidence.crls,
            statuses=ocsp_statuses(evidence.ocsps, evidence.crls, known_by=held_at),
            heard=heard,
            heard_statuses=ocsp_statuses(everything.ocsps, heard, known_by=at),
        )
        facts: dict[str, Json] = {"judged_at": shown(proven), "evidence_at": shown(held_at)}
        if found.indication is not Indication.INDETERMINATE:
            return replace(found, facts={**found.facts, **facts})
        last = found
    return replace(now, reasons=(*now.reasons, _not_then(proven, last)))


def judge_past(
    situation: Situation, certificate: Certificate, at: datetime, held_at: datetime, evidence: Material
) -> bool:
    """Does this evidence alone show that the certificate was good for a seal at ``at``?"""
    found = check_past_certificate(
        certificate,
        situation.trust,
        at,
        held_at=held_at,
        purpose=Purpose.SEAL,
        intermediates=evidence.certificates,
        crls=evidence.crls,
        statuses=ocsp_statuses(evidence.ocsps, evidence.crls, known_by=held_at),
    )
    return found.indication is Indication.TOTAL_PASSED


def _layers(situation: Situation, carried: Material) -> Iterator[tuple[datetime, Material]]:
    for proof in situation.proofs:
        yield proof.at, proof.material.with_(carried)
    known = Material(situation.trust.intermediates, situation.trust.crls)
    yield situation.at, situation.material.with_(carried).with_(known)


_NO_PROOF = Reason(
    "NO_PROOF_OF_TIME",
    "没有可采信的时间戳证明签章的时间,只能按查验时的证书状态判断",
    "no time stamp that can be relied on proves when this was signed, so the status of today decides",
)


def _not_then(proven: datetime, found: SignatureReport) -> Reason:
    why_zh = ";".join(reason.zh for reason in found.reasons[:2])
    why_en = "; ".join(reason.en for reason in found.reasons[:2])
    return Reason(
        "PAST_NOT_PROVEN",
        f"签章时间 {shown(proven)} 已证明,但随附材料不足以证明当时证书有效:{why_zh}",
        f"it was signed by {shown(proven)}, but the evidence does not show that the certificate was good "
        f"then: {why_en}",
    )
