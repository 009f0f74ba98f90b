# SPDX-License-Identifier: Apache-2.0
"""Grants: given, ended, asked for; each an entry in the ledger (R-104, R-105)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from api.ledger import RowAltered
from api.seals import GrantMalformed, NoSuchGrant, NoSuchSeal, SealUseRefused, Use

A2, A3 = "11510100DEM9A0025F", "11510106DEM9A00331"


def give(rooms: Any, seal_id: str, **more: Any) -> Any:
    now = rooms.clock()
    parts: dict[str, Any] = {
        "document_types": ("construction_permit",),
        "period": (now, now + timedelta(days=1)),
        "by": "operator",
        **more,
    }
    return rooms.grants.give(seal_id, "officer-1", **parts)


def use(seal_id: str, **more: Any) -> Use:
    parts: dict[str, Any] = {
        "officer": "officer-1",
        "agency": A3,
        "seal_id": seal_id,
        "holder": A3,
        "document_type": "construction_permit",
        **more,
    }
    return Use(**parts)


def test_given_grant_covers_a_use(rooms: Any) -> None:
    """Until its last moment, and not one later."""
    seal_id = rooms.seal_of().seal_id
    given = give(rooms, seal_id)
    assert rooms.grants.authorise(use(seal_id)) == given
    assert rooms.grants.of_officer("officer-1") == (given,)
    rooms.clock.advance(timedelta(days=1))
    assert rooms.grants.allows(use(seal_id))
    rooms.clock.advance(timedelta(seconds=1))
    assert not rooms.grants.allows(use(seal_id))
    assert rooms.check().findings == ()


def test_the_same_grant_is_given_once(rooms: Any) -> None:
    """A double click; but a longer one, or one that begins earlier, is another."""
    seal_id, now = rooms.seal_of().seal_id, rooms.clock()
    first = give(rooms, seal_id)
    before = rooms.state()
    assert give(rooms, seal_id) == first
    assert rooms.state() == before
    assert give(rooms, seal_id, period=(now, now + timedelta(days=2))).id != first.id
    later = give(rooms, seal_id, period=(now + timedelta(days=5), now + timedelta(days=9)))
    assert give(rooms, seal_id, period=(now, now + timedelta(days=9))).id != later.id


def test_a_period_in_another_zone(rooms: Any) -> None:
    """The same moments as in UTC: given once, and the ledger agrees with the row."""
    seal_id, china = rooms.seal_of().seal_id, timezone(timedelta(hours=8))
    first = rooms.clock()
    local = (first.astimezone(china), (first + timedelta(days=1)).astimezone(china))
    assert give(rooms, seal_id, period=local) == give(rooms, seal_id)
    assert rooms.check().findings == ()


def test_ended_grant(rooms: Any) -> None:
    """Ended now; ending it again changes nothing; giving it again gives a new one."""
    seal_id = rooms.seal_of().seal_id
    given = give(rooms, seal_id)
    ended = rooms.grants.revoke(given.id, by="operator")
    assert ended.revoked_at == rooms.clock()
    before = rooms.state()
    assert rooms.grants.revoke(given.id, by="another") == ended
    assert rooms.state() == before
    with pytest.raises(SealUseRefused) as refused:
        rooms.grants.authorise(use(seal_id))
    assert refused.value.code == "revoked"
    assert give(rooms, seal_id).id != given.id
    assert rooms.check().findings == ()
    with pytest.raises(NoSuchGrant):
        rooms.grants.revoke("0" * 32, by="operator")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"document_types": ()}, "document_types"),
        ({"document_types": ("",)}, "document_types"),
        ({"document_types": ("x" * 51,)}, "document_types"),
        ({"period": (datetime(2026, 7, 1), datetime(2026, 7, 2))}, "valid_until"),
    ],
)
def test_malformed_grant(rooms: Any, more: dict[str, Any], field: str) -> None:
    """A grant that allows nothing, or whose time nobody knows."""
    seal_id, before = rooms.seal_of().seal_id, rooms.state()
    with pytest.raises(GrantMalformed) as refused:
        give(rooms, seal_id, **more)
    assert refused.value.field == field
    assert rooms.state() == before


def test_period_that_ends_before_it_begins(rooms: Any) -> None:
    """Refused like the others; and a seal must exist."""
    seal_id, now = rooms.seal_of().seal_id, rooms.clock()
    with pytest.raises(GrantMalformed):
        give(rooms, seal_id, period=(now, now))
    with pytest.raises(NoSuchSeal):
        give(rooms, "0" * 32)


def test_asking_leaves_no_trace_but_using_does(rooms: Any) -> None:
    """``allows`` is for showing; ``authorise`` records its refusal."""
    seal_id, size = rooms.seal_of().seal_id, rooms.ledger.size()
    assert not rooms.grants.allows(use(seal_id))
    assert rooms.ledger.size() == size
    for one in (use(seal_id), use(seal_id, agency=A2)):
        with pytest.raises(SealUseRefused):
            rooms.grants.authorise(one)
    assert rooms.ledger.size() == size + 2
    assert json.loads(rooms.ledger.entry(size))["body"] == {
        "seal_id": seal_id,
        "officer": "officer-1",
        "document_type": "construction_permit",
        "code": "no-grant",
    }


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE grants SET officer = 'officer-2'",
        "UPDATE grants SET document_types = '[\"credit_sheet\"]'",
        "UPDATE grants SET valid_until = '2036-07-02T08:30:00.000000Z'",
        "DELETE FROM grants",
    ],
)
def test_edited_grant_is_found(rooms: Any, statement: str) -> None:
    """Nobody grants anything to themselves in the database unseen."""
    given = give(rooms, rooms.seal_of().seal_id)
    rooms.edit(statement)
    assert [(one.table, one.key) for one in rooms.check().findings] == [("grants", given.id)]


def test_a_grant_that_the_log_does_not_vouch_for_is_none(rooms: Any) -> None:
    """Written or widened in the database: nobody acts on it, and no later change makes it right."""
    seal_id = rooms.seal_of().seal_id
    given = give(rooms, seal_id)
    assert (
        rooms.edit("UPDATE grants SET document_types = ?", json.dumps(["construction_permit", "other"])) == 1
    )
    for act in (
        lambda: rooms.grants.authorise(use(seal_id, document_type="other")),
        lambda: rooms.grants.revoke(given.id, by="operator"),
    ):
        with pytest.raises(RowAltered):
            act()
    assert [one.kind.value for one in rooms.check().findings] == ["changed"]
    assert rooms.edit("UPDATE grants SET id = ?", "0" * 32) == 1
    with pytest.raises(RowAltered):
        rooms.grants.authorise(use(seal_id, document_type="other"))
