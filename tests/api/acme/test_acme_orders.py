# SPDX-License-Identifier: Apache-2.0
"""From an account to a certificate: the whole way, and each state of an order (RFC 8555 section 7)."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from api.acme import Limits, Unproven
from api.certificates import NotInitialised
from api.database.tables_acme import acme_authorizations, acme_challenges, acme_orders


@pytest.mark.parametrize("kind", ["P-256", "P-384", "RSA"])
def test_the_whole_way(desk: Any, kind: str) -> None:
    client = desk.client("one", kind)
    url, order = client.order("www.corp.test", "corp.test")
    assert order["status"] == "pending"
    assert [one["value"] for one in order["identifiers"]] == ["www.corp.test", "corp.test"]
    client.prove(order)
    order = client.post(url).body
    assert order["status"] == "ready"
    key = desk.server_key("host", kind)
    csr = desk.request_for("corp.test", "www.corp.test", key=key)
    order = client.post(order["finalize"], {"csr": desk.b64(csr)}).body
    assert order["status"] == "valid"
    answer = client.post(order["certificate"])
    assert answer.media_type == "application/pem-certificate-chain"
    leaf, issuer = x509.load_pem_x509_certificates(answer.body)
    leaf.verify_directly_issued_by(issuer)
    assert leaf.public_key() == key.public_key()
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {"corp.test", "www.corp.test"}
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert x509.OID_SERVER_AUTH in usage
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=90)
    assert client.post(f"{client.kid}/orders").body == {"orders": [url]}


def test_a_wildcard_is_proven_in_the_dns_only(desk: Any) -> None:
    client = desk.client()
    _, order = client.order("*.corp.test", "corp.test")
    proofs = [client.post(one).body for one in order["authorizations"]]
    assert {one["identifier"]["value"] for one in proofs} == {"corp.test"}
    kinds = {one.get("wildcard", False): [c["type"] for c in one["challenges"]] for one in proofs}
    assert kinds == {True: ["dns-01"], False: ["dns-01", "http-01"]}
    _, order = client.issued("*.corp.test", "corp.test")
    assert order["status"] == "valid"


def test_an_internationalised_name(desk: Any) -> None:
    client = desk.client(made=desk.key("xn--fiqs8s.test"))
    _, order = client.issued("www.xn--fiqs8s.test")
    assert order["status"] == "valid"
    for name in (
        "www.中国.test",
        "xn--a.xn--fiqs8s.test",
        "xn--fiqs8.xn--fiqs8s.test",
        "ab--c.xn--fiqs8s.test",
    ):
        desk.refused("rejectedIdentifier", lambda name=name: client.order(name))


@pytest.mark.parametrize(
    "name",
    [
        "corp.test.evil.test",
        "evilcorp.test",
        "test",
        "localhost",
        "10.0.0.1",
        "corp.0x7f",
        "a..corp.test",
        "-a.corp.test",
        "a_b.corp.test",
        "corp.test.",
        "*.*.corp.test",
        "www.*.corp.test",
        "*",
        "",
        "a b.corp.test",
        "a\n.corp.test",
        f"{'a' * 64}.corp.test",
        f"{'a.' * 130}corp.test",
    ],
)
def test_names_that_are_refused(desk: Any, name: str) -> None:
    client = desk.client()
    desk.refused("rejectedIdentifier", lambda: client.order(name))


def test_each_refused_name_is_named(desk: Any) -> None:
    client = desk.client()
    error = desk.refused(
        "rejectedIdentifier", lambda: client.order("corp.test", "a.other.test", "b.other.test")
    )
    told = error.as_json()["subproblems"]
    assert [one["identifier"]["value"] for one in told] == ["a.other.test", "b.other.test"]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "malformed"),
        ({"identifiers": []}, "malformed"),
        ({"identifiers": "corp.test"}, "malformed"),
        ({"identifiers": [{"type": "dns"}]}, "malformed"),
        ({"identifiers": [{"type": "dns", "value": 1}]}, "malformed"),
        ({"identifiers": [{"type": "ip", "value": "192.0.2.1"}]}, "unsupportedIdentifier"),
        ({"identifiers": [{"type": "dns", "value": "corp.test"}] * 51}, "malformed"),
        (
            {"identifiers": [{"type": "dns", "value": "corp.test"}], "notAfter": "2027-01-01T00:00:00Z"},
            "malformed",
        ),
        ({"identifiers": [{"type": "dns", "value": "corp.test"}], "replaces": 1}, "malformed"),
        ({"identifiers": [{"type": "dns", "value": "corp.test"}], "replaces": "x"}, "malformed"),
    ],
)
def test_orders_that_are_none(desk: Any, payload: Any, code: str) -> None:
    client = desk.client()
    desk.refused(code, lambda: client.post(client.url("newOrder"), payload))


# Proofs


def test_a_wrong_page_ends_the_order(desk: Any) -> None:
    client = desk.client()
    url, order = client.order("corp.test")
    proof = client.post(order["authorizations"][0]).body
    challenge = client.publish(proof)
    (where,) = desk.web.pages
    desk.web.pages[where] = b"something else"
    assert client.post(challenge, {}).body["status"] in ("processing", "invalid")
    client.settle()
    told = client.post(challenge).body
    assert told["status"] == "invalid"
    assert told["error"]["type"] == "urn:ietf:params:acme:error:incorrectResponse"
    assert client.post(order["authorizations"][0]).body["status"] == "invalid"
    order = client.post(url).body
    assert order["status"] == "invalid"
    assert order["error"]["identifier"] == {"type": "dns", "value": "corp.test"}
    desk.refused(
        "orderNotReady",
        lambda: client.post(order["finalize"], {"csr": desk.b64(desk.request_for("corp.test"))}),
    )


def test_what_may_pass_is_looked_at_again(desk: Any) -> None:
    """White space behind the page, and a host that answers the second time."""
    client = desk.client()
    url, order = client.order("corp.test")
    challenge = client.publish(client.post(order["authorizations"][0]).body)
    (where,) = desk.web.pages
    desk.web.pages[where] += b"\r\n"
    desk.web.fails.append(Unproven("connection", "not yet", again=True))
    client.post(challenge, {})
    client.settle()
    assert client.post(url).body["status"] == "ready"
    assert desk.web.asked == ["corp.test", "corp.test"]


def test_a_proof_that_a_crash_left_is_taken_up(desk: Any) -> None:
    client = desk.client()
    url, order = client.order("corp.test")
    challenge = client.publish(client.post(order["authorizations"][0]).body)
    with desk.ports.database.write() as connection:
        one = update(acme_challenges).where(acme_challenges.c.id == challenge.rsplit("/", 1)[1])
        connection.execute(one.values(status="processing"))
    assert client.post(challenge).headers["Retry-After"]
    desk.acme.do_chores()
    client.settle()
    assert client.post(url).body["status"] == "ready"


def test_an_authorization_is_given_up(desk: Any) -> None:
    client = desk.client()
    url, order = client.ready("corp.test")
    where = order["authorizations"][0]
    desk.refused("malformed", lambda: client.post(where, {"status": "valid"}))
    assert client.post(where, {"status": "deactivated"}).body["status"] == "deactivated"
    assert client.post(url).body["status"] == "invalid"
    desk.refused("malformed", lambda: client.post(where, {"status": "deactivated"}))


def test_an_edit_proves_nothing(desk: Any) -> None:
    """Whoever can write the database still has no name: the public log does not vouch for it."""
    client = desk.client()
    _, order = client.order("corp.test")
    with desk.ports.database.write() as connection:
        connection.execute(update(acme_authorizations).values(status="valid", proven_at=desk.ports.clock()))
        connection.execute(update(acme_orders).values(status="ready"))
    csr = desk.b64(desk.request_for("corp.test"))
    desk.refused("unauthorized", lambda: client.post(order["finalize"], {"csr": csr}))
    assert desk.issued == []


def test_proofs_and_orders_expire(desk: Any, clock: Any) -> None:
    client = desk.client()
    url, order = client.order("corp.test")
    clock.advance(timedelta(days=7))
    assert client.post(url).body["status"] == "invalid"
    proof = client.post(order["authorizations"][0]).body
    assert proof["status"] == "expired"
    desk.refused("malformed", lambda: client.post(proof["challenges"][0]["url"], {}))
    desk.acme.do_chores()
    clock.advance(timedelta(days=31))
    desk.acme.do_chores()
    desk.refused("malformed", lambda: client.post(url))
    with desk.ports.database.read() as connection:
        assert connection.execute(select(acme_orders)).all() == []
        assert connection.execute(select(acme_challenges)).all() == []


# Limits


@pytest.mark.parametrize("desk", [Limits(failures=2, orders=4)], indirect=True)
def test_limits(desk: Any, clock: Any) -> None:
    client = desk.client()
    for _ in range(2):
        _, order = client.order("corp.test")
        client.post(client.post(order["authorizations"][0]).body["challenges"][0]["url"], {})
        client.settle()
    _, order = client.order("corp.test")
    challenge = client.post(order["authorizations"][0]).body["challenges"][0]["url"]
    assert desk.refused("rateLimited", lambda: client.post(challenge, {})).retry_after > 0
    client.order("other.corp.test")
    assert desk.refused("rateLimited", lambda: client.order("corp.test")).status == 429
    clock.advance(timedelta(hours=1, seconds=1))
    client.post(challenge, {})


# Finalising


def ready_and_request(desk: Any, *names: str) -> tuple[Any, str, Any]:
    client = desk.client()
    url, order = client.ready(*names)
    return client, url, order


def test_before_it_is_ready(desk: Any) -> None:
    client = desk.client()
    _, order = client.order("corp.test")
    csr = desk.b64(desk.request_for("corp.test"))
    assert desk.refused("orderNotReady", lambda: client.post(order["finalize"], {"csr": csr})).status == 403


def extension(oid: str) -> Any:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\x05\x00")


REQUESTS = {
    "another name": lambda make: make("www.corp.test"),
    "a name more": lambda make: make("corp.test", "evil.test"),
    "no name": lambda make: make(),
    "another common name": lambda make: make("corp.test", cn="evil.test"),
    "code signing": lambda make: make(
        "corp.test", extensions=(x509.ExtendedKeyUsage([x509.OID_SERVER_AUTH, x509.OID_CODE_SIGNING]),)
    ),
    "any usage": lambda make: make(
        "corp.test", extensions=(x509.ExtendedKeyUsage([x509.ObjectIdentifier("2.5.29.37.0")]),)
    ),
    "an authority": lambda make: make("corp.test", extensions=(x509.BasicConstraints(True, None),)),
    "to sign certificates": lambda make: make(
        "corp.test",
        extensions=(x509.KeyUsage(True, False, False, False, False, True, False, False, False),),
    ),
    "an unknown extension": lambda make: make("corp.test", extensions=(extension("1.2.3.4"),)),
    "must-staple": lambda make: make(
        "corp.test", extensions=(x509.TLSFeature([x509.TLSFeatureType.status_request]),)
    ),
    "cut off": lambda make: make("corp.test")[:-1],
    "something behind": lambda make: make("corp.test") + b"\0",
    "a broken signature": lambda make: make("corp.test")[:-1] + bytes([make("corp.test")[-1] ^ 1]),
    "no request": lambda make: b"\x30\x00",
    "nothing": lambda make: b"",
}


@pytest.mark.parametrize("wish", REQUESTS)
def test_requests_that_smuggle(desk: Any, wish: str) -> None:
    """Each is refused by itself, and the order can still be finalised with a good one."""
    client, _, order = ready_and_request(desk, "corp.test")
    csr = desk.b64(REQUESTS[wish](desk.request_for))
    desk.refused("badCSR", lambda: client.post(order["finalize"], {"csr": csr}))
    good = desk.b64(desk.request_for("corp.test"))
    assert client.post(order["finalize"], {"csr": good}).body["status"] == "valid"


def test_a_name_of_another_kind_is_refused(desk: Any) -> None:
    client, _, order = ready_and_request(desk, "corp.test")
    names = x509.SubjectAlternativeName([x509.DNSName("corp.test"), x509.RFC822Name("a@corp.test")])
    csr = desk.b64(desk.request_for(extensions=(names,)))
    desk.refused("badCSR", lambda: client.post(order["finalize"], {"csr": csr}))
    desk.refused("badCSR", lambda: client.post(order["finalize"], {"csr": "no base64url!"}))
    desk.refused("badCSR", lambda: client.post(order["finalize"], {}))


def test_the_key_of_the_account_is_no_key_of_a_certificate(desk: Any) -> None:
    client, _, order = ready_and_request(desk, "corp.test")
    csr = desk.request_for("corp.test", key=client.key.private_key)
    desk.refused("badCSR", lambda: client.post(order["finalize"], {"csr": desk.b64(csr)}))


def test_usual_wishes_are_no_smuggling(desk: Any) -> None:
    client, _, order = ready_and_request(desk, "corp.test")
    usual = (
        x509.ExtendedKeyUsage([x509.OID_SERVER_AUTH, x509.OID_CLIENT_AUTH]),
        x509.BasicConstraints(False, None),
        x509.KeyUsage(True, False, True, False, False, False, False, False, False),
    )
    csr = desk.request_for("CORP.test", cn="corp.test", extensions=usual)
    assert client.post(order["finalize"], {"csr": desk.b64(csr)}).body["status"] == "valid"


def test_finalised_at_once_by_many(desk: Any) -> None:
    """One certificate, whoever comes first; the others are told how far it is, or that they came late."""
    client, url, order = ready_and_request(desk, "corp.test")
    bodies = [
        client.body(order["finalize"], {"csr": desk.b64(desk.request_for("corp.test"))}) for _ in range(6)
    ]
    together, went = threading.Barrier(len(bodies)), []

    def go(body: bytes) -> None:
        together.wait(30)
        try:
            went.append(client.send(order["finalize"], body).body["status"])
        except Exception as error:
            went.append(getattr(error, "code", repr(error)))

    threads = [threading.Thread(target=go, args=(one,)) for one in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(went) <= {"valid", "processing", "orderNotReady"}, went
    assert client.post(url).body["status"] == "valid"
    listed = [one for one in desk.identity.certificates.listed() if one.key_label is None]
    assert len(listed) == 1


def test_asked_again_it_says_how_far_it_is(desk: Any) -> None:
    client, _, order = ready_and_request(desk, "corp.test")
    csr = {"csr": desk.b64(desk.request_for("corp.test"))}
    first = client.post(order["finalize"], csr).body
    assert client.post(order["finalize"], csr).body == first
    another = {"csr": desk.b64(desk.request_for("corp.test", key=desk.server_key("another")))}
    desk.refused("orderNotReady", lambda: client.post(order["finalize"], another))


@pytest.mark.parametrize("error", [RuntimeError("killed"), NotInitialised("services-rsa")])
def test_a_crash_between_finalize_and_certificate(desk: Any, clock: Any, error: Exception) -> None:
    client, url, order = ready_and_request(desk, "corp.test")
    desk.before_issue.append(error)
    answer = client.post(order["finalize"], {"csr": desk.b64(desk.request_for("corp.test"))})
    assert answer.body["status"] == "processing"
    assert answer.headers["Retry-After"]
    clock.advance(timedelta(minutes=3))
    desk.acme.do_chores()
    order = client.post(url).body
    assert order["status"] == "valid"
    desk.acme.do_chores()
    assert len(desk.issued) == 1


def test_a_crash_after_the_signature(desk: Any) -> None:
    """The certificate is there, the order does not know: the same one is found, none is made."""
    client = desk.client()
    url, _ = client.issued("corp.test")
    before = client.post(url).body["certificate"]
    with desk.ports.database.write() as connection:
        connection.execute(
            update(acme_orders).values(status="processing", certificate_id=None, renewal_id=None)
        )
    desk.acme.do_chores()
    assert client.post(url).body["certificate"] == before


def test_two_orders_with_one_request_are_two_certificates(desk: Any, clock: Any) -> None:
    """Renewal with the key kept: RSA signatures repeat, and so does the request."""
    client = desk.client()
    key = desk.server_key("kept", "RSA")
    csr = {"csr": desk.b64(desk.request_for("corp.test", key=key))}
    found = set()
    for _ in range(2):
        _, order = client.ready("corp.test")
        found.add(client.post(order["finalize"], csr).body["certificate"])
        clock.advance(timedelta(days=1))
    assert len(found) == 2


def test_an_ended_binding_issues_nothing(desk: Any) -> None:
    made = desk.key()
    client = desk.client(made=made)
    _, order = client.ready("corp.test")
    desk.acme.end_key(made.key.key_id, by="test")
    csr = desk.b64(desk.request_for("corp.test"))
    desk.refused("unauthorized", lambda: client.post(order["finalize"], {"csr": csr}))
    desk.refused("unauthorized", lambda: client.order("corp.test"))
    desk.refused("unauthorized", lambda: desk.client("two", made=made))


def test_what_is_not_mine_is_not_there(desk: Any) -> None:
    client = desk.client()
    url, order = client.issued("corp.test")
    proof = client.post(order["authorizations"][0]).body
    other = desk.client("other")
    where = (url, order["finalize"], order["authorizations"][0], proof["challenges"][0]["url"])
    for one in (*where, order["certificate"], f"{url[:-1]}x", f"{url}%00"):
        payload = {"csr": desk.b64(desk.request_for("corp.test"))} if one.endswith("finalize") else None
        assert desk.refused("malformed", lambda one=one, p=payload: other.post(one, p)).status == 404
    desk.refused("unauthorized", lambda: other.post(client.kid))
    desk.refused("unauthorized", lambda: other.post(f"{client.kid}/orders"))


STEPS = ("answer", "break", "finalize", "crash", "chores", "deactivate", "wait")


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(STEPS), max_size=6))
def test_states_follow_the_rfc(desk: Any, clock: Any, steps: list[str]) -> None:
    """Whatever is done in whatever order, an order only moves along the arrows of section 7.1.6."""
    arrows = {
        "pending": {"pending", "ready", "invalid"},
        "ready": {"ready", "processing", "valid", "invalid"},
        "processing": {"processing", "valid", "invalid"},
        "valid": {"valid"},
        "invalid": {"invalid"},
    }
    client = desk.client("walker")
    url, order = client.order("walk.corp.test")
    status = "pending"
    for step in steps:
        try:
            if step == "answer":
                client.prove(order)
            elif step == "break":
                client.post(client.post(order["authorizations"][0]).body["challenges"][0]["url"], {})
                client.settle()
            elif step in ("finalize", "crash"):
                if step == "crash":
                    desk.before_issue.append(RuntimeError("killed"))
                csr = desk.request_for("walk.corp.test", key=desk.server_key(url))
                client.post(order["finalize"], {"csr": desk.b64(csr)})
            elif step == "chores":
                desk.acme.do_chores()
                client.settle()
            elif step == "deactivate":
                client.post(order["authorizations"][0], {"status": "deactivated"})
            else:
                clock.advance(timedelta(days=8))
        except Exception as error:
            assert getattr(error, "code", "") in (
                "orderNotReady",
                "malformed",
                "unauthorized",
                "rateLimited",
            ), error
        desk.before_issue.clear()
        found = client.post(url).body
        assert found["status"] in arrows[status], (status, found, steps)
        status = found["status"]
        assert ("certificate" in found) == (status == "valid")


def test_sm2_requests_are_certified_too(desk: Any) -> None:
    from ca import SubjectName, make_request
    from keys import KeyKind, generate_key

    client, _, order = ready_and_request(desk, "corp.test")
    request = make_request(generate_key(KeyKind.SM2), SubjectName(common_name="corp.test"))
    answer = client.post(order["finalize"], {"csr": desk.b64(request)})
    assert answer.body["status"] == "valid"
    pem = client.post(answer.body["certificate"]).body
    assert x509.load_pem_x509_certificates(pem)[0].signature_algorithm_oid.dotted_string.startswith(
        "1.2.156.10197"
    )
