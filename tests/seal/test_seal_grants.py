# SPDX-License-Identifier: Apache-2.0
"""Who may use which seal: every way in which a grant does not hold has its own code."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seal import Grant, GrantRefused, SealError, authorise

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
GRANT = Grant(
    id="g1",
    seal_id="s1",
    officer="o1",
    document_types=frozenset({"permit", "receipt"}),
    valid_from=AT - DAY,
    valid_until=AT + DAY,
    revoked_at=None,
)


def ask(*grants: Grant, **use: Any) -> Grant:
    wanted = {"officer": "o1", "seal_id": "s1", "document_type": "permit", "at": AT, **use}
    return authorise(grants, **wanted)


def code(*grants: Grant, **use: Any) -> str:
    with pytest.raises(GrantRefused) as refused:
        ask(*grants, **use)
    assert ";" in str(refused.value) or ";" in str(refused.value)
    assert isinstance(refused.value, SealError)
    return refused.value.code


def test_granted() -> None:
    assert ask(GRANT) is GRANT
    assert ask(replace(GRANT, officer="o2"), GRANT) is GRANT


@pytest.mark.parametrize("at", [GRANT.valid_from, GRANT.valid_until])
def test_both_ends_are_inside(at: datetime) -> None:
    assert ask(GRANT, at=at) is GRANT


def test_no_grant() -> None:
    assert code() == "no-grant"
    assert code(GRANT, officer="o2") == "no-grant"
    assert code(GRANT, seal_id="s2") == "no-grant"


def test_wrong_document_type() -> None:
    assert code(GRANT, document_type="sheet") == "wrong-document-type"
    assert code(replace(GRANT, document_types=frozenset())) == "wrong-document-type"


def test_time() -> None:
    assert code(GRANT, at=GRANT.valid_from - timedelta(seconds=1)) == "not-yet-valid"
    assert code(GRANT, at=GRANT.valid_until + timedelta(seconds=1)) == "expired"


def test_revoked() -> None:
    """From the moment of revocation on; a revocation that lies ahead changes nothing yet."""
    assert code(replace(GRANT, revoked_at=AT)) == "revoked"
    assert code(replace(GRANT, revoked_at=AT - DAY)) == "revoked"
    assert ask(replace(GRANT, revoked_at=AT + DAY)).id == "g1"


def test_several() -> None:
    """One that holds is enough; of those the one that lasts longest; of none the newest is named."""
    expired = replace(GRANT, id="g0", valid_until=AT - timedelta(hours=1))
    longer = replace(GRANT, id="g2", valid_until=AT + 2 * DAY)
    assert ask(expired, GRANT) is GRANT
    assert ask(GRANT, longer) is longer
    assert code(expired, replace(longer, revoked_at=AT)) == "revoked"


GRANTS = st.builds(
    Grant,
    id=st.sampled_from(["a", "b", "c"]),
    seal_id=st.sampled_from(["s1", "s2"]),
    officer=st.sampled_from(["o1", "o2"]),
    document_types=st.frozensets(st.sampled_from(["permit", "sheet"])),
    valid_from=st.integers(-3, 3).map(lambda n: AT + n * DAY),
    valid_until=st.integers(-3, 3).map(lambda n: AT + n * DAY),
    revoked_at=st.none() | st.integers(-3, 3).map(lambda n: AT + n * DAY),
)


@given(grants=st.lists(GRANTS, max_size=6))
def test_never_more_than_was_given(grants: list[Grant]) -> None:
    """What is answered was given for exactly this use and holds now; a refusal means that nothing does."""
    holding = [
        grant
        for grant in grants
        if grant.officer == "o1"
        and grant.seal_id == "s1"
        and "permit" in grant.document_types
        and grant.valid_from <= AT <= grant.valid_until
        and not (grant.revoked_at is not None and grant.revoked_at <= AT)
    ]
    try:
        assert ask(*grants) in holding
    except GrantRefused:
        assert holding == []
