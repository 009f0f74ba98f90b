# SPDX-License-Identifier: Apache-2.0
"""Judge the signers of a list that is published beside the trust list, from the anchors of a trust."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ..report import SignatureReport
from ..trust import Trust
from .body import TrustListSignature
from .check import family_reached, path_of, signature_report


def judge_signers(
    message: bytes,
    signatures: Sequence[TrustListSignature],
    *,
    form: str,
    trust: Trust,
    at: datetime,
) -> tuple[SignatureReport, ...]:
    """Each signature of a list, its signer judged against the anchors of ``trust``."""
    return tuple(
        replace(signature_report(one, message, path_of(one.certificate, trust, at)), format=form)
        for one in signatures
    )


def missing_families(signatures: Sequence[TrustListSignature], trust: Trust, at: datetime) -> str:
    """The families among the anchors that did not sign: who breaks one algorithm must not be able to leave
    the other signature out."""
    families = {one.public_key.family for one in trust.anchors}
    reached = {
        family
        for family in families
        if any(family_reached(one.certificate, trust, family, at) for one in signatures)
    }
    return ", ".join(sorted(families - reached))
