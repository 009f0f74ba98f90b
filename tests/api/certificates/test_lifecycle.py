# SPDX-License-Identifier: Apache-2.0
"""Suspend, resume, revoke, renew, re-key; expiry notices; mass re-issue."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from api.certificates import OrderRefused, RevocationRefused, SelectionRefused
from api.ledger import Ledger
from keys import KeyKind
from verify import Indication, Purpose, SubIndication, check_certificate, parse_certificate, parse_crl


def verdict(identity: Any, der: bytes, purpose: Purpose) -> tuple[Indication, SubIndication | None]:
    report = check_certificate(
        parse_certificate(der), identity.certificates.trust(), identity.clock(), purpose=purpose
    )
    return report.indication, report.sub_indication


def entry(identity: Any, one: Any) -> Any:
    return parse_crl(identity.certificates.crl_file(one.issuer)).entries.get(int(one.serial, 16))


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.RSA2048])
def test_suspended_is_refused_and_resumed_is_accepted_again(identity: Any, kind: KeyKind) -> None:
    held, service = identity.person(kind=kind), identity.certificates
    one = held.certificate
    ended = service.suspend(one.certificate_id, by="test")
    assert (ended.status(identity.clock()), ended.held_at) == ("suspended", identity.clock())
    assert entry(identity, one).reason == "certificateHold"
    for purpose in (Purpose.SEAL, Purpose.LOGIN):
        assert verdict(identity, one.der, purpose)[0] is not Indication.TOTAL_PASSED
    assert service.suspend(one.certificate_id, by="again") == ended
    identity.clock.advance(timedelta(minutes=5))
    back = service.resume(one.certificate_id, by="test")
    assert (back.status(identity.clock()), back.held_at, entry(identity, one)) == ("good", None, None)
    for purpose in (Purpose.SEAL, Purpose.LOGIN):
        assert verdict(identity, one.der, purpose) == (Indication.TOTAL_PASSED, None)
    assert service.resume(one.certificate_id, by="again") == back


def test_only_a_suspension_ends(identity: Any) -> None:
    held, service = identity.person(), identity.certificates
    which = held.certificate.certificate_id
    service.revoke(which, "cessationOfOperation", by="test")
    for act in (service.suspend, service.resume):
        with pytest.raises(RevocationRefused) as refused:
            act(which, by="test")
        assert refused.value.code == "revoked-already"


def test_the_truth_may_come_out_later(identity: Any, ledger: Ledger) -> None:
    """A revocation keeps its time; its reason may become keyCompromise, and never another one after."""
    held, service = identity.person(), identity.certificates
    which, since = held.certificate.certificate_id, identity.clock() - timedelta(days=0)
    first = service.revoke(which, "superseded", by="test")
    identity.clock.advance(timedelta(days=1))
    second = service.revoke(which, "keyCompromise", by="test", invalidity_date=since)
    assert (second.revoked_at, second.reason, second.invalidity_date) == (
        first.revoked_at,
        "keyCompromise",
        since,
    )
    assert entry(identity, second).reason == "keyCompromise"
    size = ledger.size()
    assert service.revoke(which, "superseded", by="test") == second
    assert service.revoke(which, "keyCompromise", by="test") == second
    assert ledger.size() == size


@pytest.mark.parametrize("moment", ["future", "naive"])
def test_invalidity_date_is_a_moment_that_was(identity: Any, moment: str) -> None:
    held = identity.person()
    at = (
        identity.clock() + timedelta(seconds=2)
        if moment == "future"
        else identity.clock().replace(tzinfo=None)
    )
    with pytest.raises(RevocationRefused) as refused:
        identity.certificates.revoke(
            held.certificate.certificate_id, "keyCompromise", by="test", invalidity_date=at
        )
    assert (refused.value.code, refused.value.field) == ("invalidity-refused", "invalid_since")


def test_own_certificates_and_authorities_are_not_changed_here(identity: Any) -> None:
    service = identity.certificates
    for label, code in (("root-sm2", "root-not-revocable"), ("persons-sm2", "authority-offline")):
        one = next(one for one in service.listed() if one.key_label == label)
        for act in (service.suspend, service.resume):
            with pytest.raises(RevocationRefused) as refused:
                act(one.certificate_id, by="test")
            assert refused.value.code == code
        with pytest.raises(OrderRefused) as again:
            service.renew(one.certificate_id, by="test")
        assert again.value.code == "not-renewable"


def test_a_new_order_is_no_way_round_a_suspension(identity: Any) -> None:
    held, service = identity.person(), identity.certificates
    service.suspend(held.certificate.certificate_id, by="test")
    until = identity.clock() + timedelta(days=90)
    order = identity.order("H01", KeyKind.SM2, account_id=held.account_id, valid_until=until)
    with pytest.raises(OrderRefused) as refused:
        service.issue(order, by="test")
    assert refused.value.code == "key-suspended"
    with pytest.raises(OrderRefused) as again:
        service.renew(held.certificate.certificate_id, by="test")
    assert again.value.code == "renewal-of-suspended"


def test_renewed_and_rekeyed(identity: Any) -> None:
    held, service = identity.person(), identity.certificates
    which = held.certificate.certificate_id
    identity.clock.advance(timedelta(days=100))
    service.refresh_crls()
    new = service.renew(which, by="test")
    before, after = parse_certificate(held.der), parse_certificate(new.der)
    assert (after.subject, after.public_key) == (before.subject, before.public_key)
    assert (new.replaces, new.not_before, service.renew(which, by="again")) == (which, identity.clock(), new)
    assert service.get(which).status(identity.clock()) == "good"
    order = identity.order("H01", KeyKind.P256, account_id=held.account_id)
    rekeyed = service.rekey(new.certificate_id, order, by="test")
    assert (rekeyed.replaces, rekeyed.issuer) == (new.certificate_id, "persons-rsa")
    assert service.get(new.certificate_id).reason == "superseded"
    assert entry(identity, new).reason == "superseded"
    assert service.get(which).status(identity.clock()) == "good"
    with pytest.raises(OrderRefused) as refused:
        service.renew(new.certificate_id, by="test")
    assert refused.value.code == "renewal-of-ended"
    service.revoke(rekeyed.certificate_id, "keyCompromise", by="test")
    with pytest.raises(OrderRefused) as refused:
        service.renew(rekeyed.certificate_id, by="test")
    assert refused.value.code == "key-compromised"


def test_two_rekeys_within_one_second(identity: Any) -> None:
    """Lists know whole seconds: what a re-key ends, it ends at one."""
    identity.clock.advance(timedelta(milliseconds=425))
    for subject in ("H01", "H02"):
        held = identity.person(subject)
        order = identity.order(subject, KeyKind.P256, account_id=held.account_id)
        identity.certificates.rekey(held.certificate.certificate_id, order, by="test")
        ended = identity.certificates.get(held.certificate.certificate_id)
        assert ended.reason == "superseded"
        assert ended.revoked_at is not None and ended.revoked_at.microsecond == 0


def test_rekey_is_for_the_same_holder_and_another_key(identity: Any) -> None:
    held, other, service = identity.person(), identity.person("H02"), identity.certificates
    which = held.certificate.certificate_id
    for code, order in (
        ("rekey-differs", identity.order("H02", KeyKind.P384, account_id=other.account_id)),
        (
            "rekey-same-key",
            identity.order(
                "H01",
                KeyKind.SM2,
                account_id=held.account_id,
                valid_until=identity.clock() + timedelta(days=9),
            ),
        ),
    ):
        with pytest.raises(OrderRefused) as refused:
            service.rekey(which, order, by="test")
        assert refused.value.code == code
    assert service.get(which).status(identity.clock()) == "good"


def test_rekey_goes_round_no_suspension_and_no_end(identity: Any) -> None:
    held, service = identity.person(), identity.certificates
    which = held.certificate.certificate_id
    order = identity.order("H01", KeyKind.P256, account_id=held.account_id)
    service.suspend(which, by="test")
    with pytest.raises(OrderRefused) as refused:
        service.rekey(which, order, by="test")
    assert refused.value.code == "renewal-of-suspended"
    service.revoke(which, "superseded", by="test")
    with pytest.raises(OrderRefused) as refused:
        service.rekey(which, order, by="test")
    assert refused.value.code == "renewal-of-ended"


def test_invalidity_date_is_not_before_the_certificate(identity: Any) -> None:
    held, service = identity.person(), identity.certificates
    begun = service.get(held.certificate.certificate_id).not_before
    east = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
    for since in (begun - timedelta(seconds=1), east):
        with pytest.raises(RevocationRefused) as refused:
            service.revoke(held.certificate.certificate_id, "keyCompromise", by="test", invalidity_date=since)
        assert (refused.value.code, refused.value.field) == ("invalidity-before-issuance", "invalid_since")
    ended = service.revoke(held.certificate.certificate_id, "keyCompromise", by="test", invalidity_date=begun)
    assert ended.invalidity_date == begun


def test_holders_are_told_once_at_each_mark(identity: Any, bundles: Any) -> None:
    service = identity.certificates
    short = {"valid_until": identity.clock() + timedelta(days=40)}
    held = identity.person()
    account = held.account_id
    order = identity.order("H01", KeyKind.P256, account_id=account, **short)
    ends = service.issue(order, by="test")
    told = []
    for day in range(41):
        service.send_notices()
        service.send_notices()
        told.append(tuple(one.days for one in service.notices_of(account)))
        if day in (9, 32, 38):
            assert ends in service.expiring(31)
        identity.clock.advance(timedelta(days=1))
    assert [told[day] for day in (9, 10, 32, 33, 38, 39, 40)] == [
        (),
        (30,),
        (30,),
        (7, 30),
        (7, 30),
        (1, 7, 30),
        (1, 7, 30),
    ]
    assert {one.certificate_id for one in service.notices_of(account)} == {ends.certificate_id}
    assert service.notices_of("0" * 32) == ()


def test_a_bundle_is_told_of_once_and_the_renewed_not_at_all(identity: Any, bundles: Any) -> None:
    account = bundles.accounts.add(
        name="蜀州市锦北区住房和城乡建设局(演示)",
        subject="11510106DEM9A00331",
        roles={"applicant"},
        by="test",
    )
    until = identity.clock() + timedelta(days=20)
    facts = {"account_id": account.account_id, "valid_until": until}
    made = bundles.service.issue_bundle(bundles.new(rsa=True, **facts), by="test")
    assert (bundles.service.send_notices(), bundles.service.send_notices()) == (1, 0)
    assert [one.certificate_id for one in bundles.service.notices_of(account.account_id)] == [
        made.members[0].certificate_id
    ]
    bundles.service.renew(made.bundle_id, by="test")
    identity.clock.advance(timedelta(days=15))
    assert bundles.service.send_notices() == 0


def test_mass_reissue_rehearsed_then_done(identity: Any, bundles: Any) -> None:
    service = bundles.service
    people = [identity.person(f"H{number:02d}") for number in range(4)]
    identity.person("H09", KeyKind.P256)
    made = service.issue_bundle(bundles.new(rsa=True), by="test")
    service.suspend(people[1].certificate.certificate_id, by="test")
    identity.clock.advance(timedelta(days=2))
    service.refresh_crls()
    where = "authority=persons-sm2 and issued_at<2026-07-02 and not_after<2031-01-01"
    before = service.listed()
    rehearsed = service.reissue(where, by="test", dry_run=True)
    assert (rehearsed.chosen, rehearsed.renewable, rehearsed.renewed) == (4, 3, ())
    assert rehearsed.refused == ((people[1].certificate.certificate_id, "renewal-of-suspended"),)
    assert service.listed() == before
    done = service.reissue(where, by="test", dry_run=False)
    assert {one.replaces for one in done.renewed} == {
        people[number].certificate.certificate_id for number in (0, 2, 3)
    }
    again = service.reissue(where, by="test", dry_run=False)
    assert (again.chosen, again.renewed) == (1, ())
    whole = service.reissue("authority=organisations-sm2 and profile=enterprise", by="test", dry_run=False)
    assert len(whole.renewed) == len(made.members)
    assert service.bundle(whole.renewed[0].bundle_id).replaces == made.bundle_id


@pytest.mark.parametrize(
    "where",
    [
        "",
        "authority",
        "authority=persons-sm2 or 1=1",
        "authority=persons-sm2; DROP TABLE certificates",
        "authority<persons-sm2",
        "der=00",
        "not_after<soon",
        "not_after<2027-13-01",
        "authority='persons-sm2'",
        "authority=persons-sm2 and",
        "revoked_at=2027-01-01",
        "x" * 1001,
    ],
)
def test_selection_is_a_small_language(identity: Any, where: str) -> None:
    with pytest.raises(SelectionRefused) as refused:
        identity.certificates.reissue(where, by="test", dry_run=True)
    assert (refused.value.field, bool(refused.value.todo)) == ("where", True)
