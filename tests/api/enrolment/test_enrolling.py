# SPDX-License-Identifier: Apache-2.0
"""Applications: who may apply for whom, what is checked, and what came of them."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from api.accounts import AccountClosed, NoSuchAccount, NotAllowed, Role
from api.certificates import OrderRefused
from api.enrolment import (
    BundlesUnavailable,
    Channel,
    EnrolmentDecided,
    EnrolmentRefused,
    NoSuchEnrolment,
    State,
)
from ca import NameRefused, NoSuchProfile, RequestRefused, SubjectName, make_request
from keys import KeyKind, generate_key
from verify import parse_certificate

from .conftest import E01, ELSEWHERE, ledger_findings


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
