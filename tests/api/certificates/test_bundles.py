# SPDX-License-Identifier: Apache-2.0
"""Bundles live and end as one: issued, renewed, re-keyed, suspended, resumed, revoked in one transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from api.accounts import committed_accounts, committed_mandates
from api.certificates import (
    EnvelopeRefused,
    Hierarchy,
    NoSuchCertificate,
    OrderRefused,
    RevocationRefused,
    committed_authorities,
    committed_bundles,
    committed_certificates,
    committed_qr_keys,
)
from api.database.tables_authority import bundles as bundles_table
from api.database.tables_identity import certificates as table
from api.ledger import RowAltered, check_ledger
from keys import KeyKind, envelope_key, generate_key, open_enveloped_key, parse_csr_response
from verify import Indication, Purpose, check_certificate, parse_certificate, parse_crl


class Killed(BaseException):
    """The process ends here."""


def statuses(bundles: Any, bundle_id: str) -> set[str]:
    found = bundles.service.bundle(bundle_id)
    return {one.status(bundles.clock()) for one in found.members} | {found.state}


def counts(database: Any) -> tuple[int, int]:
    with database.read() as connection:
        return (
            connection.execute(select(func.count()).select_from(bundles_table)).scalar_one(),
            connection.execute(select(func.count()).where(table.c.revoked_at.is_(None))).scalar_one(),
        )


@pytest.mark.parametrize("rsa", [False, True])
def test_bundle_is_what_a_device_takes_in(bundles: Any, rsa: bool) -> None:
    key = generate_key(KeyKind.SM2)
    other = generate_key(KeyKind.RSA2048) if rsa else None
    made = bundles.service.issue_bundle(bundles.order(key, other), by="test")
    sign, encrypt, *more = made.members if not rsa else (made.members[0], made.members[2], made.members[1])
    assert (sign.usage, encrypt.usage, len(more)) == ("sign", "encrypt", int(rsa))
    assert {one.bundle_id for one in made.members} == {made.bundle_id}
    assert (made.member("sign"), made.member("encrypt")) == (sign, encrypt)
    assert made.member("sign", Hierarchy.RSA) == (more[0] if more else None)
    encryption = parse_certificate(encrypt.der)
    assert encryption.key_usage == {"keyEncipherment", "dataEncipherment", "keyAgreement"}
    assert parse_certificate(sign.der).key_usage == {"digitalSignature", "nonRepudiation"}
    # GM/T 0092: the signing key opens the envelope, and the key in it is the certified one.
    answer = parse_csr_response(made.csr_response)
    assert (list(answer.signing), list(answer.encryption)) == ([sign.der], [encrypt.der])
    opened = open_enveloped_key(answer.enveloped, key)
    assert opened.public_key == encryption.public_key
    assert answer.enveloped.encode() == made.envelope
    # The encryption certificate neither seals nor logs in.
    for one, purpose, good in ((sign, Purpose.SEAL, True), (encrypt, Purpose.SEAL, False)):
        report = check_certificate(
            parse_certificate(one.der), bundles.service.trust(), bundles.clock(), purpose=purpose
        )
        assert (report.indication is Indication.TOTAL_PASSED) is good


def test_same_order_is_the_same_bundle(bundles: Any, database: Any) -> None:
    order = bundles.new(rsa=True)
    made = bundles.service.issue_bundle(order, by="test")
    assert bundles.service.issue_bundle(order, by="test") == made
    assert (bundles.centre.deliveries, counts(database)[0]) == (1, 1)


def test_refused_bundles(bundles: Any, identity: Any, database: Any) -> None:
    before = counts(database)
    sm2, p256 = generate_key(KeyKind.SM2), generate_key(KeyKind.P256)
    for code, order in (
        ("sm2-key-required", bundles.order(p256)),
        ("rsa-key-required", bundles.order(sm2, generate_key(KeyKind.SM2))),
        ("profile-not-ordered", bundles.order(sm2, profile="enterprise_encrypt")),
    ):
        with pytest.raises(OrderRefused) as refused:
            bundles.service.issue_bundle(order, by="test")
        assert refused.value.code == code
    with pytest.raises(OrderRefused) as refused:
        identity.certificates.issue_bundle(bundles.order(sm2), by="test")
    assert (refused.value.code, counts(database)) == ("key-centre-unavailable", before)


def test_envelope_with_another_key_issues_nothing(bundles: Any, database: Any) -> None:
    before = counts(database)
    bundles.centre.deliver = lambda key_id, to: envelope_key(generate_key(KeyKind.SM2), to).encode()
    with pytest.raises(EnvelopeRefused):
        bundles.service.issue_bundle(bundles.new(), by="test")
    bundles.centre.deliver = lambda key_id, to: b"\x30\x00"
    with pytest.raises(EnvelopeRefused):
        bundles.service.issue_bundle(bundles.new(), by="test")
    assert counts(database) == before


@pytest.mark.parametrize("by", ["bundle", "member"])
def test_all_members_change_together(bundles: Any, by: str) -> None:
    made = bundles.service.issue_bundle(bundles.new(rsa=True), by="test")
    which = made.bundle_id if by == "bundle" else made.members[-1].certificate_id
    service = bundles.service

    def listed() -> set[str]:
        found = set()
        for one in made.members:
            entry = parse_crl(service.crl_file(one.issuer)).entries.get(int(one.serial, 16))
            found.add("-" if entry is None else entry.reason)
        return found

    assert (statuses(bundles, made.bundle_id), listed()) == ({"good"}, {"-"})
    service.suspend(which, by="test")
    assert (statuses(bundles, made.bundle_id), listed()) == ({"suspended"}, {"certificateHold"})
    assert [one.bundle_id for one in service.bundles(state="suspended")] == [made.bundle_id]
    service.resume(which, by="test")
    assert (statuses(bundles, made.bundle_id), listed()) == ({"good"}, {"-"})
    service.suspend(which, by="test")
    since = bundles.clock()
    bundles.clock.advance(timedelta(hours=1))
    service.revoke(which, "keyCompromise", by="test", invalidity_date=since)
    assert (statuses(bundles, made.bundle_id), listed()) == ({"revoked"}, {"keyCompromise"})
    # What was revoked out of a suspension does not count from the suspension on.
    entry = parse_crl(service.crl_file(made.members[0].issuer)).entries[int(made.members[0].serial, 16)]
    assert entry.at == since
    for act in (service.suspend, service.resume):
        with pytest.raises(RevocationRefused) as refused:
            act(which, by="test")
        assert refused.value.code == "revoked-already"
    with pytest.raises(OrderRefused) as again:
        service.renew(which, by="test")
    assert again.value.code == "key-compromised"


def test_renewed_with_the_same_keys(bundles: Any) -> None:
    key = generate_key(KeyKind.SM2)
    made = bundles.service.issue_bundle(bundles.order(key, generate_key(KeyKind.P256)), by="test")
    bundles.clock.advance(timedelta(days=300))
    bundles.service.refresh_crls()
    new = bundles.service.renew(made.bundle_id, by="test")
    renewed = bundles.service.bundle(new.bundle_id)
    assert renewed.replaces == made.bundle_id
    assert bundles.service.renew(made.members[0].certificate_id, by="test") == new
    for old, one in zip(made.members, renewed.members, strict=True):
        before, after = parse_certificate(old.der), parse_certificate(one.der)
        assert (after.public_key, after.subject) == (before.public_key, before.subject)
        assert (one.replaces, after.not_before) == (old.certificate_id, bundles.clock())
    opened = open_enveloped_key(parse_csr_response(renewed.csr_response).enveloped, key)
    assert opened.public_key == parse_certificate(renewed.members[-1].der).public_key
    assert (bundles.centre.deliveries, statuses(bundles, made.bundle_id)) == (1, {"good"})


def test_rekeyed_and_superseded_at_once(bundles: Any) -> None:
    made = bundles.service.issue_bundle(bundles.new(rsa=True), by="test")
    order = bundles.new()
    new = bundles.service.rekey(made.bundle_id, order, by="test")
    assert bundles.service.rekey(made.bundle_id, order, by="test") == new
    assert bundles.service.bundle(new.bundle_id).replaces == made.bundle_id
    old = bundles.service.bundle(made.bundle_id)
    assert {one.reason for one in old.members} == {"superseded"}
    with pytest.raises(OrderRefused) as refused:
        bundles.service.rekey(new.bundle_id, bundles.new(profile="person"), by="test")
    assert refused.value.code == "account-required"


FAILING = [
    *((verb, where) for verb in ("issue", "renew") for where in ("insert_bundle", "close")),
    *(("rekey", where) for where in ("insert_bundle", "lists", "close")),
    *((verb, where) for verb in ("suspend", "revoke") for where in ("lists", "close")),
]


@pytest.mark.parametrize(("verb", "where"), FAILING)
def test_failing_ports_leave_nothing_halfway(
    bundles: Any, database: Any, monkeypatch: pytest.MonkeyPatch, verb: str, where: str
) -> None:
    service = bundles.service
    made = service.issue_bundle(bundles.new(rsa=True), by="test")
    order = bundles.new(rsa=True)
    acts = {
        "issue": lambda: service.issue_bundle(order, by="test"),
        "renew": lambda: service.renew(made.bundle_id, by="test"),
        "rekey": lambda: service.rekey(made.bundle_id, order, by="test"),
        "suspend": lambda: service.suspend(made.bundle_id, by="test"),
        "revoke": lambda: service.revoke(made.bundle_id, "superseded", by="test"),
    }

    def die(*_args: Any, **_more: Any) -> Any:
        raise Killed

    before = counts(database)
    with monkeypatch.context() as patched:
        if where == "insert_bundle":
            patched.setattr("api.certificates.bundles._response", die)
        elif where == "lists":
            patched.setattr(type(bundles.ports.status), "publish", die)
        else:
            patched.setattr(type(bundles.ports.intents), "close_all", die)
        with pytest.raises(Killed):
            acts[verb]()
    assert (counts(database), statuses(bundles, made.bundle_id)) == (before, {"good"})
    assert bundles.ports.intents.abandon_open() >= 1
    acts[verb]()
    assert bundles.ports.intents.abandon_open() == 0


def test_edited_rows_are_not_acted_on(bundles: Any, database: Any, ledger: Any) -> None:
    """Somebody with the database's password lifts a suspension: nobody believes it."""
    made = bundles.service.issue_bundle(bundles.new(), by="test")
    bundles.service.suspend(made.bundle_id, by="test")
    with database.write() as connection:
        connection.execute(update(table).where(table.c.bundle_id == made.bundle_id).values(held_at=None))
    for act in (bundles.service.suspend, bundles.service.renew):
        with pytest.raises(RowAltered):
            act(made.bundle_id, by="test")
    with pytest.raises(RowAltered):
        bundles.service.revoke(made.bundle_id, "superseded", by="test")
    sources = {
        "accounts": committed_accounts,
        "mandates": committed_mandates,
        "authorities": committed_authorities,
        "bundles": committed_bundles,
        "certificates": committed_certificates,
        "qr_keys": committed_qr_keys,
    }
    found = check_ledger(database, ledger.log_keys(), sources).findings
    assert {(one.kind.value, one.table) for one in found} >= {("changed", "certificates")}


def test_nobody_else_has_bundles(bundles: Any) -> None:
    account = bundles.accounts.add(name=_NAME, subject=_AGENCY, roles={"applicant"}, by="test")
    made = bundles.service.issue_bundle(bundles.new(account_id=account.account_id), by="test")
    assert bundles.service.bundles_of(account.account_id) == (made,)
    assert bundles.service.bundles_of("0" * 32) == bundles.service.bundles_of("\x00") == ()
    with pytest.raises(NoSuchCertificate):
        bundles.service.bundle("0" * 32)


_AGENCY, _NAME = "11510106DEM9A00331", "蜀州市锦北区住房和城乡建设局(演示)"
