# SPDX-License-Identifier: Apache-2.0
"""What speaks against a certificate or a list, and the verdict that follows: failed before unsure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..canonical import Json
from ..report import Indication, Reason, SignatureReport, SubIndication


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that speaks against it."""

    indication: Indication
    sub: SubIndication
    reason: Reason


def failed(sub: SubIndication, code: str, zh: str, en: str) -> Finding:
    """Proof that something is wrong."""
    return Finding(Indication.TOTAL_FAILED, sub, Reason(code, zh, en))


def unsure(sub: SubIndication, code: str, zh: str, en: str) -> Finding:
    """Something that keeps us from saying yes, and proves nothing."""
    return Finding(Indication.INDETERMINATE, sub, Reason(code, zh, en))


def judged(format: str, found: Sequence[Finding], good: Reason, facts: Mapping[str, Json]) -> SignatureReport:
    """The verdict; ``good`` is what to say when nothing was found."""
    if not found:
        return SignatureReport(
            format=format,
            indication=Indication.TOTAL_PASSED,
            sub_indication=None,
            reasons=(good,),
            facts=facts,
        )
    worst = next((one for one in found if one.indication is Indication.TOTAL_FAILED), found[0])
    others = [one for one in found if one is not worst]
    return SignatureReport(
        format=format,
        indication=worst.indication,
        sub_indication=worst.sub,
        reasons=tuple(one.reason for one in (worst, *others)),
        facts=facts,
    )
