# SPDX-License-Identifier: Apache-2.0
"""Levels of every family: what we write, what we say of it, what it withstands in fourteen years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from keys import KeyKind
from seal import Level, extend_pdf, renew_pdf
from verify import Indication, SubIndication

from .conftest import SEALED, World

KINDS = [KeyKind.SM2, KeyKind.P256, KeyKind.RSA2048]
PASSED, UNSURE, FAILED = Indication.TOTAL_PASSED, Indication.INDETERMINATE, Indication.TOTAL_FAILED
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def extended(world: World, data: bytes, at: datetime, level: Level = Level.B_LTA) -> bytes:
    return extend_pdf(
        data,
        evidence=world.evidence(at),
        timestamper=world.stamper(at),
        algorithm=world.algorithm,
        at=at,
        level=level,
    )


def renewed(world: World, data: bytes, at: datetime) -> bytes:
    return renew_pdf(
        data, evidence=world.evidence(at), timestamper=world.stamper(at), algorithm=world.algorithm, at=at
    )


def seal_of(report: Any) -> Any:
    return report.signatures[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("certify", [False, True])
def test_levels(world: Any, permit: bytes, told: Any, kind: KeyKind, certify: bool) -> None:
    """Each level on top of the one before; nothing of the file before changes."""
    own = world(kind)
    plain = own.sealed(permit, stamped=False, certify=certify)
    stamped = own.sealed(permit, certify=certify)
    kept = extended(own, stamped, SEALED + HOUR, Level.B_LT)
    archived = extended(own, kept, SEALED + HOUR)
    at = SEALED + 2 * HOUR
    for data, level, count in (
        (plain, "B-B", 1),
        (stamped, "B-T", 1),
        (kept, "B-LT", 1),
        (archived, "B-LTA", 2),
    ):
        report = own.check(data, at, lists=False)
        assert report.indication is PASSED, told(report)
        assert seal_of(report).facts["level"] == level
        assert len(report.signatures) == count
        assert (report.facts["signatures"], report.facts["time_stamps"]) == (1, count - 1)
    assert archived.startswith(kept)
    assert kept.startswith(stamped)


@pytest.mark.parametrize("kind", KINDS)
def test_sealed_in_2026_looked_at_in_2040(world: Any, permit: bytes, told: Any, kind: KeyKind) -> None:
    """The seal and six time-stamping authorities have ended; each was renewed in time."""
    own = world(kind)
    data = extended(own, own.sealed(permit, certify=True), SEALED + HOUR)
    for year in (2028, 2030, 2032, 2034, 2036, 2038):
        data = renewed(own, data, datetime(year, 6, 1, tzinfo=UTC))
    at = datetime(2040, 3, 1, tzinfo=UTC)
    report = own.check(data, at)
    assert report.indication is PASSED, told(report)
    seal = seal_of(report)
    assert seal.facts["level"] == "B-LTA"
    assert seal.facts["proven_time"] == {"time": "2026-08-01T04:00:02Z", "by": "signature-time-stamp"}
    assert (seal.facts["judged_at"], seal.facts["evidence_at"]) == (
        "2026-08-01T04:00:02Z",
        "2026-08-01T05:00:00Z",
    )
    assert report.facts["time_stamps"] == 7


@pytest.mark.parametrize("kind", KINDS)
def test_without_proof_it_stays_what_it_is(world: Any, permit: bytes, kind: KeyKind) -> None:
    own = world(kind)
    later = datetime(2028, 6, 1, tzinfo=UTC)
    report = own.check(own.sealed(permit, stamped=False), later)
    assert (report.indication, report.sub_indication) == (UNSURE, SubIndication.OUT_OF_BOUNDS_NO_POE)
    assert "NO_PROOF_OF_TIME" in {reason.code for reason in seal_of(report).reasons}
    report = own.check(own.sealed(permit, stamped=False), SEALED + 30 * DAY, lists=False)
    assert (report.indication, report.sub_indication) == (UNSURE, SubIndication.TRY_LATER)


@pytest.mark.parametrize("kind", KINDS)
def test_expired_and_time_stamped_only(world: Any, permit: bytes, told: Any, kind: KeyKind) -> None:
    """B-T: while the authority that issued the certificate lasts, its lists inside are believed."""
    own = world(kind)
    report = own.check(own.sealed(permit), datetime(2028, 6, 1, tzinfo=UTC))
    assert report.indication is PASSED, told(report)
    assert seal_of(report).facts["judged_at"] == "2026-08-01T04:00:02Z"
    # Once the time-stamping authority has ended, nothing proves the time any more.
    report = own.check(own.sealed(permit), datetime(2029, 6, 1, tzinfo=UTC))
    assert (report.indication, report.sub_indication) == (UNSURE, SubIndication.OUT_OF_BOUNDS_NO_POE)


@pytest.mark.parametrize("kind", KINDS)
def test_revoked_after_the_proven_time(world: Any, permit: bytes, told: Any, kind: KeyKind) -> None:
    own = world(kind)
    later = own.revoking(own.seal.certificate, SEALED + 10 * DAY)
    at = SEALED + 30 * DAY
    for data in (own.sealed(permit), extended(own, own.sealed(permit), SEALED + HOUR)):
        report = later.check(data, at)
        assert report.indication is PASSED, told(report)
    report = later.check(own.sealed(permit, stamped=False), at)
    assert (report.indication, report.sub_indication) == (FAILED, SubIndication.REVOKED)


@pytest.mark.parametrize("kind", KINDS)
def test_revoked_before_the_proven_time(world: Any, permit: bytes, kind: KeyKind) -> None:
    """The seal says it was made before, and the lists inside are from before; a newer list knows better."""
    own = world(kind)
    before = own.revoking(own.seal.certificate, SEALED - HOUR)
    data = extended(own, own.sealed(permit), SEALED + HOUR)
    report = before.check(data, SEALED + 30 * DAY)
    assert (report.indication, report.sub_indication) == (FAILED, SubIndication.REVOKED)
    # Even when the certificate has expired since, and no new list names it.
    kept = before.lists(SEALED + 30 * DAY)
    from dataclasses import replace

    from verify import check_pdf

    at = datetime(2028, 6, 1, tzinfo=UTC)
    trust = replace(own.trust(at), crls=(*own.lists(at), *kept))
    report = check_pdf(data, trust=trust, at=at)
    assert (report.indication, report.sub_indication) == (FAILED, SubIndication.REVOKED)


@pytest.mark.parametrize("kind", KINDS)
def test_renewed_too_late(world: Any, permit: bytes, kind: KeyKind) -> None:
    """The first authority ended in 2028; a time stamp of 2030 does not bring it back."""
    own = world(kind)
    data = extended(own, own.sealed(permit), SEALED + HOUR)
    data = renewed(own, data, datetime(2030, 6, 1, tzinfo=UTC))
    report = own.check(data, datetime(2031, 3, 1, tzinfo=UTC))
    assert report.indication is UNSURE
    assert [one.indication for one in report.signatures] == [UNSURE, UNSURE, PASSED]


@pytest.mark.parametrize("kind", KINDS)
def test_authority_revoked_after_the_evidence(world: Any, permit: bytes, told: Any, kind: KeyKind) -> None:
    """The issuing authority loses its key in 2028: lists that were proven before count, others do not.

    The time-stamping authorities of this world are below the same authority, so a foreign one stamps.
    """
    own, foreign = world(kind), world(KeyKind.P384)
    from dataclasses import replace

    from verify import check_pdf

    when = SEALED + 2 * HOUR
    lost = own.revoking(own.issuing.certificate, when)
    at = SEALED + 30 * DAY

    def stamped(data: bytes, level: Level) -> bytes:
        evidence = own.evidence(SEALED).with_(foreign.evidence(SEALED))
        return extend_pdf(
            data,
            evidence=evidence,
            timestamper=foreign.stamper(SEALED + HOUR),
            algorithm=foreign.algorithm,
            at=SEALED + HOUR,
            level=level,
        )

    anchors = (own.root.certificate, foreign.root.certificate)
    trust = replace(own.trust(), anchors=anchors, crls=(*lost.lists(at), *foreign.lists(at)))
    plain = own.sealed(permit, stamped=False)
    report = check_pdf(stamped(plain, Level.B_LTA), trust=trust, at=at)
    assert report.indication is PASSED, told(report)
    report = check_pdf(plain, trust=trust, at=at)
    assert report.indication is FAILED
