# SPDX-License-Identifier: Apache-2.0
"""Who may apply for what, who may decide it, and how many have to agree.

Two different persons for whatever can speak for an agency, makes seals, or runs the platform, by its profile
or by the account that it logs in to; nobody for themselves.  An agency's own officer may be one of the two,
so that nothing is certified behind its back, but never both.
"""

from __future__ import annotations

from enum import StrEnum

from ca import Profile, profile

from ..accounts import Account, Right, Role, rights_of
from .errors import EnrolmentRefused
from .model import Enrolment, EnrolmentOrder, Person

ENROLLED = ("person", "enterprise", "operator", "agency", "seal_maker", "device")
"""Profiles that are applied for.  Seals are ordered by their registry, servers prove their names by ACME."""
FOR_ACCOUNTS = frozenset({"person", "operator"})
"""The certificate is somebody's login, so it belongs to an account."""
FOR_AGENCIES = frozenset({"agency", "seal_maker"})
"""The holder is an agency, and its officers take part."""


class Standing(StrEnum):
    """On whose behalf somebody decides."""

    OFFICE = "office"  # a registrar of the office that takes it, or an operator
    AGENCY = "agency"  # an officer of the agency that the certificate is for


def enrolled(name: str) -> Profile:
    """The profile, if it is applied for.  Raises :class:`ca.NoSuchProfile` or :class:`EnrolmentRefused`."""
    found = profile(name)
    if name not in ENROLLED:
        raise EnrolmentRefused("profile-not-enrolled")
    return found


def approvals_needed(found: Profile) -> int:
    """How many persons have to agree: one at least, for here nothing else proves who asks."""
    return max(1, found.approvals)


def is_staff(account: Account) -> bool:
    """Does whoever logs in to this account decide or run something?  Then no single person lets them in."""
    return bool(account.roles - {Role.APPLICANT})


def persons_needed(found: Profile, account: Account | None, *, own: bool) -> int:
    """How many have to agree to a certificate of this profile for this account, if it has one.

    ``own``: it was applied for with a login of that very account, so nobody new is let in.
    """
    strangers = account is not None and is_staff(account) and not own
    return max(approvals_needed(found), 2 if strangers else 1)


def has_pair(found: Profile) -> bool:
    """Does a holder of this profile get an encryption certificate as well?"""
    return found.pair is not None


def is_office(person: Person, agency: str) -> bool:
    """Does this person work for the registration office of ``agency``?"""
    if Right.REGISTER not in rights_of(person.roles):
        return False
    return Role.OPERATOR in person.roles or (Role.REGISTRAR in person.roles and person.agency == agency)


def may_register(roles: frozenset[Role]) -> bool:
    """Is this a registration officer or operator, who helps holders at the counter?"""
    return not roles.isdisjoint({Role.REGISTRAR, Role.OPERATOR})


def standing(found: Enrolment, person: Person) -> Standing | None:
    """On whose behalf this person may decide; ``None``: not at all."""
    if is_office(person, found.agency):
        return Standing.OFFICE
    own = found.profile in FOR_AGENCIES and found.holder == person.agency
    return Standing.AGENCY if own and Role.OFFICER in person.roles else None


def concerns(found: Enrolment, person: Person) -> bool:
    """Is this application made by or for this person?"""
    return person.account_id in (found.submitted_by, found.account_id) or found.holder == person.subject


def may_see(found: Enrolment, person: Person) -> bool:
    """The applicant, whoever acts for the holder, and those who decide."""
    return (
        concerns(found, person)
        or (person.acts_for is not None and found.holder == person.acts_for)
        or standing(found, person) is not None
    )


def may_apply(order: EnrolmentOrder, person: Person, *, office: str) -> bool:
    """For themselves, for the enterprise they act for, for their agency; an office for anybody."""
    if is_office(person, office):
        return True
    if order.profile in FOR_AGENCIES:
        return Role.OFFICER in person.roles and order.holder == person.agency
    if person.acts_for is not None:
        return order.account_id is None and order.holder == person.acts_for
    return order.account_id == person.account_id
