# SPDX-License-Identifier: Apache-2.0
"""How the seal stood when it was used, by the published list of seals."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from keys import HashAlgorithm, digest
from verify import (
    Indication,
    SealChange,
    SealEntry,
    SealStanding,
    SealStatusList,
    SignatureReport,
    SubIndication,
    parse_certificate,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
USED = AT - timedelta(hours=1)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
MADE, ACTIVE, SUSPENDED = SealStanding.MADE, SealStanding.ACTIVE, SealStanding.SUSPENDED
CANCELLED, REPLACED = SealStanding.CANCELLED, SealStanding.REPLACED


def listed(
    esl: bytes,
    *states: tuple[SealStanding, datetime],
    until: datetime = AT + DAY,
    code: str = "51010600000003",
) -> SealStatusList:
    history = (
        SealChange(MADE, AT - 90 * DAY, "made"),
        *(SealChange(state, at, "order", "0" * 64 if state is REPLACED else None) for state, at in states),
    )
    entry = SealEntry(
        code=code,
        seal_id="s1",
        edition=1,
        esl_sha256=hashlib.sha256(esl).hexdigest(),
        esl_sm3=digest(HashAlgorithm.SM3, esl).hex,
        holder="11510106DEM9A00331",
        holder_name="蜀州市锦北区住房和城乡建设局(演示)",
        name="锦北区住建局(样章)",
        type="法定名称章",
        valid_from=AT - 100 * DAY,
        valid_until=AT + 300 * DAY,
        history=history,
    )
    return SealStatusList(1, min(AT, until - DAY), until, "印章管理机构(演示)", (entry,))


ACTIVATED = (ACTIVE, AT - 80 * DAY)


def verdict(report: SignatureReport) -> tuple[Indication, SubIndication | None]:
    return report.indication, report.sub_indication


def codes(report: SignatureReport) -> set[str]:
    return {one.code for one in report.reasons}


def test_active(bench: Any) -> None:
    seal = bench.seal().dump()
    trust = bench.trust(seal_status=listed(seal, ACTIVATED))
    report = bench.check(bench.signature(seal), trust=trust)
    assert report.indication is PASSED
    assert report.facts["steps"]["seal_status"] == "passed"
    assert report.facts["seal"]["status"] == "active"
    assert "SEAL_STATUS_UNKNOWN" not in codes(report)
    assert bench.look(seal, trust=trust).indication is PASSED


def test_unknown(bench: Any) -> None:
    """No list, or one that ran out: told, and no reason to fail."""
    seal = bench.seal().dump()
    for status in (None, listed(seal, ACTIVATED, until=USED - DAY)):
        report = bench.check(bench.signature(seal), trust=bench.trust(seal_status=status))
        assert report.indication is PASSED
        assert report.facts["seal"]["status"] == "unknown"
        assert report.facts["steps"]["seal_status"] == "not-checked"
        assert "SEAL_STATUS_UNKNOWN" in codes(report)


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ((), "SEAL_NOT_ACTIVATED_AT_SIGNING"),
        ((ACTIVATED, (SUSPENDED, AT - DAY)), "SEAL_SUSPENDED_AT_SIGNING"),
        ((ACTIVATED, (CANCELLED, AT - DAY)), "SEAL_CANCELLED_AT_SIGNING"),
        ((ACTIVATED, (REPLACED, AT - DAY)), "SEAL_REPLACED_AT_SIGNING"),
    ],
)
def test_not_active_when_used(bench: Any, states: Any, code: str) -> None:
    seal = bench.seal().dump()
    report = bench.check(bench.signature(seal), trust=bench.trust(seal_status=listed(seal, *states)))
    assert verdict(report) == (FAILED, SubIndication.SEAL_REVOKED_AT_SIGNING)
    assert report.reasons[0].code == code


def test_suspended_and_resumed(bench: Any) -> None:
    seal = bench.seal().dump()
    status = listed(seal, ACTIVATED, (SUSPENDED, AT - 9 * DAY), (ACTIVE, AT - 2 * DAY))
    trust = bench.trust(seal_status=status)
    assert bench.check(bench.signature(seal), trust=trust).indication is PASSED
    between = bench.signature(seal, at=bench.time(AT - 5 * DAY))
    assert bench.check(between, trust=trust).sub_indication is SubIndication.SEAL_REVOKED_AT_SIGNING


def test_ended_since(bench: Any) -> None:
    """Valid when used: said by the signer it is no proof, by a time stamp it is."""
    seal = bench.seal().dump()
    trust = bench.trust(seal_status=listed(seal, ACTIVATED, (CANCELLED, AT - DAY)))
    then = AT - 3 * DAY
    claimed = bench.check(bench.signature(seal, at=bench.time(then)), trust=trust)
    assert verdict(claimed) == (UNSURE, SubIndication.NO_POE)
    assert claimed.reasons[0].code == "SEAL_CANCELLED_SINCE"
    proven = bench.signature(seal, at=bench.time(then), stamp=bench.stamp(then))
    assert bench.check(proven, trust=trust).indication is PASSED


def test_replaced_since(bench: Any) -> None:
    """A new seal under the same code takes nothing from what the old one sealed."""
    seal = bench.seal().dump()
    trust = bench.trust(seal_status=listed(seal, ACTIVATED, (REPLACED, AT - DAY)))
    report = bench.check(bench.signature(seal, at=bench.time(AT - 3 * DAY)), trust=trust)
    assert report.indication is PASSED
    assert "SEAL_REPLACED_SINCE" in codes(report)


def test_list_that_ran_out_since(bench: Any) -> None:
    seal = bench.seal().dump()
    trust = bench.trust(seal_status=listed(seal, ACTIVATED, until=AT - timedelta(minutes=1)))
    report = bench.check(bench.signature(seal), trust=trust)
    assert report.indication is PASSED
    assert "SEAL_STATUS_OLD" in codes(report)


@pytest.mark.parametrize("end", [CANCELLED, REPLACED])
@pytest.mark.parametrize("claimed", [AT - timedelta(hours=12), USED])
def test_an_end_in_a_list_that_ran_out(bench: Any, end: SealStanding, claimed: datetime) -> None:
    """What ended stays ended: an old list is no way to use such a seal again."""
    seal = bench.seal().dump()
    old = listed(seal, ACTIVATED, (end, AT - 3 * DAY), until=AT - DAY)
    trust = bench.trust(seal_status=old)
    report = bench.check(bench.signature(seal, at=bench.time(claimed)), trust=trust)
    assert verdict(report) == (FAILED, SubIndication.SEAL_REVOKED_AT_SIGNING)
    assert verdict(bench.look(seal, trust=trust)) == (FAILED, SubIndication.REVOKED)


@pytest.mark.parametrize("end", [CANCELLED, SUSPENDED])
def test_dated_back_before_an_end_in_a_list_that_ran_out(bench: Any, end: SealStanding) -> None:
    seal = bench.seal().dump()
    trust = bench.trust(seal_status=listed(seal, ACTIVATED, (end, AT - 3 * DAY), until=AT - DAY))
    then = AT - 5 * DAY
    report = bench.check(bench.signature(seal, at=bench.time(then)), trust=trust)
    assert verdict(report) == (UNSURE, SubIndication.NO_POE)
    proven = bench.signature(seal, at=bench.time(then), stamp=bench.stamp(then))
    assert bench.check(proven, trust=trust).indication is PASSED


@pytest.mark.parametrize("states", [(), (ACTIVATED, (SUSPENDED, AT - 3 * DAY))])
def test_not_active_when_last_heard_of(bench: Any, states: Any) -> None:
    """It may be in use again since: that is for a newer list to say."""
    seal = bench.seal().dump()
    trust = bench.trust(seal_status=listed(seal, *states, until=AT - DAY))
    for report in (bench.check(bench.signature(seal), trust=trust), bench.look(seal, trust=trust)):
        assert verdict(report) == (UNSURE, SubIndication.TRY_LATER)


def test_used_within_the_second_of_activation(bench: Any) -> None:
    """A signature tells whole seconds, the list tells more."""
    seal = bench.seal().dump()
    trust = bench.trust(seal_status=listed(seal, (ACTIVE, USED + timedelta(milliseconds=400))))
    assert bench.check(bench.signature(seal), trust=trust).indication is PASSED
    late = bench.trust(seal_status=listed(seal, (ACTIVE, USED + timedelta(seconds=1))))
    assert bench.check(bench.signature(seal), trust=late).indication is FAILED


@pytest.mark.parametrize(
    ("states", "wanted", "code"),
    [
        ((), (UNSURE, SubIndication.TRY_LATER), "SEAL_NOT_ACTIVATED"),
        ((ACTIVATED, (SUSPENDED, AT - DAY)), (UNSURE, SubIndication.TRY_LATER), "SEAL_SUSPENDED"),
        ((ACTIVATED, (CANCELLED, AT - DAY)), (FAILED, SubIndication.REVOKED), "SEAL_CANCELLED"),
        ((ACTIVATED, (REPLACED, AT - DAY)), (FAILED, SubIndication.REVOKED), "SEAL_REPLACED"),
    ],
)
def test_a_seal_by_itself(bench: Any, states: Any, wanted: Any, code: str) -> None:
    seal = bench.seal().dump()
    report = bench.look(seal, trust=bench.trust(seal_status=listed(seal, *states)))
    assert verdict(report) == wanted
    assert report.reasons[0].code == code


def test_the_list_proves_that_the_seal_was_made(bench: Any) -> None:
    """A maker that was revoked later takes nothing from a seal that the list knows."""
    seal = bench.seal().dump()
    revoked = parse_certificate(bench.maker.der).serial
    without = bench.check(bench.signature(seal), trust=bench.trust(revoked=(revoked,)))
    assert verdict(without) == (UNSURE, SubIndication.REVOKED_NO_POE)
    trust = bench.trust(revoked=(revoked,), seal_status=listed(seal, ACTIVATED))
    report = bench.check(bench.signature(seal), trust=trust)
    assert report.indication is PASSED, report.reasons
    assert "MAKER_CERTIFICATE_ENDED_SINCE" in codes(report)


def test_a_seal_that_is_not_in_the_list(bench: Any) -> None:
    """Whoever has a certificate for sealing can make a seal in any name, under a code that nobody has."""
    seal, other = bench.seal().dump(), bench.seal(code=b"\x16\x0e51010600000009").dump()
    status = listed(other, ACTIVATED, code="51010600000009")
    trust = bench.trust(seal_status=status)
    for report in (bench.check(bench.signature(seal), trust=trust), bench.look(seal, trust=trust)):
        assert verdict(report) == (UNSURE, SubIndication.CHAIN_CONSTRAINTS_FAILURE)
        assert report.reasons[0].code == "SEAL_NOT_PUBLISHED"
    maker = parse_certificate(bench.maker.der).fingerprint
    appointed = bench.trust(seal_status=status, seal_makers=(maker,))
    assert bench.check(bench.signature(seal), trust=appointed).indication is PASSED


def test_another_seal_under_a_listed_code(bench: Any) -> None:
    """A maker whom somebody trusts made a seal under a code that the list gives to another."""
    real, other = bench.seal().dump(), bench.seal(vendor=b"\x16\x01X").dump()
    trust = bench.trust(seal_status=listed(real, ACTIVATED))
    for report in (bench.check(bench.signature(other), trust=trust), bench.look(other, trust=trust)):
        assert verdict(report) == (UNSURE, SubIndication.SIG_CONSTRAINTS_FAILURE)
        assert report.reasons[0].code == "SEAL_NOT_LISTED_UNDER_ITS_CODE"


def test_who_may_make_seals(bench: Any) -> None:
    """A certificate for sealing is not one for making seals: the trust says whose is, or the list vouches."""
    seal = bench.seal().dump()
    maker = parse_certificate(bench.maker.der).fingerprint
    free = bench.check(bench.signature(seal))
    assert "SEAL_MAKER_NOT_RESTRICTED" in codes(free)
    appointed = bench.check(bench.signature(seal), trust=bench.trust(seal_makers=(maker,)))
    assert appointed.indication is PASSED
    assert "SEAL_MAKER_NOT_RESTRICTED" not in codes(appointed)
    nobody = bench.trust(seal_makers=())
    for report in (bench.check(bench.signature(seal), trust=nobody), bench.look(seal, trust=nobody)):
        assert verdict(report) == (UNSURE, SubIndication.CHAIN_CONSTRAINTS_FAILURE)
        assert report.reasons[0].code == "SEAL_MAKER_NOT_APPOINTED"
    vouched = bench.trust(seal_makers=(), seal_status=listed(seal, ACTIVATED))
    assert bench.check(bench.signature(seal), trust=vouched).indication is PASSED
