# SPDX-License-Identifier: Apache-2.0
"""Enrolment over HTTP with real logins: apply, approve, fetch, log in; and what a holder does afterwards."""

from __future__ import annotations

import base64
import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from api.demo.client import Client, Holder, Refused, encoded
from ca import SubjectName, make_request
from keys import KeyKind, SoftwareKey, der, generate_key, open_enveloped_key, parse_enveloped_key
from verify import parse_certificate

OFFICE, AGENCY = "11510000DEM9A0017F", "11510106DEM9A00331"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Somebody:
    """An account, a key, and a logged-in client."""

    account_id: str
    subject: str
    name: str
    key: SoftwareKey
    holder: Holder
    client: Client


def somebody(site: Any, *roles: str, agency: str = "", subject: str = "") -> Somebody:
    """Opened by the operator, certified by the operator, logged in."""
    subject = subject or f"ENR{next(_numbers)}"
    name = f"样例登记{subject}"
    body: dict[str, Any] = {"name": name, "subject": subject, "roles": list(roles)}
    if agency:
        body["agency"] = agency
    account_id = site.operator.post("/api/v1/accounts", body)["account_id"]
    key = generate_key(KeyKind.SM2)
    holder = site.operator.certify(
        key, SubjectName(name), profile="person", holder=subject, account_id=account_id
    )
    return Somebody(account_id, subject, name, key, holder, site.stage.client().login(holder))


@pytest.fixture(scope="module")
def registrar(site: Any) -> Somebody:
    return somebody(site, "registrar", agency=OFFICE)


@pytest.fixture(scope="module")
def second(site: Any) -> Somebody:
    return somebody(site, "registrar", agency=OFFICE)


def order_of(who: Somebody, key: SoftwareKey | None = None, **more: Any) -> dict[str, Any]:
    """An application for another certificate of the own person."""
    request = make_request(key or generate_key(KeyKind.SM2), SubjectName(who.name))
    return {
        "profile": "person",
        "request": encoded(request),
        "holder": who.subject,
        "holder_name": who.name,
        "account_id": who.account_id,
        "bundle": False,
        **more,
    }


def refused(act: Any) -> tuple[int, str]:
    with pytest.raises(Refused) as found:
        act()
    return found.value.status, found.value.code


def test_the_whole_way(site: Any, registrar: Somebody) -> None:
    """Apply, be approved, fetch in three forms, log in with it."""
    who, key = somebody(site, "applicant"), generate_key(KeyKind.SM2)
    body = order_of(who, key)
    first = who.client.http.post("/api/v1/enrolments", json=body)
    again = who.client.http.post("/api/v1/enrolments", json=body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    made = first.json()
    assert (made["state"], made["approvals"]) == ("waiting", {"needed": 1, "given": 0})
    path = f"/api/v1/enrolments/{made['enrolment_id']}"
    assert refused(lambda: who.client.get(f"{path}/certificate")) == (409, "not-issued-yet")
    waiting = registrar.client.get("/api/v1/enrolments")["waiting"]
    assert made["enrolment_id"] in {one["enrolment_id"] for one in waiting}
    done = registrar.client.post(f"{path}/approve", {})
    assert done["state"] == "issued"
    assert registrar.client.post(f"{path}/approve", {}) == done
    pem = who.client.fetch(f"{path}/certificate")
    encoded_certificate = who.client.fetch(f"{path}/certificate?format=der")
    bag = who.client.fetch(f"{path}/certificate?format=p7b")
    assert pem.count(b"BEGIN CERTIFICATE") >= 2
    assert encoded_certificate in bag
    der.read_only(bag)
    assert parse_certificate(encoded_certificate).subject.common_name == who.name
    client = site.stage.client().login(
        Holder(key, encoded_certificate, done["certificate_id"], who.account_id)
    )
    assert client.get("/api/v1/me")["account_id"] == who.account_id


def test_strangers_see_nothing(site: Any, registrar: Somebody) -> None:
    who, other = somebody(site, "applicant"), somebody(site, "applicant")
    elsewhere = somebody(site, "registrar", agency=AGENCY)
    made = who.client.post("/api/v1/enrolments", order_of(who))
    path = f"/api/v1/enrolments/{made['enrolment_id']}"
    for client in (other.client, elsewhere.client):
        assert refused(lambda client=client: client.get(path)) == (404, "no-such-enrolment")
    assert refused(lambda: elsewhere.client.post(f"{path}/approve", {})) == (404, "no-such-enrolment")
    assert refused(lambda: other.client.post(f"{path}/approve", {})) == (403, "not-allowed")
    assert refused(lambda: other.client.post("/api/v1/enrolments", order_of(who))) == (403, "not-allowed")
    assert refused(lambda: registrar.client.post(f"{path}/withdraw", {})) == (404, "no-such-enrolment")
    assert who.client.post(f"{path}/withdraw", {})["state"] == "withdrawn"


def test_an_agency_needs_two_persons(site: Any, registrar: Somebody, second: Somebody) -> None:
    """One person twice is refused, the applicant is refused; the second person's approval issues it."""
    officer = somebody(site, "officer", agency=AGENCY)
    name = site.service.agency_name(AGENCY)
    request = make_request(generate_key(KeyKind.SM2), SubjectName(name, name, AGENCY))
    body = {
        "profile": "agency",
        "request": encoded(request),
        "holder": AGENCY,
        "holder_name": name,
        "bundle": False,
    }
    made = officer.client.post("/api/v1/enrolments", body)
    assert made["approvals"] == {"needed": 2, "given": 0}
    path = f"/api/v1/enrolments/{made['enrolment_id']}/approve"
    assert refused(lambda: officer.client.post(path, {})) == (403, "own-enrolment")
    assert registrar.client.post(path, {})["state"] == "waiting"
    assert refused(lambda: registrar.client.post(path, {})) == (409, "another-person-needed")
    done = second.client.post(path, {})
    assert done["state"] == "issued"
    # The agency's officers keep it; those of another agency do not know it.
    held = f"/api/v1/certificates/{done['certificate_id']}"
    assert "机关证书" in officer.client.http.get("/holder", headers={"Accept": "text/html"}).text
    stranger = somebody(site, "officer", agency=OFFICE)
    assert refused(lambda: stranger.client.post(f"{held}/suspend", {})) == (404, "no-such-certificate")
    assert officer.client.post(f"{held}/suspend", {})["status"] == "suspended"
    assert officer.client.post(f"{held}/resume", {})["status"] == "good"
    assert refused(lambda: registrar.client.post(f"{held}/renew", {})) == (422, "renewal-needs-approval")
    anew = make_request(generate_key(KeyKind.SM2), SubjectName(name, name, AGENCY))
    new_key = {"request": encoded(anew)}
    assert refused(lambda: officer.client.post(f"{held}/rekey", new_key)) == (422, "renewal-needs-approval")


def test_an_operator_does_not_go_round_the_two(site: Any) -> None:
    """What two persons approve is not ordered by one."""
    name = site.service.agency_name(AGENCY)
    request = make_request(generate_key(KeyKind.SM2), SubjectName(name, name, AGENCY))
    body = {"profile": "agency", "request": encoded(request), "holder": AGENCY, "holder_name": name}
    status, _ = refused(lambda: site.operator.post("/api/v1/certificates", body))
    assert status == 422


def test_two_officers_at_once(site: Any, registrar: Somebody, second: Somebody) -> None:
    who = somebody(site, "applicant")
    made = who.client.post("/api/v1/enrolments", order_of(who))
    path = f"/api/v1/enrolments/{made['enrolment_id']}/approve"
    with ThreadPoolExecutor(4) as pool:
        clients = [registrar.client, second.client] * 2
        answers = list(pool.map(lambda one: one.http.post(path, json={}), clients))
    assert {one.status_code for one in answers} <= {200, 409}
    certificates = {one.json()["certificate_id"] for one in answers if one.status_code == 200}
    assert len(certificates) == 1


def test_refused_with_a_reason(site: Any, registrar: Somebody) -> None:
    who = somebody(site, "applicant")
    made = who.client.post("/api/v1/enrolments", order_of(who))
    path = f"/api/v1/enrolments/{made['enrolment_id']}"
    for bad in ("", "\u200b", "x" * 501):
        answer = refused(lambda bad=bad: registrar.client.post(f"{path}/refuse", {"reason": bad}))
        assert answer == (422, "reason-malformed")
    registrar.client.post(f"{path}/refuse", {"reason": "证件照片不清晰"})
    assert who.client.get(path)["reason"] == "证件照片不清晰"
    assert refused(lambda: registrar.client.post(f"{path}/approve", {})) == (409, "enrolment-decided")


def test_a_code_instead_of_a_login(site: Any, registrar: Somebody) -> None:
    """For somebody without any certificate: apply, and fetch, with the code alone."""
    subject = f"ENR{next(_numbers)}"
    name = f"样例新人{subject}"
    opened = {"name": name, "subject": subject, "roles": ["applicant"]}
    account_id = site.operator.post("/api/v1/accounts", opened)["account_id"]
    body = {"profile": "person", "holder": subject, "holder_name": name, "account_id": account_id}
    code = registrar.client.post("/api/v1/enrolments/codes", body)["code"]
    anybody = site.stage.client()
    told = anybody.post("/api/v1/enrolments/collect", {"code": code})
    assert (told["holder_name"], told["enrolment"]) == (name, None)
    key = generate_key(KeyKind.SM2)
    request = encoded(make_request(key, SubjectName(name)))
    sent = {"code": code.lower(), "request": request, "bundle": False}
    made = anybody.post("/api/v1/enrolments/by-code", sent)
    assert anybody.post("/api/v1/enrolments/by-code", sent) == made
    other = encoded(make_request(generate_key(KeyKind.SM2), SubjectName(name)))
    again = refused(lambda: anybody.post("/api/v1/enrolments/by-code", {**sent, "request": other}))
    assert again == (409, "enrolment-code-used")
    assert "certificates" not in anybody.post("/api/v1/enrolments/collect", {"code": code})
    registrar.client.post(f"/api/v1/enrolments/{made['enrolment_id']}/approve", {})
    told = anybody.post("/api/v1/enrolments/collect", {"code": code})
    certificate = base64.b64decode(told["certificates"][0])
    holder = Holder(key, certificate, told["enrolment"]["certificate_id"], account_id)
    assert anybody.login(holder).get("/api/v1/me")["name"] == name
    bad = refused(lambda: anybody.post("/api/v1/enrolments/collect", {"code": "0" * 16}))
    assert bad == (404, "enrolment-code-unknown")


BAD_FIELDS = [
    ({"profile": "no-such"}, 422, "no-such-profile", ""),
    ({"profile": "root"}, 422, "profile-not-enrolled", "profile"),
    ({"profile": ""}, 422, "request-malformed", "profile"),
    ({"request": "%%%"}, 422, "request-malformed", "request"),
    ({"request": "MAA="}, 422, None, "request"),
    ({"request": 7}, 422, "request-malformed", "request"),
    ({"rsa_request": "MAA="}, 422, None, "request"),
    ({"holder": "somebody-else"}, 422, "holder-differs", "holder"),
    ({"holder": ""}, 422, "request-malformed", "holder"),
    ({"holder_name": "别人"}, 422, "name-differs", "holder_name"),
    ({"holder_name": None}, 422, "request-malformed", "holder_name"),
    ({"account_id": "0" * 32}, 404, "no-such-account", ""),
    ({"account_id": "x y"}, 422, "request-malformed", "account_id"),
    ({"account_id": None}, 422, "account-needed", "account_id"),
    ({"names": ["no kind"]}, 422, "names-malformed", "names"),
    ({"names": "dns:a.example"}, 422, "request-malformed", "names"),
    ({"names": ["dns:a.example"] * 21}, 422, "request-malformed", "names"),
    ({"bundle": "perhaps"}, 422, "request-malformed", "bundle"),
    ({"agency": "A3"}, 422, "agency-not-a-code", "agency"),
    ({"surprise": 1}, 422, "request-malformed", "surprise"),
]


@pytest.mark.parametrize(("change", "status", "code", "field"), BAD_FIELDS)
def test_every_field_is_checked(
    site: Any, registrar: Somebody, change: dict[str, Any], status: int, code: str | None, field: str
) -> None:
    """The answer names the field and says what to do; nothing is kept."""
    who = registrar
    body = {**order_of(who), **change}
    answer = who.client.http.post("/api/v1/enrolments", json=body)
    problem = answer.json()
    assert answer.status_code == status, problem
    if code is not None:
        assert problem["code"] == code
    if field:
        assert [one["field"] for one in problem["errors"]] == [field]
    assert who.client.get("/api/v1/enrolments")["mine"] == []


def test_lost_found_renewed_ended(site: Any, registrar: Somebody) -> None:
    """Suspending ends that certificate's logins at once; the office resumes; too early to renew; the end."""
    who = somebody(site, "applicant")
    path = f"/api/v1/certificates/{who.holder.certificate_id}"
    assert refused(lambda: who.client.post(f"{path}/renew", {})) == (422, "renewal-too-early")
    other = somebody(site, "applicant")
    assert refused(lambda: other.client.post(f"{path}/suspend", {})) == (404, "no-such-certificate")
    assert who.client.post(f"{path}/suspend", {})["status"] == "suspended"
    assert refused(lambda: who.client.get("/api/v1/me"))[0] == 401
    status, code = refused(lambda: site.stage.client().login(who.holder))
    assert (status, code != "account-unknown") == (401, True)
    assert registrar.client.post(f"{path}/resume", {})["status"] == "good"
    again = site.stage.client().login(who.holder)
    ended = again.post(f"{path}/revoke", {"reason": "keyCompromise"})
    assert ended["state"] == "revoked"


def test_resumed_with_another_certificate(site: Any, registrar: Somebody) -> None:
    """Whoever has a second certificate on the same account needs nobody's help."""
    who, key = somebody(site, "applicant"), generate_key(KeyKind.SM2)
    made = who.client.post("/api/v1/enrolments", order_of(who, key))
    done = registrar.client.post(f"/api/v1/enrolments/{made['enrolment_id']}/approve", {})
    encoded_certificate = who.client.fetch(
        f"/api/v1/enrolments/{made['enrolment_id']}/certificate?format=der"
    )
    holder = Holder(key, encoded_certificate, done["certificate_id"], who.account_id)
    second = site.stage.client().login(holder)
    path = f"/api/v1/certificates/{who.holder.certificate_id}"
    assert second.post(f"{path}/suspend", {})["status"] == "suspended"
    assert second.post(f"{path}/resume", {})["status"] == "good"
    # What the office suspended, the office resumes.
    second.post(f"{path}/suspend", {})  # and if the holder was there first
    registrar.client.post(f"{path}/suspend", {})
    assert refused(lambda: second.post(f"{path}/resume", {})) == (403, "suspended-by-another")
    assert registrar.client.post(f"{path}/resume", {})["status"] == "good"


def test_a_registrar_does_not_resume_the_own_certificate(site: Any, registrar: Somebody) -> None:
    """Suspended by the office for a suspicion: the suspect works there, and has another certificate."""
    who, key = somebody(site, "registrar", agency=OFFICE), generate_key(KeyKind.SM2)
    extra = site.operator.certify(
        key, SubjectName(who.name), profile="person", holder=who.subject, account_id=who.account_id
    )
    again = site.stage.client().login(extra)
    path = f"/api/v1/certificates/{who.holder.certificate_id}"
    assert registrar.client.post(f"{path}/suspend", {})["status"] == "suspended"
    assert refused(lambda: again.post(f"{path}/resume", {})) == (403, "suspended-by-another")
    assert registrar.client.post(f"{path}/resume", {})["status"] == "good"


def test_renewed_shortly_before_its_end(site: Any) -> None:
    """The same key, a later end."""
    subject = f"ENR{next(_numbers)}"
    name = f"样例续期{subject}"
    opened = {"name": name, "subject": subject, "roles": ["applicant"]}
    account_id = site.operator.post("/api/v1/accounts", opened)["account_id"]
    key = generate_key(KeyKind.SM2)
    soon = (site.service.clock() + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    holder = site.operator.certify(
        key, SubjectName(name), profile="person", holder=subject, account_id=account_id, valid_until=soon
    )
    client = site.stage.client().login(holder)
    site.service.certificates.send_notices()
    told = client.http.get("/holder", headers={"Accept": "text/html"}).text
    assert "证书 30 天内到期" in told.split('id="notices"')[1]
    renewed = client.post(f"/api/v1/certificates/{holder.certificate_id}/renew", {})
    assert renewed["certificate_id"] != holder.certificate_id
    assert renewed["not_after"] > soon
    answer = client.http.get("/holder", headers={"Accept": "text/html"})
    assert "30 天内到期" in answer.text


def test_status_for_everybody(site: Any, registrar: Somebody) -> None:
    """By serial, fingerprint and file: the state with its time, and no word about the holder."""
    who = somebody(site, "applicant")
    certificate = parse_certificate(who.holder.certificate)
    http = site.stage.client().http
    page = {"Accept": "text/html"}
    questions = [f"{certificate.serial:x}", f"00:{certificate.serial:X}", certificate.fingerprint.upper()]
    for query in questions:
        answer = http.get("/status", params={"query": query}, headers=page)
        assert answer.status_code == 200
        assert "headline pass" in answer.text
        assert who.name not in answer.text
        assert who.subject not in answer.text
    who.client.post(f"/api/v1/certificates/{who.holder.certificate_id}/suspend", {})
    upload = {"file": ("c.cer", who.holder.certificate)}
    assert "已挂失" in http.post("/status", files=upload, headers=page).text
    site.operator.post(
        f"/api/v1/certificates/{who.holder.certificate_id}/revoke", {"reason": "keyCompromise"}
    )
    answer = http.post("/status", files=upload, headers=page)
    assert "已吊销" in answer.text
    assert "keyCompromise" in answer.text
    unknown = http.get("/status", params={"query": "ab" * 16}, headers=page)
    assert (unknown.status_code, "未知" in unknown.text) == (404, True)
    for bad in ("hello", "x" * 300, "\x00"):
        answer = http.get("/status", params={"query": bad}, headers=page)
        assert (answer.status_code, "status-question-refused" in answer.text) == (422, True)
    for content in (b"", b"hello", b"\x30\x00"):
        answer = http.post("/status", files={"file": ("c.cer", content)}, headers=page)
        assert answer.status_code == 422
    assert http.post("/status", headers=page).status_code == 422


def test_pages_need_their_role(site: Any, registrar: Somebody) -> None:
    who = somebody(site, "applicant")
    page = {"Accept": "text/html"}
    for path, clients in (
        ("/registration", {registrar: 200, who: 403}),
        ("/authority", {registrar: 403, who: 403}),
        ("/authority/accounts", {registrar: 403, who: 403}),
        ("/holder", {registrar: 200, who: 200}),
        ("/enrol", {registrar: 200, who: 200}),
    ):
        for one, status in clients.items():
            assert one.client.http.get(path, headers=page).status_code == status, path
        assert site.operator.http.get(path, headers=page).status_code == 200, path


def test_a_registrar_sees_no_cases(site: Any) -> None:
    """Registering for an agency is no reason to read what is filed there."""
    one = somebody(site, "registrar", agency=AGENCY)
    assert refused(lambda: one.client.get("/api/v1/desk")) == (403, "not-allowed")


def test_a_bundle(site: Any, registrar: Somebody) -> None:
    """One approval, one identity: signing, encryption, and the envelope that the signing key opens."""
    if site.service.key_centre is None:
        pytest.skip("this data directory has no key centre")
    who, key = somebody(site, "applicant"), generate_key(KeyKind.SM2)
    rsa = make_request(generate_key(KeyKind.RSA2048), SubjectName(who.name))
    body = {**order_of(who, key), "bundle": True, "rsa_request": encoded(rsa)}
    made = who.client.post("/api/v1/enrolments", body)
    assert made["shape"] == "bundle"
    path = f"/api/v1/enrolments/{made['enrolment_id']}"
    done = registrar.client.post(f"{path}/approve", {})
    assert (done["state"], done["bundle_id"] is not None) == ("issued", True)
    certificate_id = done["certificate_id"]
    held = f"/api/v1/certificates/{certificate_id}"
    envelope = parse_enveloped_key(who.client.fetch(f"{held}/envelope"))
    opened = open_enveloped_key(envelope, key)
    bundle = site.service.certificates.bundle(done["bundle_id"])
    encryption = bundle.member("encrypt")
    assert encryption is not None
    assert parse_certificate(encryption.der).public_key == opened.public_key
    der.read_only(who.client.fetch(f"{held}/response"))
    bag = who.client.fetch(f"{path}/certificate?format=p7b")
    assert all(one.der in bag for one in bundle.members)
    suspended = who.client.post(f"{held}/suspend", {})
    assert {one["status"] for one in suspended["members"]} == {"suspended"}
    assert len(suspended["members"]) == 3
    # The person's other certificate still logs in, and resumes the whole bundle.
    resumed = who.client.post(f"{held}/resume", {})
    assert {one["status"] for one in resumed["members"]} == {"good"}
