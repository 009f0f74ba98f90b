# SPDX-License-Identifier: Apache-2.0
"""Locks are judged by whoever reads, not kept by our writer alone; time stamps may follow any lock."""

from __future__ import annotations

from typing import Any

import pytest

from keys import KeyKind
from seal import EmptyField, FieldLock, LockAction, OnField, Placement, add_signature_fields, seal_pdf
from seal.pdf.existing import Existing
from verify import Indication

from .conftest import SEALED, World
from .test_long_term_levels import HOUR, extended

FIELDS = tuple(
    EmptyField(name, Placement(0, 20, top, 40, 40)) for name, top in (("First", 20), ("Second", 80))
)


def signed(own: World, data: bytes, name: str, lock: FieldLock | None = None) -> bytes:
    return seal_pdf(
        data,
        own.seal.key,
        sealing=own.sealing(),
        at=SEALED,
        placement=OnField(name),
        appearance=None,
        reason="",
        lock=lock,
    )


@pytest.mark.parametrize(
    ("lock", "broken"),
    [
        (FieldLock(LockAction.INCLUDE, ("Second",)), True),
        (FieldLock(LockAction.ALL), True),
        (FieldLock(LockAction.EXCLUDE, ("First",)), True),
        (FieldLock(LockAction.EXCLUDE, ("Second",)), False),
        (FieldLock(LockAction.INCLUDE, ("Third",)), False),
        (None, False),
    ],
)
def test_somebody_signs_a_locked_field(
    world: Any, permit: bytes, monkeypatch: pytest.MonkeyPatch, lock: FieldLock | None, broken: bool
) -> None:
    """A writer that does not look at locks: the first signature says so, whatever the second is worth."""
    own = world(KeyKind.P256)
    data = signed(own, add_signature_fields(permit, FIELDS), "First", lock)
    monkeypatch.setattr(Existing, "require_open", lambda *_: None)
    report = own.check(signed(own, data, "Second"), SEALED + HOUR)
    found = report.signatures[0]
    assert (found.indication is Indication.TOTAL_FAILED) is broken
    assert ("MODIFIED_AFTER_SEAL" in {reason.code for reason in found.reasons}) is broken
    assert report.signatures[1].indication is Indication.TOTAL_PASSED


def test_time_stamp_after_a_lock_of_everything(world: Any, permit: bytes) -> None:
    own = world(KeyKind.P256)
    data = signed(own, add_signature_fields(permit, FIELDS), "First", FieldLock(LockAction.ALL))
    report = own.check(extended(own, data, SEALED + HOUR), SEALED + 2 * HOUR)
    assert report.indication is Indication.TOTAL_PASSED
    assert report.signatures[0].facts["level"] == "B-LTA"
