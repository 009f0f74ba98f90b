# SPDX-License-Identifier: Apache-2.0
"""Whatever happens to bundles and recoveries in whatever order: centre, log, rows and a plain model agree."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from api.certificates import (
    BundleOrder,
    CertificateService,
    OrderRefused,
    RevocationRefused,
    committed_bundles,
    committed_certificates,
)
from api.keycentre import Approval, KeyCentreRefused, Link, check_history, to_be_signed
from api.keycentre.recoveries import Recoveries, Recovery, committed_recoveries
from api.keycentre.requests import COMPLETED
from api.ledger import check_ledger
from api.wiring.keycentre import bundle_owner
from ca import SubjectName, make_request
from keys import KeyKind, SoftwareKey, generate_key, open_enveloped_key, parse_enveloped_key
from verify import parse_certificate

AGENTS = ("li", "wang", "zhao")
SIGNING = (("li",), ("zhao",), ("li", "li"), ("li", "wang"), ("wang", "zhao"), ("zhao", "li", "wang"))
PLACE = st.sampled_from((0, 0, 0, 1, 2, 3))
"""Counted from the newest, which is looked at most."""
TERM = timedelta(days=20)
"""Short, so that bundles end while somebody looks."""


@dataclass
class Unit:
    """A bundle as the model knows it."""

    bundle_id: str
    key: str
    spki: bytes
    not_after: datetime
    held: bool = False
    reason: str = ""

    def status(self, at: datetime) -> str:
        if self.reason:
            return "revoked"
        if at > self.not_after:
            return "expired"
        return "suspended" if self.held else "good"


@dataclass
class Asked:
    """A recovery as the model knows it."""

    recovery: Recovery
    unit: Unit
    recipient: SoftwareKey
    approved: set[str] = field(default_factory=set)
    completed: bool = False


@dataclass
class World:
    """One service and its centre for all examples; each example adds its own bundles."""

    stand: Any
    service: CertificateService
    recoveries: Recoveries
    account_id: str
    keys: tuple[SoftwareKey, ...]

    def links(self) -> tuple[Link, ...]:
        return check_history(self.recoveries.history(), self.stand.means.signer.public_key)


class Life(RuleBasedStateMachine):
    """The verbs, each with what the model expects of it."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world, self.clock = world, world.stand.clock
        self.units: list[Unit] = []
        self.asked: list[Asked] = []
        self.ended: list[Asked] = []
        self.links_before = len(world.links())
        self.scanned = world.stand.ledger.size()
        self.completions: list[bytes] = []

    # Bundles

    @initialize()
    def begin(self) -> None:
        """There is always something to approve, whichever verbs an example is made of."""
        self.issue()
        self.request(0, 0, 7)

    @precondition(lambda self: len(self.units) < 4)
    @rule()
    def issue(self) -> None:
        """The key is made and delivered by the centre, and certified by the service."""
        key = generate_key(KeyKind.SM2)
        order = BundleOrder(
            profile="person",
            sign_request=make_request(key, SubjectName("样例二")),
            holder="H02",
            holder_name="样例二",
            account_id=self.world.account_id,
            valid_until=self.clock() + TERM,
        )
        made = self.world.service.issue_bundle(order, by="test")
        self._add(made, key.public_key.key_id.hex())
        opened = open_enveloped_key(parse_enveloped_key(made.envelope or b""), key)
        assert opened.public_key.spki == self.units[-1].spki

    @rule(place=PLACE, verb=st.sampled_from(("suspend", "resume")))
    def suspend_or_resume(self, place: int, verb: str) -> None:
        unit = self._unit(place)
        act = getattr(self.world.service, verb)
        if unit.reason:
            with pytest.raises(RevocationRefused):
                act(unit.bundle_id, by="test")
            return
        act(unit.bundle_id, by="test")
        unit.held = verb == "suspend"

    @rule(place=PLACE, reason=st.sampled_from(("superseded", "keyCompromise")))
    def revoke(self, place: int, reason: str) -> None:
        unit = self._unit(place)
        self.world.service.revoke(unit.bundle_id, reason, by="test")
        if not unit.reason or reason == "keyCompromise":
            unit.reason = reason

    @rule(place=PLACE)
    def renew(self, place: int) -> None:
        """A new term for the same keys, so for the same escrowed key."""
        unit, service = self._unit(place), self.world.service
        same = [one for one in self.units if one.key == unit.key]
        refused = (
            unit.status(self.clock()) in ("revoked", "expired")
            or unit.not_after == self.clock()
            or any(one.reason == "keyCompromise" or (one.held and not one.reason) for one in same)
        )
        if refused:
            with pytest.raises(OrderRefused):
                service.renew(unit.bundle_id, by="test")
            return
        made = service.bundle(str(service.renew(unit.bundle_id, by="test").bundle_id))
        if made.bundle_id not in {one.bundle_id for one in self.units}:
            self._add(made, unit.key)
            assert self.units[-1].spki == unit.spki

    # Recoveries

    @precondition(lambda self: len(self.asked) < 4)
    @rule(place=PLACE, recipient=st.integers(0, 1), days=st.sampled_from((1, 7, 30)))
    def request(self, place: int, recipient: int, days: int) -> None:
        """Whatever became of the certificates: what was encrypted is still to be read."""
        unit, key = self._unit(place), self.world.keys[recipient]
        made = self.world.recoveries.request(
            unit.bundle_id, key.public_key, reason="遗失", by="op-1", lasting=timedelta(days=days)
        )
        self.asked.append(Asked(made, unit, key))

    @rule(place=PLACE, agents=st.sampled_from(SIGNING))
    def approve(self, place: int, agents: tuple[str, ...]) -> None:
        """Twice by the same agent is once."""
        one = self._asked(place)
        code = self._closed(one)
        for agent in agents:
            if code:
                with pytest.raises(KeyCentreRefused, match=f"^{code}:"):
                    self._approve(one, agent, agent)
            else:
                self._approve(one, agent, agent)
                one.approved.add(agent)

    @rule(place=PLACE, agent=st.sampled_from(("nobody", "li", "wang")))
    def approve_with_a_wrong_key(self, place: int, agent: str) -> None:
        one = self._asked(place)
        code = "approval-unknown-agent" if agent == "nobody" else self._closed(one) or "approval-invalid"
        with pytest.raises(KeyCentreRefused, match=f"^{code}:"):
            self._approve(one, agent, "zhao")

    @rule(place=PLACE, agent=st.sampled_from(AGENTS), times=st.integers(0, 3))
    def go_around_the_service(self, place: int, agent: str, times: int) -> None:
        """Straight to the centre with as many signatures of one agent as you like."""
        one = self._asked(place)
        if one.completed:
            return
        stand, request = self.world.stand, one.recovery.request
        signed = [Approval(agent, stand.agents[agent].sign(to_be_signed(request))) for _ in range(times)]
        proof = stand.ledger.prove(one.recovery.entry_index)
        size, seen = stand.ledger.size(), stand.remote.status().log_size
        steps = stand.ledger.consistency(seen, size) if 1 <= seen <= size else ()
        codes = "approval-twice|approvals-insufficient|recovery-expired"
        with pytest.raises(KeyCentreRefused, match=f"^({codes}):"):
            stand.remote.recover(
                one.recovery.owner.key_id, request, approvals=signed, proof=proof.encode(), consistency=steps
            )

    @rule(place=PLACE)
    def complete(self, place: int) -> None:
        """Again brings the same, and is no second recovery."""
        one = self._asked(place)
        which = one.recovery.recovery_id
        refusals = [
            code
            for code, true in (
                ("recovery-expired", one.recovery.expires_at <= self.clock()),
                ("approvals-insufficient", len(one.approved) < 2),
            )
            if true and not one.completed
        ]
        if refusals:
            with pytest.raises(KeyCentreRefused, match=f"^({'|'.join(refusals)}):"):
                self.world.recoveries.complete(which, by="op-1")
            return
        done = self.world.recoveries.complete(which, by="op-1")
        opened = open_enveloped_key(parse_enveloped_key(done.envelope or b""), one.recipient)
        assert opened.public_key.spki == one.unit.spki
        if not one.completed:
            one.completed = True
            self.ended.append(one)

    # Around them

    @rule(hours=st.sampled_from((1, 24, 24 * 7, 24 * 13)))
    def wait(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))

    @rule()
    def start_the_centre_anew(self) -> None:
        """A new process finds what the old one left."""
        stand = self.world.stand
        stand.centre = type(stand.centre)(stand.means)

    def teardown(self) -> None:
        """What is open is brought to its end, so that every example has completions."""
        for place in range(len(self.asked)):
            self.approve(place, AGENTS[:2])
            self.complete(place)
        self.wait(24 * 8)
        for place in range(len(self.asked)):  # what ended in time is there for good, and nothing else is
            self.complete(place)
            self.approve(place, AGENTS[2:])
        self.every_completion_is_in_the_history_once()
        self.every_completion_is_in_the_log_once()
        self.rows_are_what_the_model_says()

    # What is always so

    @invariant()
    def every_completion_is_in_the_history_once(self) -> None:
        links = self.world.links()[self.links_before :]
        assert [one.request_sha256 for one in links] == [one.recovery.request_sha256 for one in self.ended]
        for link, one in zip(links, self.ended, strict=True):
            assert len(set(link.agents)) >= 2
            assert set(link.agents) == one.approved
            assert link.at < one.recovery.expires_at
            assert link.key_id == one.recovery.owner.key_id

    @invariant()
    def every_completion_is_in_the_log_once(self) -> None:
        ledger = self.world.stand.ledger
        entries = [ledger.entry(index) for index in range(self.scanned, ledger.size())]
        self.scanned += len(entries)
        self.completions += [one for one in entries if f'"{COMPLETED}"'.encode() in one]
        assert len(self.completions) == len(self.ended)
        for entry, one in zip(self.completions, self.ended, strict=True):
            assert one.recovery.request_sha256.encode() in entry

    @invariant()
    def rows_are_what_the_model_says(self) -> None:
        at = self.clock()
        for unit in self.units:
            found = self.world.service.bundle(unit.bundle_id)
            assert {one.status(at) for one in found.members} | {found.state} == {unit.status(at)}
        for one in self.asked:
            row = self.world.recoveries.get(one.recovery.recovery_id)
            assert set(row.approved_by) == one.approved
            assert (row.completed_at is not None) is one.completed

    def _add(self, made: Any, key: str) -> None:
        member = made.member("encrypt")
        spki = parse_certificate(member.der).public_key.spki
        self.units.append(Unit(made.bundle_id, key, spki, member.not_after))

    def _unit(self, place: int) -> Unit:
        return self.units[-1 - place % len(self.units)]

    def _asked(self, place: int) -> Asked:
        return self.asked[-1 - place % len(self.asked)]

    def _closed(self, one: Asked) -> str:
        if one.completed:
            return "already-completed"
        return "recovery-expired" if one.recovery.expires_at <= self.clock() else ""

    def _approve(self, one: Asked, agent: str, key: str) -> None:
        signature = self.world.stand.agents[key].sign(to_be_signed(one.recovery.request))
        self.world.recoveries.approve(one.recovery.recovery_id, agent, signature)


def test_keys_and_recoveries_live_as_the_model_says(stand: Any, identity: Any) -> None:
    """One world for all examples, so nothing is shrunk; each starts from what the one before left."""
    account = identity.accounts.add(name="样例二", subject="H02", roles={"applicant"}, by="test")
    world = World(
        stand=stand,
        service=CertificateService(replace(identity.ports, key_centre=stand.remote)),
        recoveries=Recoveries(replace(stand.recoveries._ports, owner_of=bundle_owner)),
        account_id=account.account_id,
        keys=(generate_key(KeyKind.SM2), generate_key(KeyKind.SM2)),
    )

    class Here(Life):
        def __init__(self) -> None:
            super().__init__(world)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=9,
            stateful_step_count=14,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    sources = {
        "bundles": committed_bundles,
        "certificates": committed_certificates,
        "recoveries": committed_recoveries,
    }
    found = check_ledger(stand.ledger._database, stand.ledger.log_keys(), sources).findings
    assert [one for one in found if one.kind.value != "not-compared"] == []
