# SPDX-License-Identifier: Apache-2.0
"""The centre's own history of recoveries: what is lost, changed or put back is noticed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from api.keycentre import (
    KeyCentreDamaged,
    WireMalformed,
    check_history,
)
from api.keycentre.centre import tables
from keys import SoftwareKey

from .conftest import recovered, refused


def test_a_history_that_lost_its_end(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    for _ in range(3):
        recovered(stand, key_id, holder)
    file = stand.recoveries.history()
    centre = stand.means.signer.public_key
    assert [one.index for one in check_history(file, centre)] == [0, 1, 2]
    assert stand.edit("DELETE FROM recoveries WHERE link_index = 2") == 1
    with pytest.raises(KeyCentreDamaged, match="lost its end"):
        stand.start()


def test_a_history_with_a_changed_link(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    for _ in range(2):
        recovered(stand, key_id, holder)
    other = "f" * 32
    with stand.means.database.read() as connection:
        link = bytes(connection.execute(select(tables.recoveries.c.link).limit(1)).scalar_one())
    stand.edit("UPDATE recoveries SET link = ?", link.replace(key_id.encode(), other.encode()))
    with pytest.raises(KeyCentreDamaged):
        stand.start()


def test_a_head_file_that_was_changed_or_lost(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    recovered(stand, key_id, holder)
    path = stand.folder / "kmc" / "head.json"
    good = path.read_bytes()
    for bad in (b"{}", good.replace(b'"mac":"', b'"mac":"0'), b""):
        path.write_bytes(bad)
        with pytest.raises(KeyCentreDamaged, match="was changed"):
            stand.start()
    path.unlink()
    with pytest.raises(KeyCentreDamaged, match="is missing"):
        stand.start()


def test_a_log_head_that_was_put_back(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    recovered(stand, key_id, holder)
    assert stand.edit("DELETE FROM checkpoints") == 1
    with pytest.raises(KeyCentreDamaged, match="went back"):
        stand.start()


def test_the_service_notices_a_centre_that_was_put_back(
    stand: Any, key_id: str, holder: SoftwareKey, means: Any
) -> None:
    """Database and head file put back together look whole to the centre; the log knows better."""
    path = stand.folder / "kmc" / "head.json"
    recovered(stand, key_id, holder)
    kept = path.read_bytes()
    recovered(stand, key_id, holder)
    assert stand.edit("DELETE FROM recoveries WHERE link_index = 1") == 1
    seen = stand.edit("UPDATE checkpoints SET size = size")
    assert seen == 1
    path.write_bytes(kept)
    stand.start()
    asked = stand.requested(key_id, holder)
    stand.approve(asked, "li", "wang")
    with refused("history-lost"):
        stand.recoveries.complete(asked.recovery_id, by="operator-1")


def test_history_files_that_are_not_the_centres(stand: Any, key_id: str, holder: SoftwareKey) -> None:
    recovered(stand, key_id, holder)
    first = stand.remote.head()
    recovered(stand, key_id, holder)
    file, centre = stand.recoveries.history(), stand.means.signer.public_key
    assert len(check_history(file, centre, at_least=first)) == 2
    with pytest.raises(KeyCentreDamaged):
        check_history(file, holder.public_key)
    with pytest.raises(KeyCentreDamaged):
        check_history(file, centre, at_least=replace(first, sha256="0" * 64))
    with pytest.raises(KeyCentreDamaged):
        check_history(file, centre, at_least=replace(first, size=9))
    value = json.loads(file)
    value["links"].pop()
    with pytest.raises(KeyCentreDamaged):
        check_history(json.dumps(value).encode(), centre)
    with pytest.raises(WireMalformed):
        check_history(b"[]", centre)
