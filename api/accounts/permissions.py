# SPDX-License-Identifier: Apache-2.0
"""What a login may do, in one table (invariant 6).

Nothing is allowed that no row allows.  Whether an officer may use *this* seal for *this* document is a grant,
decided after the right; whose submission one may see is decided by whoever owns it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from .errors import NotAllowed
from .model import Role


class Right(StrEnum):
    """One kind of act."""

    MANAGE_ACCOUNTS = "manage-accounts"
    ISSUE_CERTIFICATES = "issue-certificates"
    MAKE_SEALS = "make-seals"
    ENTER_RECORDS = "enter-records"
    DECIDE = "decide"
    FILE_SUBMISSIONS = "file-submissions"
    PRINT_SHEETS = "print-sheets"
    REGISTER = "register"


RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.OPERATOR: frozenset(
            {
                Right.MANAGE_ACCOUNTS,
                Right.ISSUE_CERTIFICATES,
                Right.MAKE_SEALS,
                Right.ENTER_RECORDS,
                Right.REGISTER,
            }
        ),
        # An officer registers for the own agency only: who decides cases vouches for nobody else.
        Role.OFFICER: frozenset({Right.DECIDE, Right.ENTER_RECORDS, Right.REGISTER}),
        Role.REGISTRAR: frozenset({Right.REGISTER}),
        Role.APPLICANT: frozenset({Right.FILE_SUBMISSIONS, Right.PRINT_SHEETS}),
    }
)


class Login(Protocol):
    """Somebody logged in."""

    @property
    def roles(self) -> frozenset[Role]:
        """The roles of this login."""


def rights_of(roles: Collection[Role]) -> frozenset[Right]:
    """Everything that these roles may do together."""
    return frozenset().union(*(RIGHTS[role] for role in roles))


def require(login: Login, right: Right) -> None:
    """Raise :class:`NotAllowed` unless this login has the right."""
    if right not in rights_of(login.roles):
        raise NotAllowed(right.value, roles=login.roles)


def require_role(login: Login, roles: Collection[str]) -> None:
    """The right to enter records, narrowed to the roles that a relying module named for this kind."""
    require(login, Right.ENTER_RECORDS)
    if login.roles.isdisjoint(roles):
        raise NotAllowed(" or ".join(sorted(roles)), roles=login.roles)
