# SPDX-License-Identifier: Apache-2.0
"""What each role may do: the whole table, so that a new right is a decision and not a default."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from api.accounts import NotAllowed, Right, Role, require, require_role, rights_of


@dataclass(frozen=True)
class Somebody:
    roles: frozenset[Role]


ALLOWED = {
    Role.OPERATOR: {"manage-accounts", "issue-certificates", "make-seals", "enter-records", "register"},
    Role.OFFICER: {"decide", "enter-records", "register"},
    Role.REGISTRAR: {"register"},
    Role.APPLICANT: {"file-submissions", "print-sheets"},
}


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", Role)
def test_every_cell_of_the_table(role: Role, right: Right) -> None:
    login = Somebody(frozenset({role}))
    if right.value in ALLOWED[role]:
        require(login, right)
        return
    with pytest.raises(NotAllowed) as refused:
        require(login, right)
    assert (refused.value.code, refused.value.needed) == ("not-allowed", right.value)


def test_roles_add_up_and_nobody_has_nothing() -> None:
    both = frozenset({Role.OPERATOR, Role.APPLICANT})
    assert rights_of(both) == {*ALLOWED[Role.OPERATOR], *ALLOWED[Role.APPLICANT]}
    assert rights_of(frozenset()) == frozenset()
    for right in Right:
        with pytest.raises(NotAllowed):
            require(Somebody(frozenset()), right)


def test_records_are_entered_by_the_roles_that_the_module_names() -> None:
    officer, operator = Somebody(frozenset({Role.OFFICER})), Somebody(frozenset({Role.OPERATOR}))
    require_role(operator, frozenset({"operator"}))
    require_role(officer, frozenset({"operator", "officer"}))
    for login, roles in ((officer, {"operator"}), (operator, {"officer"}), (operator, set())):
        with pytest.raises(NotAllowed):
            require_role(login, roles)


def test_a_module_cannot_widen_a_right() -> None:
    """Naming applicants as those who enter does not make them so: the table decides."""
    with pytest.raises(NotAllowed):
        require_role(Somebody(frozenset({Role.APPLICANT})), frozenset({"applicant"}))
