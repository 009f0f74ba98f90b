# SPDX-License-Identifier: Apache-2.0
"""Was the certificate good when it was used?

GB/T 38540-2020 clause 7.3 judges at the signing time; EN 319 102-1 section 5.5 asks who says so.  Both are
followed.  A time that a time stamp proves is believed, and then "expired since" or "revoked since" is a note.
A time that the signer merely claims can rule a use out, and never turns a certificate that is no longer good
into one that is (decision 0018).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ..report import Indication, Reason, SignatureReport, SubIndication
from ..trust import Trust
from ..x509 import Certificate, Crl, Purpose, StatusSource, check_certificate, check_past_certificate
from ..x509.findings import Finding, failed
from ..x509.moments import shown

_STALE: Final = "TRUST_LIST_STALE"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a check may use, and when it takes place."""

    trust: Trust
    at: datetime
    intermediates: tuple[Certificate, ...] = ()
    crls: tuple[Crl, ...] = ()
    statuses: StatusSource | None = None

    def report(self, certificate: Certificate) -> SignatureReport:
        """The certificate now."""
        if not (self.intermediates or self.crls or self.statuses):
            return _kept(certificate, self.trust, self.at)
        return check_certificate(
            certificate,
            self.trust,
            self.at,
            purpose=Purpose.SEAL,
            intermediates=self.intermediates,
            crls=self.crls,
            statuses=self.statuses,
        )

    def past_report(self, certificate: Certificate, proven: datetime) -> SignatureReport:
        """The certificate at a proven moment, by everything that is at hand now."""
        lists = (*self.trust.crls, *self.crls)
        return check_past_certificate(
            certificate,
            self.trust,
            proven,
            held_at=self.at,
            purpose=Purpose.SEAL,
            intermediates=self.intermediates,
            crls=lists,
            statuses=self.statuses,
            heard=lists,
            heard_statuses=self.statuses,
        )


MOST_KEPT: Final = 256
_reports: dict[tuple[int, datetime, bytes], tuple[Trust, SignatureReport, str]] = {}
"""Of the same trust object, moment and certificate only.  A trust never changes, and while it is kept here
its identity belongs to no other."""


def _kept(certificate: Certificate, trust: Trust, at: datetime) -> SignatureReport:
    """A batch of documents that is checked at one moment bears the same few certificates."""
    name = (id(trust), at, certificate.der)
    found = _reports.get(name)
    if found is None or found[0] is not trust:
        if len(_reports) >= MOST_KEPT:
            _reports.clear()
        report = check_certificate(certificate, trust, at, purpose=Purpose.SEAL)
        found = _reports[name] = trust, report, json.dumps(dict(report.facts))
    # Whoever gets the facts may change them: nobody else's are the same objects.
    return replace(found[1], facts=json.loads(found[2]))


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose certificate: how codes begin and sentences speak."""

    prefix: str
    zh: str
    en: str


SIGNER: Final = Whose("", "", "")
MAKER: Final = Whose("MAKER_", "制章人证书:", "the seal maker: ")


@dataclass(frozen=True, slots=True)
class Standing:
    """``report`` is the one at the time of the check, for its facts."""

    report: SignatureReport
    found: tuple[Finding, ...]
    notes: tuple[Reason, ...]


def standing_of(
    certificate: Certificate,
    evidence: Evidence,
    whose: Whose,
    *,
    used: datetime | None,
    proven: datetime | None,
) -> Standing:
    """``used``: when it is said to have been used; ``proven``: a moment by which it had been."""
    now = evidence.report(certificate)
    found = list(_outside(certificate, used, whose))
    if now.indication is Indication.TOTAL_PASSED:
        return Standing(now, tuple(found), ())
    if proven is not None and proven < evidence.at:
        then = evidence.past_report(certificate, proven)
        if then.indication is Indication.TOTAL_PASSED:
            return Standing(now, (*found, *_stale(now, whose)), (_ended_since(now, proven, whose),))
        return Standing(now, (*found, *_spoken(then, whose), *_stale(now, whose)), ())
    found.extend(_unproven(now, used, whose))
    return Standing(now, tuple(found), _claimed_note(certificate, now, used, whose))


def _outside(certificate: Certificate, used: datetime | None, whose: Whose) -> Sequence[Finding]:
    """Used outside its validity by its own account: nothing can mend that."""
    if used is None or certificate.not_before <= used <= certificate.not_after:
        return ()
    early = used < certificate.not_before
    span = f"{shown(certificate.not_before)} / {shown(certificate.not_after)}"
    return (
        failed(
            SubIndication.NOT_YET_VALID if early else SubIndication.EXPIRED,
            f"{whose.prefix}SIGNED_OUTSIDE_VALIDITY",
            f"{whose.zh}签署时间 {shown(used)} 不在证书有效期({span})内,请勿采信",
            f"{whose.en}used at {shown(used)}, outside the validity of the certificate ({span}); "
            "do not rely on it",
        ),
    )


def _unproven(now: SignatureReport, used: datetime | None, whose: Whose) -> list[Finding]:
    """What stands against it today; a revocation after the claimed time is not proof of anything either."""
    found = _spoken(now, whose)
    revoked = _revoked_at(now)
    if revoked is not None and used is not None and used < revoked:
        sub = SubIndication.REVOKED_NO_POE
        return [
            Finding(Indication.INDETERMINATE, sub, one.reason)
            if one.reason.code == f"{whose.prefix}CERTIFICATE_REVOKED"
            else one
            for one in found
        ]
    return found


def _spoken(report: SignatureReport, whose: Whose) -> list[Finding]:
    """The reasons of a report as findings; the first carries its verdict."""
    if report.sub_indication is None:
        return []
    sub = report.sub_indication
    return [
        Finding(
            report.indication,
            sub,
            Reason(f"{whose.prefix}{one.code}", f"{whose.zh}{one.zh}", f"{whose.en}{one.en}"),
        )
        for one in report.reasons
    ]


def _stale(now: SignatureReport, whose: Whose) -> list[Finding]:
    """A trust that has run out lets nothing pass, whatever the time stamp proves."""
    return [
        Finding(
            Indication.INDETERMINATE,
            SubIndication.TRY_LATER,
            Reason(f"{whose.prefix}{one.code}", f"{whose.zh}{one.zh}", f"{whose.en}{one.en}"),
        )
        for one in now.reasons
        if one.code == _STALE
    ]


def _ended_since(now: SignatureReport, proven: datetime, whose: Whose) -> Reason:
    codes = ", ".join(one.code for one in now.reasons)
    return Reason(
        f"{whose.prefix}CERTIFICATE_ENDED_SINCE",
        f"{whose.zh}证书今天已不能通过查验({codes}),但时间证明显示 {shown(proven)} 时有效,签章仍然有效",
        f"{whose.en}the certificate does not pass today ({codes}); it was valid at {shown(proven)}, as is "
        "proven, and the signature stays valid",
    )


def _claimed_note(
    certificate: Certificate, now: SignatureReport, used: datetime | None, whose: Whose
) -> tuple[Reason, ...]:
    if used is None or not certificate.not_before <= used <= certificate.not_after:
        return ()
    if not any(one.code.endswith(("_EXPIRED", "_REVOKED")) for one in now.reasons):
        return ()
    return (
        Reason(
            f"{whose.prefix}VALID_AT_CLAIMED_TIME",
            f"{whose.zh}所称签署时间 {shown(used)} 在证书有效期内,但没有时间戳证明该时间",
            f"{whose.en}the certificate was valid at the claimed time {shown(used)}, "
            "which no time stamp proves",
        ),
    )


def _revoked_at(report: SignatureReport) -> datetime | None:
    facts = report.facts.get("revocation")
    text = facts.get("revoked_at") if isinstance(facts, dict) else None
    return datetime.fromisoformat(text) if isinstance(text, str) else None
