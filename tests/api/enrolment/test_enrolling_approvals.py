# SPDX-License-Identifier: Apache-2.0
"""Approvals: nobody their own, two persons where two are needed, none that was written into a table."""

from __future__ import annotations

from typing import Any

import pytest

from api.enrolment import (
    AnotherPersonNeeded,
    Channel,
    EnrolmentDecided,
    NoSuchEnrolment,
    OfficeNeeded,
    OwnEnrolment,
    State,
)
from api.ledger import RowAltered
from ca import PROFILES

from .conftest import AGENCY, ELSEWHERE

needs_agency = pytest.mark.skipif("agency" not in PROFILES, reason="no profile agency")


@needs_agency
def test_agencies_need_two_persons(office: Any) -> None:
    """One person twice is one person; two officers of the agency itself are not enough either."""
    officer, second, third = office.officer(), office.officer("H11"), office.officer("H12")
    registrar = office.registrar()
    found = office.enrolments.submit(office.for_unit("agency", AGENCY), officer, Channel.REST)
    assert found.needed == 2
    with pytest.raises(OwnEnrolment):
        office.enrolments.approve(found.enrolment_id, officer)
    assert office.enrolments.approve(found.enrolment_id, second).state is State.WAITING
    with pytest.raises(AnotherPersonNeeded):
        office.enrolments.approve(found.enrolment_id, second)
    with pytest.raises(OfficeNeeded):
        office.enrolments.approve(found.enrolment_id, third)
    for stranger in (office.officer("H13", ELSEWHERE), office.registrar("REG9", ELSEWHERE)):
        with pytest.raises(NoSuchEnrolment):
            office.enrolments.approve(found.enrolment_id, stranger)
    assert office.enrolments.approve(found.enrolment_id, registrar).state is State.ISSUED


@needs_agency
def test_two_registrars_do_as_well(office: Any) -> None:
    officer = office.officer()
    found = office.enrolments.submit(office.for_unit("agency", AGENCY), officer, Channel.REST)
    assert office.enrolments.approve(found.enrolment_id, office.registrar()).state is State.WAITING
    assert office.enrolments.approve(found.enrolment_id, office.operator()).state is State.ISSUED


def test_nobody_approves_their_own(office: Any) -> None:
    """Not what they submitted for others, and not what others submitted for them."""
    who, registrar, operator = office.applicant(), office.registrar(), office.operator()
    found = office.enrolments.submit(office.order(who), registrar, Channel.REST)
    with pytest.raises(OwnEnrolment):
        office.enrolments.approve(found.enrolment_id, registrar)
    with pytest.raises(OwnEnrolment):
        office.enrolments.refuse(found.enrolment_id, "不符", registrar)
    assert office.enrolments.approve(found.enrolment_id, operator).state is State.ISSUED
    own = office.enrolments.submit(office.order(registrar), operator, Channel.REST)
    with pytest.raises(OwnEnrolment):
        office.enrolments.approve(own.enrolment_id, registrar)


EDITS = (
    "UPDATE enrolments SET needed = 0",
    "UPDATE enrolments SET state = 'approved'",
    "UPDATE enrolments SET holder_name = '别人'",
)


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_application_is_not_believed(office: Any, edit: str) -> None:
    """Whoever can only write into the database gets no certificate."""
    who, registrar = office.applicant(), office.registrar()
    found = office.enrolments.submit(office.order(who), who, Channel.REST)
    with office.ports.database.write() as connection:
        connection.exec_driver_sql(edit)
    with pytest.raises((RowAltered, EnrolmentDecided)):
        office.enrolments.approve(found.enrolment_id, registrar)
    assert office.enrolments.resume() == 0
    assert [one for one in office.identity.certificates.listed() if one.holder == "H01"] == []


@needs_agency
def test_a_forged_approval_is_not_believed(office: Any) -> None:
    officer, other, registrar = office.officer(), office.registrar("REG2"), office.registrar()
    found = office.enrolments.submit(office.for_unit("agency", AGENCY), officer, Channel.REST)
    with office.ports.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO enrolment_approvals VALUES "
            f"('{'0' * 32}', '{found.enrolment_id}', '{other.account_id}', '2026-07-01T08:30:00.000000Z')"
        )
    with pytest.raises(RowAltered):
        office.enrolments.approve(found.enrolment_id, registrar)
