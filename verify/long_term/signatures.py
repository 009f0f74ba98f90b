# SPDX-License-Identifier: Apache-2.0
"""Judge a CMS signature with the time stamps inside it and around it: EN 319 102-1 sections 5.5 and 5.6.

A time stamp that cannot be relied on proves nothing and changes nothing, as the standard has it: the
signature is judged as if it were not there, and the report says so.  Stricter: one that is provably of
another signature, or altered, keeps the signature from passing, for somebody put it there to be believed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from keys import Digest, HashAlgorithm, digest

from ..canonical import Json
from ..cms import CmsMalformed, SignedData, check_signed_data, parse_signed_data
from ..cms.signer import carried_by
from ..report import Indication, Reason, SignatureReport, SubIndication
from ..x509 import Certificate, Crl, Purpose
from ..x509.moments import shown
from .judging import Situation, judge
from .material import Material
from .stamps import check_stamp

_FORGED = frozenset(
    {
        SubIndication.FORMAT_FAILURE,
        SubIndication.HASH_FAILURE,
        SubIndication.SIG_CRYPTO_FAILURE,
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
    }
)
"""Failures that no authority's bad luck explains."""


@dataclass(frozen=True, slots=True)
class _Stamped:
    """One signature time stamp, and the time that it proves."""

    report: SignatureReport
    proven: datetime | None

    @property
    def forged(self) -> bool:
        report = self.report
        return report.indication is Indication.TOTAL_FAILED and report.sub_indication in _FORGED

    def fact(self) -> dict[str, Json]:
        facts, signer = self.report.facts, self.report.facts.get("signer")
        return {
            "kind": "signature-time-stamp",
            "time": facts.get("time"),
            "indication": self.report.indication.value,
            "authority": signer.get("common_name") if isinstance(signer, dict) else None,
        }


def check_signature(
    der: bytes,
    situation: Situation,
    *,
    purpose: Purpose,
    content_digest: Callable[[HashAlgorithm], Digest],
) -> SignatureReport:
    """The verdict on the signature ``der``, as :func:`verify.check_signed_data`, at the time that is proven.

    Facts beside those: ``time_stamps``, ``proven_time`` with ``by``, ``judged_at``, ``evidence_at``.
    """
    parsed, situation, stamps = _stamps(der, situation)
    proofs = [(one.proven, "signature-time-stamp") for one in stamps if one.proven is not None]
    proofs += [(one.at, one.by) for one in situation.proofs[:1]]
    first = min(proofs, key=lambda one: one[0], default=None)

    def path(
        certificate: Certificate, certificates: tuple[Certificate, ...], crls: tuple[Crl, ...]
    ) -> SignatureReport:
        carried = Material(certificates, crls)
        proven = None if first is None else first[0]
        return judge(situation, certificate, carried, purpose=purpose, proven=proven)

    report = check_signed_data(
        der,
        trust=situation.trust,
        at=situation.at,
        purpose=purpose,
        content_digest=content_digest,
        path_check=path,
        parsed=parsed,
    )
    facts = dict(report.facts)
    if stamps:
        facts["time_stamps"] = [one.fact() for one in stamps]
    if first is not None:
        facts["proven_time"] = {"time": shown(first[0]), "by": first[1]}
    reasons = (*report.reasons, *(_unproven(one) for one in stamps if one.proven is None))
    if report.sub_indication is None and any(one.forged for one in stamps):
        return replace(
            report,
            facts=facts,
            indication=Indication.INDETERMINATE,
            sub_indication=SubIndication.SIG_CONSTRAINTS_FAILURE,
            reasons=tuple(_unproven(one) for one in stamps if one.forged),
        )
    return replace(report, facts=facts, reasons=reasons)


def _stamps(der: bytes, situation: Situation) -> tuple[SignedData | None, Situation, list[_Stamped]]:
    """The time stamps inside, and the situation with what the signature carries: it helps to judge both."""
    try:
        signed = parse_signed_data(der)
    except CmsMalformed:
        return None, situation, []
    carried = carried_by(signed)
    inner = situation.with_(Material(carried.certificates, carried.crls))
    signature = signed.signer.signature
    found = [
        check_stamp(token, lambda algorithm: digest(algorithm, signature), inner)
        for token in signed.signer.timestamps
    ]
    return signed, inner, [_Stamped(*one) for one in found]


def _unproven(one: _Stamped) -> Reason:
    zh = ";".join(reason.zh for reason in one.report.reasons[:2])
    en = "; ".join(reason.en for reason in one.report.reasons[:2])
    if one.forged:
        return Reason(
            "TIMESTAMP_INVALID",
            f"签名所附时间戳无效,可能被调换或改动:{zh}",
            f"the time stamp at the signature is not one of this signature, or was altered: {en}",
        )
    return Reason(
        "TIMESTAMP_NOT_TRUSTED",
        f"签名所附时间戳不能采信,签章时间未得到证明:{zh}",
        f"the time stamp at the signature cannot be relied on, so it proves no time: {en}",
    )
