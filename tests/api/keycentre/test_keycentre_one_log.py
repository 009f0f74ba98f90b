# SPDX-License-Identifier: Apache-2.0
"""A recovery stands in the one public log, and the centre is shown no other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.keycentre.requests import entry_body
from api.ledger import Ledger
from keys import SoftwareKey

from .conftest import bring, recovered, refused, signed, untouched


def test_a_proof_of_another_entry(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    first, second = stand.requested(key_id, holder), stand.requested(key_id, holder)
    with refused("proof-other-entry"):
        bring(stand, second, signed(stand, second.request, "li", "wang"), index=first.entry_index)
    with stand.ledger.transaction() as tx:  # the same body in an entry of another kind
        index = tx.append("key_recovery.other", entry_body(second.request, key_id))
    with refused("proof-other-entry"):
        bring(stand, second, signed(stand, second.request, "li", "wang"), index=index)
    assert untouched(stand)


def test_a_proof_that_is_none(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    asked = stand.requested(key_id, holder)
    stand.requested(key_id, holder)
    good = stand.ledger.prove(asked.entry_index)
    approvals = signed(stand, asked.request, "li", "wang")
    wrong = (
        b"{}",
        replace(good, proof=()).encode(),
        replace(good, entry=good.entry + b" ").encode(),
        replace(good, checkpoint=good.checkpoint.replace("yinxin.example/log", "other.example/log")).encode(),
        replace(good, checkpoint=good.checkpoint.rsplit("\n", 2)[0] + "\n").encode(),  # one key alone signed
    )
    for proof in wrong:
        with refused("proof-invalid"):
            bring(stand, asked, approvals, proof=proof)
    assert untouched(stand)
    bring(stand, asked, approvals)


def test_a_log_of_its_own_for_the_centre(
    stand: Any,
    key_id: str,
    holder: SoftwareKey,
    fork: Ledger,
) -> None:
    """The log's own keys sign a second history, in which the request stands and nobody else sees it."""
    recovered(stand, key_id, holder)
    asked = stand.requested(key_id, holder)
    for _ in range(stand.ledger.size() + 1):
        with fork.transaction() as tx:
            index = tx.append("key_recovery.requested", entry_body(asked.request, key_id))
    approvals = signed(stand, asked.request, "li", "wang")
    with refused("log-forked"):
        bring(stand, asked, approvals, ledger=fork, index=index)
    for steps in ((), (b"x" * 32,), (b"short",)):
        with refused("log-forked"):
            bring(stand, asked, approvals, ledger=fork, index=index, consistency=steps)
    assert stand.remote.status().head.size == 1
    bring(stand, asked, approvals)


def test_a_fork_is_refused_from_the_first_recovery_on(
    stand: Any, key_id: str, holder: SoftwareKey, fork: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    """The centre saw the log in an idle moment: what is shown to it now must extend that."""
    assert not stand.recoveries.show_log()  # an empty log shows nothing
    with stand.ledger.transaction() as tx:
        tx.append("something.happened", {})
    assert stand.recoveries.show_log()
    assert stand.recoveries.show_log()
    assert stand.remote.status().log_size == 1
    asked = stand.requested(key_id, holder)
    for _ in range(2):
        with fork.transaction() as tx:
            index = tx.append("key_recovery.requested", entry_body(asked.request, key_id))
    approvals = signed(stand, asked.request, "li", "wang")
    with refused("log-forked"):
        bring(stand, asked, approvals, ledger=fork, index=index)
    for note, code in (
        (fork.checkpoint(), "log-forked"),
        ("no note", "proof-invalid"),
        (stand.ledger.checkpoint().rsplit("\n", 2)[0] + "\n", "proof-invalid"),
    ):
        with refused(code):
            stand.remote.witness(note, ())
    assert stand.recoveries.show_log()
    with fork.transaction() as tx:
        tx.append("something.happened", {})
    stand.recoveries._ports = replace(stand.recoveries._ports, ledger=fork)
    assert not stand.recoveries.show_log()
    assert "does not accept the public log" in caplog.text
    stand.link.broken = 1
    assert not stand.recoveries.show_log()


def test_a_log_that_went_back(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    asked = stand.requested(key_id, holder)
    old = stand.ledger.prove(asked.entry_index).encode()
    recovered(stand, key_id, holder)
    with refused("log-behind"):
        bring(stand, asked, signed(stand, asked.request, "li", "wang"), proof=old)
