# SPDX-License-Identifier: Apache-2.0
"""Files renewed in time, looked at in 2040: authorities that follow each other, a clock that is set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from api.renewals import FileNotRenewable, FileRenewals, PreservingPorts, Standing
from keys import KeyKind
from seal import Level, SheetContent, extend_pdf, lay_out, write_pdf
from verify import Indication

from ...seal.long_term.conftest import SEALED, World, _world

KINDS = [KeyKind.SM2, KeyKind.P256]
AHEAD = timedelta(days=90)
LATER = datetime(2040, 3, 1, tzinfo=UTC)


@dataclass
class Clock:
    at: datetime

    def __call__(self) -> datetime:
        return self.at


def renewals(own: World, clock: Clock) -> FileRenewals:
    """What a service of this world would renew with, at the time that the clock shows."""
    ports = PreservingPorts(
        stamp=lambda _, digest: own.stamper(clock.at)(digest),
        authority=lambda _: own.evidence(clock.at),
        clock=clock,
    )
    return FileRenewals(ports, lambda: own.trust(clock.at))


@cache
def plain() -> bytes:
    content = SheetContent(title="样例通知", rows=(("说明", "内容虚构"),), watermark="样章 SPECIMEN")
    return write_pdf(lay_out(content), title="样例通知", at=SEALED)


def archived(own: World) -> bytes:
    at = SEALED + timedelta(hours=1)
    return extend_pdf(
        own.sealed(plain()),
        evidence=own.evidence(at),
        timestamper=own.stamper(at),
        algorithm=own.algorithm,
        at=at,
        level=Level.B_LTA,
    )


def test_renewed_whenever_due_until_2040() -> None:
    """Due ninety days before the end and not before; each file begins with the last; the newest passes."""
    own, clock = _world(KeyKind.SM2), Clock(SEALED + timedelta(days=1))
    keeper, first = renewals(own, clock), archived(own)
    data, years = first, []
    while True:
        standing = keeper.standing(data)
        assert standing.good_until is not None
        clock.at = standing.good_until - AHEAD
        if clock.at > LATER:
            break
        assert standing.due(clock.at, AHEAD)
        assert not standing.due(clock.at - timedelta(days=1), AHEAD)
        after = keeper.renewed(data)
        assert after.startswith(data)
        data = after
        years.append(clock.at.year)
    assert years == [2028, 2030, 2032, 2034, 2036, 2038]
    report = own.check(data, LATER)
    assert report.indication is Indication.TOTAL_PASSED, report
    assert report.signatures[0].facts["level"] == "B-LTA"
    assert report.facts["time_stamps"] == 7
    # Nobody renewed this one.
    assert own.check(first, LATER).indication is Indication.INDETERMINATE


@pytest.mark.parametrize("kind", KINDS)
def test_too_late(kind: KeyKind) -> None:
    """What no longer passes gets no time stamp that would make it look kept."""
    own = _world(kind)
    keeper = renewals(own, Clock(datetime(2030, 6, 1, tzinfo=UTC)))
    for act in (keeper.standing, keeper.renewed):
        with pytest.raises(FileNotRenewable) as refused:
            act(archived(own))
        assert refused.value.code == "file-does-not-pass"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LT"])
def test_lifted_from_below(kind: KeyKind, level: str) -> None:
    """Without a document time stamp no day on which it is due; it can be lifted to B-LTA any time."""
    own, clock = _world(kind), Clock(SEALED + timedelta(days=2))
    data = own.sealed(plain(), stamped=level != "B-B")
    if level == "B-LT":
        data = extend_pdf(
            data,
            evidence=own.evidence(SEALED),
            timestamper=own.stamper(SEALED),
            algorithm=own.algorithm,
            at=SEALED,
            level=Level.B_LT,
        )
    keeper = renewals(own, clock)
    assert keeper.standing(data) == Standing(level, None)
    assert not keeper.standing(data).due(clock.at, timedelta(days=9000))
    after = keeper.renewed(data)
    assert keeper.standing(after) == Standing("B-LTA", own.tsa(clock.at).certificate.not_after)


def test_without_lists_nothing_is_written() -> None:
    """An authority whose lists are not at hand: the file would not stand alone, so it is not made."""
    own, clock = _world(KeyKind.P256), Clock(SEALED + timedelta(days=30))
    keeper = renewals(own, clock)
    bare = replace(own.evidence(clock.at), crls=own.lists(clock.at, (own.root,)))
    trust = replace(own.trust(clock.at), crls=())
    for ports, given in (
        (replace(keeper.ports, authority=lambda _: bare), keeper.trust),
        (keeper.ports, lambda: trust),
    ):
        one = FileRenewals(ports, given)
        if given is keeper.trust:
            assert one.standing(one.renewed(own.sealed(plain()))).level == "B-LTA"
            continue
        with pytest.raises(FileNotRenewable):
            one.renewed(own.sealed(plain()))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", plain()])
def test_what_is_not_sealed(data: bytes) -> None:
    act: Callable[[bytes], bytes] = renewals(_world(KeyKind.P256), Clock(SEALED)).renewed
    with pytest.raises(FileNotRenewable):
        act(data)
