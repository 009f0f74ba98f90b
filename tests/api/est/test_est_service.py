# SPDX-License-Identifier: Apache-2.0
"""EST: who may enrol, for what, once; what a request may ask for; renewal with the present certificate."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.accounts import NoSuchAccount
from api.database.tables_est import est_enrolments, est_secrets
from api.enrolment import Person
from api.est import (
    PROTECTED,
    EstError,
    EstRefused,
    NoSuchDevice,
    NoSuchFamily,
    NotAuthenticated,
    TooManyTries,
)
from api.est.service import MOST_FAILURES, MOST_RENEWALS
from api.ledger import RowAltered, check_ledger
from ca import CaError, NameRefused, RequestRefused, SubjectName
from keys import KeyKind, der
from verify import Indication, Purpose, check_certificate

from .conftest import HOLDER, NAME, Office, certificates_in, extensions, key_of, names, request_of

KINDS = (KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256)


def refused(code: str) -> Any:
    return pytest.raises((EstRefused, NotAuthenticated), match=f"^{code}:")


@pytest.mark.parametrize("kind", KINDS)
def test_a_device_enrols(office: Office, kind: KeyKind) -> None:
    """Trusted by the service's own verifier; named as registered; in the log."""
    secret = office.registered(names=("dns:kiosk1.example.cn", "ip:10.1.2.3"))
    key = key_of("kiosk", kind)
    made = office.certificate(secret, request_of(key))
    assert made.public_key == key.public_key
    assert made.subject.organization == f"{HOLDER}{NAME}"
    trust = office.identity.certificates.trust()
    found = check_certificate(made, trust, office.clock(), purpose=Purpose.CERTIFICATE)
    assert found.indication is Indication.TOTAL_PASSED, found.reasons
    checked = check_ledger(office.database, office.ledger.log_keys(), PROTECTED)
    assert [one for one in checked.findings if one.table in PROTECTED] == []


def test_an_answer_that_got_lost_is_fetched_again(office: Office) -> None:
    """Same request, same certificate, also after the secret's end; another request gets nothing."""
    secret = office.registered()
    request = request_of(key_of("kiosk"))
    first = office.enrol(secret, request)
    office.clock.advance(timedelta(hours=100))
    assert office.enrol(secret, request) == first
    with refused("secret-used"):
        office.enrol(secret, request_of(key_of("another")))
    with office.database.read() as connection:
        assert len(connection.execute(select(est_enrolments)).all()) == 1


def test_a_secret_ends(office: Office) -> None:
    secret = office.registered(hours=1)
    assert secret.expires_at == office.clock() + timedelta(hours=1)
    office.clock.advance(timedelta(hours=1))
    with refused("secret-expired"):
        office.enrol(secret, request_of(key_of("kiosk")))


def test_a_bad_request_spends_nothing(office: Office) -> None:
    secret = office.registered()
    good = request_of(key_of("kiosk"))
    broken = bytearray(good)
    broken[-1] ^= 1
    with pytest.raises(RequestRefused):
        office.enrol(secret, bytes(broken))
    with refused("challenge-password"):
        attribute = der.sequence(der.oid("1.2.840.113549.1.9.7"), der.set_of(der.utf8("tls-unique")))
        office.enrol(secret, request_of(key_of("kiosk"), attributes=(attribute,)))
    assert office.enrol(secret, good)


def test_who_is_not_let_in(office: Office) -> None:
    """One answer for a wrong id and a wrong secret."""
    secret, other = office.registered(), office.registered(label="另一台")
    request = base64.b64encode(request_of(key_of("kiosk")))
    with refused("credentials-missing"):
        office.est.enrol(None, None, request, source="a")
    for pair in (
        (secret.device_id, "x" * 32),
        (secret.device_id, other.secret),
        (other.device_id, secret.secret),
        ("0" * 32, secret.secret),
        ("'; --", ""),
        ("", "\udcff"),
    ):
        with refused("credentials-wrong"):
            office.est.enrol(None, pair, request, source="a")
    assert office.enrol(secret, base64.b64decode(request))


def test_guessing_is_slowed_down(office: Office) -> None:
    """By device and address; elsewhere the device still gets in."""
    secret = office.registered()
    for _ in range(MOST_FAILURES):
        with refused("credentials-wrong"):
            office.est.enrol(None, (secret.device_id, "guess"), b"", source="thief")
    with pytest.raises(TooManyTries):
        office.enrol(secret, request_of(key_of("kiosk")), source="thief")
    assert office.enrol(secret, request_of(key_of("kiosk")), source="device")
    office.clock.advance(timedelta(minutes=1))
    with refused("credentials-wrong"):
        office.est.enrol(None, (secret.device_id, "guess"), b"", source="thief")


def test_a_secret_is_not_kept(office: Office) -> None:
    secret = office.registered()
    assert len(secret.secret) == 32
    with office.database.read() as connection:
        (row,) = connection.execute(select(est_secrets)).all()
    assert secret.secret not in str(row)
    assert secret.secret not in repr(secret)


def test_another_secret_and_the_end_of_a_device(office: Office) -> None:
    first = office.registered()
    second = office.est.devices.another_secret(first.device_id, hours=1, by="operator-1")
    assert office.enrol(second, request_of(key_of("kiosk")))
    assert office.enrol(first, request_of(key_of("kiosk two")))  # good for its own one request
    ended = office.est.devices.end(first.device_id, by="operator-1")
    assert ended.ended_at == office.clock()
    assert office.est.devices.end(first.device_id, by="operator-1") == ended
    with refused("device-ended"):
        office.enrol(first, request_of(key_of("kiosk")))
    with pytest.raises(NoSuchDevice):
        office.est.devices.another_secret(first.device_id, hours=1, by="operator-1")
    with pytest.raises(NoSuchDevice):
        office.est.devices.end("0" * 32, by="operator-1")
    assert [one.device_id for one in office.est.devices.listed()] == [first.device_id]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE est_devices SET holder = '11510000DEM9A0017F'",
        "UPDATE est_devices SET names = '[\"dns:bank.example.cn\"]'",
        "UPDATE est_secrets SET expires_at = '2099-01-01T00:00:00.000000Z'",
    ],
)
def test_an_edited_row_is_not_believed(office: Office, statement: str) -> None:
    """Who writes into the database registers nothing."""
    secret = office.registered()
    with office.database.write() as connection:
        connection.exec_driver_sql(statement)
    with pytest.raises(RowAltered):
        office.enrol(secret, request_of(key_of("kiosk")))


def test_labels_are_families(office: Office) -> None:
    secret = office.registered()
    with refused("family-differs"):
        office.enrol(secret, request_of(key_of("kiosk")), label="rsa")
    with refused("family-differs"):
        office.enrol(secret, request_of(key_of("kiosk", KeyKind.P256)), label="sm2")
    with pytest.raises(NoSuchFamily):
        office.enrol(secret, request_of(key_of("kiosk")), label="ecc")
    assert office.enrol(secret, request_of(key_of("kiosk")), label="sm2")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (names("bank.example.cn"), "names-differ"),
        (("2.5.29.17", der.sequence(der.implicit(1, der.ia5("a@example.cn")))), "names-differ"),
        (("2.5.29.15", der.named_bits([5])), "usage-differs"),
        (("2.5.29.37", der.sequence(der.oid("1.3.6.1.5.5.7.3.8"))), "usage-differs"),
        (("2.5.29.19", der.sequence(der.boolean(True))), "authority-asked"),
        (("2.5.29.30", der.sequence()), "extension-not-granted"),
        (("2.5.29.15", b"\x30\x00"), "attributes-malformed"),
        (("2.5.29.17", b""), "attributes-malformed"),
    ],
)
def test_wishes_that_are_not_granted(office: Office, wish: tuple[str, bytes], code: str) -> None:
    """Refused in words instead of silently left out."""
    secret = office.registered(names=("dns:kiosk1.example.cn",))
    with refused(code):
        office.enrol(secret, request_of(key_of("kiosk"), attributes=(extensions(wish),)))


def test_wishes_that_are_granted(office: Office) -> None:
    secret = office.registered(names=("dns:kiosk1.example.cn", "dns:kiosk2.example.cn"))
    wishes = extensions(
        names("KIOSK1.example.cn"),
        ("2.5.29.15", der.named_bits([0])),
        ("2.5.29.19", der.sequence()),
        ("2.5.29.14", der.octets(b"1" * 20)),
    )
    assert office.enrol(secret, request_of(key_of("kiosk"), attributes=(wishes,)))


def test_an_extension_twice(office: Office) -> None:
    one = extensions(names("kiosk1.example.cn"), names("kiosk1.example.cn"))
    with refused("attributes-malformed"):
        office.enrol(office.registered(), request_of(key_of("kiosk"), attributes=(one,)))


def test_a_request_in_another_name(office: Office) -> None:
    """The words of a request never reach the certificate, and must not contradict."""
    secret = office.registered()
    with pytest.raises(Exception, match="request-contradicts-order"):
        subject = SubjectName("别的单位", "别的单位", HOLDER).encode()
        office.enrol(secret, request_of(key_of("kiosk"), subject=subject))
    assert office.enrol(secret, request_of(key_of("kiosk")))  # the refusal spent nothing


def test_a_request_without_a_name(office: Office) -> None:
    """Whoever registered the device said the name."""
    made = office.certificate(office.registered(), request_of(key_of("kiosk"), subject=der.sequence()))
    assert made.subject.common_name == NAME


def test_a_key_of_another_device_spends_nothing(office: Office) -> None:
    other = office.registered(holder="91510104DEM001025K", holder_name="蜀州示范市政工程有限公司")
    office.enrol(other, request_of(key_of("kiosk"), subject=der.sequence()))
    secret = office.registered()
    with pytest.raises(Exception, match="key-of-another"):
        office.enrol(secret, request_of(key_of("kiosk")))
    assert office.enrol(secret, request_of(key_of("kiosk two")))


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"label": " "}, "label-malformed"),
        ({"label": "a" * 65}, "label-malformed"),
        ({"label": "a\u202eb"}, "label-malformed"),
        ({"holder": "91510100DEM001017X"}, "holder-not-a-code"),
        ({"names": ("kiosk.example.cn",)}, "names-malformed"),
        ({"names": ("dns:*.example.cn",)}, "names-malformed"),
        ({"names": ("ip:10.0.0.256",)}, "names-malformed"),
        ({"names": tuple(f"dns:k{n}.example.cn" for n in range(21))}, "names-malformed"),
        ({"hours": 0}, "lifetime-refused"),
        ({"hours": 721}, "lifetime-refused"),
    ],
)
def test_registrations_that_are_refused(office: Office, order: dict[str, Any], code: str) -> None:
    with refused(code):
        office.registered(**order)
    assert office.est.devices.listed() == ()


def test_registrations_that_no_certificate_could_say(office: Office) -> None:
    with pytest.raises(NameRefused):
        office.registered(holder_name="名" * 60)
    with pytest.raises(NoSuchAccount):
        office.registered(approval=True, by="console")
    assert office.est.devices.listed() == ()


# Renewal


@pytest.mark.parametrize("kind", KINDS)
def test_renewal_with_the_same_key_and_with_another(office: Office, kind: KeyKind) -> None:
    secret = office.registered()
    request = request_of(key_of("kiosk", kind))
    present = office.certificate(secret, request)
    office.clock.advance(timedelta(days=300))
    (same,) = certificates_in(office.est.renew(None, present.der, base64.b64encode(request)))
    assert same.public_key == present.public_key
    assert (same.subject.der, same.serial != present.serial) == (present.subject.der, True)
    assert same.not_after > present.not_after
    fresh = base64.b64encode(request_of(key_of("kiosk, later", kind)))
    (other,) = certificates_in(office.est.renew(None, present.der, fresh))
    assert other.public_key == key_of("kiosk, later", kind).public_key
    # The answer got lost: the same certificate again.
    assert certificates_in(office.est.renew(None, present.der, fresh)) == [other]
    assert certificates_in(office.est.renew(None, other.der, base64.b64encode(request)))


def test_names_travel_to_the_renewal(office: Office) -> None:
    """RFC 7030 section 4.2.2: the same alternative names, neither more nor fewer."""
    secret = office.registered(names=("dns:kiosk1.example.cn", "dns:kiosk2.example.cn"))
    present = office.certificate(secret, request_of(key_of("kiosk")))
    assert b"kiosk1.example.cn" in present.der
    both = extensions(names("kiosk2.example.cn", "kiosk1.example.cn"))
    for wishes in ((), (extensions(names("kiosk1.example.cn")),)):
        with refused("renewal-differs"):
            request = request_of(key_of("kiosk"), attributes=wishes)
            office.est.renew(None, present.der, base64.b64encode(request))
    request = request_of(key_of("kiosk"), attributes=(both,))
    (made,) = certificates_in(office.est.renew(None, present.der, base64.b64encode(request)))
    assert b"kiosk2.example.cn" in made.der


def test_who_may_not_renew(office: Office) -> None:
    secret = office.registered()
    request = base64.b64encode(request_of(key_of("kiosk")))
    present = office.certificate(secret, request_of(key_of("kiosk")))
    person = office.identity.person("H01")
    altered = bytearray(present.der)
    altered[-1] ^= 1
    for shown in (b"", b"\x30\x00", bytes(altered), person.der):
        with refused("client-certificate-refused"):
            office.est.renew(None, shown, request)
    subject = SubjectName("别的设备", NAME, HOLDER).encode()
    with refused("renewal-differs"):
        office.est.renew(None, present.der, base64.b64encode(request_of(key_of("b"), subject=subject)))
    with refused("renewal-differs"):
        wish = extensions(names("bank.example.cn"))
        office.est.renew(None, present.der, base64.b64encode(request_of(key_of("b"), attributes=(wish,))))
    with refused("family-differs"):
        office.est.renew("rsa", present.der, request)
    office.identity.certificates.revoke(
        office.identity.certificates.by_fingerprint(present.fingerprint).certificate_id,
        "superseded",
        by="test",
    )
    with refused("client-certificate-refused"):
        office.est.renew(None, present.der, request)


def test_an_expired_certificate_does_not_renew(office: Office) -> None:
    present = office.certificate(office.registered(), request_of(key_of("kiosk")))
    office.clock.at = present.not_after + timedelta(seconds=1)
    with refused("client-certificate-refused"):
        office.est.renew(None, present.der, base64.b64encode(request_of(key_of("kiosk"))))


def test_an_ended_device_does_not_renew(office: Office) -> None:
    secret = office.registered()
    present = office.certificate(secret, request_of(key_of("kiosk")))
    office.est.devices.end(secret.device_id, by="operator-1")
    with refused("device-ended"):
        office.est.renew(None, present.der, base64.b64encode(request_of(key_of("kiosk"))))


def test_renewals_are_counted(office: Office) -> None:
    present = office.certificate(office.registered(), request_of(key_of("kiosk")))
    with pytest.raises(TooManyTries):
        for number in range(MOST_RENEWALS + 1):
            again = request_of(key_of("kiosk"))
            assert number <= MOST_RENEWALS
            office.est.renew(None, present.der, base64.b64encode(again))


# Approval


def test_an_officer_approves(office: Office) -> None:
    """Waiting is said as waiting; the officer decides; the same request brings the certificate."""
    who = office.identity.person("O01", roles="operator")
    other = office.identity.person("O02", roles="operator")
    secret = office.registered(approval=True, by=who.account_id, names=("dns:kiosk1.example.cn",))
    request = request_of(key_of("kiosk"), attributes=(extensions(names("kiosk1.example.cn")),))
    assert office.enrol(secret, request) is None
    assert office.enrol(secret, request) is None
    (waiting,) = office.enrolments.queue(person_of(office, other))
    office.enrolments.approve(waiting.enrolment_id, person_of(office, other))
    (made,) = certificates_in(office.enrol(secret, request))
    assert made.public_key == key_of("kiosk").public_key
    assert b"kiosk1.example.cn" in made.der
    assert certificates_in(office.est.renew(None, made.der, base64.b64encode(request)))


def test_an_officer_refuses(office: Office) -> None:
    who = office.identity.person("O01", roles="operator")
    other = office.identity.person("O02", roles="operator")
    secret = office.registered(approval=True, by=who.account_id)
    request = request_of(key_of("kiosk"))
    assert office.enrol(secret, request) is None
    (waiting,) = office.enrolments.queue(person_of(office, other))
    office.enrolments.refuse(waiting.enrolment_id, "设备不在清单上", person_of(office, other))
    for _ in range(2):
        with refused("approval-refused"):
            office.enrol(secret, request)


def person_of(office: Office, held: Any) -> Person:
    account = office.identity.accounts.get(held.account_id)
    return Person(account.account_id, account.subject, account.roles, account.agency)


# What anybody may have, and what anybody may send


def test_authorities(office: Office) -> None:
    """Root and issuing authority of each family; a label narrows to one."""
    both = certificates_in(office.est.authorities(None))
    assert len(both) == 4
    for label in ("sm2", "rsa"):
        found = certificates_in(office.est.authorities(label))
        assert len(found) == 2
        assert all(one.is_ca for one in found)
        assert any(one in office.identity.certificates.anchors() for one in found)
    with pytest.raises(NoSuchFamily):
        office.est.authorities("none")


def test_wishes(office: Office) -> None:
    kinds = [one.tag for one in der.read_only(office.est.wishes(None)).children()]
    assert set(kinds) == {der.OID, der.SEQUENCE}
    assert office.est.wishes("sm2") != office.est.wishes("rsa")


@pytest.mark.parametrize(
    "body",
    [b"", b"  ", b"=", b"-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n", b"\xff\xfe", b"A" * 40_000, b"MAA"],
)
def test_bodies_that_are_no_base64(office: Office, body: bytes) -> None:
    secret = office.registered()
    with refused("body-not-base64"):
        office.est.enrol(None, (secret.device_id, secret.secret), body, source="a")


@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_refused_in_words(office: Office, content: bytes) -> None:
    secret = office.registered()
    for body in (content, base64.b64encode(content)):
        with pytest.raises((EstError, CaError)):
            office.est.enrol(None, (secret.device_id, secret.secret), body, source="a")


def test_each_byte_of_a_request_changed(office: Office) -> None:
    """Nothing is issued for a request whose signature no longer fits."""
    secret = office.registered()
    good = request_of(key_of("kiosk"))
    for place in range(len(good)):
        changed = bytearray(good)
        changed[place] ^= 0x01
        with pytest.raises((EstError, CaError)):
            office.enrol(secret, bytes(changed))
    assert office.enrol(secret, good)
