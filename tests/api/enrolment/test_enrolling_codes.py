# SPDX-License-Identifier: Apache-2.0
"""Codes that let somebody apply without a login: once, for one certificate, and never staff by one person."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from api.accounts import NotAllowed
from api.enrolment import (
    Channel,
    CodeExpired,
    CodeOrder,
    CodeUnknown,
    CodeUsed,
    EnrolmentRefused,
    State,
)

from .conftest import AGENCY, ELSEWHERE, ledger_findings


def test_a_code_lets_somebody_apply_without_a_login(office: Any, clock: Any) -> None:
    """For exactly one certificate, in any spelling, once."""
    who, registrar = office.applicant(), office.registrar()
    code = office.enrolments.make_code(CodeOrder("person", "H01", "样例H01", who.account_id), registrar)
    assert len(code) == 19
    assert office.enrolments.by_code(code) is None
    request = office.order(who).request
    typed = f" {code.lower().replace('-', ' ')} ".replace("0", "o").replace("1", "l")
    found = office.enrolments.submit_with_code(typed, request, channel=Channel.BROWSER, bundle=False)
    assert (found.account_id, found.submitted_by) == (who.account_id, who.account_id)
    same = office.enrolments.submit_with_code(code, request, channel=Channel.BROWSER, bundle=False)
    assert same == found == office.enrolments.by_code(code)
    other = office.order(who).request
    with pytest.raises(CodeUsed):
        office.enrolments.submit_with_code(code, other, channel=Channel.BROWSER, bundle=False)
    # Refused: the same code serves for the corrected application, until it expires.
    office.enrolments.refuse(found.enrolment_id, "请换密钥", registrar)
    again = office.enrolments.submit_with_code(code, other, channel=Channel.BROWSER, bundle=False)
    office.enrolments.refuse(again.enrolment_id, "请换密钥", registrar)
    clock.advance(timedelta(days=8))
    with pytest.raises(CodeExpired):
        office.enrolments.submit_with_code(
            code, office.order(who).request, channel=Channel.BROWSER, bundle=False
        )
    assert ledger_findings(office) == []


def test_codes_that_are_none(office: Any) -> None:
    for typed in ("", "x", "0" * 16, "0" * 10_000, "\x00" * 16, "注册码注册码注册码注册码"):
        with pytest.raises(CodeUnknown):
            office.enrolments.by_code(typed)


def test_who_makes_codes(office: Any) -> None:
    who = office.applicant()
    order = CodeOrder("person", "H01", "样例H01", who.account_id)
    for nobody in (who, office.officer(), office.registrar("REG9", ELSEWHERE)):
        with pytest.raises(NotAllowed):
            office.enrolments.make_code(order, nobody)
    for change, code in (
        ({"hours": 0}, "lifetime-refused"),
        ({"hours": 721}, "lifetime-refused"),
        ({"holder": "H02"}, "holder-differs"),
        ({"profile": "root"}, "profile-not-enrolled"),
    ):
        with pytest.raises(EnrolmentRefused) as refused:
            office.enrolments.make_code(dataclasses.replace(order, **change), office.operator())
        assert refused.value.code == code


def test_no_single_person_lets_somebody_in_as_staff(office: Any) -> None:
    """A person's certificate of an operator's account logs in as an operator.  A registrar who hands out a
    code for it, uses it and approves is one person; and the office of an agency vouches for its own staff."""
    boss, inside, outside = office.operator("OP7"), office.officer("H17"), office.registrar("R7", AGENCY)
    order = CodeOrder("person", "OP7", "样例OP7", account_id=boss.account_id, agency=AGENCY, hours=1)
    with pytest.raises(EnrolmentRefused) as refused:
        office.enrolments.make_code(order, outside)
    assert refused.value.code == "staff-of-another-office"
    with pytest.raises(EnrolmentRefused):
        office.enrolments.submit(office.order(boss, agency=AGENCY), outside, Channel.REST)
    own = CodeOrder("person", "H17", "样例H17", account_id=inside.account_id, agency=AGENCY, hours=1)
    code = office.enrolments.make_code(own, outside)
    found = office.enrolments.submit_with_code(
        code, office.order(inside).request, channel=Channel.BROWSER, bundle=False
    )
    assert found.needed == 2
    assert office.enrolments.approve(found.enrolment_id, outside).state is State.WAITING
    second = office.registrar("R8", AGENCY)
    assert office.enrolments.approve(found.enrolment_id, second).state is State.ISSUED


def test_a_stolen_database_holds_no_codes(office: Any) -> None:
    who = office.applicant()
    code = office.enrolments.make_code(
        CodeOrder("person", "H01", "样例H01", who.account_id), office.operator()
    )
    with office.ports.database.read() as connection:
        stored = repr(connection.exec_driver_sql("SELECT * FROM enrolment_codes").all())
    assert code not in stored
    assert code.replace("-", "") not in stored
