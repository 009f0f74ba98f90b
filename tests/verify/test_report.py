# SPDX-License-Identifier: Apache-2.0
"""The three-valued verdict: it is no bool, it does not contradict itself, and failed comes first."""

from __future__ import annotations

import json
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify import (
    AspectName,
    Indication,
    Reason,
    Report,
    SignatureReport,
    SubIndication,
    VerifyError,
    canonical_json,
    combine,
)

PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE


def part(indication: Indication, sub: SubIndication | None = None) -> SignatureReport:
    if indication is not PASSED:
        sub = sub or SubIndication.TRY_LATER
    return SignatureReport("CMS", indication, sub, (Reason("CERTIFICATE_NOT_NAMED", "中", "en"),), {"n": 1})


def test_never_a_bool() -> None:
    """``if report`` would be right two times in three."""
    for verdict in (part(PASSED), Report("pdf", PASSED, None)):
        with pytest.raises(TypeError, match="three-valued"):
            bool(verdict)


@pytest.mark.parametrize("parts", list(product((PASSED, FAILED, UNSURE), repeat=3)))
def test_combine(parts: tuple[Indication, ...]) -> None:
    """Failed before indeterminate before passed."""
    whole, sub = combine([part(one) for one in parts])
    expected = FAILED if FAILED in parts else UNSURE if UNSURE in parts else PASSED
    assert whole is expected
    assert (sub is None) is (expected is PASSED)


def test_combine_tells_the_first_of_the_worst() -> None:
    """Not a sub-indication of another part."""
    parts = [
        part(UNSURE, SubIndication.NO_POE),
        part(FAILED, SubIndication.REVOKED),
        part(FAILED, SubIndication.HASH_FAILURE),
    ]
    assert combine(parts) == (FAILED, SubIndication.REVOKED)


def test_nothing_is_not_a_yes() -> None:
    """No signature at all."""
    assert combine([]) == (UNSURE, SubIndication.SIGNED_DATA_NOT_FOUND)


def test_contradictions_are_defects() -> None:
    """A pass with a sub-indication, a failure without one, a whole that passes over a part that does not."""
    with pytest.raises(VerifyError):
        SignatureReport("CMS", PASSED, SubIndication.REVOKED)
    with pytest.raises(VerifyError):
        Report("pdf", FAILED, None)
    with pytest.raises(VerifyError):
        Report("pdf", PASSED, None, (part(PASSED), part(UNSURE)))


@given(st.sampled_from((FAILED, UNSURE)), st.sampled_from(SubIndication))
def test_json(indication: Indication, sub: SubIndication) -> None:
    """The names of the standard, as plain JSON that has a canonical form."""
    report = Report("pdf", indication, sub, (part(PASSED),), (Reason("A", "甲", "a"),), {"pages": 1})
    found = json.loads(canonical_json(report.to_json()))
    asked = found["signatures"][0].pop("aspects")
    assert {"name": "integrity", "status": "passed", "reasons": [], "detail": {}} in asked
    assert [one["name"] for one in asked] == [one.value for one in AspectName]
    assert found == {
        "format": "yinxin-report/1",
        "kind": "pdf",
        "indication": indication.value,
        "sub_indication": sub.value,
        "signatures": [
            {
                "format": "CMS",
                "indication": "TOTAL-PASSED",
                "sub_indication": None,
                "reasons": [{"code": "CERTIFICATE_NOT_NAMED", "zh": "中", "en": "en"}],
                "deviations": ["CERTIFICATE_NOT_NAMED"],
                "facts": {"n": 1},
            }
        ],
        "reasons": [{"code": "A", "zh": "甲", "en": "a"}],
        "facts": {"pages": 1},
    }
