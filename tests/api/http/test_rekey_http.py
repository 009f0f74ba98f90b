# SPDX-License-Identifier: Apache-2.0
"""New keys for what one holds, and since when an ended key was out of hand; over HTTP with real logins."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from api.certificates import IssueOrder
from api.demo.client import Client, Holder, Refused, encoded
from ca import SubjectName, make_request
from keys import KeyKind, SoftwareKey, generate_key, open_enveloped_key, parse_enveloped_key
from verify import parse_certificate

OFFICE = "11510000DEM9A0017F"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Somebody:
    """An account, a key, and a logged-in client."""

    account_id: str
    name: str
    key: SoftwareKey
    holder: Holder
    client: Client

    @property
    def path(self) -> str:
        return f"/api/v1/certificates/{self.holder.certificate_id}"


def somebody(site: Any, *roles: str, agency: str = "", **more: Any) -> Somebody:
    subject = f"RKY{next(_numbers)}"
    name = f"样例换发{subject}"
    body: dict[str, Any] = {"name": name, "subject": subject, "roles": list(roles)}
    if agency:
        body["agency"] = agency
    account_id = site.operator.post("/api/v1/accounts", body)["account_id"]
    key = generate_key(KeyKind.SM2)
    holder = site.operator.certify(
        key, SubjectName(name), profile="person", holder=subject, account_id=account_id, **more
    )
    return Somebody(account_id, name, key, holder, site.stage.client().login(holder))


def asked(key: SoftwareKey, name: str) -> dict[str, str]:
    return {"request": encoded(make_request(key, SubjectName(name)))}


def refused(act: Any) -> tuple[int, str]:
    with pytest.raises(Refused) as found:
        act()
    return found.value.status, found.value.code


def test_a_new_key_for_the_same_words(site: Any) -> None:
    """The old one is superseded, its logins end, the new one logs in; the end does not move."""
    who, key = somebody(site, "applicant"), generate_key(KeyKind.SM2)
    before = site.service.certificates.get(who.holder.certificate_id)
    made = who.client.post(f"{who.path}/rekey", asked(key, who.name))
    assert made["status"] == "good"
    after = site.service.certificates.get(made["certificate_id"])
    old, new = parse_certificate(before.der), parse_certificate(after.der)
    assert (new.subject, new.public_key, after.not_after) == (old.subject, key.public_key, before.not_after)
    assert (after.replaces, after.account_id) == (before.certificate_id, who.account_id)
    assert site.service.certificates.get(before.certificate_id).reason == "superseded"
    assert refused(lambda: who.client.get("/api/v1/me"))[0] == 401
    login = site.stage.client().login(Holder(key, after.der, after.certificate_id, who.account_id))
    assert login.get("/api/v1/me")["account_id"] == who.account_id
    again = asked(generate_key(KeyKind.SM2), who.name)
    assert refused(lambda: login.post(f"{who.path}/rekey", again)) == (422, "renewal-of-ended")


def test_shortly_before_the_end_it_is_a_new_term(site: Any) -> None:
    soon = site.service.clock() + timedelta(days=20)
    who = somebody(site, "applicant", valid_until=soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
    made = who.client.post(f"{who.path}/rekey", asked(generate_key(KeyKind.P256), who.name))
    assert datetime.fromisoformat(made["not_after"]) > soon + timedelta(days=90)


def test_what_is_refused(site: Any) -> None:
    """Each for its reason, and the certificate stays good."""
    who, other = somebody(site, "applicant"), somebody(site, "applicant")
    registrar = somebody(site, "registrar", agency=OFFICE)
    good = asked(generate_key(KeyKind.SM2), who.name)
    path = f"{who.path}/rekey"
    for client in (other.client, registrar.client, site.operator):
        assert refused(lambda client=client: client.post(path, good)) == (404, "no-such-certificate")
    broken = bytearray(make_request(generate_key(KeyKind.SM2), SubjectName(who.name)))
    broken[-1] ^= 1
    forged, another = {"request": encoded(bytes(broken))}, asked(generate_key(KeyKind.SM2), other.name)
    rsa = {"rsa_request": encoded(make_request(generate_key(KeyKind.RSA2048), SubjectName(who.name)))}
    for sent, code in (
        (asked(who.key, who.name), "rekey-same-key"),
        (asked(other.key, who.name), "key-of-another"),
        (another, "request-contradicts-order"),
        (forged, ""),
        ({"request": "MAA="}, ""),
        ({**good, **rsa}, "rekey-other-keys"),
        ({}, ""),
        ({**good, "holder": "X1"}, ""),
    ):
        status, told = refused(lambda sent=sent: who.client.post(path, sent))
        assert (status, told if code else "") == (422, code), sent
    assert site.service.certificates.get(who.holder.certificate_id).revoked_at is None
    # Suspended: with another certificate of the same account.
    key = generate_key(KeyKind.SM2)
    subject = site.service.certificates.get(who.holder.certificate_id).holder
    extra = site.operator.certify(
        key, SubjectName(who.name), profile="person", holder=subject, account_id=who.account_id
    )
    second = site.stage.client().login(extra)
    second.post(f"{who.path}/suspend", {})
    assert refused(lambda: second.post(path, good)) == (422, "renewal-of-ended")


def test_a_bundle_gets_new_keys_as_one(site: Any) -> None:
    """Three new keys; the encryption key opens with the new signing key; the old three are superseded."""
    if site.service.key_centre is None:
        pytest.skip("this data directory has no key centre")
    who, registrar = somebody(site, "applicant"), somebody(site, "registrar", agency=OFFICE)
    subject = site.service.certificates.get(who.holder.certificate_id).holder
    rsa = {"rsa_request": encoded(make_request(generate_key(KeyKind.RSA2048), SubjectName(who.name)))}
    body = {
        "profile": "person",
        "holder": subject,
        "holder_name": who.name,
        "account_id": who.account_id,
        "bundle": True,
        **asked(generate_key(KeyKind.SM2), who.name),
        **rsa,
    }
    applied = who.client.post("/api/v1/enrolments", body)
    done = registrar.client.post(f"/api/v1/enrolments/{applied['enrolment_id']}/approve", {})
    old = site.service.certificates.bundle(done["bundle_id"])
    path, key = f"/api/v1/certificates/{done['certificate_id']}/rekey", generate_key(KeyKind.SM2)
    new = asked(key, who.name)
    assert refused(lambda: who.client.post(path, new)) == (422, "rekey-other-keys")
    assert refused(lambda: who.client.post(path, {**new, **rsa})) == (422, "rekey-same-key")
    fresh = {"rsa_request": encoded(make_request(generate_key(KeyKind.RSA2048), SubjectName(who.name)))}
    made = who.client.post(path, {**new, **fresh})
    bundle = site.service.certificates.bundle(made["bundle_id"])
    assert (bundle.replaces, len(bundle.members), bundle.state) == (old.bundle_id, 3, "good")
    assert not {one.fingerprint for one in bundle.members} & {one.fingerprint for one in old.members}
    held = f"/api/v1/certificates/{made['certificate_id']}"
    opened = open_enveloped_key(parse_enveloped_key(who.client.fetch(f"{held}/envelope")), key)
    encryption, before = bundle.member("encrypt"), old.member("encrypt")
    assert encryption is not None and before is not None
    assert parse_certificate(encryption.der).public_key == opened.public_key
    assert parse_certificate(before.der).public_key != opened.public_key
    ended = site.service.certificates.bundle(old.bundle_id)
    assert {one.reason for one in ended.members} == {"superseded"}


def test_who_acts_for_a_body_chooses_no_key_for_it(site: Any) -> None:
    """An enterprise's new key is applied for: a mandate ends, a key would stay; servers go another way."""
    enterprise = site.service.certificates.get(site.holder("E01").certificate_id)
    words = {"holder": enterprise.holder, "holder_name": enterprise.holder_name}
    name = SubjectName(enterprise.holder_name, enterprise.holder_name, enterprise.holder)
    held, device = (
        site.service.certificates.issue(
            IssueOrder(profile=profile, request=make_request(generate_key(KeyKind.SM2), name), **words),
            by="test",
        )
        for profile in ("enterprise", "device")
    )
    path = f"/api/v1/certificates/{held.certificate_id}/rekey"
    sent = {"request": encoded(make_request(generate_key(KeyKind.SM2), name))}
    alone, acting = site.login("H01"), site.login("H01", "E01")
    assert refused(lambda: alone.post(path, sent)) == (404, "no-such-certificate")
    other = f"/api/v1/certificates/{device.certificate_id}/rekey"
    assert refused(lambda: acting.post(other, sent)) == (422, "rekey-over-protocol")
    assert refused(lambda: acting.post(path, sent)) == (422, "rekey-of-body")
    assert site.service.certificates.get(held.certificate_id).revoked_at is None


def test_since_when_a_key_was_out_of_hand(site: Any) -> None:
    who = somebody(site, "applicant")
    path = f"{who.path}/revoke"
    begun, now = site.service.certificates.get(who.holder.certificate_id).not_before, site.service.clock()
    for since, code in (
        ((now + timedelta(days=1)).isoformat(), "invalidity-refused"),
        ((begun - timedelta(seconds=1)).isoformat(), "invalidity-before-issuance"),
        ("0001-01-01T00:00:00+14:00", "invalidity-before-issuance"),
        (begun.replace(tzinfo=None).isoformat(), ""),
        ("yesterday", ""),
    ):
        sent = {"reason": "keyCompromise", "invalid_since": since}
        status, told = refused(lambda sent=sent: who.client.post(path, sent))
        assert (status, told if code else "") == (422, code), since
    assert site.service.certificates.get(who.holder.certificate_id).revoked_at is None
    sent = {"reason": "keyCompromise", "invalid_since": begun.isoformat()}
    assert who.client.post(path, sent)["state"] == "revoked"
    assert site.service.certificates.get(who.holder.certificate_id).invalidity_date == begun
