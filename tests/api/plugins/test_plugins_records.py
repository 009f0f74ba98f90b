# SPDX-License-Identifier: Apache-2.0
"""Records: append-only, versioned, one effect, committed to the ledger without telling what they hold."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from relying import Record

BODY: dict[str, Any] = {"key": "K", "name": "样例", "kind": "x"}


def enter(rooms: Any, **more: Any) -> Any:
    body = {**BODY, **more}
    return rooms.records.enter("notary", "deed", str(body["key"]), body, by="operator")


def test_first_and_next_version(rooms: Any) -> None:
    """The same content again is the same version; another one is the next, and the older stays."""
    first = enter(rooms)
    assert (first.record.version, first.fresh) == (1, True)
    before = rooms.state()
    again = enter(rooms)
    assert (again.record, again.ledger_index, again.fresh) == (first.record, first.ledger_index, False)
    assert rooms.state() == before
    rooms.clock.advance(timedelta(days=1))
    second = enter(rooms, name="更正")
    assert (second.record.version, second.record.entered_at) == (2, rooms.clock())
    assert rooms.records.read("notary", "deed", "K") == second.record
    back = enter(rooms)
    assert back.record.version == 3
    assert rooms.check().findings == ()


def test_newest_versions_only(rooms: Any) -> None:
    """``find`` sees the newest version of each key; a value that only an older one had is not found."""
    enter(rooms, key="A")
    enter(rooms, key="B", kind="y")
    enter(rooms, key="A", kind="z")
    shelf = rooms.records.reader("notary")
    assert [one.key for one in shelf.find("deed")] == ["A", "B"]
    assert [one.key for one in shelf.find("deed", kind="z")] == ["A"]
    assert shelf.find("deed", kind="x") == ()
    assert [one.key for one in shelf.find("deed", kind="y", name="样例")] == ["B"]


@pytest.mark.parametrize("value", ["100%", "a_b", 'quote"', "back\\slash", "样例", "A"])
def test_values_are_compared_exactly(rooms: Any, value: str) -> None:
    """Wildcards, quotes and letter case mean nothing but themselves."""
    enter(rooms, name=value)
    enter(rooms, key="L", name="axb")
    enter(rooms, key="M", name=value.lower() + value.upper())
    shelf = rooms.records.reader("notary")
    assert [one.key for one in shelf.find("deed", name=value)] == ["K"]


def test_a_value_is_not_found_under_another_name(rooms: Any) -> None:
    """A piece of text that looks like the member is not the member."""
    enter(rooms, name='","kind":"hidden"')
    assert rooms.records.reader("notary").find("deed", kind="hidden") == ()


def test_module_sees_its_own_records_only(rooms: Any) -> None:
    """The reader of one module never shows another's."""
    enter(rooms)
    assert rooms.records.reader("other").get("deed", "K") is None
    assert rooms.records.reader("other").find("deed") == ()
    assert rooms.records.read("notary", "will", "K") is None


def test_entered_at_once(rooms: Any) -> None:
    """The same record four times at once is one version; four different ones are four."""
    told: list[Record] = []

    def run(acts: list[dict[str, Any]]) -> None:
        threads = [
            threading.Thread(target=lambda more=more: told.append(enter(rooms, **more).record))
            for more in acts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    run([{}] * 4)
    assert [one.version for one in told] == [1] * 4
    told.clear()
    run([{"name": str(number)} for number in range(4)])
    assert sorted(one.version for one in told) == [2, 3, 4, 5]
    assert rooms.check().findings == ()


def test_log_does_not_tell_what_was_entered(rooms: Any) -> None:
    """Neither key nor body; not even whether two entries are about the same person."""
    entered = enter(rooms, key="H01SECRET", name="赵样七")
    leaf = rooms.ledger.entry(entered.ledger_index).decode()
    assert "H01SECRET" not in leaf and "赵样七" not in leaf
    assert '"record_kind":"deed"' in leaf


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE records SET body = replace(body, '样例', '别的') WHERE key = 'K'", "changed"),
        ("UPDATE records SET entered_by = 'somebody' WHERE key = 'K'", "changed"),
        ("UPDATE records SET entered_at = '2020-01-01T00:00:00.000000Z' WHERE key = 'K'", "changed"),
        ("DELETE FROM records WHERE key = 'K'", "deleted"),
    ],
)
def test_edited_record_is_found(rooms: Any, statement: str, kind: str) -> None:
    """The check names table and key."""
    enter(rooms)
    rooms.edit(statement)
    assert [(one.table, one.key, one.kind.value) for one in rooms.check().findings] == [
        ("records", "notary/deed/1/K", kind)
    ]


def test_inserted_record_is_found(rooms: Any) -> None:
    """A version that nobody entered through the service."""
    enter(rooms)
    rooms.edit(
        "INSERT INTO records (module, kind, key, version, body, entered_at, entered_by) "
        "SELECT module, kind, key, 2, body, entered_at, entered_by FROM records WHERE key = 'K'"
    )
    assert [(one.key, one.kind.value) for one in rooms.check().findings] == [("notary/deed/2/K", "inserted")]
