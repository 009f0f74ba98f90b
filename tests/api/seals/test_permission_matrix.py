# SPDX-License-Identifier: Apache-2.0
"""Who × seal × document type × channel × time × approval: the whole table, against an oracle of ten lines.

The oracle knows what was given, from a list of plain facts; it shares nothing with the decision.  Every
refusal is an entry in the ledger, and every warrant says in its statement what it rests on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from api.accounts import Role
from api.approvals import RequestStep, UseOrder, UsePolicy
from api.seals import Actor, SealOrder, SealUseRefused, Use
from seal import Channel
from verify import parse_authority

from ..rooms import A2, A3

PERMIT, SHEET = "construction_permit", "credit_sheet"
WHO = {"zhang": A3, "li": A3, "elsewhere": A2}
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Fact:
    """One grant: officer, seal, types, channels, first and last day."""

    officer: str
    seal: str
    types: frozenset[str]
    channels: frozenset[Channel]
    days: tuple[int, int]


EVERY = frozenset(Channel)
FACTS = (
    Fact("zhang", "plain", frozenset({PERMIT}), EVERY, (0, 10)),
    Fact("zhang", "one", frozenset({PERMIT, SHEET}), frozenset({Channel.DESK}), (0, 10)),
    Fact("zhang", "two", frozenset({PERMIT}), EVERY, (0, 10)),
    Fact("li", "plain", frozenset({SHEET}), frozenset({Channel.BATCH, Channel.API}), (3, 10)),
    Fact("elsewhere", "plain", frozenset({PERMIT}), EVERY, (0, 10)),  # serves another agency
)
NEEDED = {"plain": 0, "one": 1, "two": 2}
CASES = ("none", "asked", "one", "two", "refused", "withdrawn")
DAYS = (-1, 1, 9, 11)
CHANNELS = (Channel.DESK, Channel.BATCH)
APPROVAL_DAYS = 6
"""An approval is given on day 0 and holds for so many days."""


def oracle(who: str, seal: str, kind: str, channel: Channel, day: int, case: str) -> bool:
    """May it be used?  Written from the rules of the issue, not from the code."""
    granted = any(
        fact.officer == who
        and fact.seal == seal
        and kind in fact.types
        and channel in fact.channels
        and fact.days[0] <= day <= fact.days[1]
        for fact in FACTS
    )
    serves = WHO[who] == A3  # every seal of the table is A3's
    agreed = {"one": 1, "two": 2}.get(case, 0)
    asked = who == "zhang" and kind == PERMIT  # the requests of the table
    approved = NEEDED[seal] == 0 or (asked and agreed >= NEEDED[seal] and day <= APPROVAL_DAYS)
    return granted and serves and approved


def actor(name: str) -> Actor:
    return Actor(name, frozenset({Role.OFFICER}), A3)


@pytest.fixture
def table(rooms: Any) -> dict[str, str]:
    """Seals, grants, policies, and one request for each case on each seal that needs approval."""
    start, kind = rooms.clock(), rooms.seals.listed(A3)[0].kind
    seals = {"plain": rooms.seal_of(A3).seal_id}
    for name in ("one", "two"):
        order = SealOrder(A3, "样例市住房和城乡建设局", "样例市住房和城乡建设局", "专用章", "", kind)
        seals[name] = rooms.seals.make(order, by="test").seal_id
    for fact in FACTS:
        rooms.grants.give(
            seals[fact.seal],
            fact.officer,
            document_types=sorted(fact.types),
            period=(start + fact.days[0] * DAY, start + fact.days[1] * DAY),
            by="test",
            channels=fact.channels,
        )
    for name in ("one", "two"):
        policy = UsePolicy(seals[name], NEEDED[name], frozenset({Role.OFFICER}), APPROVAL_DAYS)
        rooms.requests.set_policy(policy, by="operator")
        for case in CASES[1:]:
            decide(rooms, seals[name], case)
    return seals


def decide(rooms: Any, seal_id: str, case: str) -> None:
    """One request that went the way its case is called."""
    order = UseOrder(seal_id, PERMIT, case, 1000, "样例用印事由")
    asked = rooms.requests.ask(order, actor("zhang"))
    for approver in {"one": ("wang",), "two": ("wang", "zhao")}.get(case, ()):
        if rooms.requests.get(asked.request_id, actor("zhang")).lacking:
            rooms.requests.take(asked.request_id, RequestStep.APPROVE, "", actor(approver))
    if case == "refused":
        rooms.requests.take(asked.request_id, RequestStep.REFUSE, "不同意", actor("wang"))
    if case == "withdrawn":
        rooms.requests.take(asked.request_id, RequestStep.WITHDRAW, "", actor("zhang"))


def cells() -> Iterator[tuple[str, str, str, Channel, int, str]]:
    """The whole table; a seal that needs no approval is asked about with and without one."""
    for seal, needed in NEEDED.items():
        cases = CASES if needed else ("none", "one")
        yield from (
            (who, seal, kind, channel, day, case)
            for day, who, kind, channel, case in product(DAYS, WHO, (PERMIT, SHEET), CHANNELS, cases)
        )


def test_every_cell(rooms: Any, table: dict[str, str]) -> None:
    start, permitted = rooms.clock(), 0
    for who, seal, kind, channel, day, case in cells():
        rooms.clock.at = start + day * DAY
        use = Use(who, WHO[who], table[seal], A3, kind, channel, case, act="x")
        size, told = rooms.ledger.size(), (who, seal, kind, channel.value, day, case)
        if oracle(who, seal, kind, channel, day, case):
            stated = parse_authority(rooms.warrants.authorise(use).authority).stated()
            assert rooms.ledger.size() == size, told
            assert (stated.officer, stated.seal, stated.case) == (who, table[seal], case), told
            assert stated.grant is not None and stated.mandate is None, told
            assert len(stated.approvals) == (1 if NEEDED[seal] else 0), told
            assert all(len(one.approvers) >= NEEDED[seal] for one in stated.approvals), told
            permitted += 1
            continue
        try:
            rooms.warrants.authorise(use)
        except SealUseRefused as error:
            body = json.loads(rooms.ledger.entry(size))["body"]
            assert (body["code"], body["seal_id"]) == (error.code, table[seal]), told
            assert rooms.ledger.size() == size + 1, told
        else:
            pytest.fail(f"permitted: {told}")
    assert permitted == sum(oracle(*cell) for cell in cells()) > 10
    assert rooms.check().findings == ()
