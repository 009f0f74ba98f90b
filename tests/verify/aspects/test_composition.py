# SPDX-License-Identifier: Apache-2.0
"""Aspects compose to the verdict, and fail closed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify import (
    Aspect,
    AspectName,
    AspectStatus,
    Indication,
    Reason,
    SignatureReport,
    SubIndication,
    VerifyError,
    concluded,
)
from verify.aspects.model import INFORMING
from verify.aspects.rows import TABLE, Effect

STATUS = {
    Indication.TOTAL_PASSED: AspectStatus.PASSED,
    Indication.TOTAL_FAILED: AspectStatus.FAILED,
    Indication.INDETERMINATE: AspectStatus.INDETERMINATE,
}
FORMATS = (
    "CMS",
    "CMS GB/T 35275",
    "PDF ETSI.CAdES.detached",
    "OFD",
    "SES V4",
    "SES seal V4",
    "X.509",
    "X.509 CRL",
    "OCSP",
    "RFC 3161",
    "RFC 4998",
    "IR1",
    "C2SP-checkpoint",
    "JWS ES256",
    "yinxin-trust-list/2",
    "something new",
)
AGAINST = sorted(code for code, row in TABLE.items() if row.effect in (Effect.UNSURE, Effect.FAILED))
HARMLESS = sorted(set(TABLE) - set(AGAINST))
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "intact": st.sampled_from([True, False, None]),
        "chain": st.sampled_from([[], None, [{"revocation": "good"}], [{"revocation": "unknown"}], "x"]),
        "revocation": st.sampled_from(
            [None, {"status": "good"}, {"status": "revoked"}, {"status": 1}, "good"]
        ),
        "covers": st.sampled_from(["in part", "whole document", 7]),
        "seal": st.sampled_from([None, {}, {"deviations": ["A", 1]}, []]),
        "steps": st.sampled_from([None, {}, {"seal_signature": "passed"}, {"seal_signature": "failed"}]),
        "proven_time": st.sampled_from([None, "2026-08-01T04:00:00Z", {"time": "x", "by": 1}]),
        "time_stamps": st.sampled_from([None, [], [1], [{"indication": "TOTAL-FAILED"}]]),
        "authority": st.sampled_from([None, "name", {}, {"approvals": [1]}, {"approvals": [{"id": "a"}]}]),
        "signer": st.sampled_from([None, {}, {"common_name": "甲"}]),
        "deviations": st.sampled_from([None, [], ["B"], [1], "C"]),
        "kind": st.sampled_from([None, "document-time-stamp"]),
        "origin": st.just("log.example"),
    },
)


@given(st.dictionaries(st.sampled_from(AspectName), st.sampled_from(AspectStatus)))
def test_nothing_open_or_failed_passes(chosen: dict[AspectName, AspectStatus]) -> None:
    """Whatever the others say; and without the two that are always asked there is no pass."""
    verdict = concluded(Aspect(name, status) for name, status in chosen.items())
    failed = AspectStatus.FAILED in chosen.values()
    open_ = [n for n, s in chosen.items() if s is AspectStatus.INDETERMINATE and n not in INFORMING]
    asked = all(chosen.get(AspectName(n)) is AspectStatus.PASSED for n in ("integrity", "constraints"))
    assert verdict is (
        AspectStatus.FAILED
        if failed
        else AspectStatus.INDETERMINATE
        if open_ or not asked
        else AspectStatus.PASSED
    )


@given(
    st.sampled_from(FORMATS),
    st.sampled_from(Indication),
    st.lists(
        st.sampled_from([*AGAINST, *HARMLESS, "NOBODY_WROTE_THIS", "MAKER_CERTIFICATE_REVOKED"]), max_size=4
    ),
    FACTS,
)
def test_aspects_agree_with_the_verdict(
    format: str, indication: Indication, codes: list[str], facts: dict[str, Any]
) -> None:
    """For any reasons and facts: the verdict follows from the aspects, or the report cannot be made."""
    sub = None if indication is Indication.TOTAL_PASSED else SubIndication.TRY_LATER
    reasons = tuple(Reason(code, "中", "en") for code in codes)
    try:
        report = SignatureReport(format, indication, sub, reasons, facts)
    except VerifyError:
        objection = any(code not in HARMLESS for code in codes) or facts.get("intact") is False
        assert indication is Indication.TOTAL_PASSED and objection
        return
    assert [one.name for one in report.aspects] == list(AspectName)
    assert concluded(report.aspects) is STATUS[indication]
    told = {code for one in report.aspects for code in one.reasons}
    assert {code for code in codes if code not in TABLE or TABLE[code].effect is not Effect.GOOD} <= told
    report.to_json()


def test_no_pass_over_an_objection() -> None:
    """A check that passes with such a reason has a defect, and says so."""
    for code in (*AGAINST, "NOBODY_WROTE_THIS"):
        with pytest.raises(VerifyError):
            SignatureReport("CMS", Indication.TOTAL_PASSED, None, (Reason(code, "中", "en"),))


def test_a_failure_that_may_be_mended_is_open() -> None:
    """Revoked after the claimed time: nothing is proven, so nothing is called failed."""
    reason = Reason("CERTIFICATE_REVOKED", "中", "en")
    for indication, expected in (
        (Indication.TOTAL_FAILED, AspectStatus.FAILED),
        (Indication.INDETERMINATE, AspectStatus.INDETERMINATE),
    ):
        report = SignatureReport("SES V4", indication, SubIndication.REVOKED_NO_POE, (reason,))
        found = {one.name: one for one in report.aspects}
        assert found[AspectName.REVOCATION].status is expected
        assert found[AspectName.REVOCATION].reasons == ("CERTIFICATE_REVOKED",)
