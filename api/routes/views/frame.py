# SPDX-License-Identifier: Apache-2.0
"""What every page shows around its content."""

from __future__ import annotations

from typing import Any

from ...login import Session
from ...problems import Problem, problem_of
from ...submissions import State

STATES = {
    State.PREPARED: ("待签章", "warn-tag"),
    State.EXPIRED: ("已过期", "fail-tag"),
    State.SEALED: ("待审查", "warn-tag"),
    State.APPROVED: ("已批准", "pass-tag"),
    State.RETURNED: ("退回补正", "fail-tag"),
}


def frame(session: Session | None, door: str = "") -> dict[str, Any]:
    """Session, its CSRF token, and which door is open."""
    return {"session": session, "csrf": session.csrf if session else "", "door": door}


def expected(error: Exception) -> Problem:
    """Refusals are shown on the page that was used; anything unexpected goes its usual way."""
    problem = problem_of(error)
    if problem.status >= 500:
        raise error
    return problem
