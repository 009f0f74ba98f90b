# SPDX-License-Identifier: Apache-2.0
"""The time stamp beside a signature value: RFC 3161 (GB/T 20520), over the octets of that value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from keys import digest

from ..canonical import Json
from ..report import Indication, Reason, SubIndication
from ..timestamp import TimestampMalformed, check_timestamp, parse_timestamp
from ..x509.findings import Finding, failed
from .standing import Evidence


@dataclass(frozen=True, slots=True)
class Stamped:
    """``proven``: the time of a stamp with nothing against it."""

    proven: datetime | None
    found: tuple[Finding, ...]
    facts: Json


def stamped(token: bytes, signature: bytes, evidence: Evidence, prefix: str) -> Stamped:
    """What a token says about this signature value."""
    try:
        info = parse_timestamp(token).info
    except TimestampMalformed as error:
        finding = failed(
            SubIndication.FORMAT_FAILURE,
            f"{prefix}TIMESTAMP_MALFORMED",
            f"时间戳不合格式({error.field})",
            f"the time stamp is not well-formed: {error.field}: {error.rule}",
        )
        return Stamped(None, (finding,), {"indication": Indication.TOTAL_FAILED.value})
    report = check_timestamp(token, digest(info.digest.algorithm, signature), evidence.trust, evidence.at)
    facts: dict[str, Json] = {
        "indication": report.indication.value,
        "time": report.facts.get("time"),
        "authority": report.facts.get("signer"),
        "policy": report.facts.get("policy"),
        "serial": report.facts.get("serial"),
    }
    if report.sub_indication is None:
        return Stamped(info.at, (), facts)
    sub = report.sub_indication
    found = tuple(
        Finding(
            report.indication,
            sub,
            Reason(
                f"{prefix}TIMESTAMP_{one.code.removeprefix('TIMESTAMP_')}",
                f"时间戳:{one.zh}",
                f"time stamp: {one.en}",
            ),
        )
        for one in report.reasons
    )
    return Stamped(None, found, facts)
