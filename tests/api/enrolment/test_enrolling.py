# SPDX-License-Identifier: Apache-2.0
"""Applications and approvals: who may, how many, once — and what a crash leaves."""

from __future__ import annotations

import dataclasses
import threading
from datetime import timedelta
from typing import Any

import pytest

from api.accounts import AccountClosed, NoSuchAccount, NotAllowed, Role
from api.certificates import OrderRefused
from api.enrolment import (
    PROTECTED,
    AnotherPersonNeeded,
    BundlesUnavailable,
    Channel,
    CodeExpired,
    CodeOrder,
    CodeUnknown,
    CodeUsed,
    Enrolment,
    EnrolmentDecided,
    EnrolmentRefused,
    Enrolments,
    NoSuchEnrolment,
    OfficeNeeded,
    Outcome,
    OwnAuthority,
    OwnEnrolment,
    Person,
    State,
)
from api.ledger import FindingKind, RowAltered, check_ledger
from ca import PROFILES, NameRefused, NoSuchProfile, RequestRefused, SubjectName, make_request
from keys import KeyKind, generate_key
from verify import parse_certificate

AGENCY, ELSEWHERE = "11510106DEM9A00331", "11510100DEM9A0025F"
E01 = "91510100DEM001017Y"
needs_agency = pytest.mark.skipif("agency" not in PROFILES, reason="no profile agency")


def test_one_approval_for_a_person(office: Any) -> None:
    """Submitted, approved, issued; the certificate says the approved facts and nothing of the request."""
    who, registrar = office.applicant(), office.registrar()
    key = generate_key(KeyKind.SM2)
    order = office.order(who, request=make_request(key, SubjectName("样例H01")))
    found = office.enrolments.submit(order, who, Channel.BROWSER)
    assert (found.state, found.needed, found.channel) == (State.WAITING, 1, Channel.BROWSER)
    assert [one.enrolment_id for one in office.enrolments.queue(registrar)] == [found.enrolment_id]
    done = office.enrolments.approve(found.enrolment_id, registrar)
    assert done.state is State.ISSUED
    issued = office.identity.certificates.get(done.certificate_id)
    certificate = parse_certificate(issued.der)
    assert certificate.subject.common_name == "样例H01"
    assert certificate.public_key == key.public_key
    assert issued.account_id == who.account_id
    assert office.enrolments.queue(registrar) == ()
    assert [one.enrolment_id for one in office.enrolments.decided(registrar)] == [found.enrolment_id]


def test_the_same_again_is_the_same(office: Any) -> None:
    """Double clicks and retries, of the applicant and of the officer."""
    who, registrar = office.applicant(), office.registrar()
    order = office.order(who)
    first = office.enrolments.submit(order, who, Channel.REST)
    assert office.enrolments.submit(order, who, Channel.BROWSER) == first
    done = office.enrolments.approve(first.enrolment_id, registrar)
    assert office.enrolments.approve(first.enrolment_id, registrar) == done
    assert office.enrolments.submit(order, who, Channel.REST) == done
    assert len([one for one in office.identity.certificates.listed() if one.holder == "H01"]) == 1


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


def test_one_login_does_not_flood_the_office(
    office: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other keys, other applications: withdrawn ones count as well, for the log keeps them for ever."""
    monkeypatch.setattr("api.enrolment.room.MOST_IN_A_DAY", 2, raising=False)
    who, submit = office.applicant(), office.enrolments.submit
    first = submit(office.order(who), who, Channel.REST)
    office.enrolments.withdraw(first.enrolment_id, who)
    order = office.order(who)
    submit(order, who, Channel.REST)
    with pytest.raises(EnrolmentRefused) as refused:
        submit(office.order(who), who, Channel.REST)
    assert refused.value.code == "too-many-applications"
    assert submit(order, who, Channel.REST).state is State.WAITING
    assert submit(office.order(who), office.registrar(), Channel.REST).state is State.WAITING
    clock.advance(timedelta(days=1))
    assert submit(office.order(who), who, Channel.REST).state is State.WAITING


def test_who_may_apply_for_whom(office: Any) -> None:
    """For oneself, for the enterprise one acts for; nobody else's."""
    who, other = office.applicant(), office.applicant("H02")
    acting = dataclasses.replace(who, acts_for=E01)
    submit = office.enrolments.submit
    for order, by in (
        (office.order(who), other),
        (office.for_unit("enterprise", E01), who),
        (office.for_unit("enterprise", "91510104DEM001025K"), acting),
        (office.order(who), office.officer()),
        (office.order(who), office.registrar("REG9", ELSEWHERE)),
    ):
        with pytest.raises(NotAllowed):
            submit(order, by, Channel.REST)
    found = submit(office.for_unit("enterprise", E01), acting, Channel.REST)
    assert office.enrolments.visible(found.enrolment_id, acting) == found
    with pytest.raises(NoSuchEnrolment):
        office.enrolments.visible(found.enrolment_id, other)
    assert [one.enrolment_id for one in office.enrolments.mine(acting)] == [found.enrolment_id]


def test_refused_with_a_reason_and_made_anew(office: Any) -> None:
    who, registrar = office.applicant(), office.registrar()
    order = office.order(who)
    found = office.enrolments.submit(order, who, Channel.REST)
    for bad in ("", "  ", "x" * 501, "a\u200bb", "a\x00b"):
        with pytest.raises(EnrolmentRefused) as refused:
            office.enrolments.refuse(found.enrolment_id, bad, registrar)
        assert refused.value.code == "reason-malformed"
    ended = office.enrolments.refuse(found.enrolment_id, "照片不清晰", registrar)
    assert (ended.state, ended.reason) == (State.REFUSED, "照片不清晰")
    assert office.enrolments.refuse(found.enrolment_id, "又一次", registrar) == ended
    with pytest.raises(EnrolmentDecided):
        office.enrolments.approve(found.enrolment_id, registrar)
    again = office.enrolments.submit(order, who, Channel.REST)
    assert again.enrolment_id != found.enrolment_id


def test_withdrawn_by_the_applicant_only(office: Any) -> None:
    who, registrar = office.applicant(), office.registrar()
    found = office.enrolments.submit(office.order(who), who, Channel.REST)
    with pytest.raises(NoSuchEnrolment):
        office.enrolments.withdraw(found.enrolment_id, registrar)
    ended = office.enrolments.withdraw(found.enrolment_id, who)
    assert ended.state is State.WITHDRAWN
    assert office.enrolments.withdraw(found.enrolment_id, who) == ended
    with pytest.raises(EnrolmentDecided):
        office.enrolments.approve(found.enrolment_id, registrar)


BAD_ORDERS = [
    ({"profile": "no"}, NoSuchProfile, ""),
    ({"profile": "root"}, EnrolmentRefused, "profile-not-enrolled"),
    ({"profile": "seal"}, EnrolmentRefused, "profile-not-enrolled"),
    ({"profile": "operator"}, EnrolmentRefused, "not-of-the-staff"),
    ({"request": b""}, RequestRefused, ""),
    ({"request": b"\x30\x00"}, RequestRefused, ""),
    ({"account_id": None}, EnrolmentRefused, "account-needed"),
    ({"account_id": "0" * 32}, NoSuchAccount, ""),
    ({"account_id": "x\x00"}, NoSuchAccount, ""),
    ({"holder": "H99"}, EnrolmentRefused, "holder-differs"),
    ({"holder_name": "别人"}, EnrolmentRefused, "name-differs"),
    ({"holder_name": "\ud800"}, EnrolmentRefused, "name-differs"),
    ({"agency": "x"}, EnrolmentRefused, "agency-not-a-code"),
    ({"names": ("dns:a.example",)}, EnrolmentRefused, "names-not-allowed"),
    ({"names": ("a.example",)}, EnrolmentRefused, "names-malformed"),
    ({"names": ("ip:1.2.3.4%x",)}, NameRefused, ""),
    ({"names": ("email:not a mailbox",)}, NameRefused, ""),
    ({"names": ("dns:a.example",) * 21}, EnrolmentRefused, "names-malformed"),
    ({"profile": "enterprise", "holder": "H01"}, EnrolmentRefused, "holder-not-a-code"),
]


@pytest.mark.parametrize(("change", "error", "code"), BAD_ORDERS)
def test_every_field_is_checked(
    office: Any, change: dict[str, Any], error: type[Exception], code: str
) -> None:
    who = office.applicant()
    with pytest.raises(error) as refused:
        office.enrolments.submit(office.order(who, **change), who, Channel.REST)
    if code:
        assert getattr(refused.value, "code", "") == code
    assert office.enrolments.mine(who) == ()


def test_requests_that_do_not_fit(office: Any) -> None:
    """Somebody else's name, a broken signature, two requests changed places, a bundle for RSA."""
    who = office.applicant()
    sm2, rsa = office.order(who).request, office.order(who, KeyKind.RSA2048).request
    broken = bytearray(sm2)
    broken[-1] ^= 1
    for change, error in (
        ({"request": make_request(generate_key(KeyKind.SM2), SubjectName("别人"))}, EnrolmentRefused),
        ({"request": bytes(broken)}, RequestRefused),
        ({"request": rsa, "bundle": True}, EnrolmentRefused),
        ({"request": sm2, "rsa_request": sm2, "bundle": True}, EnrolmentRefused),
        ({"request": sm2, "rsa_request": rsa}, EnrolmentRefused),
    ):
        with pytest.raises(error):
            office.enrolments.submit(office.order(who, **change), who, Channel.REST)


def test_no_name_is_cut_short(office: Any) -> None:
    with pytest.raises(NameRefused):
        office.enrolments.submit(
            office.for_unit("enterprise", E01, request=b"", holder_name="长" * 65),
            office.operator(),
            Channel.REST,
        )


def test_no_bundle_without_a_key_centre(office: Any) -> None:
    """Refused in words; never a silent signing certificate."""
    if office.ports.issuance.bundles():
        pytest.skip("there is a key centre")
    who = office.applicant()
    for bundle in (True, None):
        with pytest.raises(BundlesUnavailable):
            office.enrolments.submit(office.order(who, bundle=bundle), who, Channel.REST)
    # An RSA key has no bundle, so nothing is missing.
    rsa = office.order(who, KeyKind.RSA2048, bundle=None)
    assert office.enrolments.submit(rsa, who, Channel.REST).state is State.WAITING


def test_a_closed_account_gets_nothing(office: Any) -> None:
    """Closed before the application, or between application and approval."""
    who, registrar = office.applicant(), office.registrar()
    found = office.enrolments.submit(office.order(who), who, Channel.REST)
    office.identity.accounts.close(who.account_id, by="test")
    with pytest.raises(AccountClosed):
        office.enrolments.submit(office.order(who), who, Channel.REST)
    with pytest.raises(AccountClosed):
        office.enrolments.approve(found.enrolment_id, registrar)
    left = office.enrolments.get(found.enrolment_id)
    assert (left.state, left.failure) == (State.APPROVED, "account-closed")
    assert office.enrolments.resume() == 0
    ended = office.enrolments.refuse(found.enrolment_id, "账号已停用", registrar)
    assert ended.state is State.REFUSED
    assert ledger_findings(office) == []


def test_a_key_of_somebody_else_is_found_at_issue(office: Any) -> None:
    who, other, registrar = office.applicant(), office.applicant("H02"), office.registrar()
    key = generate_key(KeyKind.SM2)
    first = office.order(who, request=make_request(key, SubjectName("样例H01")))
    second = office.order(other, request=make_request(key, SubjectName("样例H02")))
    done = office.enrolments.submit(first, who, Channel.REST)
    office.enrolments.approve(done.enrolment_id, registrar)
    found = office.enrolments.submit(second, other, Channel.REST)
    with pytest.raises(OrderRefused):
        office.enrolments.approve(found.enrolment_id, registrar)
    assert office.enrolments.get(found.enrolment_id).failure == "key-of-another"


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


def test_the_public_log_names_nobody(office: Any) -> None:
    who, registrar = office.applicant(), office.registrar()
    found = office.enrolments.submit(office.order(who), who, Channel.REST)
    office.enrolments.approve(found.enrolment_id, registrar)
    with office.ports.database.read() as connection:
        leaves = b"\n".join(
            bytes(row[0]) for row in connection.exec_driver_sql("SELECT leaf FROM ledger_entries")
        )
    assert b"enrolment.submitted" in leaves
    assert b"enrolment.issued" in leaves
    assert "样例".encode() not in leaves
    assert Role.REGISTRAR.value.encode() in leaves  # of the account, as before


def ledger_findings(office: Any) -> list[Any]:
    """What ``yinxin log check`` would say of the tables of this room."""
    found = check_ledger(office.ports.database, office.ports.ledger.log_keys(), PROTECTED)
    return [
        one for one in found.findings if one.kind is not FindingKind.NOT_COMPARED or one.table in PROTECTED
    ]
