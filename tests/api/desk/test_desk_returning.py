# SPDX-License-Identifier: Apache-2.0
"""An officer sends a case back with a reason that the applicant reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.desk import AlreadyDecided, Officer, ReasonMalformed
from api.submissions import State


def test_sent_back_with_a_reason(rooms: Any, applicant: Any, officer: Officer) -> None:
    """The applicant reads the reason; the public log does not."""
    filed = rooms.filed(applicant)
    returned = rooms.desk.send_back(filed.submission_id, "  请补充土地批准文件\r\n第二页  ", officer)
    assert (returned.state, returned.reason) == (State.RETURNED, "请补充土地批准文件\n第二页")
    mine = rooms.submissions.visible(filed.submission_id, applicant=applicant.applicant)
    assert mine == returned and mine.decided_at == rooms.clock()
    entry = json.loads(rooms.ledger.entry(rooms.ledger.size() - 1))
    assert entry["kind"] == "submission.returned"
    assert "补充" not in json.dumps(entry, ensure_ascii=False)
    assert rooms.desk.waiting(officer.agency) == ()
    assert [one.submission_id for one in rooms.desk.decided(officer.agency)] == [filed.submission_id]
    assert rooms.check().findings == ()


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 501, "a\x00b", "a\u202eb", "\ud800"])
def test_reason_is_checked(rooms: Any, applicant: Any, officer: Officer, reason: str) -> None:
    """1 to 500 readable characters; a refusal changes nothing."""
    filed = rooms.filed(applicant)
    before = rooms.state()
    with pytest.raises(ReasonMalformed) as refused:
        rooms.desk.send_back(filed.submission_id, reason, officer)
    assert refused.value.rule and refused.value.todo
    assert rooms.state() == before


def test_longest_reason(rooms: Any, applicant: Any, officer: Officer) -> None:
    """Five hundred characters are enough and are kept."""
    filed = rooms.filed(applicant)
    assert rooms.desk.send_back(filed.submission_id, "长" * 500, officer).reason == "长" * 500


def test_decided_once(rooms: Any, applicant: Any, officer: Officer) -> None:
    """A case that was sent back can be neither sent back again nor approved."""
    filed, seal = rooms.filed(applicant), rooms.seal_of()
    rooms.granted(seal, officer)
    rooms.desk.send_back(filed.submission_id, "一", officer)
    before = rooms.state()
    for act in (
        lambda: rooms.desk.send_back(filed.submission_id, "二", officer),
        lambda: rooms.desk.approve(filed.submission_id, seal.seal_id, officer),
    ):
        with pytest.raises(AlreadyDecided) as refused:
            act()
        assert (refused.value.state, refused.value.document_id) == ("returned", None)
    assert rooms.state() == before


def test_opened_case_shows_verdicts(rooms: Any, applicant: Any, officer: Officer) -> None:
    """Each file is checked when the case is opened; opening writes nothing."""
    filed = rooms.filed(applicant)
    before = rooms.state()
    verdicts = rooms.desk.verdicts(rooms.desk.case(filed.submission_id, officer.agency))
    assert [one.indication.value for one in verdicts.values()] == ["TOTAL-PASSED"] * 3
    assert rooms.state() == before
