# SPDX-License-Identifier: Apache-2.0
"""One certificate for one application, whatever dies or happens meanwhile."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import pytest

from api.enrolment import (
    Channel,
    Enrolment,
    EnrolmentDecided,
    Enrolments,
    Outcome,
    OwnAuthority,
    Person,
    State,
)

from .conftest import ledger_findings


class Killed(BaseException):
    """The process is gone: no handler runs for it."""


class Dying(OwnAuthority):
    """Dies before or after the certificate is issued, once."""

    def __init__(self, certificates: Any, *, after: bool) -> None:
        super().__init__(certificates)
        self.after, self.died = after, False

    def issue(self, found: Enrolment, *, by: str) -> Outcome:
        if not self.died and not self.after:
            self.died = True
            raise Killed
        outcome = super().issue(found, by=by)
        if not self.died:
            self.died = True
            raise Killed
        return outcome


@pytest.mark.parametrize("after", [False, True], ids=["before issuing", "after issuing"])
def test_killed_between_approval_and_issue(office: Any, after: bool) -> None:
    """The approval stays; the next start finishes it, with one certificate."""
    who, registrar = office.applicant(), office.registrar()
    found = office.enrolments.submit(office.order(who), who, Channel.REST)
    dying = Enrolments(
        dataclasses.replace(office.ports, issuance=Dying(office.identity.certificates, after=after))
    )
    with pytest.raises(Killed):
        dying.approve(found.enrolment_id, registrar)
    assert office.enrolments.get(found.enrolment_id).state is State.APPROVED
    assert office.enrolments.resume() == 1
    assert office.enrolments.resume() == 0
    done = office.enrolments.get(found.enrolment_id)
    mine = [one for one in office.identity.certificates.listed() if one.holder == "H01"]
    assert [one.certificate_id for one in mine] == [done.certificate_id]
    assert ledger_findings(office) == []


class Waiting(OwnAuthority):
    """Lets somebody else act while a certificate is being issued."""

    meanwhile: Any = None

    def issue(self, found: Enrolment, *, by: str) -> Outcome:
        outcome = super().issue(found, by=by)
        if self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            act(found.enrolment_id)
        return outcome


def test_refused_while_it_is_issued(office: Any) -> None:
    """After a failed attempt an officer may refuse; if it succeeds all the same, its certificate ends."""
    who, registrar = office.applicant(), office.registrar()
    found = office.enrolments.submit(office.order(who), who, Channel.REST)
    authority = Waiting(office.identity.certificates)
    slow = Enrolments(dataclasses.replace(office.ports, issuance=authority))

    def refuse(enrolment_id: str) -> None:
        slow._failed(slow.get(enrolment_id), "some-failure")
        slow.refuse(enrolment_id, "核验不符", registrar)

    authority.meanwhile = refuse
    with pytest.raises(EnrolmentDecided):
        slow.approve(found.enrolment_id, registrar)
    (only,) = [one for one in office.identity.certificates.listed() if one.holder == "H01"]
    assert only.revoked_at is not None


def test_many_officers_at_the_same_moment(office: Any) -> None:
    """One certificate, and nobody is told that something went wrong inside."""
    who = office.applicant()
    officers = [office.registrar(f"REG{number}") for number in range(6)]
    found = office.enrolments.submit(office.order(who), who, Channel.REST)
    answers: list[object] = []

    def approve(officer: Person) -> None:
        try:
            answers.append(office.enrolments.approve(found.enrolment_id, officer).state)
        except Exception as error:
            answers.append(type(error))

    threads = [threading.Thread(target=approve, args=(one,)) for one in officers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(State.ISSUED) == 1
    assert set(answers) == {State.ISSUED, EnrolmentDecided}
    assert len([one for one in office.identity.certificates.listed() if one.holder == "H01"]) == 1


def test_the_same_application_from_many_threads(office: Any) -> None:
    who, order = office.applicant(), None
    order = office.order(who)
    ids: list[str] = []

    def submit() -> None:
        ids.append(office.enrolments.submit(order, who, Channel.REST).enrolment_id)

    threads = [threading.Thread(target=submit) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 6
    assert len(set(ids)) == 1
