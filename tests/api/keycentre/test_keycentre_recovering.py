# SPDX-License-Identifier: Apache-2.0
"""A recovery needs different agents and one public request, once; each way around has its refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.keycentre import (
    Approval,
    CentreMisconfigured,
    Purpose,
    check_history,
    to_be_signed,
)
from api.keycentre.centre import Agents
from api.keycentre.drilling import drill_keys
from api.keycentre.recoveries import committed_recoveries
from api.ledger import RowAltered, check_ledger
from keys import KeyKind, SoftwareKey, generate_key, open_enveloped_key, parse_enveloped_key

from .conftest import bring, recovered, refused, signed, untouched


def test_a_recovery(stand: Any, key_id: str, fresh_key: Callable[[], SoftwareKey]) -> None:
    recipient = fresh_key()
    spki = stand.remote.make_key("bundle-1").spki
    asked = stand.requested(key_id, recipient)
    assert asked.state(stand.clock()) == "waiting"
    stand.approve(asked, "li", "zhao")
    done = stand.recoveries.complete(asked.recovery_id, by="operator-1")
    opened = open_enveloped_key(parse_enveloped_key(done.envelope), recipient)
    assert opened.public_key.spki == spki
    assert done.state(stand.clock()) == "completed"
    assert done.approved_by == ("li", "zhao")
    assert done.head == stand.remote.head()
    assert stand.recoveries.complete(asked.recovery_id, by="operator-1") == done


def test_no_recovery_is_silent(stand: Any, key_id: str, fresh_key: Callable[[], SoftwareKey]) -> None:
    """The holder is told with the entry; log, rows and the centre's history agree about what happened."""
    account = next(iter(stand.owners.values())).account_id

    asked = stand.requested(key_id, fresh_key())
    assert [one.happened for one in stand.recoveries.notices(account)] == ["requested"]
    entry = stand.ledger.entry(asked.entry_index)
    assert asked.request_sha256.encode() in entry
    assert "遗失".encode() not in entry
    stand.approve(asked, "li", "wang")
    stand.recoveries.complete(asked.recovery_id, by="operator-1")
    assert {one.happened for one in stand.recoveries.notices(account)} == {"requested", "completed"}
    (link,) = check_history(stand.recoveries.history(), stand.means.signer.public_key)
    assert (link.key_id, link.request_sha256, link.agents) == (key_id, asked.request_sha256, ("li", "wang"))
    assert stand.remote.head().sha256.encode() in stand.ledger.entry(stand.ledger.size() - 1)
    sources = {"recoveries": committed_recoveries}
    assert check_ledger(stand.ledger._database, stand.ledger.log_keys(), sources).findings == ()


def test_the_key_of_a_body_is_not_recovered_silently(
    stand: Any, key_id: str, fresh_key: Callable[[], SoftwareKey]
) -> None:
    """An enterprise has no account: whoever speaks for it is told, and nobody else."""
    body = "91510100DEM001017Y"
    stand.owners[key_id] = replace(stand.owners[key_id], holder=body, account_id=None)
    asked = stand.requested(key_id, fresh_key())
    assert [one.happened for one in stand.recoveries.notices("", (body,))] == ["requested"]
    stand.approve(asked, "li", "wang")
    stand.recoveries.complete(asked.recovery_id, by="operator-1")
    told = stand.recoveries.notices("", (body,))
    assert {one.happened for one in told} == {"requested", "completed"}
    assert {one.purpose for one in told} == {Purpose.RECOVERY}
    assert [one.recovery_id for one in stand.recoveries.listed("", (body,))] == [asked.recovery_id]
    for account, holders in (("", ()), ("", ("11510106DEM9A00331",)), ("f" * 32, ())):
        assert stand.recoveries.notices(account, holders) == stand.recoveries.listed(account, holders) == ()


# Agents


def test_too_few_agents(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    asked = stand.requested(key_id, holder)
    for approvals in ([], signed(stand, asked.request, "li")):
        with refused("approvals-insufficient"):
            bring(stand, asked, approvals)
    stand.approve(asked, "li")
    with refused("approvals-insufficient"):
        stand.recoveries.complete(asked.recovery_id, by="operator-1")
    assert untouched(stand)


def test_one_agent_twice(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    """Two signatures of one agent differ (SM2) and are still one agent."""
    asked = stand.requested(key_id, holder)
    with refused("approval-twice"):
        bring(stand, asked, signed(stand, asked.request, "li", "li"))
    stand.approve(asked, "li", "li")
    assert stand.recoveries.get(asked.recovery_id).approved_by == ("li",)
    assert untouched(stand)


def test_no_agent(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    asked = stand.requested(key_id, holder)
    stranger = Approval("nobody", holder.sign(to_be_signed(asked.request)))
    with refused("approval-unknown-agent"):
        bring(stand, asked, [*signed(stand, asked.request, "li", "wang"), stranger])
    with refused("approval-unknown-agent"):
        stand.recoveries.approve(asked.recovery_id, "nobody", stranger.signature)
    assert untouched(stand)


def test_an_agents_name_with_another_key(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    asked = stand.requested(key_id, holder)
    forged = Approval("wang", stand.agents["li"].sign(to_be_signed(asked.request)))
    with refused("approval-invalid"):
        bring(stand, asked, [*signed(stand, asked.request, "li"), forged])
    with refused("approval-invalid"):
        stand.recoveries.approve(asked.recovery_id, "wang", forged.signature)
    assert untouched(stand)


def test_an_approval_of_another_request(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    first, second = stand.requested(key_id, holder), stand.requested(key_id, holder)
    with refused("approval-invalid"):
        bring(stand, second, signed(stand, first.request, "li", "wang"))
    assert untouched(stand)


def test_an_agent_whose_certificate_ended(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    agents = tuple(replace(one, not_after=stand.clock()) for one in stand.means.agents.known)
    stand.start(agents=Agents(2, agents))
    asked = stand.requested(key_id, holder)
    stand.clock.advance(timedelta(seconds=1))
    with refused("agent-expired"):
        bring(stand, asked, signed(stand, asked.request, "li", "wang"))


@pytest.mark.parametrize("needed", [1, 0, -1])
def test_fewer_than_two_agents_do_not_exist(stand: Any, needed: int) -> None:
    with pytest.raises(CentreMisconfigured):
        Agents(needed, stand.means.agents.known)
    with pytest.raises(CentreMisconfigured):
        Agents(2, stand.means.agents.known[:1])
    with pytest.raises(CentreMisconfigured):
        Agents(2, (stand.means.agents.known[0], replace(stand.means.agents.known[0], name="again")))


def test_a_centre_without_agents_recovers_nothing(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    stand.start(agents=Agents(2))
    asked = stand.requested(key_id, holder)
    with refused("agents-missing"):
        bring(stand, asked, signed(stand, asked.request, "li", "wang"))


# The request


def test_an_expired_request(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    asked = stand.requested(key_id, holder)
    stand.approve(asked, "li")
    stand.clock.advance(timedelta(days=7))
    with refused("recovery-expired"):
        bring(stand, asked, signed(stand, asked.request, "li", "wang"))
    with refused("recovery-expired"):
        stand.approve(asked, "wang")
    assert asked.state(stand.clock()) == "expired"
    assert untouched(stand)


def test_a_request_without_end(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    asked = stand.requested(key_id, holder, lasting=timedelta(days=31))
    with refused("recovery-too-long"):
        bring(stand, asked, signed(stand, asked.request, "li", "wang"))


def test_a_request_for_another_key(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    other = stand.escrowed("bundle-2", holder)
    asked = stand.requested(key_id, holder)
    with refused("recovery-key-differs"):
        bring(stand, asked, signed(stand, asked.request, "li", "wang"), key_id=other)
    assert untouched(stand)


@pytest.mark.parametrize(
    ("old", "new"), [(b'"recovery"', b'"whatever"'), (b"{", b"{ "), (b'"id":"', b'"more":1,"id":"')]
)
def test_a_request_in_another_spelling(
    stand: Any, key_id: str, holder: SoftwareKey, old: bytes, new: bytes
) -> None:
    asked = stand.requested(key_id, holder)
    changed = asked.request.replace(old, new, 1)
    with refused("recovery-malformed"):
        bring(stand, asked, signed(stand, changed, "li", "wang"), request=changed)


def test_what_is_asked_for_at_the_service(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    size = stand.ledger.size()
    ask = stand.recoveries.request
    with refused("recipient-unsuitable"):
        ask(key_id, generate_key(KeyKind.P256).public_key, reason="x", by="operator-1")
    for reason in ("", "  ", "a" * 501, "a\nb"):
        with refused("reason-required"):
            ask(key_id, holder.public_key, reason=reason, by="operator-1")
    with refused("key-unknown"):
        ask("0" * 32, holder.public_key, reason="x", by="operator-1")
    assert stand.ledger.size() == size


def test_a_key_that_the_centre_does_not_have(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    stand.owners["0" * 32] = replace(stand.owners[key_id], key_id="0" * 32)
    asked = stand.requested("0" * 32, holder)
    with refused("key-unknown"):
        bring(stand, asked, signed(stand, asked.request, "li", "wang"))


# Twice, and from outside


def test_the_same_request_twice_is_one_recovery(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    """The first answer may have got lost with the service: the second is the same bytes."""
    asked = stand.requested(key_id, holder)
    approvals = signed(stand, asked.request, "li", "wang")
    first = bring(stand, asked, approvals)
    stand.start()
    assert bring(stand, asked, approvals) == first
    assert stand.remote.status().head.size == 1


def test_a_replayed_payload(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    recovered(stand, key_id, holder)
    payload = next(one for one in stand.link.sent if b'"recover"' in one)
    for _ in range(2):
        assert b'"refused":"request-replayed"' in stand.centre.answer(payload)
        stand.start()  # a new process knows what the old one obeyed
    stand.clock.advance(timedelta(minutes=10))
    assert b'"refused":"request-stale"' in stand.centre.answer(payload)


def test_a_refused_payload_is_spent_as_well(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    asked = stand.requested(key_id, holder)
    with refused("approvals-insufficient"):
        bring(stand, asked, [])
    assert b'"refused":"request-replayed"' in stand.centre.answer(stand.link.sent[-1])


def test_a_stranger_is_not_obeyed(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    stand.client = holder
    stand.start()
    with refused("request-forged"):
        stand.remote.make_key("bundle-9")


def test_an_edited_row_is_not_believed(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    """Whoever writes into the service's database puts in a recipient of their own."""
    asked = stand.requested(key_id, holder)
    with stand.ledger._database.write() as connection:
        connection.exec_driver_sql("UPDATE recoveries SET holder = 'H02'")
    with pytest.raises(RowAltered):
        stand.approve(asked, "li")
    with pytest.raises(RowAltered):
        stand.recoveries.complete(asked.recovery_id, by="operator-1")


def test_a_drill_goes_the_same_way(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    spki = stand.remote.make_key("bundle-1").spki
    agents = {name: stand.agents[name] for name in ("li", "wang")}
    more = {"sample": 5, "by": "console"}
    (good,) = drill_keys(stand.recoveries, [key_id], agents, spki_of=lambda _id: spki, **more)
    assert (good.passed, good.code) == (True, "recovered")
    told = stand.recoveries.notices(stand.owners[key_id].account_id)
    assert {(one.happened, one.purpose) for one in told} == {
        ("requested", Purpose.DRILL),
        ("completed", Purpose.DRILL),
    }
    (other,) = drill_keys(
        stand.recoveries, [key_id], agents, spki_of=lambda _id: holder.public_key.spki, **more
    )
    assert (other.passed, other.code) == (False, "another-key")
    alone = {"li": stand.agents["li"]}
    (short,) = drill_keys(stand.recoveries, [key_id], alone, spki_of=lambda _id: spki, **more)
    assert (short.passed, short.code) == (False, "approvals-insufficient")
    links = check_history(stand.recoveries.history(), stand.means.signer.public_key)
    assert [one.purpose for one in links] == [Purpose.DRILL, Purpose.DRILL]
