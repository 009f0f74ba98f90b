# SPDX-License-Identifier: Apache-2.0
"""Which level of EN 319 142-1 section 6 a signature reaches: by what is proven, not by what is written there.

B-T: a time stamp that holds.  B-LT: and the file's own material shows the certificate good at that time,
without a list of the verifier.  B-LTA: and a document time stamp that holds covers that material.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from ..cms import CmsMalformed, parse_signed_data
from ..cms.errors import Refused
from ..cms.signer import carried_by, signing_certificate
from ..long_term import Material, Situation, judge_past
from ..report import SignatureReport


def level_of(der: bytes, report: SignatureReport, situation: Situation) -> str:
    """``B-B``, ``B-T``, ``B-LT`` or ``B-LTA``."""
    proven = report.facts.get("proven_time")
    if not isinstance(proven, dict) or report.facts.get("intact") is not True:
        return "B-B"
    at = datetime.fromisoformat(str(proven["time"]))
    if situation.material.is_empty:
        return "B-T"
    with suppress(CmsMalformed, Refused):
        signed = parse_signed_data(der)
        carried = carried_by(signed)
        certificate = signing_certificate(signed, carried, situation.trust)
        own = Material(carried.certificates, carried.crls)
        alone = replace(situation, trust=replace(situation.trust, crls=(), intermediates=()))
        for proof in situation.proofs:
            if not proof.material.is_empty and judge_past(
                alone, certificate, at, proof.at, proof.material.with_(own)
            ):
                return "B-LTA"
        if judge_past(alone, certificate, at, at, situation.material.with_(own)):
            return "B-LT"
    return "B-T"
