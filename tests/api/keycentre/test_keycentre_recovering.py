# SPDX-License-Identifier: Apache-2.0
"""A recovery needs different agents, one public request, and one log; each way around is refused by its code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.keycentre import (
    Approval,
    CentreMisconfigured,
    KeyCentreDamaged,
    KeyCentreRefused,
    Purpose,
    WireMalformed,
    check_history,
    to_be_signed,
)
from api.keycentre.centre import Agents
from api.keycentre.recoveries import Recovery, committed_recoveries
from api.keycentre.requests import entry_body
from api.ledger import Ledger, LogSigners, check_ledger
from keys import KeyKind, SoftwareKey, generate_key, open_enveloped_key, parse_enveloped_key
from verify import parse_checkpoint, parse_note


@pytest.fixture
def key_id(stand: Any, holder: SoftwareKey) -> str:
    made: str = stand.escrowed("bundle-1", holder)
    return made


def bring(stand: Any, recovery: Recovery, approvals: Sequence[Approval], **other: Any) -> bytes:
    """Straight to the centre, as a service would that looks at nothing itself."""
    ledger = other.get("ledger", stand.ledger)
    proof = ledger.prove(other.get("index", recovery.entry_index))
    size = parse_checkpoint(parse_note(proof.checkpoint).text).size
    seen = stand.remote.status().log_size
    consistency = ledger.consistency(seen, size) if 1 <= seen <= size else ()
    envelope: bytes = stand.remote.recover(
        other.get("key_id", recovery.owner.key_id),
        other.get("request", recovery.request),
        approvals=approvals,
        proof=other.get("proof", proof.encode()),
        consistency=other.get("consistency", consistency),
    )
    return envelope


def signed(stand: Any, request: bytes, *names: str) -> list[Approval]:
    return [Approval(name, stand.agents[name].sign(to_be_signed(request))) for name in names]


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
